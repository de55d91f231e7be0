"""infer bench: what it tries, and flags that a run takes.

    bench_test.py INFER MODELS [NAME ...]
"""

import pathlib
import re
import sys
import tomllib

from cli_support import Argument, Outcome, Program, check, run, run_tests
from job import write_rows

LINE = re.compile(r"--replicas (\d+) --threads (\d+) --(max-batch-\w+) (\d+): ([0-9.,]+) rows/s")
FAST = 300.0  # seconds, far more than any of these takes


def bench(program: Program, folder: pathlib.Path, *arguments: Argument) -> tuple[Outcome, dict]:
    """The outcome, and the flags it prints."""
    done = run([str(program.infer), "bench", *map(str, arguments)], folder, timeout=FAST)
    check(done.code == 0, str(done))
    return done, tomllib.loads(done.stdout.decode())


def tried(done: Outcome) -> list[tuple[int, int, str, int]]:
    return [(int(a), int(b), flag, int(limit)) for a, b, flag, limit, _ in LINE.findall(done.stderr)]


def rows_of_numbers(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 2000, 8)
    done, flags = bench(program, folder, "--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--output", "out.jsonl")
    settings = tried(done)
    check(set(flags) == {"max-batch-size", "threads"}, str(done))
    check(settings[0][2:] == ("max-batch-size", 256), "it does not begin with what a run would have")
    check(any(limit > 256 for *_, limit in settings) and any(limit < 256 for *_, limit in settings), str(done))
    check((flags["threads"], flags["max-batch-size"]) in {(threads, limit) for _, threads, _, limit in settings}, str(done))
    check([path.name for path in folder.iterdir()] == ["in.jsonl"], "a file was written")
    kept = "no measurable difference to what a run would have had" in done.stderr
    check(kept or "faster than what a run would have had" in done.stderr, str(done))
    if kept:
        check((flags["threads"], flags["max-batch-size"]) == (settings[0][1], settings[0][3]), str(done))


def flags_for_a_run(program: Program, folder: pathlib.Path) -> None:
    """Texts: the limit is in tokens; the printed lines are a configuration file."""
    (folder / "in.jsonl").write_text("".join(f'{{"id": {i}, "text": "{"hello world " * (i % 9)}"}}\n' for i in range(400)))
    model = program.model("bundle_text.pt")
    done, flags = bench(program, folder, "--model", model, "--input", "in.jsonl")
    check(set(flags) == {"max-batch-tokens", "threads"}, str(done))
    (folder / "bench.toml").write_bytes(done.stdout)
    scored = run(program.command(2, "--config", "bench.toml", "--model", model, "--input", "in.jsonl", "--output", "out.jsonl"), folder)
    check(scored.code == 0 and len((folder / "out.jsonl").read_text().splitlines()) == 400, str(scored))


def what_is_given_stays(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 500, 8)
    done, flags = bench(program, folder, "--model", program.model("exact_sum.pt"), "--input", "in.jsonl", "--replicas", "1",
                        "--threads", "2", "--max-batch-size", "32", "-q")
    check({setting[:2] for setting in tried(done)} == {(1, 2)} and flags["threads"] == 2, str(done))
    check(tried(done)[0][3] == 32, str(done))


def refusals(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 5, 8)
    (folder / "empty.jsonl").write_text("\n\n")
    model = program.model("exact_sum.pt")
    for command, message in (
        (["mpirun", "--oversubscribe", "-np", "2", program.infer, "bench", "--model", model, "--input", "in.jsonl"],
         "infer bench measures one process: start it without mpirun"),
        ([program.infer, "bench", "--model", model, "--input", "empty.jsonl", "--input-spec", "x:float32:[8]"], "no records to measure with"),
        ([program.infer, "bench", "--input", "in.jsonl"], "--model is missing"),
    ):
        done = run(list(map(str, command)), folder)
        check(done.code == 2 and done.stderr.count(message) == 1, str(done))


if __name__ == "__main__":
    sys.exit(run_tests([rows_of_numbers, flags_for_a_run, what_is_given_stays, refusals], __doc__))
