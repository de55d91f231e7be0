"""What may happen to a job: the interface of a kind of strike, and those that kill, stop or signal processes."""

import contextlib
import random
import signal
import time
from collections.abc import Iterator

from job import is_alive
from scene import Scene
from struck_job import StruckJob, send
from variants import Launch

COMM_TIMEOUT = 3  # seconds
DRAIN_TIMEOUT = 5  # seconds
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
STOPPED = 4  # infer's exit codes
FAILED = 3
WITHOUT_ROWS = 3  # the time is up, and there is no new row
LAUNCHER_FAILED = 1  # mpirun, when it ends the job itself


def killed_by(number: int) -> set[int]:
    """Exit codes of a command that a signal ended: under the launcher, and alone.

    mpirun of Open MPI 4.1 at times dies itself of SIGSEGV, in PMIx_server_finalize, when its ranks were killed.
    """
    return {128 + number, -number, -signal.SIGSEGV}


class Kind:
    """One kind of strike; an object is one strike, with everything random in it drawn at the start."""

    name = ""
    least_ranks = 1
    by_mpirun = False
    only_rows = False  # not during the start-up
    damages = False  # rows that were kept may be lost
    detection = 0.0  # seconds until the job can know; it must be over 10 s later

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    @classmethod
    def unavailable(cls) -> str | None:
        """Why this machine cannot do it."""
        return None

    def note(self) -> str:
        """What was drawn, for the report."""
        return ""

    def flags(self, moment: float) -> list[str]:
        """More flags for the attempt that is struck `moment` seconds after its start."""
        return []

    @contextlib.contextmanager
    def surroundings(self, scene: Scene) -> Iterator[None]:
        """What must be there while the job runs and is resumed."""
        yield

    def prefix(self, launch: Launch) -> list[str]:
        """The launcher's part of the command."""
        return launch.prefix()

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        raise NotImplementedError

    def codes(self) -> set[int]:
        """Exit codes that are right when the strike kept the job from completing."""
        raise NotImplementedError

    def edge_codes(self) -> set[int]:
        """And those that are right as well before the first row is written, and after the output is complete."""
        return set()

    def aftermath(self, scene: Scene) -> None:
        """What else happens between the end of the job and its resume."""

    def may_refuse(self) -> bool:
        """Whether what is left may be too damaged to go on with: then --resume says so and names --overwrite."""
        return False

    def must_refuse(self) -> bool:
        return False


class KillRank(Kind):
    def victims(self, ranks: dict[int, int]) -> list[int]:
        raise NotImplementedError

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        for pid in self.victims(job.wait_for_ranks(launch.ranks)):
            send(pid, signal.SIGKILL)

    def codes(self) -> set[int]:
        return killed_by(signal.SIGKILL)


class KillRank0(KillRank):
    name = "kill_rank_0"

    def victims(self, ranks: dict[int, int]) -> list[int]:
        return [pid for rank, pid in ranks.items() if rank == 0]


class KillOtherRank(KillRank):
    name = "kill_other_rank"
    least_ranks = 2

    def victims(self, ranks: dict[int, int]) -> list[int]:
        others = sorted(rank for rank in ranks if rank > 0)
        return [ranks[self.rng.choice(others)]] if others else []


class KillAllRanks(KillRank):
    name = "kill_all_ranks"

    def victims(self, ranks: dict[int, int]) -> list[int]:
        return list(ranks.values())


class KillMpirun(Kind):
    """The ranks must end by themselves."""

    name = "kill_mpirun"
    by_mpirun = True

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        job.process.kill()

    def codes(self) -> set[int]:
        return killed_by(signal.SIGKILL)


class StopRank(Kind):
    """A rank that lives and says nothing; MPI_Init waits for it without end, so only from the first row on."""

    name = "stop_rank"
    least_ranks = 2
    only_rows = True
    detection = float(COMM_TIMEOUT)

    def flags(self, moment: float) -> list[str]:
        return ["--comm-timeout", str(COMM_TIMEOUT)]

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        ranks = job.wait_for_ranks(launch.ranks)
        if not ranks:
            return
        victim = ranks[self.rng.choice(sorted(ranks))]
        send(victim, signal.SIGSTOP)
        end = time.monotonic() + COMM_TIMEOUT
        while any(is_alive(pid) for pid in ranks.values() if pid != victim) and time.monotonic() < end:
            time.sleep(0.02)
        if scene.is_finished():
            send(victim, signal.SIGCONT)  # MPI had ended for it too: no rank is left to miss it, and mpirun waits for ever

    def codes(self) -> set[int]:
        return {FAILED}


class Signal(Kind):
    """A request to stop: what is in flight is finished and kept."""

    detection = float(DRAIN_TIMEOUT)

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.number = rng.choice(SIGNALS)

    def note(self) -> str:
        return self.number.name

    def flags(self, moment: float) -> list[str]:
        return ["--drain-timeout", str(DRAIN_TIMEOUT)]

    def codes(self) -> set[int]:
        return {STOPPED, WITHOUT_ROWS} if self.number in (signal.SIGUSR1, signal.SIGUSR2) else {STOPPED}

    def edge_codes(self) -> set[int]:
        return killed_by(self.number) | {LAUNCHER_FAILED}


class SignalMpirun(Signal):
    """mpirun forwards USR1 and USR2; on TERM and INT it gives the ranks about 2 s and reports 1."""

    name = "signal_mpirun"
    by_mpirun = True

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        job.process.send_signal(self.number)

    def codes(self) -> set[int]:
        ended_by_launcher = self.number in (signal.SIGTERM, signal.SIGINT)
        return super().codes() | ({LAUNCHER_FAILED} if ended_by_launcher else set())


class SignalRank(Signal):
    name = "signal_rank"

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        ranks = job.wait_for_ranks(launch.ranks)
        if ranks:
            send(ranks[self.rng.choice(sorted(ranks))], self.number)


class SignalAll(Signal):
    name = "signal_all"

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        for pid in job.wait_for_ranks(launch.ranks).values():
            send(pid, self.number)


class TwoInterrupts(Kind):
    """The second one means: at once."""

    name = "two_interrupts"

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.gap = rng.uniform(0, 0.5)

    def note(self) -> str:
        return f"{self.gap:.2f} s apart"

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        pids = [job.process.pid] if launch.by_mpirun else list(job.find_ranks().values())
        for number in range(2):
            if number == 1:
                time.sleep(self.gap)
            for pid in pids:
                send(pid, signal.SIGINT)

    def codes(self) -> set[int]:
        return {STOPPED, FAILED, LAUNCHER_FAILED} | killed_by(signal.SIGINT)


class TimeLimit(Kind):
    name = "time_limit"
    detection = float(DRAIN_TIMEOUT)

    def flags(self, moment: float) -> list[str]:
        return ["--time-limit", f"{moment:.2f}", "--drain-timeout", str(DRAIN_TIMEOUT)]

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        """The flag does it."""

    def codes(self) -> set[int]:
        return {STOPPED, WITHOUT_ROWS}


# Those that leave nothing but the job's own files, and so may also come before another strike.
PLAIN_KINDS: list[type[Kind]] = [
    KillRank0, KillOtherRank, KillAllRanks, KillMpirun, StopRank, SignalMpirun, SignalRank, SignalAll, TwoInterrupts, TimeLimit,
]
