"""Rows per second of packed inputs and standard input on 1, 2 and 4 ranks, beside what unpacks them alone.

    .venv/bin/python scripts/bench/stream_ranks.py [--megabytes 800] [--runs 5] [--ranks 1 2 4] [--results DIR]

Wide records: 2 KB of text that nobody reads and four numbers that are summed; narrow ones: 64 numbers. Unpackers and
runs take turns. A run's seconds are those of the whole command less those of the same command for one record (start
and end); its digest is compared over all inputs and ranks. Writes stream_ranks.json into --results.

With --bound each rank has one core, and two ranks are compared with one: stream_ranks_bound.json.
"""

import argparse
import hashlib
import random
import shlex
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import orjson
import torch

from overhead import mpi_environment
from process_meter import MPIRUN
from report import ROOT, machine, write_results

FRAME = 4 << 20  # bytes, unpacked


def make_lines(kind: str, size: int) -> bytes:
    """About `size` bytes of records by a fixed seed."""
    generator = random.Random(7)
    words = [bytes(generator.choices(b"abcdefghijklmnopqrstuvwxyz", k=generator.randint(2, 11))).decode() for _ in range(4000)]
    lines: list[bytes] = []
    left = size
    while left > 0:
        numbers = [round(generator.uniform(-1, 1), 6) for _ in range(4 if kind == "wide" else 64)]
        text = {"text": " ".join(generator.choices(words, k=280))} if kind == "wide" else {}
        lines.append(orjson.dumps({"id": len(lines)} | text | {"x": numbers}) + b"\n")
        left -= len(lines[-1])
    return b"".join(lines)


class Sum(torch.nn.Module):
    """The sum of each row."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sum(1)


def shell(command: str) -> float:
    """Wall seconds of a command."""
    start = time.perf_counter()
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=mpi_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command}\n{done.stderr}")
    return time.perf_counter() - start


class Bench:
    """Inputs of one kind of record in a folder, and the commands over them."""

    def __init__(self, folder: Path, kind: str, size: int, program: Path) -> None:
        self.folder, self.kind, self.program = folder, kind, program
        lines = make_lines(kind, size)
        self.rows = lines.count(b"\n")
        self.bytes = len(lines)
        self.pack("all", lines)
        self.pack("one", lines[: lines.index(b"\n") + 1])
        torch.jit.trace(Sum().eval(), torch.zeros(2, 4 if kind == "wide" else 64)).save(str(folder / "sum.pt"))

    def pack(self, name: str, lines: bytes) -> None:
        plain = self.folder / f"{name}.jsonl"
        plain.write_bytes(lines)
        shell(f"cd {self.folder} && gzip -k {name}.jsonl && zstd -q -k {name}.jsonl -o {name}.zst && "
              f"split -b {FRAME} {name}.jsonl piece. && for f in piece.*; do zstd -q -c $f; done > {name}.frames.zst; rm piece.*")

    def bare(self, form: str) -> str:
        plain = self.folder / "all.jsonl"
        return {"gz": f"gzip -dc {plain}.gz", "zst": f"zstd -q -dc {self.folder}/all.zst",
                "frames.zst": f"zstd -q -dc {self.folder}/all.frames.zst", "stdin": f"cat {plain} | cat", "jsonl": f"cat {plain}"}[form] + " > /dev/null"

    def run(self, form: str, ranks: int, name: str, bound: bool = False) -> str:
        path = {"gz": f"{name}.jsonl.gz", "zst": f"{name}.zst", "frames.zst": f"{name}.frames.zst", "stdin": f"{name}.jsonl", "jsonl": f"{name}.jsonl"}[form]
        launch = shlex.join([*MPIRUN, "-np", str(ranks)]) if ranks > 1 else ""
        if bound:
            launch = f"mpirun --bind-to core -np {ranks}" if ranks > 1 else "taskset -c 0"
        feed = f"cat {self.folder / path} | " if form == "stdin" else ""
        source = "-" if form == "stdin" else str(self.folder / path)
        return (f"{feed}{launch} {self.program} --device cpu --threads 1 --model {self.folder}/sum.pt --input {source} "
                f"--output {self.folder}/out.jsonl --overwrite --quiet")

    def digest(self) -> str:
        return hashlib.sha256((self.folder / "out.jsonl").read_bytes()).hexdigest()


def measure(bench: Bench, forms: list[str], ranks: list[int], runs: int) -> list[dict[str, object]]:
    """A row per form and number of ranks: medians over the runs."""
    bare: dict[str, list[float]] = {form: [] for form in forms}
    ours: dict[tuple[str, int], list[float]] = {(form, n): [] for form in forms for n in ranks}
    digests = set()
    for _ in range(runs):
        for form in forms:
            bare[form].append(shell(bench.bare(form)))
            for n in ranks:
                start = shell(bench.run(form, n, "one"))
                ours[form, n].append(shell(bench.run(form, n, "all")) - start)
                digests.add(bench.digest())
    if len(digests) != 1:
        raise SystemExit(f"{len(digests)} different outputs")
    result = []
    for (form, n), seconds in ours.items():
        ratio = statistics.median(b / s for b, s in zip(bare[form], seconds, strict=True))
        row = {"records": bench.kind, "form": form, "ranks": n, "rows_per_s": round(bench.rows / statistics.median(seconds)),
               "mb_per_s": round(bench.bytes / statistics.median(seconds) / 1e6), "bare_mb_per_s": round(bench.bytes / statistics.median(bare[form]) / 1e6),
               "of_bare": round(ratio, 2), "of_one_rank": round(statistics.median(a / b for a, b in zip(ours[form, ranks[0]], seconds, strict=True)), 2)}
        print(row, flush=True)
        result.append(row)
    return result


def measure_bound(bench: Bench, forms: list[str], runs: int) -> list[dict[str, object]]:
    """How much faster two ranks of one core each are than one, in turn."""
    result = []
    for form in forms:
        ratios = []
        for _ in range(runs):
            seconds = [shell(bench.run(form, n, "all", bound=True)) - shell(bench.run(form, n, "one", bound=True)) for n in (1, 2)]
            ratios.append(seconds[0] / seconds[1])
        ratios.sort()
        result.append({"records": bench.kind, "form": form, "two_of_one": round(statistics.median(ratios), 2),
                       "least": round(ratios[0], 2), "most": round(ratios[-1], 2)})
        print(result[-1], flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=800)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--forms", nargs="+", default=["jsonl", "stdin", "gz", "zst", "frames.zst"])
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--bound", action="store_true")
    parser.add_argument("--results", type=Path)
    args = parser.parse_args()
    rows = []
    for kind in ("wide", "narrow"):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), kind, args.megabytes << 20, args.program)
            rows += measure_bound(bench, args.forms, args.runs) if args.bound else measure(bench, args.forms, args.ranks, args.runs)
    write_results({"machine": machine(), "rows": rows}, f"stream_ranks{'_bound' * args.bound}.json", args.results)


if __name__ == "__main__":
    main()
