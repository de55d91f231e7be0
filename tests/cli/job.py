"""A job while it runs: its processes, its input, and how it ends."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping

from cli_support import Outcome, check, environment

SOON = 10.0  # seconds from a fault to the end of the job
START = 30.0  # seconds until the first rows are written


class Job:
    """infer under mpirun while it runs, by its own process ids."""

    def __init__(self, command: list[str], folder: pathlib.Path, variables: Mapping[str, str] | None = None,
                 stderr_name: str = "stderr") -> None:
        """`variables` are added to the environment."""
        self.command = command
        self.folder = folder
        self.stderr_path = folder / stderr_name
        with self.stderr_path.open("wb") as stderr:
            self.process = subprocess.Popen(command, cwd=folder, env=environment() | dict(variables or {}),
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
        self.ranks: dict[int, int] = {}

    def stderr(self) -> str:
        return self.stderr_path.read_text(errors="replace")

    def wait_until(self, is_there: Callable[[], bool], what: str, limit: float) -> None:
        """While the job runs, at most `limit` seconds."""
        end = time.monotonic() + limit
        while not is_there():
            check(self.process.poll() is None, f"ended by itself: {self.command}\n{self.stderr()}")
            check(time.monotonic() < end, f"no {what} within {limit} s: {self.command}\n{self.stderr()}")
            time.sleep(0.01)

    def wait_until_writing(self, name: str = "out.jsonl.partial") -> None:
        """Until rows are on their way, so that the fault falls into the middle of the run."""
        path = self.folder / name
        self.wait_until(lambda: path.exists() and path.stat().st_size > 0, "row", START)
        self.ranks = {rank: pid for pid in children(self.process.pid) if (rank := rank_of(pid)) is not None}

    def left(self) -> list[int]:
        """Processes of the job, apart from the launcher, that are alive."""
        return [pid for pid in self.ranks.values() if is_alive(pid)]

    def end(self, soon: float = SOON) -> Outcome:
        """How it ended; no process of it may be left."""
        start = time.monotonic()
        try:
            code = self.process.wait(timeout=soon)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"not over {soon} s after the fault: {self.command}\n{self.stderr()}") from error
        while left := self.left():
            check(time.monotonic() < start + soon, f"processes left: {left} of {self.command}")
            time.sleep(0.02)
        return Outcome(self.command, code, b"", self.stderr())

    def kill(self) -> None:
        for pid in [*self.ranks.values(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                if pid == self.process.pid or rank_of(pid) is not None:
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()


def children(parent: int) -> list[int]:
    tasks = pathlib.Path(f"/proc/{parent}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def rank_of(pid: int) -> int | None:
    try:
        variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    for variable in variables:
        for name in (b"OMPI_COMM_WORLD_RANK=", b"PMIX_RANK="):
            if variable.startswith(name):
                return int(variable.removeprefix(name))
    return None


def is_alive(pid: int, among: pathlib.Path = pathlib.Path("/proc")) -> bool:
    try:
        return (among / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextlib.contextmanager
def started(command: list[str], folder: pathlib.Path, variables: Mapping[str, str] | None = None) -> Iterator[Job]:
    job = Job(command, folder, variables)
    try:
        yield job
    finally:
        job.kill()


def write_rows(path: pathlib.Path, rows: int, width: int = 4) -> None:
    with path.open("w") as file:
        for number in range(rows):
            file.write(json.dumps({"id": number, "x": [number % 7 + 0.5] + [number + 0.5] * (width - 1)}) + "\n")
