"""Scaling: what a second core brings, what the rounds between ranks cost, and what one slow rank costs.

    build/bench/venv/bin/python scripts/bench/scaling.py [--parts cores rounds slow] [--runs 5] [--quick] [--results DIR]

cores   MiniLM-L6 on texts of 128 tokens: one replica on one core against two ranks, two replicas, and two jobs that know
        nothing of each other, which is what the machine can give
rounds  a model that only adds, on tiny rows: seconds per chunk, round and row, by number of ranks
slow    the texts again, two ranks, one of them on a quarter of a core: both schedules against the ideal

In each turn every job runs once, in a changing order; the first turn warms up. Makes what is missing, and writes
scaling.json, scaling.md and the plot into --results (default scripts/bench/results/<date>-<cpu>). Any Python with torch and
tokenizers will do (scripts/bench/text.sh makes the one above); without matplotlib there is no plot. Under an hour on two quiet cores.
"""

import argparse
import os
import subprocess
import sys

from contenders import Workshop, add_text_arguments
from report import machine, results_folder, write_results
from scaling_jobs import Job
from scaling_rounds import RANKS, rounds
from scaling_table import table, write_plot
from scaling_text import second_core, slow_rank
from text import TextBenchmark

TOKENS = 128
PARTS = ("cores", "rounds", "slow")


def mpi_version() -> str:
    """Its name and number, as mpirun says them."""
    return subprocess.run(["mpirun", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def text_job(args: argparse.Namespace, texts: int, precision: str) -> Job:
    """MiniLM on `texts` texts of TOKENS tokens each."""
    workshop = Workshop(args.scratch, args.model)
    data = TextBenchmark(f"fixed{TOKENS}", args.scratch, workshop, texts * TOKENS).data
    return Job(args.infer, workshop.bundle(precision), data, texts, args.scratch)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--texts", type=int, default=2048)
    parser.add_argument("--runs", type=int, default=5, help="after one that warms up")
    parser.add_argument("--ranks", type=int, nargs="+", default=RANKS, help="of the rounds")
    parser.add_argument("--quick", action="store_true", help="one run of everything, small: does it work?")
    add_text_arguments(parser)
    args = parser.parse_args()
    if args.quick:
        args.texts, args.runs, args.ranks = 256, 1, args.ranks[:2]
    return args


def main() -> None:
    """Measures the parts asked for and writes the results."""
    args = arguments()
    args.scratch.mkdir(parents=True, exist_ok=True)
    where = machine()
    precision = "bf16" if "avx512_bf16" in where["instructions"] else "fp32"
    cores = sorted(os.sched_getaffinity(0))[:2]
    turns = {"runs": args.runs, "warm_ups": 0 if args.quick else 1}
    result: dict = {"what": "Scaling: a second core, rounds, a slow rank", **turns,
                    "command": "scripts/bench/scaling.py " + " ".join(sys.argv[1:]), "machine": where | {"mpi": mpi_version()},
                    "text_model": f"MiniLM-L6 in {precision}, {args.texts:,} texts of {TOKENS} tokens"}
    if "cores" in args.parts:
        result["cores"] = second_core(text_job(args, args.texts, precision), cores, **turns)
    if "rounds" in args.parts:
        result["rounds"] = rounds(args.infer, args.scratch, args.ranks, 10 if args.quick else 1, **turns)
    if "slow" in args.parts:
        result["slow"] = slow_rank(text_job(args, args.texts, precision), cores, **turns)
    write_results(result, "scaling.json", args.results)
    folder = args.results or results_folder()
    (folder / "scaling.md").write_text(table(result))
    write_plot(result, folder)
    print(table(result))


if __name__ == "__main__":
    main()
