"""Strikes jobs at random moments in many ways, resumes them, and compares their output with that of a clean run.

    strike.py INFER MODELS [--strikes 20] [--seed 1] [--only KIND] [--replay SEED:INDEX] [--jobs 1] [--parts] [--stages] [--pictures] [--keys]
    [--several]
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import functools
import pathlib
import random
import sys
import time
from collections.abc import Callable, Iterator

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import campaign
from campaign import Report
from cli_support import Program
from disk_kinds import DISK_KINDS
from kinds import PLAIN_KINDS, Kind
from link_kinds import LINK_KINDS
from no_resume import NO_RESUME
from variants import Wanted

Play = Callable[[Program, random.Random, Report], None]
COLUMNS = ("ok", "FAILED", "skipped", "too late", "refused", "mpirun", "orted")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A kind of strike as the driver sees it."""

    name: str
    play: Play
    unavailable: Callable[[], str | None]


@dataclasses.dataclass
class Result:
    """How one strike went."""

    entry: Entry
    index: int
    report: Report
    seconds: float = 0.0
    failure: str = ""
    skipped: str = ""

    def word(self) -> str:
        return "FAILED" if self.failure else "skipped" if self.skipped else "ok"


def play_kind(kind: type[Kind], wanted: Wanted, program: Program, rng: random.Random, report: Report) -> None:
    campaign.play(program, kind, rng, report, wanted)


def registry(wanted: Wanted) -> dict[str, Entry]:
    kinds = [*PLAIN_KINDS, *DISK_KINDS, *LINK_KINDS]
    entries = [Entry(kind.name, functools.partial(play_kind, kind, wanted), kind.unavailable) for kind in kinds]
    entries += [Entry(name, play, lambda: None) for name, play in NO_RESUME.items()]
    return {entry.name: entry for entry in entries}


def plan(entries: list[Entry], seed: str, strikes: int) -> Iterator[tuple[int, Entry]]:
    """Every kind as often as the others, in random order."""
    order: list[Entry] = []
    for index in range(strikes):
        if not order:
            order = random.Random(f"{seed}:{index}").sample(entries, len(entries))
        yield index, order.pop()


def strike(program: Program, seed: str, index: int, entry: Entry) -> Result:
    result = Result(entry, index, Report())
    start = time.monotonic()
    result.skipped = entry.unavailable() or ""
    if not result.skipped:
        try:
            entry.play(program, random.Random(f"{seed}:{index}:{entry.name}"), result.report)
        except AssertionError as error:
            result.failure = str(error)
        except OSError as error:  # of this machine or of the harness
            result.failure = repr(error)
    result.seconds = time.monotonic() - start
    return result


def results_of(program: Program, seed: str, planned: list[tuple[int, Entry]], jobs: int) -> Iterator[Result]:
    """As they come. One at a time runs on the main thread, so that Ctrl-C cleans up at once."""
    if jobs == 1:
        yield from (strike(program, seed, index, entry) for index, entry in planned)
        return
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(strike, program, seed, index, entry) for index, entry in planned]
        yield from (done.result() for done in concurrent.futures.as_completed(running))


def show(result: Result, seed: str, wanted: Wanted) -> None:
    detail = f": {result.skipped}" if result.skipped else f" {result.report}"
    print(f"{result.index:3} {result.entry.name:15} {result.word()} ({result.seconds:.1f} s){detail}", flush=True)
    if result.failure:
        again = f"--only {result.entry.name} --replay {seed}:{result.index}" + wanted.flags()
        print(f"    {result.failure}\n    again: strike.py INFER MODELS {again}", flush=True)


def show_table(results: list[Result]) -> None:
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for result in results:
        report = result.report
        for row in (result.entry.name, "all"):
            counts[row].update([result.word(), *["too late"] * report.too_late, *["refused"] * report.refused,
                                *[report.launcher_left] * bool(report.launcher_left)])
    print(f"\n{'kind':16}" + "".join(f"{column:>10}" for column in COLUMNS))
    for name in sorted(counts, key=lambda name: (name == "all", name)):
        print(f"{name:16}" + "".join(f"{counts[name][column]:>10}" for column in COLUMNS))
    print("too late: the job was complete when the strike came; refused: --resume asked for --overwrite; mpirun, orted: all "
          "ranks had ended, but mpirun, or its daemon on the host without network, had to be killed", flush=True)


def parse(entries: dict[str, Entry]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--strikes", type=int, default=20, help="how many jobs (default: 20)")
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)), help="default: another one every time")
    parser.add_argument("--only", choices=sorted(entries), metavar="KIND", help=", ".join(entries))
    parser.add_argument("--replay", metavar="SEED:INDEX", help="this strike again, at the same share of the clean run's time")
    parser.add_argument("--jobs", type=int, default=1, help="strikes at the same time (default: 1)")
    parser.add_argument("--parts", action="store_true", help="all jobs with --output-dir (default: a quarter)")
    parser.add_argument("--pictures", action="store_true", help="all jobs with pictures")
    parser.add_argument("--keys", action="store_true", help="all jobs with keys of their rows (default: 3 in 10)")
    parser.add_argument("--several", action="store_true", help="all jobs with several models in one pass, an output each "
                        "(default: 3 in 20)")
    parser.add_argument("--stages", action="store_true", help="all jobs with a model in stages, over groups of ranks where it goes "
                        "(default: a quarter)")
    return parser.parse_args()


def main() -> int:
    args = parse(registry(Wanted()))
    wanted = Wanted(args.parts, args.stages, args.pictures, args.keys, args.several)
    entries = registry(wanted)
    program = Program(args.infer.resolve(), args.models.resolve())
    chosen = [entries[args.only]] if args.only else list(entries.values())
    seed, strikes = args.seed, args.strikes
    if args.replay:
        seed, _, index = args.replay.rpartition(":")
        strikes = int(index) + 1
    planned = list(plan(chosen, seed, strikes))[-1 if args.replay else 0:]
    print(f"seed {seed}", flush=True)
    start = time.monotonic()
    results = []
    for result in results_of(program, seed, planned, args.jobs):
        results.append(result)
        show(result, seed, wanted)
    show_table(results)
    print(f"{len(results)} strikes in {time.monotonic() - start:.0f} s")
    return 1 if any(result.failure for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
