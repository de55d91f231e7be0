"""Real work on two cores: what the second one brings, and what one slow rank costs."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from process_meter import MPIRUN
from report import ROOT
from scaling_jobs import Job, Run, in_turn, spread

sys.path.append(str(ROOT / "tests/cli"))
from cli_support import Skipped
from small_places import control_group

ALONE, STATIC = "1 rank on 1 core", "static"
SLOW_SHARE = 0.25  # of a core
SMALL_CHUNK_ROWS = 16


def _on(*cores: int) -> list[str]:
    return ["taskset", "-c", ",".join(map(str, cores))]


def _at_once(job: Job, cores: Sequence[int]) -> Run:
    """The job on each core at the same time: as one run of all the rows."""
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda core: job.run(_on(core), name=f"core{core}"), cores))
    return Run(max(run.wall_s for run in runs), max(run.run_s for run in runs), sum(run.run_cpu_s for run in runs),
               sum(run.rows for run in runs), sum(run.chunks for run in runs), sum(run.gathers for run in runs))


def second_core(job: Job, cores: Sequence[int], runs: int, warm_ups: int) -> dict:
    """By way: seconds, and how often the rows/s of ALONE in the same turn: of the run, and with start and end."""
    measured = in_turn({
        ALONE: lambda: job.run(_on(cores[0])),
        "2 ranks": lambda: job.run([*MPIRUN, "-np", "2"]),
        "1 rank, 2 replicas": lambda: job.run(_on(*cores), replicas=2),
        "2 jobs, 1 core each": lambda: _at_once(job, cores),
    }, runs, warm_ups)

    def speedup(some: list[Run], seconds: str) -> dict[str, float]:
        return spread([run.rows / getattr(run, seconds) * getattr(one, seconds) / one.rows for run, one in zip(some, measured[ALONE], strict=True)])

    return {name: {"rows": some[0].rows, "chunks": some[0].chunks, "run_s": spread([run.run_s for run in some]),
                   "wall_s": spread([run.wall_s for run in some]), "speedup": speedup(some, "run_s"),
                   "speedup_with_start": speedup(some, "wall_s"), "runs": [asdict(run) for run in some]}
            for name, some in measured.items()}


def slow_rank(job: Job, cores: Sequence[int], runs: int, warm_ups: int) -> dict:
    """By way: seconds of the run, and how often the ideal, ALONE ÷ (1 + SLOW_SHARE) in the same turn; and how much slower rank 1
    was, by what it took for its half under STATIC. {"skipped": why} where this machine lets us make no control group."""
    quota, period = str(round(SLOW_SHARE * 100_000)), "100000"  # microseconds
    try:
        with control_group("cpu", {"cpu.max": f"{quota} {period}"}, {"cpu.cfs_quota_us": quota, "cpu.cfs_period_us": period}) as group:
            measured = in_turn(_slow_ways(job, cores, ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group)]), runs, warm_ups)
    except Skipped as reason:
        return {"skipped": str(reason)}
    ideal = [one.run_s / (1 + SLOW_SHARE) for one in measured[ALONE]]
    ways = {name: {"chunks": some[0].chunks, "run_s": spread([run.run_s for run in some]),
                   "over_ideal": spread([run.run_s / best for run, best in zip(some, ideal, strict=True)]), "runs": [asdict(run) for run in some]}
            for name, some in measured.items()}
    return {"times_slower": spread([2 * run.run_s / one.run_s for run, one in zip(measured[STATIC], measured[ALONE], strict=True)]), "ways": ways}


def _slow_ways(job: Job, cores: Sequence[int], slowed: list[str]) -> dict[str, Callable[[], Run]]:
    """`slowed` begins the command of the slow rank, which is rank 1: rank 0 also leads and writes."""
    ranks = [*MPIRUN, "-np", "1", *_on(cores[0])], ["-np", "1", *slowed, *_on(cores[1])]
    small_chunks = ("--chunk-bytes", str(job.data.stat().st_size * SMALL_CHUNK_ROWS // job.rows))
    return {
        ALONE: lambda: job.run(_on(cores[0])),
        "dynamic": lambda: job.run(*ranks),
        f"dynamic, chunks of {SMALL_CHUNK_ROWS} rows": lambda: job.run(*ranks, flags=small_chunks),
        STATIC: lambda: job.run(*ranks, flags=("--schedule", "static")),
    }
