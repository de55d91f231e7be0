"""What a process inherits, and what a model prints: rows are what they would be without.

    inherited_test.py INFER MODELS [NAME...]
"""

import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

from cli_support import MPIRUN, Argument, Program, Test, check, environment, run, run_tests
from job import started, write_rows

ROWS = 2000
MARK = "the model or a library prints: "


def arguments(program: Program, *more: Argument, model: str = "exact_sum.pt") -> list[str]:
    return [str(program.infer), "--model", str(program.model(model)), "--input", "data.jsonl", "--threads", "1", *map(str, more)]


def in_shell(command: list[str], redirections: str) -> list[str]:
    return ["bash", "-c", f'exec "$0" "$@" {redirections}', *command]


def closed_descriptors(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", ROWS, 8)
    expected = run(arguments(program, "-q"), folder).stdout
    check(expected.count(b"\n") == ROWS, "no reference")
    ways = {0: "<&-", 1: ">&-", 2: "2>&-"}
    for count in range(4):
        for closed in itertools.combinations(ways, count):
            shut = " ".join(ways[number] for number in closed)
            outcome = run(in_shell(arguments(program, "--output", "out.jsonl", "--overwrite"), shut), folder)
            check(outcome.code == 0, f"{shut}: {outcome}")
            check((folder / "out.jsonl").read_bytes() == expected, f"{shut}: other rows in the file")
            check(sorted(path.name for path in folder.iterdir()) == ["data.jsonl", "out.jsonl", "out.jsonl.run"], f"{shut}: {list(folder.iterdir())}")
            outcome = run(in_shell(arguments(program, "-q"), shut), folder)
            if 1 in closed:
                check(outcome.code == 2 and outcome.stdout == b"", f"{shut}: rows went nowhere: {outcome}")
                check(2 in closed or "standard output, and it is closed" in outcome.stderr, f"{shut}: {outcome}")
            else:
                check(outcome.code == 0 and outcome.stdout == expected, f"{shut}: other rows on standard output: {outcome.code}")
            answer = run(in_shell([str(program.infer), "--version"], shut), folder)
            check(answer.code == (2 if 1 in closed else 0), f"--version {shut}: {answer}")


def closed_descriptors_npy(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", ROWS, 4)
    array = arguments(program, "--task", "embedding", "--journal-interval", "0", "--chunk-bytes", "4096", model="identity.pt")
    check(run([*array, "--output", "whole.npy"], folder).code == 0, "no reference")
    for ranks in (1, 2):
        command = array if ranks == 1 else [*MPIRUN, "-np", "2", "bash", "-c", 'exec "$0" "$@" <&- >&- 2>&-', *array]
        if ranks == 1:
            command = in_shell(array, "<&- >&- 2>&-")
        outcome = run([*command, "--output", "out.npy", "--overwrite"], folder)
        check(outcome.code == 0, f"{ranks} ranks: {outcome}")
        check((folder / "out.npy").read_bytes() == (folder / "whole.npy").read_bytes(), f"{ranks} ranks: other values")


def closed_while_it_speaks(program: Program, folder: pathlib.Path) -> None:
    """What a model prints, or writes to stderr where it refuses, has nowhere to go: it is not among the rows."""
    write_rows(folder / "data.jsonl", ROWS, 8)
    for model, more, ways in (("prints.pt", ["--max-batch-size", "1"], ("<&- >&-", ">&-", "<&- >&- 2>&-")),
                              ("greedy.pt2", ["--input-spec", "x:float32:[8]", "--max-batch-size", "8"], ("<&- 2>&-", "2>&-", "<&- >&- 2>&-"))):
        own = arguments(program, "-q", *more, "--overwrite", model=model)
        expected = run([*own, "--output", "whole.jsonl"], folder)
        check(expected.code == 0, f"no reference: {expected}")
        for shut in ways:
            outcome = run(in_shell([*own, "--output", "out.jsonl"], shut), folder)
            check(outcome.code == 0, f"{shut}: {outcome}")
            rows = (folder / "out.jsonl").read_bytes()
            check(rows == (folder / "whole.jsonl").read_bytes(), f"{model} {shut}: other rows: {rows[:300]!r}")


def blocked_signals(program: Program, folder: pathlib.Path) -> None:
    """A run whose parent blocks all signals stops when asked to."""
    write_rows(folder / "data.jsonl", 20_000)
    own = arguments(program, "-q", "--output", "out.jsonl", "--journal-interval", "0", *program.waits, model="slow_rows.pt")
    blocking = [sys.executable, "-c", ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); "
                 "os.execv(sys.argv[1], sys.argv[1:])"), *own]
    with started(blocking, folder) as job:
        job.wait_until_writing()
        job.process.send_signal(signal.SIGTERM)
        code = job.process.wait(timeout=30)
        check(code == 4, f"ended with {code}: {job.stderr()}")


def openmp_binding(program: Program, folder: pathlib.Path) -> str | None:
    """Variables that bind OpenMP's threads leave the run the cores that the process was born with."""
    if len(os.sched_getaffinity(0)) < 2:
        return "one core only"
    write_rows(folder / "data.jsonl", ROWS, 8)
    own = [word for word in arguments(program, "--output", "out.jsonl", "--overwrite") if word not in ("--threads", "1")]
    devices = re.search(r"hosts?, (cpu, .*), gather", run(own, folder).stderr)
    check(devices is not None, "the header says no devices")
    for variables in (["OMP_PROC_BIND=true"], ["OMP_PROC_BIND=close", "OMP_PLACES=cores"], ["GOMP_CPU_AFFINITY=0"], ["OMP_PLACES={0}"]):
        outcome = run(["env", *variables, *own], folder)
        check(outcome.code == 0 and devices[1] in outcome.stderr, f"{variables}: not {devices[1]}: {outcome}")
        check("bound" not in outcome.stderr, f"{variables}: {outcome}")
    return None


def removed_folder(program: Program, folder: pathlib.Path) -> None:
    """A job's folder that was removed, or made anew, under a shell that stands in it."""
    for command in ([str(program.infer), "--version"], arguments(program, "--output", folder / "out.jsonl")):
        outcome = run(["bash", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"', *command], folder)
        check(outcome.code == 2 and outcome.stderr.count("\n") == 1, f"not one line: {outcome}")
        check("the current folder has been removed; change into one that exists" in outcome.message(), f"another message: {outcome}")
    anew = 'mkdir gone && cd gone && rmdir ../gone && mkdir ../gone && cd "$PWD" && exec "$0" --version'
    outcome = run(["bash", "-c", anew, str(program.infer)], folder)
    check(outcome.code == 0, f"the remedy does not help: {outcome}")


def printed(stderr: str) -> list[str]:
    return [line.split(MARK, 1)[1] for line in stderr.splitlines() if MARK in line]


def model_that_prints(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", ROWS, 8)
    lines = (folder / "data.jsonl").read_text().splitlines()
    sums = [int(sum(record["x"])) for record in map(json.loads, lines)]
    expected = "".join(f'{{"id":{i},"outputs":{{"output0":{total}}}}}\n' for i, total in enumerate(sums)).encode()
    for ranks in (1, 2):
        # One batch at a time, and a file for each rank: what two threads or ranks print at once comes in pieces.
        own = arguments(program, "-q", "--max-batch-size", "10", "--replicas", "1", model="prints.pt")
        apart = ["bash", "-c", 'exec "$0" "$@" 2>stderr.${OMPI_COMM_WORLD_RANK:-0}', *own]
        outcome = run(apart if ranks == 1 else [*MPIRUN, "-np", str(ranks), *apart], folder)
        check(outcome.code == 0 and outcome.stdout == expected, f"{ranks} ranks: other rows: {outcome.code} {outcome.stdout[:300]!r}")
        stderr = "".join((folder / f"stderr.{rank}").read_text() for rank in range(ranks))
        lines = printed(stderr)
        rows = sum(int(re.fullmatch(r'scoring (\d+) rows {"id":0}', line)[1]) for line in lines)
        check(rows >= ROWS, f"{ranks} ranks: {rows} of {ROWS} rows were told: {lines[:3]}")
        unmarked = [line for line in stderr.splitlines() if "scoring" in line and MARK not in line]
        check(not unmarked, f"{ranks} ranks: {unmarked[:3]}")
        check(ranks == 1 or re.search(r"infer: rank 0 \(.*\): " + MARK, stderr) is not None, f"no rank: {stderr[:300]}")


def compiled_model_that_refuses(program: Program, folder: pathlib.Path) -> None:
    """The generated code writes each error that it throws to stderr too: a failed batch is halved, and told once."""
    write_rows(folder / "data.jsonl", 100, 8)
    own = arguments(program, "-q", "--input-spec", "x:float32:[8]", model="greedy.pt2")
    outcome = run(own, folder)
    check(outcome.stdout.count(b"outputs") == 100 or program.has_torch("2.11"), f"not all scored: {outcome}")
    check("Error: " not in outcome.stderr or program.has_torch("2.11"), f"tries are told: {outcome}")


def prints_into_a_full_pipe(program: Program, folder: pathlib.Path) -> None:
    """Nobody reads stderr for a while: the run waits and then goes on, and no line is lost."""
    write_rows(folder / "data.jsonl", 40 * ROWS, 8)
    own = arguments(program, "-q", "--max-batch-size", "4", "--output", "out.jsonl", model="prints.pt")
    process = subprocess.Popen(own, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        process.wait(timeout=3)
        check(False, "it did not print enough to fill a pipe")
    except subprocess.TimeoutExpired:
        pass
    _, stderr = process.communicate(timeout=60)
    check(process.returncode == 0, f"ended with {process.returncode}")
    rows = sum(int(line.split()[1]) for line in printed(stderr.decode()))
    check(rows >= 40 * ROWS, f"{rows} rows were told of {40 * ROWS}")


def prints_before_death(program: Program, folder: pathlib.Path) -> None:
    """What was printed before a failure of the run is told before it."""
    write_rows(folder / "data.jsonl", ROWS, 8)
    outcome = run(in_shell(arguments(program, "-q", model="prints.pt"), ">/dev/full"), folder)
    check(outcome.code == 3 and "cannot write standard output" in outcome.stderr, f"{outcome}")
    check(len(printed(outcome.stderr)) > 0, f"nothing was told: {outcome}")


def names_of_standard_output(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", ROWS, 8)
    expected = run(arguments(program, "-q"), folder).stdout
    for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        outcome = run(arguments(program, "-q", "--output", name), folder)
        check(outcome.code == 0 and outcome.stdout == expected, f"{name}: {outcome}")
    trace = run(arguments(program, "-q", "--output", os.devnull, "--trace", "/dev/stdout"), folder)
    check(trace.code == 0 and trace.stdout.startswith(b"[\n{"), f"--trace /dev/stdout: {trace}")


TESTS: list[Test] = [closed_descriptors, closed_descriptors_npy, closed_while_it_speaks, blocked_signals, openmp_binding, removed_folder, model_that_prints,
                     compiled_model_that_refuses, prints_into_a_full_pipe, prints_before_death, names_of_standard_output]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
