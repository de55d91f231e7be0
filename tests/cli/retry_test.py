"""Records that failed are scored again, and their rows go to their places.

    retry_test.py INFER MODELS [NAME...]
"""

import json
import os
import pathlib
import signal
import sys

from cli_support import Argument, Program, check, run, run_tests
from resume_support import check_same, clean_run, leave_unfinished, slow

LONG = 200  # bytes; --max-record-bytes refuses longer records, until it is raised


def write_retry_input(folder: pathlib.Path, rows: int, every: int) -> None:
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            padding = " " * LONG if number % every == 1 or number in (0, rows - 1) else ""
            file.write("\n" * (number % 50 == 7) + json.dumps({"id": number, "x": [number % 7 + 0.5] * 4}) + padding + "\n")


def retried(program: Program, folder: pathlib.Path) -> None:
    """Records that failed are scored again and go to their places, whatever the form of the output; also in two steps,
    and with some that fail again."""
    write_retry_input(folder, 400, 37)
    lines = (folder / "data.jsonl").read_text().splitlines()
    broken = lines[300]
    lines[300] = broken.replace("[", "[null, ") + " " * LONG
    (folder / "data.jsonl").write_text("\n".join(lines) + "\n")
    forms: list[tuple[str, list[Argument]]] = [
        ("out.jsonl", []),
        ("out.jsonl", ["--errors", "failed.jsonl"]),
        ("out.jsonl", ["--errors", "failed.jsonl", "--on-error", "skip"]),
        ("out.csv", ["--errors", "failed.jsonl"]),
        ("out.npy", ["--model", program.model("identity.pt"), "--task", "embedding", "--errors", "failed.jsonl"]),
    ]
    for name, form in forms:
        model = [] if name.endswith("npy") else ["--model", program.model("ragged_sum.pt")]
        arguments = ["-q", *model, "--input", "data.jsonl", "--output", name, "--chunk-bytes", "1500", *form,
                     "--input-spec", "x:float32:[4]"]
        names = [name] + ["failed.jsonl"] * ("--errors" in form)
        outcome = run(program.command(1, *arguments), folder)
        check(outcome.code == 1, f"one record is broken: {outcome}")
        expected = {each: (folder / each).read_bytes() for each in names}
        for each in names:
            (folder / each).unlink()
        limit = ["--max-record-bytes", str(LONG)]
        outcome = run(program.command(2, *arguments, *limit), folder)
        check(outcome.code == 1, f"the long records should fail: {outcome}")
        check((folder / name).read_bytes() != expected[name], "nothing failed")
        for ranks in (3, 1):
            outcome = run(program.command(ranks, *arguments, "--retry-errors"), folder)
            check_same(folder, expected, outcome, code=1)
        for each in names:
            (folder / each).unlink()


def retry_is_unfinished(program: Program, folder: pathlib.Path) -> None:
    """Stopped or killed in the middle, the earlier output is whole, and --resume comes to the same end."""
    write_retry_input(folder, 700, 2)
    base = ["--errors", "failed.jsonl"]
    expected = clean_run(program, folder, slow(program, *base), ["out.jsonl", "failed.jsonl"])
    for form, number, ranks in ((base, signal.SIGKILL, 2), (base, signal.SIGTERM, 1)):
        outcome = run(program.command(1, *slow(program, *form, "--max-record-bytes", str(LONG), "--max-errors", "100%")), folder)
        check(outcome.code == 0, str(outcome))
        earlier = (folder / "out.jsonl").read_bytes()
        retry = program.command(1, *slow(program, *form, "--retry-errors"))
        outcome = leave_unfinished(retry, folder, number)
        check((folder / "out.jsonl").read_bytes() == earlier, "the earlier output changed")
        if number == signal.SIGTERM:
            check(outcome.code == 4 and "--retry-errors --resume" in outcome.stderr, str(outcome))
        outcome = run(retry, folder)
        check(outcome.code == 2 and "unfinished run" in outcome.stderr, f"not refused: {outcome}")
        outcome = run(program.command(ranks, *slow(program, *form, "--retry-errors", "--resume")), folder)
        check_same(folder, expected, outcome)
        outcome = run(program.command(1, *slow(program, *form, "--retry-errors")), folder)
        check_same(folder, expected, outcome)
        check("nothing failed in out.jsonl" in outcome.stderr, str(outcome))
        for name in expected:
            (folder / name).unlink()


def write_with_broken(folder: pathlib.Path, broken: str, rows: int = 300) -> None:
    """Every 37th record is `broken`, which may have any length."""
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            values = broken if number % 37 == 1 else f"[{number % 7}.5, 1, 2, 3]"
            file.write("\n" * (number % 50 == 7) + f'{{"id": {number}, "x": {values}}}\n')


def repaired_in_place(program: Program, folder: pathlib.Path) -> None:
    """Records that were repaired where they are have their numbers only: they are scored, the others stay. An input with
    another number of records is refused before anything is created."""
    base: list[Argument] = ["-q", "--model", program.model("ragged_sum.pt"), "--input", "data.jsonl", "--output", "out.jsonl",
                            "--chunk-bytes", "1500", "--input-spec", "x:float32:[4]"]
    skip: list[Argument] = ["--errors", "failed.jsonl", "--on-error", "skip"]
    for form in ([], skip):
        arguments = [*base, *form]
        names = ["out.jsonl", "failed.jsonl"] if form else ["out.jsonl"]
        write_with_broken(folder, "[1, 2, 3.25, 4.125]")
        expected = clean_run(program, folder, arguments, names)
        write_with_broken(folder, '"broken"')
        outcome = run(program.command(1, *arguments), folder)
        check(outcome.code == 1, f"nothing failed: {outcome}")
        earlier = {name: (folder / name).read_bytes() for name in names}
        write_with_broken(folder, "[1, 2, 3.25, 4.125]", rows=299)
        outcome = run(program.command(2, *arguments, "--retry-errors"), folder)
        check("299 records now, 300 then" in outcome.stderr, f"not told why: {outcome}")
        check_same(folder, earlier, outcome, code=2)
        write_with_broken(folder, "[1, 2, 3.25, 4.125]")
        outcome = run(program.command(2, *arguments, "--retry-errors"), folder)
        check("they are taken by their numbers" in outcome.stderr, f"not told: {outcome}")
        check_same(folder, expected, outcome)
        outcome = run(program.command(1, *arguments, "--resume"), folder)
        check("nothing is left to do" in outcome.stderr, f"the repaired input is not that of the output: {outcome}")
        for name in names:
            (folder / name).unlink()


def errors_passed_through(program: Program, folder: pathlib.Path) -> None:
    """A good row may have passed through what looks like our error; an input's name need not be UTF-8."""
    name = os.fsdecode(b"d\xff.jsonl")
    with (folder / name).open("w") as file:
        for number in range(60):
            record = {"id": number, "meta": {"error": {"code": "mine"}}, "x": [number % 7 + 0.5] * 4}
            file.write(json.dumps(record) + " " * (LONG * (number % 9 == 4)) + "\n")
    base: list[Argument] = ["-q", "--model", program.model("ragged_sum.pt"), "--input", name, "--output", "out.jsonl",
                            "--passthrough", "meta", "--input-spec", "x:float32:[4]"]
    skip: list[Argument] = ["--errors", "failed.jsonl", "--on-error", "skip"]
    for form in (skip, []):
        arguments = [*base, *form]
        expected = clean_run(program, folder, arguments, ["out.jsonl"])
        for left in folder.glob("failed.jsonl*"):
            left.unlink()
        outcome = run(program.command(1, *arguments, "--max-record-bytes", str(LONG)), folder)
        check(outcome.code == 1, f"the long records should fail: {outcome}")
        check_same(folder, expected, run(program.command(2, *arguments, "--retry-errors"), folder))
        (folder / "out.jsonl").unlink()
        for left in folder.glob("failed.jsonl*"):
            left.unlink()


TESTS = [retried, retry_is_unfinished, repaired_in_place, errors_passed_through]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
