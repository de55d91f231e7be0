"""A decoder of about a billion parameters in bf16, weights by a fixed seed: loading, memory and rows/s of infer by 1 and by 2
ranks, beside transformers and sentence-transformers.

    build/bench/venv/bin/python scripts/bench/large_model.py [--shape qwen3_1b] [--tokens 3000] [--runs 3] [--results DIR]

Every contender is a whole process on all cores, from texts to vectors, JSONL to JSONL. In each round each scores one text,
which shows what loading takes, and then all. Memory is looked at in a round of its own; of several ranks it is the sum of what
each has, what they share counted once. The vectors must agree. scripts/bench/text.sh sets up the environment. Writes
large_model.json.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import tokenizers

import orjson
from contenders import CORES, LONGEST, Contender, Workshop, add_text_arguments, peer, random_workshop
from process_meter import MPI_ENVIRONMENT, MPIRUN, Measured, measure
from report import ROOT, machine, package_versions, write_results
from text_sets import write_set
from text_tasks import Embeddings

SET = "lognormal60"
CHUNK_BYTES = "2048"  # of a few texts, so that all ranks have work
LEAST_COSINE = 0.999
ALONE = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29571"}  # without torchrun around it
PEERS = ("transformers", "sentence-transformers", "tokenizers")


def bundle(workshop: Workshop) -> tuple[Path, str]:
    """The package, its weights beside it, and what its export said of memory."""
    path = workshop.folder / "model.pt2"
    said = path.with_suffix(".log")
    if not path.exists():
        command = [ROOT / ".venv/bin/python", ROOT / "scripts/export_model.py", *workshop.task.bundle_flags, "--dtype", "bfloat16",
                   "--weights", "outside", "--max-length", LONGEST, "--out", path, "--overwrite"]
        with said.open("w") as log:
            subprocess.run(list(map(str, command)), check=True, cwd=ROOT, stderr=log)
    return path, next(line for line in said.read_text().splitlines() if "peak memory" in line).partition(": ")[2]


def contenders(workshop: Workshop, program: Path, package: Path) -> list[Contender]:
    """The first is what the others' vectors are compared with."""
    def ours(ranks: int) -> Contender:
        launcher = [*MPIRUN, "-np", str(ranks)] if ranks > 1 else []
        return Contender(f"infer, {ranks} rank{'s' * (ranks > 1)}", "bf16", lambda data, out: [
            *launcher, str(program), "--device", "cpu", "--model", str(package), "--input", str(data), "--output", str(out),
            "--chunk-bytes", CHUNK_BYTES], MPI_ENVIRONMENT)

    eager = peer(workshop, "torchrun_transformers.py", "bfloat16")
    library = peer(workshop, "sentence_transformers_encode.py", "torch", "bfloat16", str(CORES))
    return [Contender("transformers", "bf16", eager(workshop.source), ALONE),
            Contender("sentence-transformers", "bf16", library(workshop.source)), ours(1), ours(2)]


class Field:
    """All contenders on two files: one text, and all."""

    def __init__(self, workshop: Workshop, field: list[Contender], tokens: int) -> None:
        self.workshop, self.field = workshop, field
        self.all, self.one = workshop.folder / "texts.jsonl", workshop.folder / "one.jsonl"
        tokenizer = tokenizers.Tokenizer.from_file(str(workshop.source / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        corpus = [orjson.loads(line)["text"] for line in workshop.texts.read_bytes().splitlines()]
        self.texts = len(write_set(self.all, SET, tokens, corpus, tokenizer))
        self.one.write_bytes(self.all.read_bytes().splitlines(keepends=True)[0])

    def output(self, which: int) -> Path:
        return self.workshop.folder / f"out_{which}.jsonl"

    def once(self, which: int, data: Path, memory: bool = False) -> Measured:
        out = self.output(which)
        return measure(self.field[which].command(data, out), out, out.with_suffix(".log"), self.field[which].environment, memory)

    def run(self, runs: int) -> list[dict]:
        rounds = []
        for turn in range(runs):
            order = [(turn + place) % len(self.field) for place in range(len(self.field))]
            rounds.append({which: (self.once(which, self.one), self.once(which, self.all)) for which in order})
            print(f"round {turn + 1} of {runs}", file=sys.stderr, flush=True)
        peaks = [self.once(which, self.all, memory=True).peak_mib for which in range(len(self.field))]
        vectors = [self.workshop.task.read(self.output(which), self.texts) for which in range(len(self.field))]
        return [self.summary(which, [one[which] for one in rounds], peaks, vectors) for which in range(len(self.field))]

    def summary(self, which: int, measured: list[tuple[Measured, Measured]], peaks: list[float | None],
                vectors: list[np.ndarray]) -> dict:
        start, rate = [one.wall_s for one, _ in measured], [(self.texts - 1) / (all_.wall_s - one.wall_s) for one, all_ in measured]
        cosine = float(min(cosines(vectors[0], vectors[which])))
        if cosine < LEAST_COSINE:
            raise SystemExit(f"{self.field[which].name}: a vector's cosine to that of {self.field[0].name} is {cosine}")
        return {"name": self.field[which].name, "one_text_s": spread(start), "rows_per_s_after_loading": spread(rate),
                "cpu_s_per_row": spread([(all_.cpu_s - one.cpu_s) / (self.texts - 1) for one, all_ in measured]),
                "peak_mib": peaks[which], "least_cosine": cosine}


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="qwen3_1b", help="of scripts/bench/peers/random_weights.py")
    parser.add_argument("--tokens", type=int, default=3000, help="of all texts together, about")
    parser.add_argument("--runs", type=int, default=3)
    add_text_arguments(parser)
    args = parser.parse_args()
    workshop = random_workshop(args.scratch, args.shape, args.model)
    workshop.task = Embeddings(workshop.source)
    package, export = bundle(workshop)
    field = Field(workshop, contenders(workshop, args.infer, package), args.tokens)
    rows = field.run(args.runs)
    result = {
        "what": f"A decoder with random weights in bf16, {package.with_suffix('.safetensors').stat().st_size / 2**30:.2f} GiB, "
                f"{field.texts} texts to vectors by their mean, whole processes on all cores, {args.runs} rounds",
        "command": "large_model.py " + " ".join(sys.argv[1:]), "machine": machine() | package_versions(PEERS),
        "load_average": os.getloadavg(), "export": export, "rows": rows,
        "second_rank": {"memory": rows[3]["peak_mib"] / rows[2]["peak_mib"]},
    }
    write_results(result, "large_model.json", args.results)


if __name__ == "__main__":
    main()
