"""Packed files, pipes and standard input are scored like plain files: the same rows, the same ways to go on.

    stream_test.py INFER MODELS [NAME...]
"""

import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from cli_support import Argument, Program, check, run, run_tests
from feeding import piped, run_fed
from job import started
from resume_support import BAD_EVERY, check_same, check_stopped, clean_run, leave_unfinished, rows_in, slow, wait_for_rows, write_slow_input

ROWS = 3000


def zstd(content: bytes, *flags: str) -> bytes:
    return subprocess.run(["zstd", "-q", "-c", *flags], input=content, capture_output=True, check=True).stdout


def from_file(command: list[str], name: str) -> list[str]:
    """The same command with that file as its standard input."""
    return ["bash", "-c", f'exec "$@" < {name}', "bash", *command]


def scored(program: Program, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model("identity.pt"), "--output", "out.jsonl", "--threads", "1", "--overwrite", *more]


def lines(rows: range) -> bytes:
    text = "".join("\n" * (row % 700 == 20) + json.dumps({"id": row, "x": [row, 0.5, -1, 2], "more": "y" * (row * 37 % 200)}) + "\n" for row in rows)
    return text.encode()


def same_rows(program: Program, folder: pathlib.Path) -> None:
    """As of the plain file, for any number of ranks, size of chunks and schedule."""
    content = lines(range(ROWS))
    (folder / "data.jsonl").write_bytes(content)
    third = content.index(b"\n", len(content) // 3) - 10  # in the middle of a line
    parts = [content[:third], content[third:]]
    (folder / "data.gz").write_bytes(b"".join(map(gzip.compress, parts)) + b"\0" * 100)
    (folder / "whole").write_bytes(zstd(content))
    (folder / "frames").write_bytes(b"".join(map(zstd, parts)))
    pieces = [content[begin:begin + 9000] for begin in range(0, len(content), 9000)]
    (folder / "sized").write_bytes(b"".join(zstd(piece, f"--stream-size={len(piece)}") for piece in pieces))
    expected = clean_run(program, folder, scored(program, "--input", "data.jsonl"), ["out.jsonl"])
    ways: list[tuple[int, str, list[Argument]]] = [
        (1, "data.gz", []), (2, "data.gz", ["--schedule", "static", "--chunk-bytes", "1000"]),
        (1, "frames", ["--chunk-bytes", "1"]), (1, "whole", ["--schedule", "static"]),
        (3, "sized", []), (1, "sized", ["--chunk-bytes", "20000"])]
    for ranks, name, more in ways:
        check_same(folder, expected, run(program.command(ranks, *scored(program, "--input", name, *more)), folder))
    command = program.command(3, *scored(program, "--input", "-", "--schedule", "static", "--chunk-bytes", "5000"))
    check_same(folder, expected, run_fed(command, folder, content))
    check_same(folder, expected, run_fed(program.command(1, *scored(program, "--input", "-")), folder, gzip.compress(content)))
    with piped(folder / "pipe", content):
        check_same(folder, expected, run(program.command(2, *scored(program, "--input", "pipe")), folder))


def several_inputs(program: Program, folder: pathlib.Path) -> None:
    """Plain and packed ones, an empty one and standard input, in the order in which they are given."""
    pieces = [lines(range(begin, begin + 400)) for begin in range(0, 1600, 400)]
    (folder / "data.jsonl").write_bytes(b"".join(pieces))
    expected = clean_run(program, folder, scored(program, "--input", "data.jsonl"), ["out.jsonl"])
    (folder / "a.jsonl").write_bytes(pieces[0])
    (folder / "b.gz").write_bytes(gzip.compress(pieces[1]))
    (folder / "none.gz").write_bytes(gzip.compress(b""))
    (folder / "d.zst").write_bytes(zstd(pieces[3].rstrip()))
    inputs = ["--input", "none.gz", "a.jsonl", "b.gz", "-", "d.zst"]
    outcome = run_fed(program.command(2, *scored(program, *inputs)), folder, pieces[2])
    check_same(folder, expected, outcome)
    outcome = run_fed(program.command(1, *scored(program, "--input", "-")), folder, b"")
    check(outcome.code == 0 and (folder / "out.jsonl").read_bytes() == b"", f"nothing on standard input is an empty input: {outcome}")


def slow_pipe(program: Program, folder: pathlib.Path) -> None:
    """Nobody waits for more than has come, no limit is for who writes, and a signal ends the wait."""
    os.mkfifo(folder / "pipe")
    limits = ["--comm-timeout", "1", "--stall-timeout", "1", "--journal-interval", "0"]
    command = program.command(2, *scored(program, "--input", "pipe", *limits))
    with started(command, folder) as job, (folder / "pipe").open("wb", buffering=0) as pipe:
        for row in range(2):
            pipe.write(lines(range(row, row + 1)) + b'{"id": ')
            wait_for_rows(job, row)
            time.sleep(0.7)
            pipe.write(b'-1, "x": [0, 0, 0, 0]}\n')
            wait_for_rows(job, row + 1)
        time.sleep(2)
        os.kill(job.ranks[0], signal.SIGTERM)
        outcome = job.end()  # soon: who waited for the writer would wait for ever
    check_stopped(outcome, folder, "stopped by SIGTERM")
    outcome = run(program.command(2, *scored(program, "--input", "pipe", "--time-limit", "1s")), folder)
    check(outcome.code == 4 and "before the first record" in outcome.stderr, f"nobody writes, and the time is up: {outcome}")


def gone_on_with(program: Program, folder: pathlib.Path) -> None:
    """A killed run of a packed file, and of standard input with the same bytes; other bytes are refused."""
    write_slow_input(folder, 300)
    content = (folder / "data.jsonl").read_bytes()
    (folder / "data.gz").write_bytes(gzip.compress(content))
    (folder / "other").write_bytes(content.replace(b"0.5", b"0.6", 1))
    packed = slow(program, "--input", "data.gz", "--errors", "failed.jsonl")
    expected = clean_run(program, folder, packed, ["out.jsonl", "failed.jsonl"])
    check(expected["failed.jsonl"].count(b'"file":"data.gz"') == len(range(5, 300, BAD_EVERY)), "errors name another file")
    leave_unfinished(program.command(1, *packed), folder, signal.SIGKILL)
    kept = rows_in(folder / "out.jsonl.partial")
    (folder / "data.gz").touch()
    outcome = run(program.command(3, *packed, "--resume"), folder)
    check(kept > 0, "nothing was kept")
    check_same(folder, expected, outcome)
    for name in expected:
        (folder / name).unlink()
    fed = slow(program, "--input", "-")
    outcome = run_fed(program.command(1, *fed), folder, content)
    expected = {"out.jsonl": (folder / "out.jsonl").read_bytes()}
    (folder / "out.jsonl").unlink()
    leave_unfinished(from_file(program.command(1, *fed), "data.jsonl"), folder, signal.SIGTERM)
    outcome = run(from_file(program.command(1, *fed, "--resume"), "other"), folder)
    check(outcome.code == 2 and "the input is not that of the run" in outcome.stderr and "(unpacked) differ" in outcome.stderr, f"other bytes are not refused: {outcome}")
    check_same(folder, expected, run(from_file(program.command(2, *fed, "--resume"), "data.jsonl"), folder))
    outcome = run(from_file(program.command(1, *fed, "--resume"), "data.jsonl"), folder)
    check(outcome.code == 0 and "is complete" in outcome.stderr, f"the same input, complete: {outcome}")
    outcome = run(from_file(program.command(1, *fed, "--resume"), "other"), folder)
    check(outcome.code == 2 and "differ" in outcome.stderr, f"another input than that of the complete output: {outcome}")


def damaged(program: Program, folder: pathlib.Path) -> None:
    """The rows before the damage are kept; mended, the run is gone on with."""
    content = lines(range(20_000))
    (folder / "data.jsonl").write_bytes(content)
    expected = clean_run(program, folder, scored(program, "--input", "data.jsonl"), ["out.jsonl"])
    for name, packed in (("data.gz", gzip.compress(content)), ("data.zst", zstd(content))):
        half = len(packed) // 2
        for broken, reason in ((packed[:half], "it ends in the middle"), (packed[:half] + bytes(1000) + packed[half + 1000:], "")):
            (folder / name).write_bytes(broken)
            outcome = run(program.command(1, *scored(program, "--input", name)), folder)
            check(outcome.code == 3 and f"cannot unpack the input {name} from its byte" in outcome.stderr and reason in outcome.stderr and
                  "--resume" in outcome.stderr, f"not told what is wrong: {outcome}")
            kept = rows_in(folder / "out.jsonl.partial")
            check(kept > 5000, f"only {kept} rows are kept")
            (folder / name).write_bytes(packed)
            arguments = [each for each in scored(program, "--input", name, "--resume") if each != "--overwrite"]
            outcome = run(program.command(1, *arguments), folder)
            if outcome.code == 2 and not reason:  # what stands before the place where damage shows may be damaged, too
                check("(unpacked) differ" in outcome.stderr, f"refused for no reason: {outcome}")
                continue
            check_same(folder, expected, outcome)
            (folder / "out.jsonl").unlink()
    (folder / "data.gz").write_bytes(b"\x1f\x8b\x07 no gzip")
    outcome = run(program.command(1, *scored(program, "--input", "data.gz")), folder)
    check(outcome.code == 3 and "from its byte" in outcome.stderr, f"a bad header: {outcome}")


def retried(program: Program, folder: pathlib.Path) -> None:
    """What failed in a packed file is scored again, also where that was repaired."""
    write_slow_input(folder, 400)
    content = (folder / "data.jsonl").read_bytes()
    name = "data.zst"
    (folder / name).write_bytes(zstd(content))
    arguments = slow(program, "--model", program.model("ragged_sum.pt"), "--input", name, "--input-spec", "x:float32:[4]")
    limit = ["--max-record-bytes", "37"]  # those from 100 on fail by it
    expected = clean_run(program, folder, arguments, ["out.jsonl"])
    outcome = run(program.command(2, *arguments, *limit), folder)
    check(outcome.code == 1 and (folder / "out.jsonl").read_bytes() != expected["out.jsonl"], f"nothing failed: {outcome}")
    check_same(folder, expected, run(program.command(2, *arguments, "--retry-errors"), folder))
    (folder / name).write_bytes(zstd(content.replace(b'"broken"', b"[1, 2, 3, 4]")))
    outcome = run(program.command(1, *arguments, "--retry-errors"), folder)
    check(outcome.code == 0 and b'"error"' not in (folder / "out.jsonl").read_bytes(), f"repaired records still fail: {outcome}")
    outcome = run_fed(program.command(1, *slow(program, "--input", "-", "--overwrite")), folder, content)
    outcome = run_fed(program.command(1, *slow(program, "--input", "-", "--retry-errors")), folder, content)
    check(outcome.code == 2 and "--retry-errors" in outcome.stderr and "cat > records.jsonl" in outcome.stderr, f"not refused: {outcome}")


def refused(program: Program, folder: pathlib.Path) -> None:
    (folder / "data.gz").write_bytes(gzip.compress(lines(range(10))))
    (folder / "folder").mkdir()
    cases: list[tuple[list[str], str]] = [
        (["s3://bucket/a b.jsonl"], "aws s3 cp 's3://bucket/a b.jsonl' - | infer --input -"),
        (["https://host/a.jsonl"], "curl -sSf https://host/a.jsonl | infer --input -"),
        (["-", "data.gz", "-"], "given twice"),
        (["folder"], "no files in the input folder")]
    for inputs, text in cases:
        outcome = run(program.command(1, *scored(program, "--input", *inputs)), folder)
        check(outcome.code == 2 and text in outcome.stderr, f'no "{text}": {outcome}')
    outcome = run([str(program.infer), "bench", "--model", str(program.model("identity.pt")), "--input", "data.gz"], folder)
    check(outcome.code == 2 and "plain files" in outcome.stderr, f"bench: {outcome}")
    (folder / "trailing.gz").write_bytes(gzip.compress(lines(range(10))) + b"signature")
    outcome = run(program.command(1, *scored(program, "--input", "trailing.gz")), folder)
    check(outcome.code == 0 and "bytes behind its end" in outcome.stderr, f"not warned: {outcome}")


if __name__ == "__main__":
    sys.exit(run_tests([same_rows, several_inputs, slow_pipe, gone_on_with, damaged, retried, refused], __doc__))
