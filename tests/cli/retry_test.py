"""Records that failed are scored again, and their rows go to their places.

    retry_test.py INFER MODELS [NAME...]
"""

import json
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


TESTS = [retried, retry_is_unfinished]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
