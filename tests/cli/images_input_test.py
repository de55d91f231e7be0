"""Folders of pictures and tars of samples as input: a record each, in the same bytes for any ranks and ways to go on.

    images_input_test.py INFER MODELS [NAME...]
"""

import base64
import contextlib
import gzip
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tarfile

import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image

from cli_support import Argument, Program, check, check_refused, run, run_tests
from feeding import run_fed
from resume_support import check_same, clean_run, leave_unfinished, rows_in, slow

SEED = 20261129
JPEG = b"\xff\xd8\xff\xe0"
IMAGES = ("jpg", "jpeg", "png", "webp")
Row = dict[str, object]


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def add_link(tar: tarfile.TarFile, name: str, kind: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = "" if kind == tarfile.DIRTYPE else "elsewhere"
    tar.addfile(member)


def write_samples(path: pathlib.Path, rows: range, values: int = 4) -> None:
    with tarfile.open(path, "w") as tar:
        for row in rows:
            add(tar, f"{row:06}.jpg", JPEG + bytes(row % 900))
            add(tar, f"{row:06}.cls", f"{row % 7}\n".encode())
            add(tar, f"{row:06}.json", json.dumps({"x": [row % 7 + 0.5] * values}, indent=1).encode())


def random_tar(numbers: random.Random, mode: int) -> bytes:
    """Of any samples, some of which lack something, with names of any length, in one of tarfile's formats."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=mode) as tar:
        for row in range(numbers.randrange(30)):
            folder = numbers.choice(["", "", "./", "a/b/", "d" * 60 + "/" + "e" * 60 + "/", "bé/"])
            key = folder + f"{row:04}" + numbers.choice(["", "", "k" * 80, "é"])
            if numbers.random() < 0.1:
                add_link(tar, folder + "more", numbers.choice([tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]))
            for ending in numbers.sample(["jpg", "PNG", "cls", "json", "txt", "npy", "seg.png", "jpeg"], numbers.randrange(1, 6)):
                contents = {
                    "cls": numbers.choice([b"3\n", b"-4", b"cat", b"07", b""]),
                    "json": numbers.choice([json.dumps({"x": [row, 1, 2, 3], "é": "\n"}, indent=2).encode(), b"[1,", b" 17\r\n"]),
                    "txt": numbers.choice([b"", 'a "cat"\n\tü'.encode()])}
                add(tar, f"{key}.{ending}", contents.get(ending, numbers.randbytes(numbers.choice([0, 1, 511, 512, 513, 3000]))))
            if numbers.random() < 0.1:
                add(tar, folder + "._hidden.jpg", b"x")
    return file.getvalue()


def number_or_text(content: bytes) -> object:
    text = content.decode().strip()
    try:
        return int(text) if str(int(text)) == text else text
    except ValueError:
        return text


def value_of(field: str, content: bytes) -> object:
    if field == "json":
        return json.loads(content)
    return number_or_text(content) if field == "cls" else content.decode()


def picture(member: tarfile.TarInfo, content: bytes, path: str | None) -> object:
    return {"path": path, "offset": member.offset_data, "size": member.size} if path else {"bytes": base64.b64encode(content).decode()}


def samples(content: bytes, path: str | None) -> list[Row]:
    """By Python's reader: what each line must say of a tar."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return samples_in(tar, path)


def samples_in(tar: tarfile.TarFile, path: str | None) -> list[Row]:
    rows: list[Row] = []
    key = None
    for member in tar:
        folder, _, name = member.name.rpartition("/")
        base, dot, ending = name.partition(".")
        if member.isdir() or not base or not dot:
            continue
        own = f"{folder}/{base}".lstrip("./") if folder else base
        if own != key:
            rows.append({"id": own})
        key = own
        field = "image" if ending.lower() in IMAGES else ending.lower()
        row = rows[-1]
        if not member.isreg() or field not in ("image", "cls", "json", "txt"):
            continue
        if field in row:
            row["ambiguous"] = True
            continue
        file = tar.extractfile(member)
        content = file.read() if file else b""
        with contextlib.suppress(json.JSONDecodeError):
            row[field] = picture(member, content, path) if field == "image" else value_of(field, content)
    for row in rows:
        if row.pop("ambiguous", False):
            row.pop("image", None)
    return rows


def read_back(folder: pathlib.Path, name: str = "out.jsonl") -> list[Row]:
    rows: list[Row] = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    for row in rows:
        for field in ("outputs", "error"):
            row.pop(field, None)
    return rows


def scored(program: Program, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model("identity.pt"), "--field", "x=json.x", "--output", "out.jsonl", "--threads", "1",
            "--passthrough", "image,cls,json,txt", "--max-errors", "100%", "--overwrite", *more]


def tars_as_python_reads_them(program: Program, folder: pathlib.Path) -> None:
    """Random ones in each format, plain by the pictures' places, packed and from a pipe with their bytes."""
    numbers = random.Random(SEED)
    write_samples(folder / "first.tar", range(3))
    names, expected = ["first.tar"], samples((folder / "first.tar").read_bytes(), "first.tar")
    for number in range(45):
        content = random_tar(numbers, [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT][number % 3])
        name = f"{number}.tar" + ["", "", ".gz"][numbers.randrange(3)]
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        names.append(name)
        expected += samples(content, None if name.endswith(".gz") else name)
    outcome = run(program.command(2, *scored(program, "--input", *names)), folder)
    check(outcome.code == 0, f"{outcome}")
    for row, wanted in zip(read_back(folder), expected, strict=True):
        check(row == wanted, f"seed {SEED}: {row} instead of {wanted}")
    check("members of tars that are left out: " in outcome.stderr, f"{outcome}")
    content = (folder / "first.tar").read_bytes()
    fed = run_fed(program.command(1, *scored(program, "--input", "-", "--input-format", "tar")), folder, content)
    check(fed.code == 0 and read_back(folder) == samples(content, None), f"{fed}")
    (folder / "first.tar.zst").write_bytes(subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True, check=True).stdout)
    packed = run(program.command(1, *scored(program, "--input", "first.tar.zst")), folder)
    check(packed.code == 0 and read_back(folder) == samples(content, None), f"{packed}")


def same_bytes(program: Program, folder: pathlib.Path) -> None:
    """For any ranks and schedule, killed and gone on with, failed and repaired."""
    shards = folder / "shards"
    shards.mkdir()
    for shard in range(3):
        write_samples(shards / f"{shard}.tar", range(shard * 30, shard * 30 + 30), 5 if shard == 1 else 4)
    flags = slow(program, "--input", "shards", "--field", "x=json.x", "--passthrough", "image,cls", "--errors", "failed.jsonl")
    expected = clean_run(program, folder, flags, ["out.jsonl", "failed.jsonl"])
    for ranks, more in [(3, []), (3, ["--schedule", "static"]), (1, ["--schedule", "static"])]:
        check_same(folder, expected, run(program.command(ranks, *flags, *more, "--overwrite"), folder))
        for name in expected:
            (folder / name).unlink()
    leave_unfinished(program.command(1, *flags), folder, signal.SIGKILL)
    check(rows_in(folder / "out.jsonl.partial") > 0, "nothing was kept")
    check_same(folder, expected, run(program.command(3, *flags, "--resume"), folder))


def damaged_tar(program: Program, folder: pathlib.Path) -> None:
    """All rows before the damage are kept, and a whole one is gone on with; another one is not."""
    write_samples(folder / "a.tar", range(200))
    content = (folder / "a.tar").read_bytes()
    expected = clean_run(program, folder, scored(program, "--input", "a.tar"), ["out.jsonl"])
    cut = len(content) // 2 + 7
    (folder / "a.tar").write_bytes(content[:cut])
    outcome = run(program.command(2, *scored(program, "--input", "a.tar")), folder)
    check(outcome.code == 3 and f"cannot read the tar a.tar at its byte {cut}: it ends within" in outcome.message(), f"{outcome}")
    check(rows_in(folder / "out.jsonl.partial") > 50, "rows before the damage are not kept")
    arguments = [each for each in scored(program, "--input", "a.tar", "--resume") if each != "--overwrite"]
    write_samples(folder / "a.tar", range(1, 200))
    check_refused(run(program.command(1, *arguments), folder), "the input is not that of the run")
    (folder / "a.tar").write_bytes(content)
    check_same(folder, expected, run(program.command(2, *arguments), folder))
    (folder / "b.tar").write_bytes(content[100:])
    check_refused(run(program.command(1, *scored(program, "--input", "b.tar")), folder), "b.tar is no tar")
    for name, mode in (("records.tar", "w"), ("records.tgz", "w:gz")):
        with tarfile.open(folder / name, mode) as tar:
            add(tar, "a.jsonl", b"{}")
        check_refused(run(program.command(1, *scored(program, "--input", name)), folder), "a tar file without samples", f"tar -xf {name}")


def repaired_sample(program: Program, folder: pathlib.Path) -> None:
    """--retry-errors finds the samples that failed in the tar where they are repaired."""
    write_samples(folder / "a.tar", range(60))
    expected = clean_run(program, folder, scored(program, "--input", "a.tar"), ["out.jsonl"])
    whole = (folder / "a.tar").read_bytes()
    (folder / "a.tar").write_bytes(whole.replace(b"4.5,", b'"b",', 9))
    arguments = [each for each in scored(program, "--input", "a.tar") if each != "--overwrite"]
    outcome = run(program.command(1, *arguments), folder)
    check(outcome.code == 0 and b'"error"' in (folder / "out.jsonl").read_bytes(), f"{outcome}")
    (folder / "a.tar").write_bytes(whole)
    check_same(folder, expected, run(program.command(2, *arguments, "--retry-errors"), folder))


def folders_of_pictures(program: Program, folder: pathlib.Path) -> None:
    """A folder, a pattern and names, with a name that is no UTF-8; the pictures that came since are noticed."""
    photos = folder / "photos"
    photos.mkdir()
    names = sorted(f"photos/{number}.{ending}" for number, ending in enumerate(["jpg", "JPEG", "png", "webp"] * 20))
    for name in names:
        (folder / name).write_bytes(JPEG)
    (photos / "notes.txt").write_bytes(b"x")
    flags: list[Argument] = ["-q", "--model", program.model("bundle_text.pt"), "--field", "text=image", "--output", "out.jsonl", "--chunk-bytes", "300"]
    outcome = run(program.command(1, *flags, "--input", "photos"), folder)
    check(outcome.code == 0 and "photos that are left out, for their names do not end in .jpg, .jpeg, .png or .webp: 1" in outcome.stderr, f"{outcome}")
    content = (folder / "out.jsonl").read_bytes()
    check([json.loads(line)["id"] for line in content.splitlines()] == names, "other ids, or another order")
    for ranks, inputs in [(3, ["photos", "--schedule", "static"]), (1, names), (2, ["photos/*[gGp]", "--schedule", "dynamic"])]:
        check_same(folder, {"out.jsonl": content}, run(program.command(ranks, *flags, "--overwrite", "--input", *inputs), folder))
    outcome = run(program.command(1, *flags, "--resume", "--input", "photos/*[gGp]"), folder)
    check(outcome.code == 0 and "is complete" in outcome.stderr, f"{outcome}")
    (photos / "new.jpg").write_bytes(JPEG)
    check_refused(run(program.command(1, *flags, "--resume", "--input", "photos"), folder), "more follows what was scored")
    pathlib.Path(os.fsdecode(bytes(photos) + b"/caf\xe9.jpg")).write_bytes(JPEG)
    outcome = run(program.command(1, *flags, "--overwrite", "--input", "photos"), folder)
    check(outcome.code == 1 and "photos:81: " in outcome.stderr and "not valid UTF-8" in outcome.stderr, f"{outcome}")
    check(rows_in(folder / "out.jsonl") == len(names) + 2, "a row is missing")
    outcome = run(program.command(1, *flags[1:], "--overwrite", "--input", "photos"), folder)
    check("input photos, 82 pictures, " in outcome.stderr, f"{outcome}")
    outcome = run(program.command(2, "check", *flags[1:], "--overwrite", "--input", "photos"), folder)
    check("82 pictures" in outcome.stdout.decode(), f"{outcome}")
    bench = run(program.command(1, "bench", "--model", program.model("bundle_text.pt"), "--input", "photos"), folder)
    check_refused(bench, "of pictures write lines that name them")


def pictures_in_tables(program: Program, folder: pathlib.Path) -> None:
    """As Hugging Face's datasets have them, and as bytes alone: base64, which the decoder takes."""
    contents = [JPEG + bytes([number % 256]) * number for number in (0, 1, 2, 300)]
    both = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {"json": [{"x": [1.0, 2, 3, 4]}] * 4, "image": pa.array([{"bytes": each, "path": "a.jpg"} for each in contents], both), "txt": contents}
    parquet.write_table(pa.table(columns), folder / "a.parquet")
    outcome = run(program.command(1, *scored(program, "--input", "a.parquet")), folder)
    in_base64 = [base64.b64encode(each).decode() for each in contents]
    expected = [{"image": {"bytes": each, "path": "a.jpg"}, "json": {"x": [1, 2, 3, 4]}, "txt": each} for each in in_base64]
    check(outcome.code == 0 and read_back(folder) == expected, f"{outcome}")


def the_same_pixels(program: Program, folder: pathlib.Path) -> None:
    """Of a picture in a folder, in tars and packed ones, through links and from elsewhere, as of its bytes in a line."""
    inside = folder / "inside"
    (inside / "photos" / "more").mkdir(parents=True)
    (folder / "shards").mkdir()
    noise = random.Random(SEED)
    pictures = {f"photos/{'more/' * (number % 2)}{number:02}.png": noise_picture(noise) for number in range(24)}
    with tarfile.open(folder / "shards" / "0.tar", "w") as tar:
        for name, content in sorted(pictures.items()):
            (inside / name).write_bytes(content)
            add(tar, name, content)
    (folder / "shards" / "0.tgz").write_bytes(gzip.compress((folder / "shards" / "0.tar").read_bytes()))
    (inside / "link.tar").symlink_to(folder / "shards" / "0.tar")
    (inside / "linked").symlink_to(inside / "photos")
    (inside / "data.jsonl").write_text("".join(
        json.dumps({"image": base64.b64encode(content).decode()}) + "\n" for _, content in sorted(pictures.items())))
    flags: list[Argument] = ["-q", "--model", program.model("bundle_pixels.pt"), "--output", "out.jsonl", "--overwrite", "--id-field", "none"]
    expected = clean_run(program, inside, [*flags, "--input", "data.jsonl"], ["out.jsonl"])
    for ranks, inputs in [(1, ["photos"]), (3, ["linked/"]), (1, sorted(pictures)), (2, ["../shards/0.tar"]), (1, ["link.tar"]),
                          (1, [str(folder / "shards" / "0.tar"), "--image-root", "photos"]), (2, ["../shards/0.tgz"])]:
        check_same(inside, expected, run(program.command(ranks, *flags, "--input", *inputs), inside))


def compared_by_name(program: Program, folder: pathlib.Path) -> None:
    """A run that goes on keeps the rows of pictures that were written over since, as the documentation says."""
    def write(seed: int, broken: int | None = None) -> None:
        noise = random.Random(seed)
        (folder / "photos").mkdir(exist_ok=True)
        with tarfile.open(folder / "shard.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for number in range(200):
                path = folder / f"photos/{number:03}.png"
                Image.frombytes("RGB", (16, 16), noise.randbytes(768)).save(path, compress_level=0)  # all of one size
                if number == broken:
                    path.write_bytes(bytes(path.stat().st_size))
                tar.add(path, path.name)

    (folder / "data.jsonl").write_text("".join(f'{{"image":"photos/{number:03}.png"}}\n' for number in range(200)))
    for source in ("data.jsonl", "photos", "shard.tar"):
        flags: list[Argument] = ["-q", "--model", program.model("bundle_pixels.pt"), "--input", source, "--output", "out.jsonl",
                                 "--threads", "1", "--chunk-bytes", "300", "--on-error", "fail", "--journal-interval", "0"]
        write(1)
        before = clean_run(program, folder, flags, ["out.jsonl"])["out.jsonl"].splitlines()
        write(1, broken=150)
        stopped = run(program.command(1, *flags), folder)
        check(stopped.code == 3 and "--on-error fail" in stopped.stderr, f"{stopped}")
        write(2)
        outcome = run(program.command(2, *flags, "--resume"), folder)
        rows = (folder / "out.jsonl").read_bytes().splitlines()
        kept = sum(row == earlier for row, earlier in zip(rows, before, strict=True))
        check(outcome.code == 0 and 0 < kept < len(rows) and rows[:kept] == before[:kept], f"{source}, {kept} rows kept: {outcome}")
        (folder / "out.jsonl").unlink()


def noise_picture(noise: random.Random) -> bytes:
    file = io.BytesIO()
    width, height = noise.randrange(8, 40), noise.randrange(8, 40)
    Image.frombytes("RGB", (width, height), noise.randbytes(width * height * 3)).save(file, "png")
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(run_tests([tars_as_python_reads_them, same_bytes, damaged_tar, repaired_sample, folders_of_pictures, pictures_in_tables, the_same_pixels,
                        compared_by_name], __doc__))
