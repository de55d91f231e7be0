"""What infer does on simulated GPUs when a GPU or a rank fails: the job ends soon, and --resume gives the rows of the CPU.

    gpu_strikes_test.py INFER MODELS [NAME ...]

on_simulated_gpus lies beside INFER.
"""

import functools
import os
import pathlib
import signal
import sys
from contextlib import AbstractContextManager

from gpu_runs_test import infer, on_gpus, on_ranks, on_the_cpu  # and the path to what follows
from cli_support import Argument, Program, check, run, run_tests, scratch  # isort: skip
from job import SOON, Job, started, write_rows  # isort: skip


def slow_rows(program: Program, *more: Argument) -> list[str]:
    return infer(program, "slow_rows.pt", *program.waits, *more)


def slow_job(program: Program, *more: Argument) -> list[str]:
    return slow_rows(program, "--gather", "nccl", "--chunk-bytes", "2000", "--output", "out.jsonl", *more)


def write_input(folder: pathlib.Path) -> None:
    write_rows(folder / "in.jsonl", 1500, 4)


@functools.cache
def clean_rows(program: Program) -> bytes:
    """What the CPU writes when nothing happens."""
    with scratch() as folder:
        write_input(folder)
        return on_the_cpu(folder, slow_rows(program))


def struck(folder: pathlib.Path, command: list[str]) -> AbstractContextManager[Job]:
    """Some seconds for two ranks, in many rounds."""
    write_input(folder)
    return started(on_ranks(2, command), folder)


def check_resumed(program: Program, folder: pathlib.Path) -> None:
    """What was begun becomes what a clean run writes."""
    check(not (folder / "out.jsonl").exists(), "an output in spite of the failure")
    done = run(on_ranks(2, on_gpus(2, slow_job(program, "--resume"))), folder)
    check(done.code == 0 and (folder / "out.jsonl").read_bytes() == clean_rows(program), f"other rows than a clean run's: {done}")


def a_killed_rank(program: Program, folder: pathlib.Path) -> None:
    with struck(folder, on_gpus(2, slow_job(program))) as job:
        job.wait_until_writing()
        os.kill(job.ranks[1], signal.SIGKILL)
        done = job.end(SOON)
    check(done.code != 0, str(done))
    check_resumed(program, folder)


def a_stopped_rank(program: Program, folder: pathlib.Path) -> None:
    with struck(folder, on_gpus(2, slow_job(program, "--comm-timeout", "3"))) as job:
        job.wait_until_writing()
        os.kill(job.ranks[1], signal.SIGSTOP)
        done = job.end(3 + SOON)
    check(done.code == 3 and "rank 1 (" in done.message(), str(done))
    check_resumed(program, folder)


def a_gpu_that_breaks(program: Program, folder: pathlib.Path) -> None:
    with struck(folder, on_gpus(2, slow_job(program), SIMULATED_GPU_LAST_COPY=200)) as job:
        done = job.end(60)
    check(done.code == 3 and "device-side assert triggered" in done.message(), str(done))
    check_resumed(program, folder)


def a_run_that_is_asked_to_stop(program: Program, folder: pathlib.Path) -> None:
    with struck(folder, on_gpus(2, slow_job(program))) as job:
        job.wait_until_writing()
        os.kill(job.ranks[0], signal.SIGTERM)
        done = job.end(SOON)
    check(done.code == 4 and "--resume" in done.message(), str(done))
    check_resumed(program, folder)


if __name__ == "__main__":
    sys.exit(run_tests([a_killed_rank, a_stopped_rank, a_gpu_that_breaks, a_run_that_is_asked_to_stop], __doc__))
