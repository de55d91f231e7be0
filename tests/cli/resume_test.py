"""A run that ends early, however, is gone on with: the output is that of a run in one go, and nothing else is left.

    resume_test.py INFER MODELS [NAME...]
"""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from cli_support import MPIRUN, Program, check, run, run_tests
from job import SOON, START, started
from resume_support import (ROWS, Case, array, check_clean, check_same, check_stopped, clean_run, leave_unfinished, pasted, rows_in, slow,
                            wait_for_checkpoint, wait_for_rows, write_array_input, write_slow_input)


def stopped_alone(program: Program, folder: pathlib.Path) -> None:
    """Each signal to a lone process; gone on with as the message says, or with other ranks and schedules."""
    write_slow_input(folder, 2 * ROWS)
    arguments = slow(program, "--errors", "it's failed.jsonl")
    expected = clean_run(program, folder, arguments, ["out.jsonl", "it's failed.jsonl"])
    resumes = [None, (3, "--schedule", "static"), (2, "--schedule", "dynamic")]
    for number, resume in zip((signal.SIGINT, signal.SIGTERM, signal.SIGUSR1), resumes, strict=True):
        outcome = leave_unfinished(program.command(1, *arguments), folder, number)
        check_stopped(outcome, folder, f"stopping because of {number.name}", f"stopped by {number.name} after ")
        kept = rows_in(folder / "out.jsonl.partial")
        check(0 < kept < 2 * ROWS, f"{kept} rows are kept")
        check(f"after {kept:,} row{'s' * (kept != 1)}" in outcome.stderr, f"not the {kept} rows that are kept: {outcome}")
        if resume is None:
            outcome = pasted(outcome, folder)
        else:
            ranks, *more = resume
            outcome = run(program.command(int(ranks), *arguments, "--resume", *more), folder)
        check_same(folder, expected, outcome)
        for name in expected:
            (folder / name).unlink()


def stopped_under_mpirun(program: Program, folder: pathlib.Path) -> None:
    """By a signal that mpirun hands on, by one to a rank, and by those with which mpirun kills."""
    write_slow_input(folder, 6 * ROWS)  # mpirun takes a second from its warning to SIGTERM, and may be slow itself
    chunks = ["--chunk-bytes", "300"]  # so that little is in flight
    arguments = slow(program, *chunks)
    expected = clean_run(program, folder, arguments, ["out.jsonl"])
    outcome = leave_unfinished(program.command(3, *arguments, "--schedule", "static"), folder, signal.SIGUSR1)
    check_stopped(outcome, folder, "SIGUSR1")
    check(f"go on with: {shlex.join(MPIRUN)} -np 3 " in outcome.stderr, f"not mpirun's own words: {outcome}")
    kept = rows_in(folder / "out.jsonl.partial")
    with started(program.command(2, *arguments, "--resume"), folder) as job:
        wait_for_rows(job, kept)
        os.kill(job.ranks[1], signal.SIGTERM)
        outcome = job.end()
    check_stopped(outcome, folder, "stopped by SIGTERM to rank 1 (")
    kept = rows_in(folder / "out.jsonl.partial")
    with started(program.command(2, *slow(program, *chunks, "--resume", "--journal-interval", "100")), folder) as job:
        wait_for_rows(job, kept)
        job.process.send_signal(signal.SIGTERM)
        code = job.end().code
    check(code != 0 and not (folder / "out.jsonl").exists(), f"exit {code} after SIGTERM to mpirun")
    check(b'"rows":%d,' % kept not in (folder / "out.jsonl.journal").read_bytes().splitlines()[-1],
          "mpirun's warning before its signal led to no checkpoint")
    check_same(folder, expected, run(program.command(1, *arguments, "--resume"), folder))


def killed_array(program: Program, folder: pathlib.Path) -> None:
    """kill -9 again and again; the array and its errors file in the end are those of a run in one go."""
    write_array_input(folder)
    expected = clean_run(program, folder, array(program), ["out.npy", "out.npy.errors.jsonl"])
    partial = folder / "out.npy.partial"
    for ranks in (1, 2):
        last = 0
        for step in range(3):
            more = [] if step == 0 else ["--resume"]
            with started(program.command(ranks if step == 1 else 1, *array(program, *more)), folder) as job:
                end = time.monotonic() + SOON
                while not (partial.exists() and partial.stat().st_size > last + 200_000):
                    if job.process.poll() is not None or time.monotonic() > end:
                        break
                    time.sleep(0.005)
                job.wait_until_writing(partial.name) if partial.exists() else None
            if not partial.exists():
                break
            last = partial.stat().st_size
        outcome = run(program.command(3 - ranks, *array(program, "--resume", "--schedule", "static")), folder)
        check_same(folder, expected, outcome)
        for name in expected:
            (folder / name).unlink()


def rows_behind_the_checkpoint(program: Program, folder: pathlib.Path) -> None:
    """A torn end of the output or of the journal costs work, never rows."""
    write_slow_input(folder, 600)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    leave_unfinished(program.command(1, *slow(program)), folder)
    state = {name: (folder / name).read_bytes() for name in ("out.jsonl.partial", "out.jsonl.journal")}
    damages = {
        "out.jsonl.partial": lambda text: text[:-20] + b"\0" * 20,
        "out.jsonl.journal": lambda text: text[:-25],
    }
    for name, damage in damages.items():
        for each, content in state.items():
            (folder / each).write_bytes(damage(content) if each == name else content)
        check_same(folder, expected, run(program.command(1, *slow(program, "--resume")), folder))
        (folder / "out.jsonl").unlink()


def time_limits(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, 10 * ROWS)  # more than any machine scores by then
    for limit in ("2.5", "10"):  # a start may take all of the first one
        outcome = run(program.command(1, *slow(program, "--time-limit", limit, "--overwrite")), folder)
        if outcome.code != 3:
            break
    check_stopped(outcome, folder, f"the time limit of {limit} s (--time-limit)")
    first = rows_in(folder / "out.jsonl.partial")
    ends = {"SLURM_JOB_END_TIME": str(int(time.time()) + 32)}
    with started(program.command(2, *slow(program, "--resume", "--drain-timeout", "15")), folder, ends) as job:
        outcome = job.end(20)
    check(outcome.code in (3, 4), f"expected exit 4, or 3 where the start took all of the time: {outcome}")
    check("the time limit of 1 s (the job's end, SLURM_JOB_END_TIME)" in outcome.stderr, f"not told where it comes from: {outcome}")
    check(rows_in(folder / "out.jsonl.partial") >= first, "rows were lost")


def stale_end_of_job(program: Program, folder: pathlib.Path) -> None:
    """Left over from another job, empty or no time at all: no limit, and a word."""
    write_slow_input(folder, 50)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    for end, word in ((str(int(time.time()) - 3600), True), ("", False), ("soon", True), ("1e999", True), ("99999999999", False)):
        with started(program.command(1, *slow(program)), folder, {"SLURM_JOB_END_TIME": end}) as job:
            outcome = job.end(START)
        check_same(folder, expected, outcome)
        (folder / "out.jsonl").unlink()
        check(("variable SLURM_JOB_END_TIME is ignored" in outcome.stderr) == word, f"{end}: {outcome}")


def time_without_a_row(program: Program, folder: pathlib.Path) -> None:
    """What would end the same way again, however often a job script queues it, is not "stopped, to be resumed"."""
    write_slow_input(folder, 6000)
    whole = ["--max-batch-size", "6000", "--chunk-bytes", "1MiB", "--drain-timeout", "0.2"]
    for ranks, more in ((1, ["--time-limit", "3s"]), (1, ["--time-limit", "3s", "--resume"]), (2, ["--time-limit", "0.001s", "--resume"])):
        outcome = run(program.command(ranks, *slow(program, *whole, *more)), folder)
        check(outcome.code == 3, f"expected exit 3: {outcome}")
        check("s (--time-limit) without a new row; --resume with as little time would end the same way" in outcome.stderr, f"not told: {outcome}")
        check("--chunk-bytes, now 1048576" in outcome.stderr, f"no remedy: {outcome}")
    for number, code in ((signal.SIGUSR1, 3), (signal.SIGTERM, 4)):  # the end of a job, and anybody's wish
        with started(program.command(1, *(each for each in slow(program, *whole, "--overwrite") if each != "-q")), folder) as job:
            job.wait_until(lambda: "infer: input " in job.stderr(), "sign of work", START)
            time.sleep(0.5)
            job.process.send_signal(number)
            outcome = job.end()
        check(outcome.code == code, f"expected exit {code} after {number.name}: {outcome}")


def job_scripts(program: Program, folder: pathlib.Path) -> None:
    """They queue themselves again after exit 4, not after 3, not without end, and not when somebody cancelled them."""
    scripts = pathlib.Path(__file__).parents[2] / "configs/slurm"
    for name in ("infer", "srun", "mpirun", "scontrol", "squeue"):
        ends = {"srun": "exit $CODE\n", "mpirun": "exit $CODE\n", "squeue": "echo $STATE\n"}.get(name, "")
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{folder}/calls\n{ends}')
        (folder / name).chmod(0o755)
    (folder / "slow_shell").write_text("trap 'sleep 0.02' DEBUG\n")  # what is started has ended before it is waited for
    (folder / "files.txt").write_text("data.jsonl\n")
    job = {"PATH": f"{folder}:{os.environ['PATH']}", "SLURM_JOB_ID": "7", "SLURM_NTASKS_PER_NODE": "1", "SLURM_CPUS_PER_TASK": "1",
           "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "1", "BASH_ENV": str(folder / "slow_shell")}
    for script in sorted(scripts.glob("*.sbatch")):
        own = ["files.txt", "parts"] if "array" in script.name else []
        for code, count, state, again in (("4", None, "RUNNING", True), ("4", "3", "RUNNING", True), ("4", "100", "RUNNING", False),
                                          ("4", None, "COMPLETING", False), ("3", None, "RUNNING", False), ("0", None, "RUNNING", False)):
            (folder / "calls").unlink(missing_ok=True)
            variables = job | {"CODE": code, "STATE": state} | ({"SLURM_RESTART_COUNT": count} if count else {})
            done = subprocess.run(["bash", str(script), *own, "--model", "m.pt"], env=variables, cwd=folder, stdin=subprocess.DEVNULL, timeout=30, check=False)
            check(done.returncode == int(code), f"{script.name}: exit {done.returncode} for {code}")
            wanted = "scontrol requeue 7_1" if own else "scontrol requeue 7"
            check((wanted in (folder / "calls").read_text()) == again, f"{script.name}, exit {code}, restarts {count}, {state}: requeued wrongly")
    (folder / "mpirun").write_text("#!/bin/sh\ntrap 'sleep 0.1; exit 4' USR1\nsleep 0.3\ntouch ready\nwhile :; do sleep 0.02; done\n")
    with started(["env", *(f"{name}={value}" for name, value in job.items() if name != "BASH_ENV"), "bash", str(scripts / "infer-mpirun.sbatch")], folder) as batch:
        batch.wait_until((folder / "ready").exists, "mpirun", START)
        batch.process.send_signal(signal.SIGUSR1)
        outcome = batch.end()
    check(outcome.code == 4, f"stopped by Slurm's signal, and not exit 4: {outcome}")


def drain_is_bounded(program: Program, folder: pathlib.Path) -> None:
    """A batch of many seconds in flight: the stop does not wait for it, nor does a second Ctrl-C for the first."""
    write_slow_input(folder, 6000)
    arguments = [each for each in slow(program, "--max-batch-size", "6000", "--chunk-bytes", "1MiB") if each != "-q"]
    for ranks, more, signals in ((2, ["--drain-timeout", "0.5"], 1), (1, [], 2)):
        with started(program.command(ranks, *arguments, *more), folder) as job:
            job.wait_until(lambda: "infer: input " in job.stderr(), "sign of work", START)
            time.sleep(0.5)
            check(job.process.poll() is None, f"ended by itself: {job.stderr()}")
            start = time.monotonic()
            for count in range(signals):
                job.process.send_signal(signal.SIGINT if ranks == 1 else signal.SIGUSR1)
                time.sleep(0.3 if count + 1 < signals else 0)
            outcome = job.end()
        check(outcome.code == (4 if ranks == 1 else 3), f"expected exit 4, or 3 where time was up without a row: {outcome}")
        check(time.monotonic() - start < 6, f"took {time.monotonic() - start:.1f} s to stop: {outcome}")
        text = "by a second signal" if signals == 2 else "go on with: "
        check(text in outcome.stderr, f'no "{text}": {outcome}')
        (folder / "out.jsonl.journal").unlink(missing_ok=True)
        (folder / "out.jsonl.partial").unlink(missing_ok=True)


def stuck_in_the_model(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, 6000)
    for ranks in (1, 2):
        command = program.command(ranks, *slow(program, "--max-batch-size", "6000", "--chunk-bytes", "1MiB",
                                               "--stall-timeout", "2"))  # longer than a busy disk takes for a header
        outcome = run(command, folder, SOON)
        check(outcome.code == 3, f"expected exit 3: {outcome}")
        check(re.search(r"rank \d .*has been in the model with chunk 0 \(data.jsonl from byte 0\) for 2 s "
                        r"\(--stall-timeout\)", outcome.stderr) is not None, f"not told where: {outcome}")
        check("--resume" in outcome.stderr, f"not told how to go on: {outcome}")


@contextlib.contextmanager
def copied(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Of an unfinished run with its input, times included."""
    copy = folder.with_name(folder.name + "_copy")
    shutil.copytree(folder, copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy)


def input_copied_again(program: Program, folder: pathlib.Path) -> None:
    """The same bytes with another time, by another name, and in another folder; but not other bytes."""
    write_slow_input(folder)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    leave_unfinished(program.command(1, *slow(program)), folder)
    data = folder / "data.jsonl"
    content = data.read_bytes()
    data.write_bytes(b"[" + content[1:])
    outcome = run(program.command(1, *slow(program, "--resume")), folder)
    check(outcome.code == 2 and "--input: another file, or written again since, and it is not the same" in outcome.stderr, f"not refused: {outcome}")
    data.write_bytes(content)
    with copied(folder) as copy:
        check(run(program.command(1, *slow(program, "--resume")), copy).code == 0, "not gone on with in another folder")
        check((copy / "out.jsonl").read_bytes() == expected["out.jsonl"], "the rows differ in another folder")
    for name in (data, f"../{folder.name}/data.jsonl"):  # the second time it is complete
        os.utime(data, ns=(0, time.time_ns()))
        outcome = run(program.command(2, *slow(program, "--input", name, "--resume")), folder)
        check(outcome.code == 0 and "reading it to see" in outcome.stderr, f"not read again: {outcome}")
        check_clean(folder)
        written = (folder / "out.jsonl").read_bytes().replace(os.fsencode(data), b"data.jsonl")  # in errors, as given
        check(written == expected["out.jsonl"], f"out.jsonl differs from that of a run in one go: {outcome}")


def refused(program: Program, folder: pathlib.Path) -> None:
    """Another input, model or option: exit 2, told by name, and the unfinished run stays as it was."""
    write_slow_input(folder, 600)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    leave_unfinished(program.command(1, *slow(program)), folder)
    kept = (folder / "out.jsonl.partial").read_bytes()
    cases: list[Case] = [
        ("--chunk-bytes: 1000 then, 2000 now", ["--chunk-bytes", "2000"]),
        ("--model: ", ["--model", program.model("ragged_sum.pt")]),
        ("--id-field: id then, key now", ["--id-field", "key"]),
        ("--passthrough:  then, x now", ["--passthrough", "x"]),
        ("--non-finite: null then, string now", ["--non-finite", "string"]),
        ("--on-error: record then, skip now", ["--on-error", "skip"]),
        ("--errors: none then, failed.jsonl now", ["--errors", "failed.jsonl"]),
        ("--max-record-bytes: ", ["--max-record-bytes", "1KiB"]),
        ("the model's inputs: ", ["--input-spec", "x:float32:[*]"]),
    ]
    for text, more in cases:
        outcome = run(program.command(1, *slow(program, "--resume", *more)), folder)
        check(outcome.code == 2, f"expected exit 2: {outcome}")
        check("--resume: the run that began out.jsonl was another one: " + text in outcome.stderr, f"not {text}: {outcome}")
        check(outcome.stderr.count(" then, ") == 1, f"more than one difference: {outcome}")
        check("--overwrite" in outcome.stderr, f"no way out: {outcome}")
        check((folder / "out.jsonl.partial").read_bytes() == kept, f"the rows changed: {outcome}")

    with copied(folder) as copy:
        with (copy / "data.jsonl").open("a") as data:
            data.write("\n")
        outcome = run(program.command(2, *slow(program, "--resume")), copy)
        check(outcome.code == 2 and "--input, bytes: " in outcome.message(), str(outcome))
        check(len(outcome.message().splitlines()) == 1, f"not one message: {outcome}")

    outcome = run(program.command(1, *slow(program, "--max-batch-size", "7", "--threads", "2", "--resume")), folder)
    check_same(folder, expected, outcome)
    for text in ("resumed with other settings", "--max-batch-size: 256 then, 7 now", "--threads: 1 then, 2 now"):
        check(text in outcome.stderr, f"no {text}: {outcome}")


def second_run(program: Program, folder: pathlib.Path) -> None:
    """Two runs never write one output: the second is refused, with one message, and the first comes to its end."""
    write_slow_input(folder)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    with started(program.command(1, *slow(program)), folder) as job:
        wait_for_checkpoint(job)
        job.process.send_signal(signal.SIGSTOP)  # it holds its lock, and stays in the middle
        for ranks, more in ((2, []), (1, ["--resume"]), (1, ["--overwrite"])):
            outcome = run(program.command(ranks, *slow(program, *more)), folder)
            check(outcome.code == 2, f"expected exit 2: {outcome}")
            check(f"is being written by process {job.process.pid} on " in outcome.stderr, f"not by whom: {outcome}")
            check(len(outcome.message().splitlines()) == 1, f"not one message: {outcome}")
        job.process.send_signal(signal.SIGCONT)
        check_same(folder, expected, job.end(30))


def overwritten_at_the_end(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])
    (folder / "out.jsonl").write_text("old\n")
    leave_unfinished(program.command(1, *slow(program, "--overwrite")), folder)
    check((folder / "out.jsonl").read_text() == "old\n", "the old output is gone before the new one is complete")
    outcome = run(program.command(1, *slow(program)), folder)
    check(outcome.code == 2 and "unfinished run" in outcome.stderr, f"not refused: {outcome}")
    check_same(folder, expected, run(program.command(1, *slow(program, "--resume")), folder))


TESTS = [
    stopped_alone, stopped_under_mpirun, killed_array, rows_behind_the_checkpoint, time_limits, stale_end_of_job,
    time_without_a_row, job_scripts, drain_is_bounded,
    stuck_in_the_model, input_copied_again, refused, second_run, overwritten_at_the_end,
]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
