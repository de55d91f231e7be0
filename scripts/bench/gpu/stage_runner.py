"""Runs stages as processes, each within a limit and none in the way of the next, and says how each ended."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stage import SKIPPED

AFTER_TERM_S = 3.0  # for a stage that is over its limit to end by itself
_running: set[subprocess.Popen] = set()


@dataclasses.dataclass(frozen=True)
class Stage:
    """`limit_s` is wall time. A stage with `why_not` is not run; the reason is its result. `late` says what becomes of it when the
    time for all stages is over: it "fails", it is "skipped", or it is "run" all the same.
    """

    name: str
    command: Sequence[str | Path]
    limit_s: float
    why_not: str = ""
    late: str = "fails"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """`verdict` is "passed", "FAILED" or "skipped"; `reason` is empty for the first."""

    name: str
    seconds: float
    verdict: str
    reason: str = ""

    def __str__(self) -> str:
        return self.verdict + (f": {self.reason}" if self.reason else "")


def end_all() -> None:
    """At once: for a signal handler, after which the program ends."""
    for process in list(_running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen) -> None:
    """With all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=AFTER_TERM_S)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def _verdict(code: int, log: Path) -> tuple[str, str]:
    if code == 0:
        return "passed", ""
    said = _last_line(log)
    if code == SKIPPED:
        return "skipped", said.removeprefix("skipped: ")
    return "FAILED", f"exit {code}: {said}"


def run(stage: Stage, log: Path, left_s: float) -> Outcome:
    """Runs a stage with its output in `log`, for its limit or the time that is left for all, whichever is shorter."""
    if stage.why_not:
        return Outcome(stage.name, 0, "skipped", stage.why_not)
    if left_s <= 0 and stage.late != "run":
        verdict = "skipped" if stage.late == "skipped" else "FAILED"
        return Outcome(stage.name, 0, verdict, f"the time for all stages is over (--limit); --only {stage.name} runs it by itself")
    log.parent.mkdir(parents=True, exist_ok=True)
    limit = stage.limit_s if stage.late == "run" else min(stage.limit_s, left_s)
    start = time.monotonic()
    with log.open("wb") as text:
        process = subprocess.Popen([str(one) for one in stage.command], stdin=subprocess.DEVNULL, stdout=text, stderr=text,
                                   start_new_session=True)
        _running.add(process)
        try:
            verdict = _verdict(process.wait(timeout=limit), log)
        except subprocess.TimeoutExpired:
            verdict = "FAILED", f"over its limit of {limit:.3g} s: {_last_line(log)}"
        finally:
            _end(process)
            _running.discard(process)
    return Outcome(stage.name, time.monotonic() - start, *verdict)


def run_all(groups: Sequence[Sequence[Stage]], log_of: Callable[[str], Path], limit_s: float,
            tell: Callable[[Outcome], None]) -> list[Outcome]:
    """One group after the other; the stages of a group at the same time, as far as there are cores. `tell` hears of each as it
    ends.
    """
    end = time.monotonic() + limit_s

    def one(stage: Stage) -> Outcome:
        outcome = run(stage, log_of(stage.name), end - time.monotonic())
        tell(outcome)
        return outcome

    outcomes: list[Outcome] = []
    for group in groups:
        with ThreadPoolExecutor(max_workers=min(len(group), len(os.sched_getaffinity(0)))) as threads:
            outcomes += threads.map(one, group)
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    """Stage, seconds, result."""
    width = max(len(outcome.name) for outcome in outcomes)
    lines = [f"{'stage':{width}}  {'seconds':>7}  result"]
    lines += [f"{outcome.name:{width}}  {outcome.seconds:7.1f}  {outcome}" for outcome in outcomes]
    return "\n".join(lines)
