"""Tokenizing on one core: infer's tokenizer beside the Python package `tokenizers`, in turn and on the same texts.

    .venv/bin/python scripts/bench/tokenizer.py [--text FILE ...] [--tokenizer JSON ...] [--runs 7] [--results DIR]

The texts are the lines of the files named by --text (default: this Python's documentation); the tokenizers are those of
tests/support/make_tokenizers.py and those named. Checks that both find as many tokens, prints tokens/s and MB/s (median
and spread of the runs) and writes them with machine, versions and commit into --results (default
scripts/bench/results/<date>-<cpu>). Python runs encode_batch and encode_batch_fast, without threads; the better one counts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}

import tokenizers
from report import ROOT, add_one_core_arguments, machine, write_results

sys.path += [str(ROOT / "tests/support"), str(ROOT / "tests/tokenizer")]
from make_tokenizers import KINDS, documentation_lines
from texts import as_bytes, read_lines

BATCH = 1000


def time_infer(program: Path, tokenizer: Path, texts: Path, max_length: int) -> tuple[float, int]:
    """Seconds and tokens of the second of two runs: the first one fills caches, as Python's warm-up does."""
    command = [program, tokenizer, texts, "--time", "2", str(max_length)]
    last = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    seconds, tokens = last.split()
    return float(seconds), int(tokens)


def time_python(encode_batch, lines: list[str]) -> tuple[float, int]:
    """Seconds and tokens; counting is not timed."""
    seconds, tokens = 0.0, 0
    for first in range(0, len(lines), BATCH):
        some = lines[first:first + BATCH]
        start = time.perf_counter()
        encodings = encode_batch(some)
        seconds += time.perf_counter() - start
        tokens += sum(map(len, encodings))
    return seconds, tokens


def measure(path: Path, args: argparse.Namespace, lines: list[str], texts: Path) -> dict[str, list[tuple[float, int]]]:
    """Seconds and tokens of every run, in turn; the first round warms up."""
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if args.max_length:
        tokenizer.enable_truncation(args.max_length)
    ways = {
        "infer": lambda: time_infer(args.program, path, texts, args.max_length),
        "encode_batch": lambda: time_python(tokenizer.encode_batch, lines),
        "encode_batch_fast": lambda: time_python(tokenizer.encode_batch_fast, lines),
    }
    rounds = [{name: way() for name, way in ways.items()} for _ in range(args.runs + 1)][1:]
    return {name: [one[name] for one in rounds] for name in ways}


def summarise(runs: list[tuple[float, int]], text_bytes: int) -> dict[str, float]:
    """Median and spread of the speed."""
    rates = sorted(tokens / seconds for seconds, tokens in runs)
    median = statistics.median(seconds for seconds, _ in runs)
    return {"tokens_per_s": statistics.median(rates), "least": rates[0], "most": rates[-1],
            "megabytes_per_s": text_bytes / median / 1e6}


def compare(path: Path, args: argparse.Namespace, lines: list[str], texts: Path, text_bytes: int) -> dict:
    """The row of one tokenizer."""
    runs = measure(path, args, lines, texts)
    counts = {tokens for way in runs.values() for _, tokens in way}
    if len(counts) != 1:
        raise SystemExit(f"{path}: not the same number of tokens: {counts}")
    best = min(("encode_batch", "encode_batch_fast"), key=lambda name: statistics.median(s for s, _ in runs[name]))
    ratios = [theirs / ours for (ours, _), (theirs, _) in zip(runs["infer"], runs[best], strict=True)]
    return {"tokens": counts.pop(), **{name: summarise(way, text_bytes) for name, way in runs.items()},
            "best_python": best, "ratio_median": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios)}


def trained(folder: Path) -> list[Path]:
    subprocess.run([sys.executable, ROOT / "tests/support/make_tokenizers.py", folder], check=True)
    return [folder / f"{kind}.json" for kind in KINDS]


def main() -> None:
    """Measures every tokenizer, prints and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, nargs="*", default=[])
    parser.add_argument("--tokenizer", type=Path, nargs="*", default=[])
    parser.add_argument("--max-length", type=int, default=0, help="truncate to so many tokens")
    add_one_core_arguments(parser, "encode_lines", runs=7)
    args = parser.parse_args()
    where = machine()
    os.sched_setaffinity(0, {args.core})
    args.scratch.mkdir(parents=True, exist_ok=True)
    texts = args.scratch / "texts.bin"
    lines = read_lines(args.text) or documentation_lines(25_000)
    texts.write_bytes(as_bytes(lines))
    text_bytes = sum(len(line.encode()) for line in lines)
    result: dict = {
        "what": f"{len(lines)} texts, {text_bytes} bytes, one core, max_length {args.max_length or 'none'}, {args.runs} runs",
        "machine": where | {"tokenizers": tokenizers.__version__}, "tokenizers": {},
    }
    for path in [*args.tokenizer, *trained(args.scratch / "tokenizers")]:
        name = path.stem if path.parent.name == "tokenizers" else path.parent.name
        row = result["tokenizers"][name] = compare(path, args, lines, texts, text_bytes)
        ours, theirs = row["infer"], row[row["best_python"]]
        print(f"{name:22} infer {ours['tokens_per_s'] / 1e6:5.2f} M tokens/s, {ours['megabytes_per_s']:5.1f} MB/s   python "
              f"{theirs['tokens_per_s'] / 1e6:5.2f}, {theirs['megabytes_per_s']:5.1f} ({row['best_python']})   "
              f"{row['ratio_median']:.2f} times ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})", flush=True)
    write_results(result, "tokenizer.json", args.results)


if __name__ == "__main__":
    main()
