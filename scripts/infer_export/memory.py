"""How much memory an export takes at most, compilers and the process that tries the package included."""

import contextlib
import pathlib
import re
import resource
import threading
from collections.abc import Iterator

INTERVAL_S = 0.25
GROWTH = 1.03  # of the quick number, after which the exact one is asked for: it takes 0.07 s of 3 GiB
RSS = re.compile(r"^Rss(?:Anon|File|Shmem):\s+(\d+) kB$", re.MULTILINE)
PSS = re.compile(r"^Pss(_File)?:\s+(\d+) kB$", re.MULTILINE)


def _with_children(pid: str) -> list[str]:
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
                found += (task / "children").read_text().split()
    return found


def _resident(pid: str) -> int:
    """Kibibytes; what processes share counts for each."""
    try:
        return sum(map(int, RSS.findall(pathlib.Path(f"/proc/{pid}/status").read_text())))
    except OSError:
        return 0


def _used(pid: str) -> tuple[int, int]:
    """Bytes, and of them those that files have; what processes share counts once in their sum."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0, 0
    parts = {kind: int(kib) * 1024 for kind, kib in PSS.findall(text)}
    return parts.get("", 0), parts.get("_File", 0)


class PeakMemory:
    """Watched from a thread of its own until it is closed."""

    def __init__(self) -> None:
        self.peak = self.from_files = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        seen = 0.0
        while True:
            processes = _with_children("self")
            resident = sum(map(_resident, processes))
            if resident > seen * GROWTH:
                seen = resident
                self._look(processes)
            if self._over.wait(INTERVAL_S):
                return

    def _look(self, processes: list[str]) -> None:
        used, from_files = map(sum, zip(*map(_used, processes), strict=True))
        if used > self.peak:
            self.peak, self.from_files = used, from_files

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self.peak = max(self.peak, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)

    def text(self, weights: int | None) -> str:
        """`weights`: their bytes, where they stand in a file of their own."""
        compared = f", {self.peak / weights:.2f} x the weights" if weights else ""
        mapped = f"of which {self.from_files / 2**30:.2f} GiB are mapped files, which give way where memory is short"
        return f"peak memory {self.peak / 2**30:.2f} GiB{compared}, {mapped}"


@contextlib.contextmanager
def peak_memory() -> Iterator[PeakMemory]:
    memory = PeakMemory()
    try:
        yield memory
    finally:
        memory.close()
