"""What --keys, --reuse and --repeat-cache cost and save: the same job with and without, in turn and on the same data.

    .venv/bin/python scripts/bench/reuse.py [--records 1000000] [--runs 3] [--model BUNDLE] [--only cheap texts repeats short]
        [--results DIR] [--file reuse.json]

cheap: a 64 → 64 → 1 network of overhead.py. texts: BUNDLE, a model of texts, on made-up ones. Of the earlier input 1 % was removed,
2 % changed and 2 % are new, all shuffled; "nothing known" reuses the output of other records. repeats: texts of which 30 % are
distinct, drawn by Zipf's law. short, only when asked for: texts of a few of the tokenizer's whole words, so that a million of them are scored in
minutes; all of them, and with 95 % known. Outputs must be the same bytes, as far as the model's rows do not depend on their batches. Writes
reuse.json.
"""

import argparse
import random
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from overhead import make_data, make_model
from process_meter import MPI_ENVIRONMENT, measure
from report import ROOT, machine, write_results

WORDS = 6
VOCABULARY = 5000


def random_texts(count: int, seed: int) -> Iterator[str]:
    """Of 6 to 42 made-up words, with a mean of 18."""
    rng = random.Random(seed)
    letters = "etaoinshrdlu"
    words = ["".join(rng.choices(letters, k=rng.randrange(2, 9))) for _ in range(VOCABULARY)]
    for _ in range(count):
        yield " ".join(rng.choices(words, k=WORDS + min(36, int(rng.expovariate(1 / 12)))))


def short_texts(count: int, seed: int, vocabulary: Path) -> Iterator[str]:
    """Of 2 to 6 words that are a token each."""
    rng = random.Random(seed)
    words = [word for word in vocabulary.read_text().split() if len(word) > 2 and word.isascii() and word.isalpha()]
    for _ in range(count):
        yield " ".join(rng.choices(words, k=rng.randrange(2, 7)))


def write_texts(path: Path, texts: Iterator[str]) -> None:
    with path.open("wb") as out:
        for number, text in enumerate(texts):
            out.write(orjson.dumps({"id": number, "text": text}) + b"\n")


def write_zipf(path: Path, count: int) -> None:
    distinct = list(random_texts(count * 3 // 10, 5))
    weights = [1 / (rank + 1) for rank in range(len(distinct))]
    rng = random.Random(6)
    drawn = distinct + rng.choices(distinct, weights, k=count - len(distinct))
    rng.shuffle(drawn)
    write_texts(path, iter(drawn))


def write_edited(path: Path, before: Path, others: Path) -> None:
    """95 % of the lines are as they were."""
    rng = random.Random(8)
    lines = before.read_bytes().splitlines(keepends=True)
    new = others.read_bytes().splitlines(keepends=True)
    rng.shuffle(lines)
    share = len(lines) // 100
    path.write_bytes(b"".join(rng.sample(lines[: len(lines) - 3 * share] + new[: 4 * share], len(lines) + share)))


class Job:
    """One model, its data, and the ways to score that."""

    def __init__(self, name: str, infer: Path, model: Path, folder: Path) -> None:
        self.name, self.infer, self.model, self.folder = name, infer, model, folder
        self.before, self.other, self.now = (folder / f"{name}_{each}.jsonl" for each in ("before", "other", "now"))

    def command(self, data: Path, out: Path, *flags: str) -> list[str]:
        return [str(self.infer), "--device", "cpu", "--quiet", "--model", str(self.model), "--input", str(data), "--output", str(out),
                "--overwrite", *flags]

    def out(self, what: str) -> Path:
        return self.folder / f"{self.name}_{what}.out.jsonl"

    def score(self, what: str, data: Path, *flags: str) -> dict[str, float]:
        found = measure(self.command(data, self.out(what), *flags), self.out(what), self.folder / "log", MPI_ENVIRONMENT, False)
        return {"wall_s": found.wall_s, "cpu_s": found.cpu_s}


def compare(job: Job, ways: dict[str, tuple[Path, tuple[str, ...]]], runs: int) -> dict:
    """The ways take turns; of each the median, and its ratio to the first one's of the same round."""
    rounds: list[dict[str, dict[str, float]]] = []
    for number in range(runs):
        names = list(ways) if number % 2 == 0 else list(reversed(ways))
        rounds.append({name: job.score(name.replace(" ", "_"), *[ways[name][0]], *ways[name][1]) for name in names})
        print(job.name, {name: round(each["wall_s"], 2) for name, each in rounds[-1].items()}, file=sys.stderr, flush=True)
    first = next(iter(ways))
    result = {}
    for name, (data, _) in ways.items():
        row = {key: statistics.median(each[name][key] for each in rounds) for key in ("wall_s", "cpu_s")}
        for key in ("wall_s", "cpu_s"):
            row[f"{key}_ratio"] = statistics.median(each[name][key] / each[first][key] for each in rounds)
        ours, theirs = (job.out(each.replace(" ", "_")).read_bytes().splitlines() for each in (name, first))
        row["other_rows"] = sum(a != b for a, b in zip(ours, theirs, strict=True)) if data == ways[first][0] else 0
        result[name] = row
    return result


def known_or_all(job: Job, runs: int) -> dict:
    job.score("before", job.before, "--keys")
    known = str(job.out("before"))
    return compare(job, {"full": (job.now, ()), "95 percent known": (job.now, ("--keys", "--reuse", known))}, runs)


def edits(job: Job, runs: int) -> dict:
    for data, what in ((job.before, "before"), (job.other, "other")):
        job.score(what, data, "--keys")
    known, unknown = str(job.out("before")), str(job.out("other"))
    return compare(job, {"full": (job.now, ()), "keys": (job.now, ("--keys",)),
                         "nothing known": (job.now, ("--keys", "--reuse", unknown)),
                         "95 percent known": (job.now, ("--keys", "--reuse", known))}, runs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", type=Path, default=ROOT / "build/demo_text/sentiment.pt2")
    parser.add_argument("--vocabulary", type=Path, default=ROOT / "build/demo_text/minilm/vocab.txt")
    parser.add_argument("--only", nargs="*", default=["cheap", "texts", "repeats"])
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench/reuse")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--file", default="reuse.json", help="its name there")
    args = parser.parse_args()
    args.scratch.mkdir(parents=True, exist_ok=True)
    found = {}
    if "cheap" in args.only:
        model = args.scratch / "mlp.pt"
        make_model(model)
        job = Job("cheap", args.infer, model, args.scratch)
        make_data(job.other, 2 * args.records)
        lines = job.other.read_bytes().splitlines(keepends=True)
        job.before.write_bytes(b"".join(lines[: args.records]))
        job.other.write_bytes(b"".join(lines[args.records :]))
        write_edited(job.now, job.before, job.other)
        found["cheap"] = edits(job, args.runs)
    if "texts" in args.only:
        job = Job("texts", args.infer, args.model, args.scratch)
        write_texts(job.before, random_texts(args.records, 1))
        write_texts(job.other, random_texts(args.records, 2))
        write_edited(job.now, job.before, job.other)
        found["texts"] = edits(job, args.runs)
    if "short" in args.only:
        job = Job("short", args.infer, args.model, args.scratch)
        write_texts(job.before, short_texts(args.records, 11, args.vocabulary))
        write_texts(job.other, short_texts(args.records, 12, args.vocabulary))
        write_edited(job.now, job.before, job.other)
        found["short"] = known_or_all(job, args.runs)
    if "repeats" in args.only:
        job = Job("repeats", args.infer, args.model, args.scratch)
        write_zipf(job.now, args.records)
        found["repeats"] = compare(job, {"plain": (job.now, ()), "cache": (job.now, ("--repeat-cache", "256MiB"))}, args.runs)
    what = f"--keys, --reuse and --repeat-cache, {args.records} records, whole processes, {args.runs} rounds"
    write_results({"what": what, "machine": machine(), "results": found}, args.file, args.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
