"""Records that failed are scored again also in outputs that consist of pieces (packed, Parquet) or parts (--output-dir):
the bytes are those of a run in which nothing failed, and what nothing failed in stays as it is.

    retry_forms_test.py INFER MODELS [NAME...]
"""

import json
import pathlib
import shutil
import signal
import sys
import tempfile

from cli_support import Argument, Program, check, run, run_tests
from resume_support import check_clean, leave_unfinished

LONG = 200  # bytes; --max-record-bytes refuses longer records, until it is raised
SKIP: list[Argument] = ["--on-error", "skip", "--errors", "failed.jsonl"]
Files = dict[str, bytes]


def write_records(folder: pathlib.Path, files: int = 3, rows: int = 150) -> list[str]:
    """The first is small enough to share a chunk with others. Every record of a stretch is long, so that chunks have no
    row without them; one record is broken for good."""
    names = [f"data{file}.jsonl" for file in range(files)]
    for file, name in enumerate(names):
        with (folder / name).open("w") as out:
            for number in range(rows if file else 5):
                values: object = "broken" if number == 77 else [number % 7 + 0.5, 1, -2, 0.25]
                is_long = number % 37 == 1 or 100 <= number < 130 or number in (0, rows - 1)
                out.write("\n" * (number % 50 == 7) + json.dumps({"id": number, "x": values}) + " " * LONG * is_long + "\n")
    return names


def flags_of(program: Program, output: str) -> list[Argument]:
    """Of a file, or of a folder for a name like "parts.csv"."""
    model: list[Argument] = ["--model", program.model("ragged_sum.pt"), "--input-spec", "x:float32:[4]"]
    if output.endswith(("npy", "parquet")):
        model = ["--model", program.model("identity.pt"), "--task", "embedding"]
    place: list[Argument] = ["--output", output]
    if output.startswith("parts."):
        place = ["--output-dir", "out", "--output-format", output.removeprefix("parts."), "--part-bytes", "3000"]
    return ["-q", *model, *place, "--chunk-bytes", "1000", "--threads", "1", "--max-errors", "90%"]


def written(folder: pathlib.Path, output: str) -> Files:
    """Of parts what is in them, by their order; of the manifest what does not say when and how it was made."""
    check_clean(folder)
    names = [folder / output, folder / f"{output}.errors.jsonl", folder / "failed.jsonl", folder / "out" / "errors.jsonl"]
    files = {path.name: path.read_bytes() for path in names if path.is_file()}
    if not output.startswith("parts."):
        return files
    check_clean(folder / "out")
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    parts = list((folder / "out").glob("part-*"))
    check(len(parts) == len(manifest["parts"]), f"other files than the manifest names: {parts}")
    for number, part in enumerate(manifest["parts"]):
        files[f"part {number}"] = (folder / "out" / part.pop("part")).read_bytes()
    return files | {"manifest": json.dumps([manifest["parts"], manifest["all"], manifest["header_bytes"]]).encode()}


def cleared(folder: pathlib.Path, output: str) -> None:
    shutil.rmtree(folder / "out", ignore_errors=True)
    for path in [*folder.glob(f"{output}*"), *folder.glob("failed.jsonl*")]:
        path.unlink()


def check_same(found: Files, expected: Files, what: str) -> None:
    differing = [name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)]
    check(not differing, f"{what}: not as in one go: {differing}")


def scored(program: Program, folder: pathlib.Path, ranks: int, *arguments: Argument) -> str:
    outcome = run(program.command(ranks, *arguments), folder)
    check(outcome.code == 0, str(outcome))
    return outcome.stderr


FORMS: list[tuple[str, list[Argument]]] = [
    ("out.jsonl.gz", []), ("out.jsonl.zst", SKIP), ("out.csv.gz", ["--errors", "failed.jsonl"]), ("out.parquet", []),
    ("parts.jsonl", []), ("parts.csv", SKIP), ("parts.npy", []), ("parts.jsonl.gz", []), ("parts.parquet", [])]


def same_bytes(program: Program, folder: pathlib.Path) -> None:
    """By one rank and by three, and where a record fails again."""
    inputs = write_records(folder)
    for output, more in FORMS:
        arguments = [*flags_of(program, output), "--input", *inputs, *more]
        scored(program, folder, 1, *arguments)
        expected = written(folder, output)
        cleared(folder, output)
        scored(program, folder, 1, *arguments, "--max-record-bytes", LONG)
        check(written(folder, output) != expected, f"{output}: nothing failed")
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(folder, other, dirs_exist_ok=True)
            for ranks, place in ((1, folder), (3, pathlib.Path(other))):
                scored(program, place, ranks, *arguments, "--retry-errors")
                check_same(written(place, output), expected, f"{output} {more}, {ranks} ranks")
        cleared(folder, output)


def write_broken(folder: pathlib.Path, values: str, rows: int = 200) -> None:
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            own = values if number % 31 == 3 else f"[{number % 7}.5, 1, 2, 3]"
            file.write(f'{{"id": {number}, "x": {own}}}\n')


def mended_input(program: Program, folder: pathlib.Path) -> None:
    """Where the input was mended, records lie in other chunks and parts than then: the bytes are those of a run on what it is
    now."""
    mended = "[1.125, 2.25, 3.0625, 4.5]                    "
    mixed: list[tuple[int, str, list[Argument]]] = [
        (1, "out.jsonl.zst", []), (1, "out.parquet", SKIP), (3, "parts.csv", []), (1, "parts.jsonl.gz", SKIP), (1, "parts.parquet", [])]
    for ranks, output, more in mixed:
        arguments = [*flags_of(program, output), "--input", "data.jsonl", *more]
        write_broken(folder, mended)
        scored(program, folder, 1, *arguments)
        expected = written(folder, output)
        cleared(folder, output)
        write_broken(folder, '"no"')
        scored(program, folder, 1, *arguments)
        write_broken(folder, mended)
        said = scored(program, folder, ranks, *arguments, "--retry-errors")
        check("they are taken by their numbers" in said, f"not told: {said}")
        check_same(written(folder, output), expected, f"{output} {more}")
        cleared(folder, output)


def write_slow_records(folder: pathlib.Path, rows: int = 400) -> None:
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            file.write(json.dumps({"id": number, "x": [number + 0.5] * 4}) + " " * LONG * (number % 2) + "\n")


def killed(program: Program, folder: pathlib.Path) -> None:
    """A kill -9 or a stop in the middle leaves the earlier output as it was, and --resume comes to the same end."""
    write_slow_records(folder)
    base: list[Argument] = ["-q", "--model", program.model("slow.pt"), *program.waits, "--input", "data.jsonl", "--chunk-bytes", "1000", "--threads", "1",
                            "--journal-interval", "0", "--max-errors", "50%"]
    ends: list[tuple[str, list[Argument], int, int]] = [
        ("out.parquet", [], signal.SIGTERM, 1), ("parts.jsonl.zst", SKIP, signal.SIGKILL, 3)]
    for output, more, number, ranks in ends:
        in_parts = output.startswith("parts.")
        place: list[Argument] = ["--output", output]
        if in_parts:
            place = ["--output-dir", "out", "--output-format", output.removeprefix("parts."), "--part-bytes", "2000"]
        arguments = [*base, *place, *more]
        scored(program, folder, 4, *arguments)
        expected = written(folder, output)
        cleared(folder, output)
        scored(program, folder, 4, *arguments, "--max-record-bytes", LONG)
        earlier = written(folder, output)
        command = program.command(1, *arguments, "--retry-errors")
        written_to = "out/manifest.json" if in_parts else output
        leave_unfinished(command, folder, number, f"{written_to}.partial")
        check(whole(folder, output, in_parts) == earlier, f"{output}: the earlier output has changed")
        outcome = run(command, folder)
        check(outcome.code == 2 and "unfinished run" in outcome.stderr, f"not refused: {outcome}")
        scored(program, folder, ranks, *arguments, "--resume", *["--retry-errors"] * (ranks == 1))
        check_same(written(folder, output), expected, output)
        cleared(folder, output)


def whole(folder: pathlib.Path, output: str, in_parts: bool) -> Files:
    """What stands of the earlier output beside that of an unfinished retry, looked at elsewhere."""
    aside = folder / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(folder, aside)
    for path in aside.rglob("*"):
        if path.name.endswith((".partial", ".journal", ".new")):
            path.unlink()
    if in_parts:
        named = {part["part"] for part in json.loads((aside / "out" / "manifest.json").read_text())["parts"]}
        for path in (aside / "out").glob("part-*"):
            if path.name not in named:
                path.unlink()
    found = written(aside, output)
    shutil.rmtree(aside)
    return found


TESTS = [same_bytes, mended_input, killed]



if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
