"""Overhead: a 64 → 1 MLP over cheap rows, infer against a plain Python loop, in turn and on the same data.

    .venv/bin/python scripts/bench/overhead.py [--rows 1000000] [--runs 3] [--ranks 2] [--results DIR]

Checks that both give the same ids and scores (1e-5), prints whole-process seconds and rows/s (median of the runs)
and writes them with machine, versions and commit into --results (default scripts/bench/results/<date>-<cpu>).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import orjson
import torch

from process_meter import MPI_ENVIRONMENT, MPIRUN
from report import ROOT, machine, write_results

BATCH = 1024


def make_data(path: Path, rows: int) -> None:
    """`rows` lines {"id": i, "x": [64 numbers in -1 ... 1, 6 digits]}, by a fixed seed."""
    rng = np.random.default_rng(7)
    with path.open("wb") as out:
        for first in range(0, rows, 1000):
            block = np.round(rng.uniform(-1, 1, (min(1000, rows - first), 64)), 6).tolist()
            out.writelines(orjson.dumps({"id": first + i, "x": x}) + b"\n" for i, x in enumerate(block))


def make_model(path: Path, seed: int = 7) -> None:
    """TorchScript of Linear(64, 64), ReLU, Linear(64, 1)."""
    torch.manual_seed(seed)

    class Mlp(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layers(x)

    torch.jit.trace(Mlp().eval(), torch.zeros(2, 64)).save(str(path))


def mpi_environment() -> dict[str, str]:
    """The process's environment, with mpirun allowed in containers and OpenMP held to one thread for the peers."""
    return os.environ | MPI_ENVIRONMENT | {"OMP_NUM_THREADS": "1"}


def timed(command: list[str], log: Path) -> float:
    """Wall seconds of one run of the whole command; stderr goes to `log`."""
    start = time.monotonic()
    with log.open("wb") as stderr:
        subprocess.run(command, check=True, env=mpi_environment(), stderr=stderr)
    return time.monotonic() - start


def check_equal(ours: Path, theirs: Path, rows: int) -> float:
    """Largest difference of the scores; raises when ids, order or number of rows differ."""
    worst = 0.0
    count = 0
    with ours.open("rb") as a, theirs.open("rb") as b:
        for left, right in zip(a, b, strict=True):
            left_row, right_row = orjson.loads(left), orjson.loads(right)
            if left_row["id"] != right_row["id"] or left_row["id"] != count:
                raise SystemExit(f"row {count}: ids {left_row['id']} and {right_row['id']}")
            worst = max(worst, abs(left_row["outputs"]["output0"][0] - right_row["outputs"]["output0"][0]))
            count += 1
    if count != rows or worst > 1e-5:
        raise SystemExit(f"{count} of {rows} rows, largest difference {worst}")
    return worst


def summarise(seconds: list[float], rows: int) -> dict[str, float]:
    """Median and spread of whole-process seconds, and rows per second at the median."""
    median = statistics.median(seconds)
    return {"median_s": median, "min_s": min(seconds), "max_s": max(seconds), "rows_per_s": rows / median}


def arguments(description: str | None, runs: int) -> argparse.Namespace:
    """Of a benchmark of this job; the scratch folder is there afterwards."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench")
    parser.add_argument("--results", type=Path)
    args = parser.parse_args()
    args.scratch.mkdir(parents=True, exist_ok=True)
    return args


def prepared(args: argparse.Namespace) -> tuple[Path, Path]:
    """Data, made when missing, and model."""
    data, model = args.scratch / f"rows{args.rows}.jsonl", args.scratch / "mlp.pt"
    if not data.exists():
        make_data(data, args.rows)
    make_model(model)
    return data, model


def infer_command(args: argparse.Namespace, data: Path, model: Path, output: Path) -> list[str]:
    """Scores `data` on args.ranks ranks."""
    return [*MPIRUN, "-np", str(args.ranks), str(args.infer), "--model", str(model), "--input", str(data), "--output", str(output),
            "--overwrite", "--max-batch-size", str(BATCH)]


def main() -> None:
    """Makes what is missing, runs both in turn, compares, writes the results."""
    args = arguments(__doc__, runs=3)
    data, model = prepared(args)
    outputs = {name: args.scratch / f"{name}.jsonl" for name in ("infer", "python")}
    commands = {
        "infer": [*infer_command(args, data, model, outputs["infer"]), "--verbose"],
        "python": [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(args.ranks),
                   str(ROOT / "scripts/bench/peers/torchrun_orjson.py"), str(model), str(data), str(outputs["python"]), str(BATCH)],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(args.runs + 1):  # the first one warms up
        for name, command in commands.items():
            took = timed(command, args.scratch / f"{name}.log")
            if run > 0:
                seconds[name].append(took)
    worst = check_equal(outputs["infer"], outputs["python"], args.rows)

    ratios = [theirs / ours for ours, theirs in zip(seconds["infer"], seconds["python"], strict=True)]
    result = {
        "what": f"64 -> 1 MLP, {args.rows} rows of 64 floats, batch {BATCH}, {args.ranks} ranks, whole process",
        "command": "scripts/bench/overhead.py " + " ".join(sys.argv[1:]),
        "machine": machine(),
        "infer": summarise(seconds["infer"], args.rows),
        "python": summarise(seconds["python"], args.rows),
        "ratio_median": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios),
        "largest_difference": worst,
        "infer_log": (args.scratch / "infer.log").read_text().replace(f"{ROOT}/", "").splitlines(),
    }
    for name in commands:
        print(f"{name:7} {result[name]['median_s']:7.2f} s  {result[name]['rows_per_s']:11,.0f} rows/s")
    print(f"infer is {result['ratio_median']:.1f} times as fast (from {min(ratios):.1f} to {max(ratios):.1f})")
    write_results(result, "overhead.json", args.results)


if __name__ == "__main__":
    main()
