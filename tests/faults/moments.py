"""When a strike falls: uniform over the time that a clean run takes, and yet the same on a busy machine.

Within the start-up a moment is a time, after it a number of rows that are written.
"""

import dataclasses
import random
import time

from scene import Scene
from struck_job import StruckJob

COMMIT_SHARE = 0.04  # of the moments: all rows are written
MOST_DELAY = 0.1  # seconds after the row that is waited for: not always at the same point between two rows
POLL = 0.003  # seconds


@dataclasses.dataclass(frozen=True)
class Pace:
    """How long a run takes when nothing happens to it."""

    start_up: float  # seconds until the first row is written
    seconds: float
    rows: int


@dataclasses.dataclass(frozen=True)
class Moment:
    """`delay` seconds after the start, or after `rows` rows are written."""

    rows: int
    delay: float
    estimate: float  # seconds after the start, at the clean run's pace

    def wait(self, scene: Scene, job: StruckJob) -> bool:
        """Until the strike is due; false when the job is over before."""
        start = time.monotonic()
        while self.rows and scene.rows_since(job.began) < self.rows and job.process.poll() is None:
            time.sleep(POLL)
            start = time.monotonic()
        while (rest := start + self.delay - time.monotonic()) > 0 and job.process.poll() is None:
            time.sleep(min(rest, POLL))
        return job.process.poll() is None

    def __str__(self) -> str:
        return f"at row {self.rows} + {self.delay:.2f} s" if self.rows else f"at {self.delay:.2f} s"


def draw_moment(rng: random.Random, pace: Pace, rows_before: int, share: float, only_rows: bool) -> Moment:
    """Within the first `share` of what a run with `rows_before` rows done still takes."""
    rest = (pace.rows - rows_before) / max(pace.rows, 1)
    work = (pace.seconds - pace.start_up) * rest
    at = rng.uniform(pace.start_up if only_rows else 0, pace.start_up + share * work)
    if at < pace.start_up:
        return Moment(0, at, at)
    part = min(1.0, (at - pace.start_up) / max(work, 1e-6) / (1 - COMMIT_SHARE))
    rows = rows_before + max(1, round(part * (pace.rows - rows_before)))
    return Moment(min(rows, pace.rows), rng.uniform(0, MOST_DELAY), at)
