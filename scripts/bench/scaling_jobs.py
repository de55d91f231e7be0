"""What the scaling benchmark runs: one infer job as a whole command, and several jobs in turn."""

import math
import re
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from process_meter import MPI_ENVIRONMENT, measure


@dataclass(frozen=True)
class Run:
    """Seconds of the whole command and of the run itself: from the first grant to the committed output, without MPI's start
    and end and the loading of the model. `run_cpu_s` is of all ranks' processors from the first row to that end, or nan."""

    wall_s: float
    run_s: float
    run_cpu_s: float
    rows: int
    chunks: int
    gathers: int


def _number(log: str, pattern: str) -> float:
    match = re.search(pattern, log)
    if not match:
        raise SystemExit(f"no {pattern!r} in the log:\n{log[-3000:]}")
    return float(match.group(1).replace(",", ""))


@dataclass(frozen=True)
class Job:
    """infer with one model on one file of `rows` good records, on the CPU with one thread a batch."""

    program: Path
    model: Path
    data: Path
    rows: int
    scratch: Path

    def run(self, *launchers: list[str], replicas: int = 1, flags: tuple[str, ...] = (), name: str = "out") -> Run:
        """What begins the command: one launcher, or several that mpirun starts together. Runs at the same time need different
        names. Raises when a row fails."""
        output = self.scratch / f"scaling_{name}.jsonl"
        infer = [str(self.program), "--model", str(self.model), "--input", str(self.data), "--output", str(output), "--device", "cpu",
                 "--threads", "1", "--replicas", str(replicas), *flags]
        command = [word for launcher in launchers for word in (":", *launcher, *infer)][1:]
        log = output.with_suffix(".log")
        measured = measure(command, output, log, MPI_ENVIRONMENT, memory=False)
        text = log.read_text(errors="replace")
        if _number(text, r"rows in, ([0-9,]+) ok") != self.rows:
            raise SystemExit(f"not all of {self.rows} rows are ok:\n{text}")
        return Run(measured.wall_s, _number(text, r" failed, ([0-9.e+]+) s,"), measured.run_cpu_s, self.rows,
                   int(_number(text, r"([0-9,]+) chunks?")), int(_number(text, r"([0-9,]+) gathers?")))


def in_turn(ways: dict[str, Callable[[], Run]], runs: int, warm_ups: int) -> dict[str, list[Run]]:
    """Every way once a turn, in a changing order; what it took after the warm-ups."""
    measured: dict[str, list[Run]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(warm_ups + runs):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            run = ways[name]()
            print(f"turn {turn}, {name}: {run.run_s:.3g} s", file=sys.stderr, flush=True)
            if turn >= warm_ups:
                measured[name].append(run)
    return measured


def spread(values: list[float]) -> dict[str, float]:
    """Of one number, turn by turn; what is nan does not count."""
    values = [value for value in values if not math.isnan(value)] or [math.nan]
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
