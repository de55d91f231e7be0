"""A job that is going to be struck: every process of it carries a mark in its environment, wherever it was started."""

import contextlib
import os
import pathlib
import signal
import time
from collections.abc import Iterator, Mapping

from cli_support import Outcome, check
from job import SOON, START, Job, is_alive, rank_of

MARK = "FAULTS_MARK"


class StruckJob(Job):
    """Unlike Job it finds ranks by their mark: also orphans, and those under a daemon of another host."""

    def __init__(self, command: list[str], folder: pathlib.Path, variables: Mapping[str, str], stderr_name: str) -> None:
        self.began = time.time()
        self.seen: set[int] = set()  # processes that had the mark
        self.mark = f"{MARK}={folder}/{stderr_name}"
        name, _, value = self.mark.partition("=")
        super().__init__(command, folder, {**variables, name: value}, stderr_name)
        self.launched = "mpirun" in command
        self.launcher_left: str | None = None  # what of it outlived the ranks: "mpirun", or "orted", its daemon on another host

    def end(self, soon: float = SOON) -> Outcome:
        """All ranks must be gone by then. What is left of Open MPI alone is its own fault: it is killed, and it is noted."""
        try:
            return super().end(soon)
        except AssertionError:
            if not self.launched or any(rank_of(pid) is not None for pid in self.left()):
                raise
        self.launcher_left = "mpirun" if self.process.poll() is None else "orted"
        self.kill()
        return Outcome(self.command, self.process.returncode, b"", self.stderr())

    def left(self) -> list[int]:
        """Also those that have lost their environment, but not a thread that waits for a disk, nor their locks."""
        found = [pid for pid in marked(self.mark) if is_alive(pid)]
        self.seen.update(found)
        return found + [pid for pid in self.seen.difference(found) if has_thread(pid)]

    def find_ranks(self) -> dict[int, int]:
        """Process ids of the ranks that live now; a job without a launcher is its own rank 0."""
        if not self.launched:
            self.ranks = {0: self.process.pid} if is_alive(self.process.pid) else {}
        else:
            found = {pid: rank for pid in self.left() if (rank := rank_of(pid)) is not None}
            self.ranks = {rank: pid for pid, rank in found.items() if parent_of(pid) not in found}
        return self.ranks

    def wait_for_ranks(self, count: int) -> dict[int, int]:
        """Waits until `count` ranks are there or the job is over; returns those that live."""
        end = time.monotonic() + START
        while len(self.find_ranks()) < count and self.process.poll() is None:
            check(time.monotonic() < end, f"no {count} ranks within {START} s: {self.command}\n{self.stderr()}")
            time.sleep(0.005)
        return self.ranks

    def kill(self) -> None:
        for pid in self.left():
            send(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def has_thread(pid: int) -> bool:
    return any(is_alive(int(task.name), task.parent) for task in pathlib.Path(f"/proc/{pid}/task").glob("*"))


def parent_of(pid: int) -> int:
    """0 when it has just ended."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def marked(mark: str) -> list[int]:
    """Processes with this mark, among those that may be looked into."""
    wanted = mark.encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def send(pid: int, number: int) -> None:
    """A signal to a process that may have just ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@contextlib.contextmanager
def struck_job(command: list[str], folder: pathlib.Path, variables: Mapping[str, str], stderr_name: str) -> Iterator[StruckJob]:
    job = StruckJob(command, folder, variables, stderr_name)
    try:
        yield job
    finally:
        job.kill()
