"""Jobs in the test's Slurm: submitting, waiting, and what became of them."""

import contextlib
import hashlib
import pathlib
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

from cli_support import Argument, Outcome, check, environment, run
from cluster import scontrol

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "configs/slurm"
SMALL = ("--nodes=2", "--ntasks-per-node=1", "--gpus-per-node=1", "--cpus-per-task=1")  # as a user of a small cluster would say
START_SECONDS = 120.0  # a busy machine
END_SECONDS = 120.0
OVER = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED"}


class BatchJob:
    """What sbatch took, in the folder it was submitted from."""

    def __init__(self, folder: pathlib.Path, words: Sequence[Argument], variables: dict[str, str] | None = None) -> None:
        done = subprocess.run(["sbatch", "--parsable", *map(str, words)], cwd=folder, env=environment() | (variables or {}), capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False)
        check(done.returncode == 0, f"sbatch {words}: {done.stderr}")
        self.id = done.stdout.strip()
        self.folder = folder

    def facts(self) -> dict[str, str]:
        return dict(re.findall(r"(\w+)=(\S*)", scontrol("show", "job", self.id).stdout.decode()))

    def state(self) -> str:
        return self.facts()["JobState"]

    def output(self) -> str:
        path = self.folder / f"slurm-{self.id}.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_until(self, is_there: Callable[[], bool], what: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not is_there():
            check(time.monotonic() < end, f"job {self.id}: no {what} within {seconds} s, {self.facts()}\n{self.output()}")
            time.sleep(0.05)

    def wait_for_state(self, states: set[str], seconds: float = END_SECONDS) -> None:
        self.wait_until(lambda: self.state() in states, f"state among {states}", seconds)

    def end(self, seconds: float = END_SECONDS) -> Outcome:
        """When it is over and is not queued again: its exit code, and all that it and infer said."""
        self.wait_for_state(OVER, seconds)
        return Outcome(["job", self.id, self.state()], int(self.facts()["ExitCode"].split(":")[0]), b"", self.output())

    def wait_for_requeue(self, count: int, seconds: float = END_SECONDS) -> None:
        """Until it has been queued `count` times again. Slurm lets it wait for two minutes: the test only until its steps are
        gone, since the next ones have their names, and until another second has come: credentials are revoked by seconds."""
        self.wait_until(lambda: self.facts()["Restarts"] == str(count) or self.state() in OVER, f"requeue {count}", seconds)
        self.wait_for_state({"PENDING"}, 10)
        self.wait_until(lambda: not steps_left(), "end of its steps", seconds)
        time.sleep(2)
        scontrol("update", f"JobId={self.id}", "StartTime=now")

    def cancel(self) -> None:
        with contextlib.suppress(AssertionError):
            run(["scancel", self.id])


def steps_left() -> bool:
    """On any node."""
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and (entry / "comm").read_text() == "slurmstepd\n":
                return True
    return False


@contextlib.contextmanager
def batch_job(folder: pathlib.Path, *words: Argument, **variables: str) -> Iterator[BatchJob]:
    """`words` are sbatch's: options, a script and its arguments."""
    job = BatchJob(folder, words, variables)
    try:
        yield job
    finally:
        job.cancel()


def ranks_and_hosts(text: str) -> tuple[int, int]:
    """As the last run's header says them."""
    found = re.findall(r"(\d+) ranks? on (\d+) hosts?,", text)
    check(bool(found), f"no header: {text}")
    return int(found[-1][0]), int(found[-1][1])


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
