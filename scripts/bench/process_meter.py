"""Measures a command as a whole: wall and processor time, first row, memory."""

import math
import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MPIRUN = ["mpirun", "--bind-to", "none", "--oversubscribe"]
MPI_ENVIRONMENT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}  # mpirun works in containers

POLL_S = 0.005
POLL_FOR_END_S = 0.02  # beside a command on all cores, for minutes
MEMORY_POLL_S = 0.1


@dataclass
class Measured:
    """Seconds, and MiB; `first_row_s` is when the output (or its .partial) is no longer empty. `run_cpu_s` is what all processes
    used from then until the output had its name: nan when that was not seen."""

    wall_s: float
    cpu_s: float
    run_cpu_s: float
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


def _cpu_s(pid: int) -> float:
    """Of the process and its descendants that live, so far."""
    ticks = 0
    for each in _descendants(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])  # utime and stime
    return ticks / os.sysconf("SC_CLK_TCK")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@dataclass
class _Watched:
    """What _watch_output() saw."""

    first_row: float | None = None  # time.monotonic()
    run_cpu_s: float = math.nan


def _watch_output(over: threading.Event, pid: int, output: Path, seen: _Watched) -> None:
    partial = output.with_name(output.name + ".partial")
    while not any(map(_size, (output, partial))):
        if over.wait(POLL_S):
            return
    seen.first_row = time.monotonic()
    cpu_before = _cpu_s(pid)
    while not output.exists():
        if over.wait(POLL_FOR_END_S):
            return
    seen.run_cpu_s = _cpu_s(pid) - cpu_before


def _watch_memory(over: threading.Event, pid: int, peaks: list[int]) -> None:
    while not over.wait(MEMORY_POLL_S):
        peaks.append(sum(map(_memory_kib, _descendants(pid))))


def measure(command: list[str], output: Path, log: Path, environment: dict[str, str], memory: bool) -> Measured:
    """One run. `memory` watches it too, which costs some processor time. Raises with the log's end when it fails."""
    for name in output.parent.glob(output.name + "*"):
        name.unlink()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seen = _Watched()
    peaks: list[int] = []
    over = threading.Event()
    with log.open("wb") as text:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=text, stderr=text, env=os.environ | environment)
        watchers = [threading.Thread(target=_watch_output, args=(over, process.pid, output, seen))]
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
    first_row = seen.first_row - start if seen.first_row else wall
    return Measured(wall, cpu, seen.run_cpu_s, first_row, max(peaks) / 1024 if peaks else None)
