"""What the journal costs: 1,000,000 cheap rows with it and with a first checkpoint that never comes, in turn.

    .venv/bin/python scripts/bench/journal.py [--rows 1000000] [--runs 60] [--ranks 2] [--results DIR]

Both runs write the same file and end with the same sync; all between is the journal's. Prints the medians of wall and
processor seconds and of the paired ratios, and writes them into --results (default scripts/bench/results/<date>-<cpu>).
"""

import resource
import statistics
import sys
from pathlib import Path

from overhead import arguments, infer_command, prepared, timed
from report import machine, write_results

INTERVALS = {"default": [], "never": ["--journal-interval", "1000000"]}


def once(command: list[str], log: Path) -> tuple[float, float]:
    """Wall and processor seconds of the whole job."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = timed(command, log)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratios(measured: dict[str, list[tuple[float, float]]], which: int) -> dict[str, float]:
    """Of default to never, pair by pair."""
    values = sorted(with_it[which] / without[which] for with_it, without in zip(measured["default"], measured["never"], strict=True))
    return {"median": statistics.median(values), "lower_quartile": values[len(values) // 4],
            "upper_quartile": values[3 * len(values) // 4]}


def main() -> None:
    """Measures, prints, writes."""
    args = arguments(__doc__, runs=60)
    command = [*infer_command(args, *prepared(args), args.scratch / "journal.jsonl"), "--quiet"]
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in INTERVALS}
    for run in range(args.runs + 1):  # the first one warms up
        for name in sorted(INTERVALS, reverse=run % 2 == 1):
            took = once([*command, *INTERVALS[name]], args.scratch / "journal.log")
            if run > 0:
                measured[name].append(took)
    result: dict = {"what": f"{args.rows} rows of 64 floats, 64 -> 1 MLP, {args.ranks} ranks, {args.runs} pairs: the journal's default "
                            "interval against no checkpoint before the end", "machine": machine(),
                    "command": "scripts/bench/journal.py " + " ".join(sys.argv[1:])}
    for name, some in measured.items():
        result[name] = {"wall_median_s": statistics.median(wall for wall, _ in some), "wall_min_s": min(wall for wall, _ in some),
                        "cpu_median_s": statistics.median(cpu for _, cpu in some)}
    result |= {"wall_ratio": ratios(measured, 0), "cpu_ratio": ratios(measured, 1)}
    print({name: result[name] for name in (*INTERVALS, "wall_ratio", "cpu_ratio")})
    write_results(result, "journal.json", args.results)


if __name__ == "__main__":
    main()
