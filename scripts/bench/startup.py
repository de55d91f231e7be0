"""Start-up: from the process's start to its first output row, one rank, split by part.

    .venv/bin/python scripts/bench/startup.py [--runs 9] [--results DIR]

Runs infer on one row and a small TorchScript model, alone and under mpirun -np 1, after two warm-up runs each, and
writes the median of every part (seconds) into --results (default scripts/bench/results/<date>-<cpu>).
"""

import argparse
import itertools
import re
import statistics
import subprocess
from pathlib import Path

from overhead import make_data, make_model, mpi_environment
from report import ROOT, machine, write_results

PARTS = ("libraries", "MPI", "plan", "model", "signature", "first row", "end")
WARM_UPS = 2


def parts_of(command: list[str]) -> list[float]:
    """Seconds spent in each of PARTS in one run; `end` is what follows the first row."""
    log = subprocess.run(command, check=True, capture_output=True, text=True, env=mpi_environment()).stderr
    line = next(line for line in log.splitlines() if "since the process began" in line)
    until = [float(re.search(rf"{part} ([0-9.]+)", line).group(1)) for part in PARTS]
    return [now - before for before, now in itertools.pairwise([0.0, *until])]


def main() -> None:
    """Measures, prints and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench")
    parser.add_argument("--results", type=Path)
    args = parser.parse_args()
    args.scratch.mkdir(parents=True, exist_ok=True)
    data, model = args.scratch / "row.jsonl", args.scratch / "mlp.pt"
    make_data(data, 1)
    make_model(model)
    infer = [str(args.infer), "--model", str(model), "--input", str(data), "--output", str(args.scratch / "row_out.jsonl"), "--overwrite", "--verbose"]
    result: dict = {"what": "one row, small TorchScript model, one rank, warm; median seconds of each part", "machine": machine()}
    for name, launcher in (("alone", []), ("mpirun -np 1", ["mpirun", "--bind-to", "none", "-np", "1"])):
        runs = [parts_of([*launcher, *infer]) for _ in range(args.runs + WARM_UPS)][WARM_UPS:]
        table = {part: round(statistics.median(values), 4) for part, values in zip(PARTS, zip(*runs, strict=True), strict=True)}
        table["to first row"] = round(statistics.median(sum(run[:-1]) for run in runs), 4)
        result[name] = table
        print(name, table)
    write_results(result, "startup.json", args.results)


if __name__ == "__main__":
    main()
