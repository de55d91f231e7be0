"""A model's stages on as many ranks of one core, beside as many ranks that have the whole model: rows per second, and how
busy each stage's rank is.

    .venv/bin/python scripts/bench/stages.py WHOLE.pt2 STAGED.pt2 INPUT.jsonl [--ranks 2] [--runs 7] [--results DIR]

Both bundles are exports of one model, the second with --stages RANKS. Runs take turns; seconds are the run's own, without start and
end; the rows must be the same. Writes stages.json into --results.
"""

import argparse
import json
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from overhead import mpi_environment
from process_meter import MPIRUN
from report import ROOT, machine, write_results

SECONDS = re.compile(r"infer: ([\d,]+) rows in, .* failed, ([\d.]+) s,")


class Runs:
    """Both ways over one input, on so many ranks of one core each."""

    def __init__(self, args: argparse.Namespace, folder: Path) -> None:
        self.args, self.folder = args, folder
        self.rows = 0

    def seconds(self, model: Path, *more: str) -> tuple[float, bytes]:
        output = self.folder / "rows.jsonl"
        command = [*MPIRUN, "-np", str(self.args.ranks), str(self.args.infer), "--device", "cpu", "--threads", "1", "--replicas", "1", "--model",
                   str(model), "--input", str(self.args.input), "--output", str(output), "--overwrite", *more]
        done = subprocess.run(command, env=mpi_environment(), capture_output=True, text=True, check=False)
        found = SECONDS.search(done.stderr)
        if done.returncode != 0 or not found:
            raise SystemExit(f"{command}\n{done.stderr}")
        self.rows = int(found[1].replace(",", ""))
        return float(found[2]), output.read_bytes()

    def pair(self) -> tuple[float, float]:
        """Of the whole model on each rank, and of its stages over all."""
        whole, expected = self.seconds(self.args.whole)
        staged, rows = self.seconds(self.args.staged, "--pipeline-ranks", str(self.args.ranks))
        if rows != expected:
            raise SystemExit("the stages gave other rows than the whole model")
        return whole, staged

    def busy_shares(self) -> list[float]:
        """Of the time from the first forward to the last one, by rank: the rest is bubbles."""
        trace = self.folder / "trace.json"
        self.seconds(self.args.staged, "--pipeline-ranks", str(self.args.ranks), "--trace", str(trace))
        spans = [event for event in json.loads(trace.read_text()) if event["ph"] == "X" and event["name"] == "model"]
        took = max(span["ts"] + span["dur"] for span in spans) - min(span["ts"] for span in spans)
        return [round(sum(span["dur"] for span in spans if span["pid"] == rank) / took, 3) for rank in range(self.args.ranks)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("whole", "staged", "input"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--results", type=Path)
    return parser.parse_args()


def main() -> None:
    args = parse()
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(args, Path(folder))
        pairs = []
        for _ in range(args.runs):
            pairs.append(runs.pair())
            print(f"whole {pairs[-1][0]:.2f} s, in stages {pairs[-1][1]:.2f} s", flush=True)
        ratios = [whole / staged for whole, staged in pairs]
        quartiles = statistics.quantiles(ratios, n=4)
        result = {
            "what": f"{runs.rows} texts by {args.ranks} ranks of one core: each with the whole model, and together with a stage each",
            "machine": machine(), "seconds": [{"whole": whole, "staged": staged} for whole, staged in pairs],
            "efficiency": {"median": round(quartiles[1], 3), "quartiles": [round(quartiles[0], 3), round(quartiles[2], 3)]},
            "busy_share_by_rank": runs.busy_shares(),
        }
    print(json.dumps({name: result[name] for name in ("efficiency", "busy_share_by_rank")}))
    write_results(result, "stages.json", args.results)


if __name__ == "__main__":
    main()
