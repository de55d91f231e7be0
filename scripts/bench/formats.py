"""What an output's format costs: rows per second of each beside JSON Lines, in turn, with one rank and with two.

    .venv/bin/python scripts/bench/formats.py [--rows 300000] [--runs 5] [--results DIR]

Two jobs on records of 64 numbers: one score a row (64 -> 1 MLP), and embeddings of 384 values a row, of a tenth of the
records. Whole processes with start-up. Prints, and writes into --results (default scripts/bench/results/<date>-<cpu>),
medians of rows/s, of the paired ratios to JSON Lines in wall and processor time, and the sizes of the files.
"""

import argparse
import statistics
import sys
from pathlib import Path

import torch

from journal import once
from overhead import arguments, infer_command, make_data, prepared
from report import machine, write_results

ENDINGS = (".jsonl", ".csv", ".jsonl.gz", ".csv.gz", ".jsonl.zst", ".csv.zst")
VALUES = 384
SHARE = 10  # of the records, one in so many


def prepared_embeddings(args: argparse.Namespace) -> tuple[Path, Path]:
    """Data, made when missing, and model."""
    data, model = args.scratch / f"rows{args.rows // SHARE}.jsonl", args.scratch / "embed.pt"
    if not data.exists():
        make_data(data, args.rows // SHARE)
    torch.manual_seed(7)
    torch.jit.trace(torch.nn.Linear(64, VALUES).eval(), torch.zeros(2, 64)).save(str(model))
    return data, model


def measure(args: argparse.Namespace, data: Path, model: Path, flags: list[str], rows: int) -> dict[str, dict[str, float]]:
    """Of every format, in turn."""
    outputs = {ending: args.scratch / f"out{ending}" for ending in ENDINGS}
    seconds: dict[str, list[tuple[float, float]]] = {ending: [] for ending in ENDINGS}
    for run in range(args.runs + 1):  # the first one warms up
        for ending in sorted(ENDINGS, reverse=run % 2 == 1):
            took = once([*infer_command(args, data, model, outputs[ending]), "--quiet", *flags], args.scratch / "formats.log")
            if run > 0:
                seconds[ending].append(took)
    return {ending: {"rows_per_s": rows / statistics.median(wall for wall, _ in took), "bytes": outputs[ending].stat().st_size,
                     "wall_ratio": ratio(seconds[".jsonl"], took, 0), "cpu_ratio": ratio(seconds[".jsonl"], took, 1)}
            for ending, took in seconds.items()}


def ratio(plain: list[tuple[float, float]], own: list[tuple[float, float]], which: int) -> float:
    """Of the time that a format takes to that of JSON Lines, median of the pairs."""
    return statistics.median(mine[which] / base[which] for base, mine in zip(plain, own, strict=True))


def main() -> None:
    """Measures, prints, writes."""
    args = arguments(__doc__, runs=5)
    jobs = {"scores": (*prepared(args), [], args.rows),
            "embeddings": (*prepared_embeddings(args), ["--task", "embedding", "--field", "input=x"], args.rows // SHARE)}
    result: dict = {"what": f"formats of the output, {args.runs} interleaved runs", "machine": machine(),
                    "command": "scripts/bench/formats.py " + " ".join(sys.argv[1:])}
    for name, job in jobs.items():
        for args.ranks in (1, 2):
            found = measure(args, *job)
            result[f"{name}, {args.ranks} rank(s)"] = found
            for ending, each in found.items():
                print(f"{name:10} {args.ranks} rank(s) {ending:10} {each['rows_per_s']:11,.0f} rows/s  {each['wall_ratio']:.2f} of the time of .jsonl, "
                      f"{each['cpu_ratio']:.2f} of its processor time, "
                      f"{each['bytes'] / found['.jsonl']['bytes']:.2f} of its bytes", flush=True)
    write_results(result, "formats.json", args.results)


if __name__ == "__main__":
    main()
