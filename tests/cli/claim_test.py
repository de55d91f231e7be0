"""Who has a file: two runs never write one, and what appears under a run's names is nobody's to replace.

    claim_test.py INFER MODELS [NAME...]
"""

import contextlib
import errno
import pathlib
import signal
import sys
import time
from collections.abc import Iterator

from cli_support import Argument, Outcome, Program, check, run, run_tests
from job import SOON, START, Job, started
from resume_support import ROWS, check_same, clean_run, rows_in, slow, wait_for_checkpoint, write_slow_input

WATCH = 9.0  # seconds for which a silent owner is watched
ERRORS = ("--errors", "failed.jsonl")


def preloaded(program: Program, **faults: str) -> dict[str, str]:
    """See support/file_faults.c."""
    library = program.infer.with_name("libfile_faults.so")
    return {"LD_PRELOAD": str(library), "FAULT_NAME": "out.jsonl.partial"} | {f"FAULT_{name}": value for name, value in faults.items()}


@contextlib.contextmanager
def paused(job: Job) -> Iterator[None]:
    """It holds its locks, and stays in the middle."""
    job.process.send_signal(signal.SIGSTOP)
    yield
    job.process.send_signal(signal.SIGCONT)


def check_refused(outcome: Outcome, *texts: str) -> None:
    check(outcome.code == 2, f"expected exit 2: {outcome}")
    for text in texts:
        check(text in outcome.stderr, f'no "{text}": {outcome}')
    check(len(outcome.message().splitlines()) == 1, f"not one message: {outcome}")


def one_errors_file(program: Program, folder: pathlib.Path) -> None:
    """Of two runs with two outputs the second is refused before it touches the file, also while the first is not alive."""
    write_slow_input(folder, 2 * ROWS)  # long enough to be stopped in the middle
    first = slow(program, *ERRORS)
    expected = clean_run(program, folder, first, ["out.jsonl", "failed.jsonl"])
    second = slow(program, *ERRORS, "--output", "other.jsonl")
    with started(program.command(1, *first), folder) as job:
        wait_for_checkpoint(job)
        with paused(job):
            for ranks, more in ((1, []), (2, ["--resume"]), (1, ["--overwrite"])):
                outcome = run(program.command(ranks, *second, *more), folder)
                check_refused(outcome, "failed.jsonl.journal is being written by", f"process {job.process.pid} on ")
            job.process.send_signal(signal.SIGTERM)  # finds it as it was
        check(job.end().code == 4, "not stopped")
    for more in ([], ["--resume"]):
        check_refused(run(program.command(1, *second, *more), folder),
                      "failed.jsonl belongs to the unfinished run of", "/out.jsonl", "--resume")
    check_same(folder, expected, run(program.command(2, *first, "--resume"), folder))
    check_refused(run(program.command(1, *second), folder), "failed.jsonl exists")
    check((folder / "failed.jsonl").read_bytes() == expected["failed.jsonl"], "the errors of the first run changed")
    check(not (folder / "other.jsonl").exists(), "there is a second output")


def one_trace(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, 3000)
    with started(program.command(1, *slow(program, "--trace", "t.json")), folder) as job:
        job.wait_until_writing()
        outcome = run(program.command(1, *slow(program, "--output", "other.jsonl", "--trace", "t.json")), folder)
        check_refused(outcome, "t.json (--trace) is of another run")


def without_locks(program: Program, folder: pathlib.Path) -> None:
    """A run that lives is never taken over, though it says nothing for longer than a rival watches; a dead one is."""
    write_slow_input(folder, 300)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    no_locks = preloaded(program, NO_LOCKS="1")
    busy = preloaded(program, NO_LOCKS="1", SLOW_SYNC=str(int(1000 * WATCH) + 6000))
    command = [str(part) for part in program.command(1, *slow(program))]
    with started(command, folder, busy) as job:
        job.wait_until_writing()
        for more in ([], ["--resume"], ["--overwrite"]):
            start = time.monotonic()
            rival = Job([*command, *more], folder, no_locks, "stderr.rival")
            check_refused(rival.end(WATCH + SOON), f"process {job.process.pid} on ")
            check(time.monotonic() - start < WATCH, "not refused by the first beat")
        job.process.kill()
        job.end()
    start = time.monotonic()
    rival = Job([*command, "--resume"], folder, no_locks, "stderr.rival")
    outcome = rival.end(WATCH + 2 * SOON)
    check_same(folder, expected, outcome)
    check(time.monotonic() - start > WATCH, "the dead run was not watched for long enough")


def appears_meanwhile(program: Program, folder: pathlib.Path) -> None:
    """What has the output's name at the end, and had it not at the start, stays; the rows are kept and named later."""
    write_slow_input(folder, 300)
    arguments = slow(program, *ERRORS)
    expected = clean_run(program, folder, arguments, ["out.jsonl", "failed.jsonl"])
    for taken in expected:
        with started(program.command(1, *arguments), folder) as job:
            job.wait_until_writing()
            (folder / taken).write_text("stranger\n")
            outcome = job.end(2 * SOON)
        check(outcome.code == 3 and f"{taken} appeared while the run was on" in outcome.stderr, f"not told: {outcome}")
        check("go on with: " in outcome.stderr, f"not how to go on: {outcome}")
        check_refused(run(program.command(1, *arguments, "--resume"), folder), f"{taken} appeared")
        check((folder / taken).read_text() == "stranger\n", "the stranger is gone")
        check(rows_in(folder / "out.jsonl.partial") == 300, "the rows are not all kept")
        (folder / taken).rename(folder / "moved")
        outcome = run(program.command(1, *arguments, "--resume"), folder)
        check("nothing is left to do" in outcome.stderr, f"scored again: {outcome}")
        check_same(folder, expected, outcome)
        for name in expected:
            (folder / name).unlink()


def overwritten_meanwhile(program: Program, folder: pathlib.Path) -> None:
    """Who asked for --overwrite gets it, also for what came later, and when the run goes on."""
    write_slow_input(folder, 2 * ROWS)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    overwrite: list[Argument] = slow(program, "--overwrite")
    with started(program.command(1, *overwrite), folder) as job:
        wait_for_checkpoint(job)
        (folder / "out.jsonl").write_text("stranger\n")
        job.process.send_signal(signal.SIGTERM)
        check(job.end().code == 4, "not stopped")
    check_same(folder, expected, run(program.command(1, *slow(program, "--resume")), folder))


def weak_file_systems(program: Program, folder: pathlib.Path) -> None:
    """A folder that cannot be synced is believed; one in which nothing can be renamed is refused at the start."""
    write_slow_input(folder, 40)
    command = [str(part) for part in program.command(1, *slow(program))]
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    (folder / "out.jsonl.run").unlink()
    for error in (errno.EOPNOTSUPP, errno.EACCES):
        job = Job(command, folder, preloaded(program, FOLDER_SYNC=str(error)))
        check_same(folder, expected, job.end(START))
        (folder / "out.jsonl").unlink()
        (folder / "out.jsonl.run").unlink()
    outcome = Job(command, folder, preloaded(program, NO_RENAME="1")).end(START)
    check_refused(outcome, "cannot rename", "--output -")
    left = [path.name for path in folder.iterdir() if path.name.startswith("out.jsonl")]
    check(not left, f"left behind: {left}")


def errors_elsewhere(program: Program, folder: pathlib.Path) -> None:
    """The folder of an errors file is synced before there are rows that a checkpoint could tell of."""
    write_slow_input(folder, 40)
    (folder / "other").mkdir()
    command = [str(part) for part in program.command(1, *slow(program, "--errors", "other/failed.jsonl"))]
    log = folder / "log"
    outcome = Job(command, folder, preloaded(program, LOG=str(log))).end(START)
    check(outcome.code == 0, str(outcome))
    operations = log.read_text().splitlines()
    rows = operations.index(f"write {folder}/out.jsonl.partial")
    check(f"fsync {folder}/other" in operations[:rows], f"not synced before the rows: {operations}")


TESTS = [weak_file_systems, errors_elsewhere, one_errors_file, one_trace, without_locks, appears_meanwhile, overwritten_meanwhile]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
