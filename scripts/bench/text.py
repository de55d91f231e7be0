"""Texts to embeddings or labels: infer beside the engines people use, on MiniLM-L6 (real weights), in turn and on the same texts.

    scripts/bench/text.sh [--task labels] [--sets fixed32 ...] [--only REGEX] [--tokens 200000] [--runs 5]
        [--shape distilbert] [--results DIR]

Every contender is a whole process, from a JSONL file of texts to a JSONL file of embeddings, on all cores. In each round
every contender runs once, in a changing order; the first round warms up, and is where memory is looked at. A row counts
when its cosine to sentence-transformers in fp32 is known: the least one of each contender is in the table. So is the share
of the texts that get the same label from the demo's classifier on these embeddings. Writes
text.json, text.md and the plots (with --shape: text_SHAPE...) into --results (default scripts/bench/results/<date>-<cpu>).

--task labels: the classifier is part of the model, and the output has a label and its score for each text. In place of the
cosine the table has the greatest difference of the score of the label that sentence-transformers gives. Writes text_labels...
"""

import argparse
import re
import statistics
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
import tokenizers

from contenders import Contender, Workshop, add_text_arguments, contenders, random_workshop
from gemm_peak import gemm_peak
from model_size import flops_per_text, size_of
from process_meter import Measured, measure
from report import machine, package_versions, results_folder, write_results
from text_sets import SETS, write_set
from text_table import best_peers, table, write_plots
from text_tasks import TASKS

REFERENCE = ("sentence-transformers", "fp32")
PEERS = ("transformers", "sentence-transformers", "onnxruntime", "openvino", "ctranslate2", "tokenizers")


def padding_share(log: Path) -> float | None:
    """What infer's own summary says."""
    match = re.search(r"([0-9.]+) % (?:of them )?padding", log.read_text(errors="replace"))
    return float(match.group(1)) / 100 if match else None


class TextBenchmark:
    """One set of texts, all contenders."""

    def __init__(self, name: str, scratch: Path, workshop: Workshop, tokens: int) -> None:
        self.name = name
        self.scratch = scratch
        self.data = scratch / f"{name}_{tokens}.jsonl"
        tokenizer = tokenizers.Tokenizer.from_file(str(workshop.source / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.workshop = workshop
        records = workshop.texts.read_bytes().splitlines()
        self.lengths = write_set(self.data, name, tokens, [orjson.loads(each)["text"] for each in records], tokenizer)

    def output(self, contender: Contender) -> Path:
        name = re.sub(r"\W+", "_", f"{contender.name}_{contender.precision}")
        return self.scratch / f"out_{name}.jsonl"

    def once(self, contender: Contender, memory: bool) -> Measured:
        output = self.output(contender)
        environment = contender.environment | self.workshop.task.environment
        return measure(contender.command(self.data, output), output, output.with_suffix(".log"), environment, memory)

    def run(self, field: list[Contender], runs: int) -> dict:
        """The rows of the table: medians, spreads, exactness."""
        measured: list[list[Measured]] = [[] for _ in field]
        for turn in range(runs + 1):
            for place in range(len(field)):
                which = (place + turn) % len(field)
                measured[which].append(self.once(field[which], memory=turn == 0))
            print(f"{self.name}: round {turn} of {runs}", file=sys.stderr, flush=True)
        reference = next(each for each in field if (each.name, each.precision) == REFERENCE)
        expected = self.workshop.task.read(self.output(reference), len(self.lengths))
        size = size_of(self.workshop.source)
        return {"texts": len(self.lengths), "tokens": int(self.lengths.sum()), "mean_tokens": float(self.lengths.mean()),
                "gflop_per_text": float(np.mean([flops_per_text(size, length) for length in self.lengths])) / 1e9,
                "rows": [self.summary(each, some, expected) for each, some in zip(field, measured, strict=True)]}

    def summary(self, contender: Contender, measured: list[Measured], expected: np.ndarray) -> dict:
        warm = measured[1:]
        wall = [each.wall_s for each in warm]
        median = statistics.median(wall)
        output = self.output(contender)
        found = self.workshop.task.read(output, len(self.lengths))
        return {
            "name": contender.name, "precision": contender.precision, "ours": contender.is_ours, "median_s": median,
            "min_s": min(wall), "max_s": max(wall), "rows_per_s": len(self.lengths) / median,
            "tokens_per_s": float(self.lengths.sum()) / median, "first_row_s": statistics.median(each.first_row_s for each in warm),
            "cpu_s_per_million_rows": statistics.median(each.cpu_s for each in warm) / len(self.lengths) * 1e6,
            "peak_mib": measured[0].peak_mib, "padding": padding_share(output.with_suffix(".log")) if contender.is_ours else None,
            **self.workshop.task.exactness(found, expected), "runs": [asdict(each) for each in measured],
        }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=TASKS, default="embeddings")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--only", default="", metavar="REGEX", help="contenders whose 'name precision' it is found in; the reference runs always")
    parser.add_argument("--tokens", type=int, default=200_000, help="of each set, about")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--shape", choices=("distilbert",), help="a model of this size with random weights, for time only")
    add_text_arguments(parser)
    args = parser.parse_args()
    if args.shape and args.task == "labels":
        parser.error("--shape is for --task embeddings: no classifier was trained on random weights")
    return args


def main() -> None:
    """Makes what is missing, runs everything, writes the results."""
    args = arguments()
    args.scratch.mkdir(parents=True, exist_ok=True)
    workshop = (random_workshop(args.scratch, args.shape, args.model) if args.shape else
                Workshop(args.scratch, args.model, task=TASKS[args.task]))
    task = workshop.task
    model = f"A model of {args.shape}'s size with random weights" if args.shape else "MiniLM-L6"
    page = f"{task.page}_{args.shape}" if args.shape else task.page
    field = [each for each in contenders(workshop, args.infer)
             if re.search(args.only, f"{each.name} {each.precision}") or (each.name, each.precision) == REFERENCE]
    result: dict = {
        "what": f"{model}, {task.what}, JSONL file to JSONL file, whole processes on all cores",
        "command": "scripts/bench/text.sh " + " ".join(sys.argv[1:]),
        "machine": machine() | package_versions(PEERS), "gemm_peak_gflops": gemm_peak(), "sets": {},
    }
    for name in args.sets:
        result["sets"][name] = TextBenchmark(name, args.scratch, workshop, args.tokens).run(field, args.runs)
        result["ratios"] = best_peers(task, result["sets"])
        write_results(result, f"{page}.json", args.results)
    folder = args.results or results_folder()
    (folder / f"{page}.md").write_text(table(task, result))
    write_plots(result, page, folder)
    print(table(task, result))


if __name__ == "__main__":
    main()
