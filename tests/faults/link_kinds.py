"""Strikes at the network between hosts."""

import contextlib
import random
from collections.abc import Iterator

import fake_hosts
from kinds import FAILED, LAUNCHER_FAILED, Kind
from scene import Scene
from struck_job import StruckJob
from variants import Launch

LAUNCHER_LOST_HOST = 205  # mpirun's exit code, when it notices first
COMM_TIMEOUT = 8  # seconds: more than mpirun needs to notice, or it would have sent what TCP then waits for


class LinkDown(Kind):
    """One of two hosts loses its network for good: the ranks on both sides, and the launcher, must end."""

    name = "link_down"
    least_ranks = 2
    by_mpirun = True
    only_rows = True  # before that the launcher may wait without end
    detection = float(COMM_TIMEOUT)

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.side = rng.randrange(2)

    @classmethod
    def unavailable(cls) -> str | None:
        return fake_hosts.unavailable()

    def note(self) -> str:
        return "that of rank 0" if self.side == 0 else "the other"

    def flags(self, moment: float) -> list[str]:
        return ["--comm-timeout", str(COMM_TIMEOUT)]

    @contextlib.contextmanager
    def surroundings(self, scene: Scene) -> Iterator[None]:
        with fake_hosts.fake_hosts(scene.folder) as self.hosts:
            yield

    def prefix(self, launch: Launch) -> list[str]:
        return self.hosts.launcher(launch.ranks)

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        self.hosts.cut(self.hosts.hosts[self.side])

    def codes(self) -> set[int]:
        return {FAILED, LAUNCHER_LOST_HOST}

    def edge_codes(self) -> set[int]:
        return {LAUNCHER_FAILED}


LINK_KINDS: list[type[Kind]] = [LinkDown]
