"""Two models in one pass over the input beside a run for each: in turn, on the same data, to the same bytes.

    .venv/bin/python scripts/bench/several.py [--texts 4000] [--small-texts 100000] [--rows 300000] [--runs 3]
        [--only minilm small tokenizers numbers columns] [--model HF_FOLDER] [--results DIR]

minilm: an encoder and the demo's classifier, both MiniLM with its tokenizer. small: two networks of one narrow layer with that
tokenizer, next to which tokenizing costs something. tokenizers: the same two, of which the second does not lower its texts'
case, so that each has a tokenizer of its own. numbers: two 64 → 64 → 1 networks of overhead.py. columns: the same of a Parquet
file, a column for each. Decode seconds (parsing and tokenizing, all threads together) are those of the runs' reports. Writes
several.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from overhead import make_data, make_model
from process_meter import MPI_ENVIRONMENT, measure
from report import ROOT, machine, write_results
from reuse import random_texts, write_texts

Figures = dict[str, float]
STAGES = ("read", "decode", "model", "encode", "write", "journal")
LONGEST = "128"  # tokens, as in the demo's classifier
# About as cheap as a model of texts gets, so that tokenizing shows beside it.
SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 32}


@dataclass
class Pair:
    """Two models and the endings of what they write of one input."""

    name: str
    models: tuple[Path, Path]
    endings: tuple[str, str]
    data: Path
    records: int


class Bench:
    """Runs `infer`; what it writes lies in `folder`."""

    def __init__(self, infer: Path, folder: Path) -> None:
        self.infer, self.folder = infer, folder

    def out(self, pair: Pair, way: str, which: int) -> Path:
        return self.folder / f"{pair.name}_{way}_{which}{pair.endings[which]}"

    def run(self, pair: Pair, way: str, which: list[int]) -> Figures:
        """The models of those numbers in one process."""
        command = [str(self.infer), "--device", "cpu", "--quiet", "--overwrite", "--input", str(pair.data)]
        reports = []
        for each in which:
            out = self.out(pair, way, each)
            reports.append(out.with_name(out.name + ".report.json"))
            command += ["--model", str(pair.models[each]), "--output", str(out), "--report", str(reports[-1])]
        found = measure(command, self.out(pair, way, which[0]), self.folder / "log", MPI_ENVIRONMENT, False)
        told = [json.loads(path.read_bytes()) for path in reports]
        figures = {"wall_s": found.wall_s, "cpu_s": found.cpu_s, "run_s": max(each["time"]["seconds"] for each in told)}
        for stage in STAGES:
            figures[f"{stage}_s"] = sum(each["seconds"] for one in told for each in one["stages"] if each["name"] == stage)
        return figures

    def one_pass(self, pair: Pair) -> Figures:
        return self.run(pair, "pass", [0, 1])

    def two_runs(self, pair: Pair) -> Figures:
        runs = [self.run(pair, "alone", [which]) for which in (0, 1)]
        return {key: sum(each[key] for each in runs) for key in runs[0]}

    def check_same(self, pair: Pair) -> None:
        for which in (0, 1):
            ours, theirs = (self.out(pair, way, which) for way in ("pass", "alone"))
            if ours.read_bytes() != theirs.read_bytes():
                raise SystemExit(f"{ours} is not what a run of its model alone makes: {theirs}")

    def compare(self, pair: Pair, runs: int) -> dict:
        """Medians of each way, and of the pass's ratios to the two runs of its round."""
        ways: dict[str, Callable[[Pair], Figures]] = {"two runs": self.two_runs, "one pass": self.one_pass}
        rounds: list[dict[str, Figures]] = []
        for number in range(runs):
            names = list(ways) if number % 2 == 0 else list(reversed(ways))
            rounds.append({name: ways[name](pair) for name in names})
            self.check_same(pair)
            print(pair.name, {name: round(each["wall_s"], 2) for name, each in rounds[-1].items()}, file=sys.stderr, flush=True)
        keys = list(rounds[0]["one pass"])
        result: dict = {"records": pair.records, "rounds": runs}
        for name in ways:
            result[name] = {key: statistics.median(each[name][key] for each in rounds) for key in keys}
            result[name]["rows_per_s"] = 2 * pair.records / result[name]["wall_s"]
        ratios = {key: [each["one pass"][key] / each["two runs"][key] for each in rounds] for key in keys}
        result["ratios"] = {key: statistics.median(each) for key, each in ratios.items()}
        result["ratios_from_to"] = {key: [min(each), max(each)] for key, each in ratios.items()}
        return result


def export(hf: Path, task: str, out: Path, *flags: str) -> Path:
    """Once: an .pt2 takes a minute."""
    if not out.exists():
        new = out.with_name("new_" + out.name)
        command = [sys.executable, str(ROOT / "scripts/export_model.py"), "--hf", str(hf), "--task", task, "--max-length", LONGEST,
                   "--out", str(new), "--overwrite", *flags]
        subprocess.run(command, check=True, cwd=ROOT)
        new.rename(out)
    return out


def small_models(model: Path, folder: Path) -> list[Path]:
    """With random weights: of vectors, of two classes, and the latter with a tokenizer that keeps the case."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel

    tokenizer = AutoTokenizer.from_pretrained(model)
    torch.manual_seed(7)
    for kind, name in ((BertModel, "vectors"), (BertForSequenceClassification, "classes")):
        kind(BertConfig(vocab_size=len(tokenizer), **SMALL)).eval().save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    other = json.loads((folder / "classes/tokenizer.json").read_bytes())
    other["normalizer"]["lowercase"] = False
    (folder / "other.json").write_text(json.dumps(other))
    return [export(folder / "vectors", "embedding", folder / "vectors.pt"),
            export(folder / "classes", "text-classification", folder / "classes.pt"),
            export(folder / "classes", "text-classification", folder / "other.pt", "--tokenizer", str(folder / "other.json"))]


def minilm(args: argparse.Namespace) -> Pair:
    encoder = export(args.model, "embedding", args.scratch / "encoder.pt2")
    data = args.scratch / "texts.jsonl"
    write_texts(data, random_texts(args.texts, 1))
    return Pair("minilm", (encoder, args.model.parent / "sentiment.pt2"), (".npy", ".jsonl"), data, args.texts)


def small(args: argparse.Namespace) -> Pair:
    vectors, classes, _ = small_models(args.model, args.scratch)
    data = args.scratch / "small_texts.jsonl"
    write_texts(data, random_texts(args.small_texts, 1))
    return Pair("small", (vectors, classes), (".npy", ".jsonl"), data, args.small_texts)


def tokenizers(args: argparse.Namespace) -> Pair:
    pair = small(args)
    return Pair("tokenizers", (pair.models[0], args.scratch / "other.pt"), pair.endings, pair.data, pair.records)


def numbers(args: argparse.Namespace) -> Pair:
    models = (args.scratch / "one.pt", args.scratch / "other_numbers.pt")
    for seed, path in enumerate(models):
        make_model(path, seed)
    data = args.scratch / "numbers.jsonl"
    make_data(data, args.rows)
    return Pair("numbers", models, (".jsonl", ".jsonl"), data, args.rows)


def columns(args: argparse.Namespace) -> Pair:
    import numpy as np
    import pyarrow
    import pyarrow.parquet
    import torch

    class OfY(torch.nn.Module):
        def __init__(self, model: torch.nn.Module) -> None:
            super().__init__()
            self.model = model

        def forward(self, y: torch.Tensor) -> torch.Tensor:
            return self.model(y)

    models = (args.scratch / "one.pt", args.scratch / "of_y.pt")
    for seed, path in enumerate(models):
        make_model(path, seed)
    torch.jit.script(OfY(torch.jit.load(models[1]))).save(str(models[1]))
    rng = np.random.default_rng(7)
    of_lists = {name: pyarrow.FixedSizeListArray.from_arrays(rng.uniform(-1, 1, args.rows * 64).astype("float32"), 64)
                for name in ("x", "y")}
    data = args.scratch / "columns.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": range(args.rows), **of_lists}), data, compression="zstd")
    return Pair("columns", models, (".jsonl", ".jsonl"), data, args.rows)


PAIRS: dict[str, Callable[[argparse.Namespace], Pair]] = {
    "minilm": minilm, "small": small, "tokenizers": tokenizers, "numbers": numbers, "columns": columns}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--small-texts", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=PAIRS, default=list(PAIRS))
    parser.add_argument("--model", type=Path, default=ROOT / "build/demo_text/minilm", help="made by scripts/demo.sh")
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench/several")
    parser.add_argument("--results", type=Path)
    args = parser.parse_args()
    args.scratch.mkdir(parents=True, exist_ok=True)
    bench = Bench(args.infer, args.scratch)
    found = {name: bench.compare(PAIRS[name](args), args.runs) for name in args.only}
    what = "two models in one pass beside a run for each, whole processes on the CPU"
    load = round(os.getloadavg()[1], 1)  # of the last five minutes
    write_results({"what": what, "machine": machine(), "load_average": load, "results": found}, "several.json", args.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
