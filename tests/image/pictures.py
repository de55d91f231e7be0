"""Picture files of every kind, made with a seed: what decode_test.py and the benchmark give to decoders."""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sklearn
from PIL import Image, PngImagePlugin

SIZES = [(1, 1), (1, 19), (23, 1), (7, 5), (16, 16), (33, 17), (64, 48), (101, 77)]
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="{}"/></x:xmpmeta>'
Named = Iterator[tuple[str, bytes]]


def real_pictures() -> list[Image.Image]:
    """The photographs that come with scikit-learn."""
    folder = Path(sklearn.__file__).parent / "datasets/images"
    return [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))]


def picture(random_: random.Random, size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """A part of a photograph, or noise, for every second one."""
    if random_.random() < 0.5:
        values = np.random.default_rng(random_.randrange(1 << 30)).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
        return Image.fromarray(values, "RGBA").convert(mode)
    source = random_.choice(real_pictures())
    left, top = random_.randrange(source.width - size[0]), random_.randrange(source.height - size[1])
    part = source.crop((left, top, left + size[0], top + size[1]))
    if mode in ("RGBA", "LA"):
        part.putalpha(part.getchannel(1))
    return part.convert(mode)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int, order: str = "<", kind: int = 3, before: int = 0) -> bytes:
    """A directory whose tag of the orientation has this type, behind `before` others whose values lie apart."""
    packed = {1: "B3x", 3: "H2x", 4: "I", 6: "b3x", 8: "h2x", 9: "i", 11: "f"}[kind]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    texts_at = 8 + 2 + 12 * (before + 1) + 4
    entries = b"".join(struct.pack(order + "HHII", 0x10E + i, 2, 10, texts_at + 10 * i) for i in range(before))
    entries += struct.pack(order + "HHI" + packed, 0x112, kind, 1, orientation)
    return head + struct.pack(order + "H", before + 1) + entries + bytes(4) + b"some text\0" * before


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def with_sampling(jpeg: bytes, sampling: int) -> bytes:
    """Another sampling of the first component, with as many blocks in each unit: the scan stays a valid one."""
    at = next(at for at in (jpeg.find(bytes([0xFF, marker])) for marker in (0xC0, 0xC2)) if at > 0)
    return jpeg[:at + 11] + bytes([sampling]) + jpeg[at + 12:]


def jpegs(random_: random.Random) -> Named:
    """Samplings, sizes, scans, restarts, color spaces."""
    for size in SIZES:
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            for progressive in (False, True):
                quality = random_.choice([5, 40, 75, 90, 100])
                options: dict = {"subsampling": sampling, "progressive": progressive, "quality": quality}
                if random_.random() < 0.3:
                    options["restart_marker_blocks"] = random_.randint(1, 5)
                name = f"{size} {sampling} {options}"
                yield name, saved(picture(random_, size), "JPEG", **options)
        for mode in ("L", "CMYK"):
            for progressive in (False, True):
                yield f"{size} {mode} {progressive}", saved(picture(random_, size, mode), "JPEG", progressive=progressive)
    yield from odd_jpegs(random_)


def odd_jpegs(random_: random.Random) -> Named:
    """What Pillow does not write."""
    for size in [(64, 64), (96, 32), (101, 77), (17, 33)]:
        for progressive in (False, True):
            plain = picture(random_, size)
            options: dict = {"progressive": progressive, "quality": 80}
            yield f"{size} 4:4:0 {progressive}", with_sampling(saved(plain, "JPEG", subsampling="4:2:2", **options), 0x12)
            for sampling in (0x41, 0x14):
                yield f"{size} {sampling:x} {progressive}", with_sampling(saved(plain, "JPEG", subsampling="4:2:0", **options), sampling)
            yield f"{size} RGB {progressive}", saved(plain, "JPEG", keep_rgb=True, **options)
            cmyk = saved(picture(random_, size, "CMYK"), "JPEG", **options)
            at = cmyk.index(b"Adobe") + 11
            yield f"{size} YCCK {progressive}", cmyk[:at] + b"\2" + cmyk[at + 1:]
            yield f"{size} CMYK without Adobe {progressive}", cmyk.replace(b"Adobe", b"adobe")
    whole = saved(picture(random_, (64, 48)), "JPEG")
    yield "bytes behind the end", whole + b"more" * 1000
    yield "a picture behind the end", whole + whole
    yield "no end marker", whole[:-2]
    yield "padded markers", whole[:2] + b"\xff\xff\xff" + whole[2:]
    yield "zeros between markers", whole[:2] + b"\0\0" + whole[2:]
    yield "an MPO", saved(picture(random_, (64, 48)), "MPO", save_all=True, append_images=[picture(random_, (64, 48))])


def oriented(random_: random.Random) -> Named:
    """Every orientation, as the three formats and EXIF's types can say it."""
    for orientation in range(10):
        image = picture(random_, (37, 22))
        order = random_.choice("<>")
        for kind in ("JPEG", "PNG", "WEBP"):
            yield f"{kind} turned {orientation}", saved(image, kind, exif=b"Exif\0\0" + exif(orientation, order, before=random_.randrange(4)))
        xmp = XMP.format(orientation).encode()
        yield f"WEBP turned by XMP {orientation}", saved(image, "WEBP", xmp=xmp)
        yield f"JPEG turned by XMP {orientation}", with_segments(saved(image, "JPEG"), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp))
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=random_.random() < 0.5)
        yield f"PNG turned by XMP {orientation}", saved(image, "PNG", pnginfo=text)
        profile = PngImagePlugin.PngInfo()
        content = b"Exif\0\0" + exif(orientation)
        profile.add_text("Raw profile type exif", f"\nexif\n{len(content):8}\n{content.hex()}\n", zip=True)
        yield f"PNG turned by a profile {orientation}", saved(image, "PNG", pnginfo=profile)
    yield from oddly_oriented(random_)


def oddly_oriented(random_: random.Random) -> Named:
    plain = saved(picture(random_, (37, 22)), "JPEG")
    for kind in (1, 3, 4, 6, 8, 9, 11):
        for order in "<>":
            yield f"orientation as type {kind} {order}", with_segments(plain, segment(0xE1, b"Exif\0\0" + exif(6, order, kind)))
    six = exif(6, before=2)
    for cut in range(0, len(six), 3):
        yield f"EXIF cut at {cut}", with_segments(plain[:13] + b"\0" + plain[14:], segment(0xE1, b"Exif\0\0" + six[:cut]))
    yield "EXIF in two parts", with_segments(plain, segment(0xE1, b"Exif\0\0" + six[:20]), segment(0xE1, b"Exif\0\0" + six[20:]))
    yield "EXIF twice marked", with_segments(plain, segment(0xE1, b"Exif\0\0Exif\0\0" + six))
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + XMP.format(3).encode()
    yield "EXIF before XMP", with_segments(plain, segment(0xE1, xmp), segment(0xE1, b"Exif\0\0" + six))
    yield "EXIF without orientation, XMP", with_segments(plain, segment(0xE1, xmp), segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def raw_png_data(random_: random.Random, size: tuple[int, int], bits: int, interlaced: bool) -> bytes:
    """Rows of any filter and any bytes: each such row is a valid one."""
    data = b""
    for left, top, right, down in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        width, height = -(-(size[0] - left) // right), -(-(size[1] - top) // down)
        for _ in range(height if width > 0 else 0):
            data += bytes([random_.randrange(5)]) + random_.randbytes((width * bits + 7) // 8)
    return data


def png(random_: random.Random, size: tuple[int, int], depth: int, color: int, before: bytes = b"", behind: bytes = b"",
        interlaced: bool = False, data_bytes: int = 0) -> bytes:
    """Data in one chunk, or in several of `data_bytes`."""
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    data = zlib.compress(raw_png_data(random_, size, bits, interlaced))
    step = data_bytes or len(data)
    parts = b"".join(chunk(b"IDAT", data[at:at + step]) for at in range(0, len(data), step))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, color, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + header + before + parts + behind + chunk(b"IEND", b"")


PNG_KINDS = [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (1, 3), (2, 3), (4, 3), (8, 3), (8, 4), (16, 4), (8, 6), (16, 6)]


def pngs(random_: random.Random) -> Named:
    """All depths and colors, palettes and transparency, interlaced or not, and odd chunks."""
    for depth, color in PNG_KINDS:
        for size in SIZES:
            for interlaced in (False, True):
                colors = random_.choice([1 << min(depth, 8), 1 << min(depth, 8), 3])
                before = chunk(b"PLTE", random_.randbytes(3 * colors)) if color == 3 or random_.random() < 0.1 else b""
                if color < 4 and random_.random() < 0.4:
                    before += chunk(b"tRNS", random_.randbytes({0: 2, 2: 6, 3: min(colors, 2)}[color]))
                data_bytes = random_.choice([0, 0, 1000, 7])
                name = f"PNG {size} depth {depth} color {color} {interlaced} {data_bytes}"
                yield name, png(random_, size, depth, color, before, b"", interlaced, data_bytes)
    yield from odd_pngs(random_)


def odd_pngs(random_: random.Random) -> Named:
    size = (33, 17)
    six = exif(6)
    yield "no palette", png(random_, size, 8, 3)
    yield "too long a palette", png(random_, size, 8, 3, chunk(b"PLTE", bytes(771)))
    yield "half an entry", png(random_, size, 4, 3, chunk(b"PLTE", bytes(range(10))))
    yield "EXIF behind the data", png(random_, size, 8, 2, behind=chunk(b"eXIf", six))
    yield "EXIF as text", png(random_, size, 8, 2, chunk(b"tEXt", b"exif\0" + six))
    yield "an unknown critical chunk", png(random_, size, 8, 2, chunk(b"ABCD", b"some"))
    yield "an empty data chunk", png(random_, size, 8, 2, chunk(b"IDAT", b""))
    yield "no name of a chunk", png(random_, size, 8, 2, chunk(b"a\0bc", b"some"))
    yield "a damaged checksum before", png(random_, size, 8, 2, chunk(b"tEXt", b"some")[:-1] + b"?")
    yield "a damaged checksum behind", png(random_, size, 8, 2, behind=chunk(b"tEXt", b"some")[:-1] + b"?")
    yield "cut off behind the data", png(random_, size, 8, 2, behind=chunk(b"tEXt", bytes(100)))[:-60]
    yield "no end", png(random_, size, 8, 2)[:-12]
    yield "bytes behind the end", png(random_, size, 8, 2) + b"more" * 100
    yield "no such depth", png(random_, size, 4, 2)
    yield "no rows", png(random_, (3, 0), 8, 2)
    whole = png(random_, size, 8, 2)
    at = whole.index(b"IDAT") + 4 + struct.unpack(">I", whole[whole.index(b"IDAT") - 4:whole.index(b"IDAT")])[0]
    yield "a damaged checksum of the chunk", whole[:at] + b"????" + whole[at + 4:]
    yield "a damaged checksum of the data", whole[:at - 4] + b"????" + whole[at:]
    rows = (b"\0" + random_.randbytes(3 * 200)) * 5
    header = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 200, 5, 8, 2, 0, 0, 0))
    small_window = b"\x08\x1d" + zlib.compress(rows)[2:]
    yield "a smaller window stated than used", header + chunk(b"IDAT", small_window) + chunk(b"IEND", b"")
    yield "data behind the picture's", header + chunk(b"IDAT", zlib.compress(rows + bytes(1_000_000))) + chunk(b"IEND", b"")
    frames = [picture(random_, size, "RGBA") for _ in range(3)]
    yield "APNG", saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield "APNG with a picture of its own", saved(frames[0], "PNG", save_all=True, default_image=True, append_images=frames[1:])


def riff_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def first_frame_apart(random_: random.Random, **options) -> bytes:
    """An animation whose first picture covers a part of its canvas."""
    width, height = 20, 12
    part = saved(picture(random_, (width, height)), "WEBP", **options)[12:]

    def three(number: int) -> bytes:
        return struct.pack("<I", number)[:3]

    frame = three(4) + three(3) + three(width - 1) + three(height - 1) + three(100) + b"\0" + part
    return riff(riff_chunk(b"VP8X", b"\2\0\0\0" + three(49) + three(39)), riff_chunk(b"ANIM", bytes(6)), riff_chunk(b"ANMF", frame))


def webps(random_: random.Random) -> Named:
    """Lossy, lossless, with alpha, animated."""
    for size in SIZES:
        for mode in ("RGB", "RGBA"):
            for options in ({"quality": random_.choice([1, 40, 80, 100])}, {"lossless": True}, {"lossless": True, "exact": True}):
                yield f"WebP {size} {mode} {options}", saved(picture(random_, size, mode), "WEBP", **options)
    for mode in ("RGB", "RGBA"):
        for lossless in (False, True):
            frames = [picture(random_, (50, 40), mode) for _ in range(3)]
            yield f"animated {mode} {lossless}", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=lossless)
            yield f"first frame apart {mode} {lossless}", first_frame_apart(random_, lossless=lossless)
    whole = saved(picture(random_, (50, 40)), "WEBP")
    yield "bytes behind the end of a WebP", whole + b"more" * 10
    yield "WebP of another kind", whole[:12] + b"VP9 " + whole[16:]


def all_pictures(seed: int) -> list[tuple[str, bytes]]:
    random_ = random.Random(seed)
    kinds = (jpegs, oriented, pngs, webps)
    return [each for kind in kinds for each in kind(random_)]


def damaged(whole: list[tuple[str, bytes]], seed: int, cuts: int, flips: int) -> Named:
    """Of each file some that are cut off, and some with a byte or two changed."""
    random_ = random.Random(seed)
    for name, file in whole:
        for _ in range(cuts):
            at = random_.choice([random_.randrange(len(file)), len(file) - 1 - random_.randrange(min(40, len(file)))])
            yield f"{name}, cut at {at} of {len(file)}", file[:at]
        for _ in range(flips):
            changed = bytearray(file)
            for _ in range(random_.randint(1, 2)):
                changed[random_.randrange(len(file))] ^= 1 << random_.randrange(8)
            yield f"{name}, changed", bytes(changed)
