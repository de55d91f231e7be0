"""Pictures as records give them: their pixels are Pillow's, the rows the same for any number of ranks, and what is broken costs
its own row.

  pictures_test.py INFER MODELS [NAME]
"""

import base64
import io
import itertools
import json
import os
import pathlib
import random
import sys
import tarfile

import numpy as np
from PIL import Image, ImageOps

from cli_support import Argument, Program, check, check_refused, run, run_tests

PICTURES = 120
HEIGHT, WIDTH = 6, 8  # of bundle_pixels.pt
ORIENTATION = 0x0112


def drawn(rng: random.Random) -> Image.Image:
    """Noise over colours that change slowly."""
    width, height = rng.randrange(9, 60), rng.randrange(9, 60)
    noise = np.random.default_rng(rng.randrange(1 << 30)).integers(0, 256, (height, width, 3), dtype=np.uint8)
    smooth = Image.fromarray(noise[:4, :4]).resize((width, height), Image.Resampling.BICUBIC)
    return Image.blend(smooth, Image.fromarray(noise), 0.2)


def file_of(picture: Image.Image, rng: random.Random) -> tuple[str, bytes]:
    """Its name's ending and its bytes."""
    kind, mode = rng.choice([("jpeg", "RGB"), ("jpeg", "L"), ("jpeg", "CMYK"), ("png", "RGB"), ("png", "RGBA"), ("png", "P"),
                             ("webp", "RGB"), ("webp", "RGBA")])
    exif = Image.Exif()
    exif[ORIENTATION] = rng.randrange(1, 9)
    file = io.BytesIO()
    picture.convert(mode).save(file, kind, exif=exif)
    return kind, file.getvalue()


def in_frame(picture: Image.Image) -> list:
    """What the model is given of upright pixels."""
    side = max(HEIGHT, WIDTH)
    width, height = picture.size
    size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 2
    return np.asarray(picture.crop((left, top, left + WIDTH, top + HEIGHT))).astype(float).tolist()


def expected_pixels(content: bytes) -> list:
    return in_frame(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))


def record_of(folder: pathlib.Path, number: int, kind: str, content: bytes) -> object:
    """The value of its picture, each in another way."""
    path = f"photos/{number % 7}/{number}.{kind}"
    text = base64.b64encode(content).decode()
    ways = [path, str(folder / path), text, f"data:image/{kind};base64,{text}", {"bytes": text, "path": path}, {"bytes": None, "path": path},
            {"path": "all.bin", "offset": (folder / "all.bin").stat().st_size, "size": len(content)}]
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    with (folder / "all.bin").open("ab") as whole:
        whole.write(content)
    return ways[number % len(ways)]


def write_input(folder: pathlib.Path) -> list[list]:
    """Returns the pixels of each."""
    rng = random.Random(24)
    (folder / "all.bin").touch()
    pixels = []
    with (folder / "data.jsonl").open("w") as file:
        for number in range(PICTURES):
            kind, content = file_of(drawn(rng), rng)
            file.write(json.dumps({"id": number, "image": record_of(folder, number, kind, content)}) + "\n")
            pixels.append(expected_pixels(content))
    return pixels


def arguments(program: Program, model: str, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model(model), "--input", "data.jsonl", "--output", "out.jsonl", "--overwrite", *more]


def rows_by(program: Program, folder: pathlib.Path, ranks: int, flags: list[Argument]) -> bytes:
    done = run(program.command(ranks, *flags), folder)
    check(done.code == 0, str(done))
    return (folder / "out.jsonl").read_bytes()


def pixels_are_pillows(program: Program, folder: pathlib.Path) -> None:
    """However a record gives its picture, and however many ranks there are."""
    pixels = write_input(folder)
    rows = rows_by(program, folder, 1, arguments(program, "bundle_pixels.pt"))
    for line, expected in zip(rows.splitlines(), pixels, strict=True):
        row = json.loads(line)
        check(row.get("outputs", {}).get("result") == expected, f"picture {row}: expected {expected}")
    for ranks in (2, 3):
        for schedule in ("dynamic", "static"):
            flags = arguments(program, "bundle_pixels.pt", "--chunk-bytes", "4096", "--schedule", schedule)
            check(rows_by(program, folder, ranks, flags) == rows, f"{ranks} ranks, {schedule}: other rows")


def broken_pictures(program: Program, folder: pathlib.Path) -> None:
    """Each costs its row, which says what is wrong with it."""
    content = file_of(drawn(random.Random(1)), random.Random(5))[1]
    (folder / "good.png").write_bytes(content)
    (folder / "cut.png").write_bytes(content[:len(content) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture")
    Image.new("L", (400, 300)).save(folder / "large.png")
    (folder / "folder").mkdir()
    (folder / "photos").mkdir()
    outside = folder.parent / f"{folder.name}_outside.png"
    outside.write_bytes(content)
    (folder / "link.png").symlink_to(outside)
    cases = {
        "cut.png": ("invalid_image", ""), "empty.jpg": ("invalid_image", ""), "text.jpg": ("invalid_image", "neither JPEG, PNG nor WebP"),
        "large.png": ("invalid_image", "--max-image-pixels"), "none.png": ("unreadable_image", "No such file"),
        "folder": ("unreadable_image", "no regular file"), "link.png": ("unreadable_image", "--image-root"),
        str(outside): ("unreadable_image", "--images-anywhere"), "iVBORw0KGgo" + "A" * 40 + "*": ("invalid_image", "base64"),
        "data:image/png,abc": ("invalid_image", "base64"),
    }
    values = [*cases, None, 7, [1], {}, {"bytes": 7}, {"path": "good.png", "offset": -1}]
    (folder / "data.jsonl").write_text("".join(json.dumps({"id": number, "image": value}) + "\n" for number, value in
                                               enumerate([*values, "good.png"])))
    try:
        flags = arguments(program, "bundle_pixels.pt", "--max-image-pixels", "100000", "--max-errors", "100%")
        rows = [json.loads(line) for line in rows_by(program, folder, 2, flags).splitlines()]
        check(len(rows) == len(values) + 1 and "outputs" in rows[-1], f"rows: {rows[-1]}")
        for (name, (code, text)), row in zip(cases.items(), rows, strict=False):
            check(row["error"]["code"] == code and text in row["error"]["message"], f"{name}: {row}")
        for row in rows[len(cases):-1]:
            check(row["error"]["code"] == "wrong_type" and "image" in row["error"]["message"], str(row))
        anywhere = rows_by(program, folder, 1, [*flags, "--images-anywhere"])
        check(sum(b'"error"' in line for line in anywhere.splitlines()) == len(values) - 2, "links are followed when asked for")
    finally:
        outside.unlink()


def the_root_is_elsewhere(program: Program, folder: pathlib.Path) -> None:
    """Paths begin at --image-root, and the first records tell when it is missing."""
    (folder / "store").mkdir()
    (folder / "store/a.png").write_bytes(file_of(drawn(random.Random(2)), random.Random(2))[1])
    (folder / "data.jsonl").write_text('{"id":1,"photo":"a.png"}\n')
    flags = arguments(program, "bundle_pixels.pt", "--field", "image=photo")
    check_refused(run(program.command(1, *flags), folder), "a.png", "No such file")
    check(b'"outputs"' in rows_by(program, folder, 1, [*flags, "--image-root", "store"]), "no row")


def wrong_field(program: Program, folder: pathlib.Path) -> None:
    """The message names the field that holds pictures."""
    (folder / "a.png").write_bytes(file_of(drawn(random.Random(2)), random.Random(2))[1])
    (folder / "data.jsonl").write_text('{"id":1,"photo":"a.png"}\n')
    check_refused(run(program.command(1, *arguments(program, "bundle_pixels.pt")), folder), "--field image=photo")


def changed_pictures(program: Program, folder: pathlib.Path) -> None:
    """--reuse takes over the rows of those whose bytes are the same, whatever their names."""
    rng = random.Random(3)
    contents = [file_of(drawn(rng), rng)[1] for _ in range(23)]

    def write(*numbers: int) -> None:
        for place, number in enumerate(numbers):
            (folder / f"{place}.png").write_bytes(contents[number])

    (folder / "data.jsonl").write_text("".join(f'{{"image":"{place}.png"}}\n' for place in range(20)))
    write(*range(20))
    flags = arguments(program, "bundle_pixels.pt", "--report", "report.json")
    rows_by(program, folder, 1, [*flags, "--keys"])
    write(20, 21, 22, *range(17))
    rows = rows_by(program, folder, 2, [*flags, "--reuse", "out.jsonl"])
    reused = json.loads((folder / "report.json").read_text())["batches"]["reused_rows"]
    check(reused == 17, f"{reused} rows were taken over")
    check(rows_by(program, folder, 1, flags) == rows, "not the rows of the pictures that are there")


def nothing_is_lost(program: Program, folder: pathlib.Path) -> None:
    """What a run reads stays as it is, whatever name of it is given for what the run writes, also where records name it."""
    (folder / "photos").mkdir()
    for number in range(2):
        (folder / f"photos/{number}.png").write_bytes(file_of(drawn(random.Random(number)), random.Random(5))[1])
    (folder / "data.jsonl").write_text("".join(json.dumps({"image": f"photos/{number}.png"}) + "\n" for number in range(2)))
    with tarfile.open(folder / "shard.tar", "w") as tar:
        tar.add(folder / "photos", "photos")
    os.link(folder / "photos/1.png", folder / "hard.json")
    (folder / "soft.json").symlink_to("photos/1.png")
    (folder / "shard.json").symlink_to("shard.tar")
    before = content_of(folder)
    names = itertools.cycle(("photos/1.png", "hard.json", "soft.json", "shard.json"))
    for source in ("data.jsonl", "photos", "photos/*.png", "photos/1.png", "shard.tar"):
        for others, flag in (([], "--output"), *((["--output", "out.jsonl"], flag) for flag in ("--errors", "--report", "--trace", "--metrics-file"))):
            flags = ["-q", "--model", program.model("bundle_pixels.pt"), "--input", source, "--overwrite", *others, flag, name := next(names)]
            refused = run(program.command(1, *flags), folder)
            check(refused.code == 2 and f"{flag} {name}" in refused.message(), f"{flags}: {refused}")
            check(content_of(folder) == before, f"{flags} changed what was there")
    checked = run(program.command(1, "check", *arguments(program, "bundle_pixels.pt")[1:], "--report", "hard.json"), folder)
    check(checked.code == 2 and "is a picture or a tar" in checked.stdout.decode(), str(checked))


def packs_are_not_lost(program: Program, folder: pathlib.Path) -> None:
    """A file that is no picture, but holds some, stays where only records name it, by places in it."""
    content = file_of(drawn(random.Random(2)), random.Random(2))[1]
    (folder / "pack.json").write_bytes(b"\x01\0\0\0" + content)
    (folder / "data.jsonl").write_text(json.dumps({"image": {"path": "pack.json", "offset": 4, "size": len(content)}}) + "\n")
    flags = arguments(program, "bundle_pixels.pt", "--overwrite")
    before = content_of(folder)
    for flag in ("--output", "--errors", "--report", "--trace", "--metrics-file"):
        names = ["pack.json" if one == "out.jsonl" else one for one in flags] if flag == "--output" else [*flags, flag, "pack.json"]
        check_refused(run(program.command(1, *names), folder), f"{flag} pack.json is neither text nor")
        check(content_of(folder) == before, f"{flag} changed what was there")
    rows_by(program, folder, 1, flags)
    (folder / "pack.json").unlink()
    rows_by(program, folder, 1, [*flags, "--report", "pack.json", "--max-errors", "1"])


def content_of(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def a_gpu_is_there_or_is_not_asked_for(program: Program, folder: pathlib.Path) -> None:
    """--decode gpu is refused without one, and without pictures; cpu is the default."""
    (folder / "a.png").write_bytes(file_of(drawn(random.Random(2)), random.Random(2))[1])
    (folder / "data.jsonl").write_text('{"image":"a.png","x":[1,2]}\n')
    for model, words in (("bundle_pixels.pt", ("this rank runs on the CPU", "--device cuda")), ("exact_sum.pt", ("takes no pictures", "exact_sum.pt"))):
        flags = arguments(program, model, "--decode", "gpu")
        for ranks in (1, 2):
            check_refused(run(program.command(ranks, *flags), folder), "--decode gpu: ", *words)
        checked = run(program.command(1, "check", *flags[1:]), folder)
        check(checked.code == 2 and words[0] in checked.stdout.decode(), str(checked))
    rows = rows_by(program, folder, 1, arguments(program, "bundle_pixels.pt"))
    check(rows_by(program, folder, 1, arguments(program, "bundle_pixels.pt", "--decode", "cpu")) == rows, "other rows")


def memory_is_flat(program: Program, folder: pathlib.Path) -> None:
    """However many pictures there are."""
    (folder / "a.jpg").write_bytes(b"")
    Image.effect_noise((500, 375), 60).convert("RGB").save(folder / "a.jpg")
    peaks = []
    for rows in (100, 1000):
        (folder / "data.jsonl").write_text('{"image":"a.jpg"}\n' * rows)
        flags = list(map(str, arguments(program, "bundle_pixels.pt", "--chunk-bytes", "256")))
        pid = os.spawnv(os.P_NOWAIT, str(program.infer), [str(program.infer), *[flag.replace("data.jsonl", str(folder / "data.jsonl")).replace(
            "out.jsonl", str(folder / "out.jsonl")) for flag in flags]])
        _, status, usage = os.wait4(pid, 0)
        check(status == 0, f"{rows} rows: status {status}")
        peaks.append(usage.ru_maxrss / 1024)
    check(peaks[1] < peaks[0] + 30, f"MiB with 100 and with 1000 pictures: {peaks}")


TESTS = [pixels_are_pillows, broken_pictures, the_root_is_elsewhere, wrong_field, changed_pictures, nothing_is_lost, packs_are_not_lost,
         a_gpu_is_there_or_is_not_asked_for, memory_is_flat]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
