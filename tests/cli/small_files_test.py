"""Many small files score as one large one does: in batches over file borders, each record with its own place.

    small_files_test.py INFER MODELS [NAME ...]
"""

import json
import pathlib
import random
import re
import signal
import sys

from cli_support import Argument, Outcome, Program, check, run, run_tests
from job import SOON, started
from resume_support import wait_for_checkpoint

FILES = 400
MARK = "\N{BYTE ORDER MARK}"


def write_files(folder: pathlib.Path, seed: int, most_rows: int = 3) -> tuple[list[str], list[dict]]:
    """Their names, and the rows that must come of them, by an own reading of the rules."""
    choose = random.Random(seed)
    names, rows = [], []
    (folder / "in").mkdir()
    for number in range(FILES):
        name = f"in/{number}.jsonl"
        text = MARK * (choose.random() < 0.1)
        for line in range(1, choose.randrange(most_rows + 1) + 1):
            bad = choose.random() < 0.05
            record = "broken" if bad else json.dumps({"id": len(rows), "x": [len(rows) + 0.5] * 4})
            offset = len(text.encode())
            rows.append({"file": name, "line": line, "offset": offset} if bad else {"id": len(rows)})
            text += record + choose.choice(["\n", "\r\n"])
        (folder / name).write_text(text.rstrip("\n") if choose.random() < 0.3 else text, newline="")
        names.append(name)
    (folder / "names").write_text("".join(f"{name}\n" for name in names))
    return names, rows


def flags(program: Program, *more: Argument) -> list[Argument]:
    return ["--model", program.model("identity.pt"), "--input-list", "names", "--output", "out.jsonl", "--max-errors", "50%", *more]


def check_rows(folder: pathlib.Path, rows: list[dict]) -> None:
    got = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    check(len(got) == len(rows), f"{len(got)} rows instead of {len(rows)}")
    for row, wanted in zip(got, rows, strict=True):
        own = {name: row["error"][name] for name in ("file", "line", "offset")} if "error" in row else {"id": row["id"]}
        check(own == wanted, f"{row} instead of {wanted}")


def batches(outcome: Outcome) -> int:
    found = re.search(r"(\d+) batches", outcome.stderr)
    check(found is not None, str(outcome))
    return int(found[1])


def as_one(program: Program, folder: pathlib.Path) -> None:
    """The rows are those of the records, and batches as many as if all of it were one file."""
    names, rows = write_files(folder, 1)
    for ranks in (1, 3):
        outcome = run(program.command(ranks, *flags(program, "--overwrite", "--chunk-bytes", "4096")), folder)
        check(outcome.code == 0, str(outcome))
        check_rows(folder, rows)
    whole = b"".join((folder / name).read_bytes().removeprefix(MARK.encode()).removesuffix(b"\n") + b"\n" for name in names)
    (folder / "whole.jsonl").write_bytes(whole)
    apart = batches(outcome)
    (folder / "names").write_text("whole.jsonl\n")
    together = batches(run(program.command(3, *flags(program, "--overwrite", "--chunk-bytes", "4096")), folder))
    check(apart <= 2 * together, f"{apart} batches, {together} of one file")


def resumed(program: Program, folder: pathlib.Path) -> None:
    _, rows = write_files(folder, 2, most_rows=6)
    slow = ["-q", "--model", program.model("slow.pt"), *program.waits, *flags(program, "--chunk-bytes", "1000", "--journal-interval", "0")[2:]]
    with started(program.command(1, *slow), folder) as job:
        wait_for_checkpoint(job)
        job.process.send_signal(signal.SIGTERM)
        check(job.end(3 * SOON).code == 4, "it was over already")
    outcome = run(program.command(2, *slow, "--resume"), folder)
    check(outcome.code == 0, str(outcome))
    check_rows(folder, rows)


def retried(program: Program, folder: pathlib.Path) -> None:
    """Records that failed, in files that share a chunk, are found again."""
    _, rows = write_files(folder, 3)
    check(run(program.command(1, *flags(program)), folder).code == 0, "no first run")
    before = (folder / "out.jsonl").read_bytes()
    outcome = run(program.command(2, *flags(program, "--retry-errors")), folder)
    check(outcome.code == 0, str(outcome))
    check((folder / "out.jsonl").read_bytes() == before, "other rows")
    check_rows(folder, rows)


def lists(program: Program, folder: pathlib.Path) -> None:
    """--input-list: after --input, without blank lines; what it cannot be."""
    names, rows = write_files(folder, 4)
    (folder / "names").write_text("\n".join(names[2:]) + "\n\n")
    outcome = run(program.command(1, *flags(program, "--input", names[0], "--input", names[1])), folder)
    check(outcome.code == 0, str(outcome))
    check_rows(folder, rows)
    (folder / "names").write_text("\n\n")
    for path, message in (("names", "--input-list names is empty"), ("in", "--input-list in is a folder"),
                          ("missing", "cannot open --input-list missing")):
        outcome = run(program.command(1, *flags(program, "--overwrite", "--input-list", path)[:2], "--input-list", path), folder)
        check(outcome.code == 2 and message in outcome.stderr, str(outcome))
    (folder / "names").write_text(f"{names[0]}\n")
    outcome = run(program.command(1, *flags(program, "--overwrite")[:4], "--output", "names", "--overwrite"), folder)
    check(outcome.code == 2 and "is the file of --input-list names" in outcome.stderr, str(outcome))


if __name__ == "__main__":
    sys.exit(run_tests([as_one, resumed, retried, lists], __doc__))
