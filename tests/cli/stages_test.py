"""Models in stages: in one rank, and with --pipeline-ranks over several, whose groups work as one rank each.

  stages_test.py INFER MODELS [NAME]
"""

import json
import os
import pathlib
import signal
import sys

from cli_support import Argument, Program, check, check_refused, run, run_tests
from job import SOON, started

ROWS = 3000


def values_of(number: int) -> list[float]:
    return [(number * 7 + place * 3) % 11 / 2 - 2 for place in range(8)]


def expected_result(values: list[float]) -> float:
    """What ExactLayers of support/models/exact.py makes of a row."""
    for width, height in ((8, 16), (16, 8), (8, 1)):
        weights = [min(2.0, max(-1.0, place * 3 % 7 - 2.0)) for place in range(width * height)]
        values = [sum(weight * value for weight, value in zip(weights[row * width:(row + 1) * width], values, strict=True))
                  for row in range(height)]
    return values[0]


def write_input(folder: pathlib.Path) -> None:
    """With some records that are none."""
    with (folder / "data.jsonl").open("w") as file:
        for number in range(ROWS):
            file.write("{}\n" if number % 997 == 5 else json.dumps({"id": number, "x": values_of(number)}) + "\n")


def scored(program: Program, model: str, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model(model), "--input", "data.jsonl", "--output", "out.jsonl", "--overwrite", "--chunk-bytes", "4096",
            "--threads", "1", "--max-errors", "1%", *more]


def rows_by(program: Program, folder: pathlib.Path, ranks: int, arguments: list[Argument]) -> bytes:
    done = run(program.command(ranks, *arguments), folder)
    check(done.code == 0, str(done))
    return (folder / "out.jsonl").read_bytes()


def same_rows(program: Program, folder: pathlib.Path) -> None:
    """Whatever the stages, the ranks of a model, and the ranks of the job."""
    write_input(folder)
    rows = rows_by(program, folder, 1, scored(program, "staged.pt2"))
    for number, line in enumerate(rows.splitlines()):
        row = json.loads(line)
        right = "error" in row if number % 997 == 5 else row["outputs"]["output0"] == expected_result(values_of(number))
        check(right, f"row {number}: {row}")
    for model, ranks, group in (("staged.pt2", 2, 2), ("staged.pt2", 4, 2), ("staged3.pt2", 1, 1), ("staged3.pt2", 2, 2),
                                ("staged3.pt2", 3, 3), ("staged3.pt2", 6, 3), ("staged_outside.pt2", 2, 1), ("staged_outside.pt2", 4, 2)):
        for more in (["--replicas", "2"], ["--schedule", "static"])[:1 + (ranks == 4)]:
            got = rows_by(program, folder, ranks, scored(program, model, "--pipeline-ranks", str(group), *more))
            check(got == rows, f"other rows by {ranks} ranks, {group} for a {model}, {more}")


def other_outputs(program: Program, folder: pathlib.Path) -> None:
    """Parts are written by the first rank of each group."""
    write_input(folder)
    rows = rows_by(program, folder, 1, scored(program, "staged.pt2"))
    parts = [word for word in scored(program, "staged.pt2", "--pipeline-ranks", "2", "--output-dir", "parts") if word not in ("--output", "out.jsonl")]
    done = run(program.command(4, *parts), folder)
    check(done.code == 0, str(done))
    merged = run([str(program.infer), "merge", "parts", "--output", "merged.jsonl"], folder)
    check(merged.code == 0 and (folder / "merged.jsonl").read_bytes() == rows, f"other rows in parts: {merged}")


def refused(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    for ranks, model, group, texts in ((3, "staged.pt2", 2, ["3 ranks", "a multiple of 2"]),
                                       (3, "staged.pt2", 3, ["2 stages", "--stages 3"]),
                                       (1, "staged.pt2", 2, ["1 rank"]),
                                       (2, "exact_sum.pt", 2, ["1 stage", "--stages 2"])):
        check_refused(run(program.command(ranks, *scored(program, model, "--pipeline-ranks", str(group))), folder), *texts)


def checked(program: Program, folder: pathlib.Path) -> None:
    """infer check asks all ranks of a model."""
    write_input(folder)
    flags = [word for word in scored(program, "staged3.pt2", "--pipeline-ranks", "3", "--json") if word not in ("-q", "--overwrite")]
    done = run([*program.command(6, "check"), *map(str, flags)], folder)
    check(done.code == 0, str(done))
    lines = {line["name"]: line for line in json.loads(done.stdout)["lines"]}
    check("8 of the first records" in lines["scored"]["found"], f"nothing scored: {lines['scored']}")
    check("3 ranks for each model" in lines["device"]["found"], f"no word of the groups: {lines['device']}")


def slow(program: Program, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model("slow_staged.pt2"), *program.waits, "--input", "data.jsonl", "--output", "out.jsonl", "--chunk-bytes", "1000",
            "--journal-interval", "0", "--threads", "1", *more]


def struck(program: Program, folder: pathlib.Path) -> None:
    """The rank of a later stage is killed, stopped, or asked to end; others go on where it was, in other groups."""
    with (folder / "data.jsonl").open("w") as file:
        for number in range(2000):
            file.write(json.dumps({"id": number, "x": values_of(number)[:4]}) + "\n")
    expected = rows_by(program, folder, 2, slow(program))
    (folder / "out.jsonl").unlink()
    for number, text in ((signal.SIGKILL, ""), (signal.SIGSTOP, "no sign of life from rank 3"), (signal.SIGTERM, "SIGTERM to rank 3")):
        with started(program.command(4, *slow(program, "--pipeline-ranks", "2", "--comm-timeout", "3")), folder) as job:
            job.wait_until_writing()
            os.kill(job.ranks[3], number)
            outcome = job.end(3 + SOON)
        check(outcome.code != 0 and text in outcome.stderr, f"struck by {number.name}: {outcome}")
        kept = (folder / "out.jsonl.partial").read_bytes().count(b"\n")
        check(0 < kept < 2000, f"{kept} rows kept, struck by {number.name}: {outcome}")
        ranks = 2 if number == signal.SIGKILL else 1
        resumed = rows_by(program, folder, ranks, slow(program, "--pipeline-ranks", str(ranks), "--resume"))
        check(resumed == expected, f"other rows after {number.name}")
        (folder / "out.jsonl").unlink()


def every_stage_in_the_trace(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    rows_by(program, folder, 3, scored(program, "staged3.pt2", "--pipeline-ranks", "3", "--trace", "trace.json"))
    spans = [event for event in json.loads((folder / "trace.json").read_text()) if event["name"] == "model"]
    for rank in range(3):
        check(sum(event["pid"] == rank for event in spans) > 10, f"rank {rank} has no forwards in the trace")


TESTS = [same_rows, other_outputs, refused, checked, struck, every_stage_in_the_trace]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
