"""infer with --decode gpu on simulated GPUs, whose nvJPEG adds 1 to red: which pictures it decodes, and what is broken or refused.

    gpu_pictures_test.py INFER MODELS [NAME ...]

on_simulated_gpus lies beside INFER.
"""

import io
import json
import pathlib
import random
import re
import sys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from cli_support import Argument, Program, check, run, run_tests
from gpu_runs_test import infer, on_gpus, on_ranks, refused, scored
from pictures_test import ORIENTATION, drawn, in_frame

PICTURES = 90
# What is saved how; of these the first alone is nvJPEG's: 4:2:2 it refuses, the others it is not given.
KINDS: list[tuple[str, str, dict]] = [
    ("jpeg", "RGB", {"subsampling": 2}), ("jpeg", "RGB", {"subsampling": 1}), ("jpeg", "RGB", {"progressive": True}),
    ("jpeg", "L", {}), ("jpeg", "CMYK", {}), ("png", "RGB", {}), ("webp", "RGB", {})]
NVJPEG = {"SIMULATED_NVJPEG": "yes"}


def file_of(picture: Image.Image, kind: tuple[str, str, dict], orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = io.BytesIO()
    picture.convert(kind[1]).save(file, kind[0], exif=exif, **kind[2])
    return file.getvalue()


def expected_pixels(content: bytes, by_gpu: bool) -> list:
    values = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).copy()
    if by_gpu:
        values[..., 0] = np.minimum(values[..., 0].astype(int) + 1, 255)
    picture = Image.fromarray(values)
    picture.getexif().update(Image.open(io.BytesIO(content)).getexif())
    return in_frame(ImageOps.exif_transpose(picture))


def write_pictures(folder: pathlib.Path, contents: Sequence[bytes]) -> None:
    for number, content in enumerate(contents):
        (folder / str(number)).write_bytes(content)
    (folder / "in.jsonl").write_text("".join(f'{{"id":{number},"image":"{number}"}}\n' for number in range(len(contents))))


def mixed(count: int) -> tuple[list[bytes], list[bool]]:
    """Pictures of all kinds, and whether nvJPEG decodes each."""
    rng = random.Random(6)
    kinds = [KINDS[0] if rng.random() < 0.5 else rng.choice(KINDS) for _ in range(count)]
    return [file_of(drawn(rng), kind, rng.randrange(1, 9)) for kind in kinds], [kind is KINDS[0] for kind in kinds]


def command(program: Program, *more: Argument) -> list[str]:
    return infer(program, "bundle_pixels.pt", "--chunk-bytes", "300", *more)


def counts(stderr: str) -> tuple[int, int]:
    """By the GPU and by the CPU."""
    gpu, cpu = re.search(r"pictures decoded: (\d+) by the GPU, (\d+) by the CPU", stderr).groups()
    return int(gpu), int(cpu)


def pixels_are_those_of_the_gpu(program: Program, folder: pathlib.Path) -> None:
    """Turned and resized as those of the CPU; the same for any number of ranks."""
    contents, by_gpu = mixed(PICTURES)
    write_pictures(folder, contents)
    decode = command(program, "--decode", "gpu")
    done = run(on_gpus(1, [*decode, "--output", "one.jsonl"], **NVJPEG), folder)
    check(done.code == 0 and counts(done.stderr) == (sum(by_gpu), PICTURES - sum(by_gpu)), str(done))
    rows = (folder / "one.jsonl").read_bytes()
    for line, content, gpu in zip(rows.splitlines(), contents, by_gpu, strict=True):
        row = json.loads(line)
        check(row["outputs"]["result"] == expected_pixels(content, gpu), f"picture {row['id']} ({gpu=}): other pixels")
    for ranks in (1, 2, 3):
        for schedule in ("dynamic", "static"):
            several = on_ranks(ranks, on_gpus(3, [*decode, "--schedule", schedule], **NVJPEG))
            check(scored(folder, several) == rows, f"other rows: {ranks} ranks, {schedule}")
    cpu = scored(folder, on_gpus(1, command(program), **NVJPEG))
    check(cpu == scored(folder, on_gpus(1, command(program, "--decode", "cpu"))), "without the flag the CPU decodes")
    check(cpu != rows, "the test's own pictures")


def damaged(rng: random.Random) -> list[bytes]:
    contents = []
    for number in range(PICTURES):
        content = bytearray(file_of(drawn(rng), KINDS[0]))
        if number % 3 == 0:
            content = content[:rng.randrange(2, len(content))]
        elif number % 3 == 1:
            content[rng.randrange(2, len(content))] = rng.randrange(256)
        contents.append(bytes(content))
    return contents


def broken_pictures_fail_alike(program: Program, folder: pathlib.Path) -> None:
    """With the same messages, though this nvJPEG takes files that are cut off."""
    write_pictures(folder, damaged(random.Random(8)))
    more = ("--max-errors", "100%", "--max-image-pixels", "3000")
    rows = {decode: [json.loads(line) for line in scored(folder, on_gpus(1, command(program, *more, "--decode", decode), **NVJPEG)).splitlines()]
            for decode in ("cpu", "gpu")}
    errors = {decode: [row.get("error") for row in some] for decode, some in rows.items()}
    check(errors["cpu"] == errors["gpu"], "other errors")
    texts = json.dumps(errors["cpu"])
    check("ends too early" in texts and "--max-image-pixels" in texts and errors["cpu"].count(None) > PICTURES / 3, texts)


def damaged_pictures_are_their_own(program: Program, folder: pathlib.Path) -> None:
    """Of what this nvJPEG leaves out, nothing of another picture shows."""
    write_pictures(folder, damaged(random.Random(8)))
    decode = command(program, "--max-errors", "100%", "--decode", "gpu")
    rows = scored(folder, on_gpus(1, decode, **NVJPEG))
    backwards = (folder / "in.jsonl").read_text().splitlines()[::-1]
    (folder / "in.jsonl").write_text("".join(line + "\n" for line in backwards))
    again = scored(folder, on_ranks(2, on_gpus(2, decode, **NVJPEG)))
    values = [[json.loads(row).get("outputs") for row in some.splitlines()] for some in (rows, again)]
    check(values[0] == values[1][::-1], "a row depends on the pictures before it")


def what_nvjpeg_refuses_the_cpu_decodes(program: Program, folder: pathlib.Path) -> None:
    rng = random.Random(9)
    write_pictures(folder, [file_of(drawn(rng), KINDS[0]) for _ in range(20)])
    for status in (3, 4, 6, 8, 9):
        failing = on_gpus(1, command(program, "--decode", "gpu", "--output", "out.jsonl", "--overwrite"), **NVJPEG,
                          SIMULATED_NVJPEG_FAILURE=f"7:{status}")
        done = run(failing, folder)
        check(done.code == 0 and counts(done.stderr) == (19, 1), f"{status}: {done}")


def a_gpu_that_fails_ends_the_run(program: Program, folder: pathlib.Path) -> None:
    """And no picture is decoded otherwise because of it: rows do not depend on what else a GPU is at."""
    rng = random.Random(10)
    write_pictures(folder, [file_of(drawn(rng), KINDS[0]) for _ in range(PICTURES)])
    decode = command(program, "--decode", "gpu")
    expected = scored(folder, on_gpus(1, decode, **NVJPEG))
    for failure, words in (({"SIMULATED_NVJPEG_FAILURE": "40:5"}, "cannot decode pictures on cuda:0 (--decode gpu): it has no memory left"),
                           ({"SIMULATED_GPU_LAST_COPY": 150}, "CUDA error|cannot decode pictures on cuda:0 .*: device-side assert triggered")):
        broken = run(on_gpus(1, [*decode, "--output", "out.jsonl", "--overwrite"], **NVJPEG, **failure), folder)
        check(broken.code == 3 and re.search(words.replace("(--decode gpu)", ".*"), broken.message()) is not None, str(broken))
        done = run(on_gpus(1, [*decode, "--output", "out.jsonl", "--resume"], **NVJPEG), folder)
        check(done.code == 0 and (folder / "out.jsonl").read_bytes() == expected, f"other rows: {done}")


def memory_has_a_bound(program: Program, folder: pathlib.Path) -> None:
    """Of a GPU of 64 MiB, however many pictures there are, and whatever their size."""
    rng = np.random.default_rng(4)
    picture = Image.fromarray(rng.integers(0, 256, (1000, 1200, 3), dtype=np.uint8))
    too_large = file_of(Image.new("RGB", (6000, 5600), (9, 9, 9)), KINDS[0])
    write_pictures(folder, [too_large, *(file_of(picture.crop((0, 0, 1200 - 7 * number, 1000)), KINDS[0]) for number in range(60))])
    done = run(on_gpus(1, command(program, "--decode", "gpu", "--output", "out.jsonl"), **NVJPEG, SIMULATED_GPU_MIB=64), folder)
    check(done.code == 0 and counts(done.stderr) == (60, 1), str(done))


def rows_of_the_other_decoder_are_not_gone_on_with(program: Program, folder: pathlib.Path) -> None:
    rng = random.Random(11)
    write_pictures(folder, [b"", *(file_of(drawn(rng), KINDS[0]) for _ in range(20))])
    more = ("--max-errors", "1")
    scored(folder, on_gpus(1, command(program, *more, "--keys"), **NVJPEG))
    for again, keys in (("--resume", ["--keys"]), ("--retry-errors", [])):
        done = run(on_gpus(1, command(program, *more, *keys, "--decode", "gpu", "--output", "out.jsonl", again), **NVJPEG), folder)
        check(done.code == 2 and "--decode: cpu then, gpu now" in done.message(), f"{again}: {done}")
    reused = run(on_gpus(1, command(program, *more, "--decode", "gpu", "--reuse", "out.jsonl", "--output", "new.jsonl"), **NVJPEG), folder)
    check(reused.code == 0 and "--decode" in reused.stderr and "taken over" in reused.stderr, str(reused))
    check((folder / "new.jsonl").read_bytes() != (folder / "out.jsonl").read_bytes(), "rows of the other decoder")


def what_cannot_be_is_refused(program: Program, folder: pathlib.Path) -> None:
    """Before any work."""
    rng = random.Random(12)
    write_pictures(folder, [file_of(drawn(rng), KINDS[0]) for _ in range(5)])
    decode = command(program, "--decode", "gpu")
    refused(folder, on_gpus(1, [*decode, "--device", "cpu"], **NVJPEG), "--decode gpu: this rank runs on the CPU", "--device cuda")
    first, second = (on_gpus(2, [*decode, "--output", "out.jsonl"], **NVJPEG, SIMULATED_NVJPEG_PATCH=patch) for patch in (1, 2))
    several = run([*on_ranks(1, first), ":", "-np", "1", *second], folder)
    check(several.code == 2 and "nvJPEG is 13.0.1 on rank 0" in several.message() and "13.0.2 on rank 1" in several.message(), str(several))
    alone = run([*on_ranks(1, on_gpus(2, [*decode, "--output", "out.jsonl"], **NVJPEG)), ":", "-np", "1",
                 *on_gpus(2, [*command(program), "--output", "out.jsonl"], **NVJPEG)], folder)
    check(alone.code == 2 and "--decode is gpu on rank 0" in alone.message(), str(alone))


def without_the_library_it_is_refused(program: Program, folder: pathlib.Path) -> None:
    if list(pathlib.Path(np.__file__).parents[1].glob("nvidia/*/lib/libnvjpeg.so.1*")):
        print("skipped: nvJPEG is installed beside torch")
        return
    rng = random.Random(13)
    write_pictures(folder, [file_of(drawn(rng), KINDS[0]) for _ in range(5)])
    decode = command(program, "--decode", "gpu")
    refused(folder, on_gpus(1, decode), "--decode gpu: cannot load libnvjpeg.so.13 nor libnvjpeg.so.12", "pip install nvidia-nvjpeg")
    for settings, words in (({}, "load | fail | --decode gpu: cannot load libnvjpeg.so.13"), (NVJPEG, "load | ok")):
        checked = run(on_gpus(1, [decode[0], "check", *decode[1:], "--output", "out.jsonl"], **settings), folder)
        table = re.sub(r" +", " ", checked.stdout.decode())
        check(words in table, f"{checked} {table}")


if __name__ == "__main__":
    sys.exit(run_tests([
        pixels_are_those_of_the_gpu, broken_pictures_fail_alike, damaged_pictures_are_their_own, what_nvjpeg_refuses_the_cpu_decodes, a_gpu_that_fails_ends_the_run,
        memory_has_a_bound, rows_of_the_other_decoder_are_not_gone_on_with, what_cannot_be_is_refused, without_the_library_it_is_refused,
    ], __doc__))
