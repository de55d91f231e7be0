"""Measures a command as a whole: wall and processor time, first row, memory."""

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.005
MEMORY_POLL_S = 0.1


@dataclass
class Measured:
    """Seconds, and MiB; `first_row_s` is when the output (or its .partial) is no longer empty."""

    wall_s: float
    cpu_s: float
    first_row_s: float
    peak_mib: float | None


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _memory_kib(pid: int) -> int:
    """Proportional set size: a page that several processes share counts once for all of them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _watch_output(over: threading.Event, output: Path, start: float, seen: list[float]) -> None:
    names = [output, output.with_name(output.name + ".partial")]
    while not seen and not over.wait(POLL_S):
        if any(map(_size, names)):
            seen.append(time.monotonic() - start)


def _watch_memory(over: threading.Event, pid: int, peaks: list[int]) -> None:
    while not over.wait(MEMORY_POLL_S):
        peaks.append(sum(map(_memory_kib, _descendants(pid))))


def measure(command: list[str], output: Path, log: Path, environment: dict[str, str], memory: bool) -> Measured:
    """One run. `memory` watches it too, which costs some processor time. Raises with the log's end when it fails."""
    for name in output.parent.glob(output.name + "*"):
        name.unlink()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seen: list[float] = []
    peaks: list[int] = []
    over = threading.Event()
    with log.open("wb") as text:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=text, stderr=text, env=os.environ | environment)
        watchers = [threading.Thread(target=_watch_output, args=(over, output, start, seen))]
        if memory:
            watchers.append(threading.Thread(target=_watch_memory, args=(over, process.pid, peaks)))
        for watcher in watchers:
            watcher.start()
        code = process.wait()
        wall = time.monotonic() - start
        over.set()
        for watcher in watchers:
            watcher.join()
    if code != 0:
        raise SystemExit(f"{command} ended with {code}:\n" + log.read_text(errors="replace")[-3000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, seen[0] if seen else wall, max(peaks) / 1024 if peaks else None)
