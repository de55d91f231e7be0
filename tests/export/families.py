"""Every family and task from export to output rows: infer must say what transformers says.

    families.py INFER [--case bert/embedding t5/embedding ...] [--format pt pt2] [--dtype float32 bfloat16] [--ranks 1 3]
                      [--folder DIR] [--decoders]

Makes a tiny model of the family, one of make_text_models or any that transformers has, with a real tokenizer (or takes the real one in DIR), exports it, scores records with 1
and 3 ranks (the same bytes) and compares each row with eager transformers: labels and entities equal, scores within
1e-5, cosine of embeddings at least 0.99999 in float32 and 0.9995 in half precision, the logarithm of each token's
probability within 1e-5 of its size. --decoders: tokenizers with the rules of decoder_tokenizers, and embeddings by the last
token.
"""

import argparse
import json
import math
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parent / "support"), str(HERE.parent / "cli")]

import cli_support  # noqa: E402
import decoder_tokenizers  # noqa: E402
import make_small_models  # noqa: E402
import make_text_models  # noqa: E402
import make_tokenizers  # noqa: E402
import torch  # noqa: E402
from infer_export import cli as exporter, likelihood  # noqa: E402
from reference import Reference, Row  # noqa: E402

MAX_LENGTH = 48
SCORE_TOLERANCE = 1e-5
HALF_SCORE_TOLERANCE = 2e-2
LEAST_COSINE = {"float32": 0.99999, "bfloat16": 0.9995, "float16": 0.9995}
CORNERS = ["", " ", "a", "A\tb\n\n c", "Ünïcödé, ça va?", "日本語のテキスト", "🙂🙃 emoji 👩‍👩‍👧", "e\u0301 a\u0308", "[SEP] <s> </s>",
           "שלום עולם", "word " * 200, "x" * 500, "nul \x00 inside", "Don't (ever) stop!", "1,234.56 €"]


def make_records(pairs: bool) -> list[Row]:
    """Corners, documentation and generated words of many scripts, as records; some with a second text."""
    texts = CORNERS + make_tokenizers.documentation_lines(40)[::2] + make_tokenizers.generated_lines(25)
    records = [{"id": i, "text": text} for i, text in enumerate(texts)]
    if pairs:
        for i, record in enumerate(records):
            record["text_pair"] = texts[(7 * i + 3) % len(texts)]
    return records


def same_row(task: str, dtype: str, ours: Row, truth: Row) -> str:
    """What is wrong with one of infer's rows; empty when nothing is."""
    if "error" in ours and "error" in truth and ours["error"]["code"] == truth["error"]["code"]:
        return ""
    if "error" in ours:
        return f"failed: {ours['error']['message']}"
    if task == "embedding":
        cosine = torch.cosine_similarity(torch.tensor(ours["embedding"]).double(),
                                         torch.tensor(truth["embedding"]).double(), dim=0)
        return "" if cosine >= LEAST_COSINE[dtype] else f"cosine {cosine}"
    if task == "token-classification":
        return same_entities(ours["entities"], truth["entities"], dtype)
    if task in make_small_models.LIKELIHOODS:
        return same_likelihood(ours, truth, SCORE_TOLERANCE if dtype == "float32" else HALF_SCORE_TOLERANCE)
    return same_scores(ours, truth, SCORE_TOLERANCE if dtype == "float32" else HALF_SCORE_TOLERANCE, dtype)


def same_scores(ours: Row, truth: dict[str, float], tolerance: float, dtype: str) -> str:
    scores = ours.get("scores") or {next(iter(truth)): ours["score"]}
    if scores.keys() != truth.keys():
        return f"labels {list(scores)}, not {list(truth)}"
    apart = max(abs(scores[label] - score) / max(1, abs(score)) for label, score in truth.items())
    best = max(truth, key=truth.get)
    if dtype == "float32" and "label" in ours and (ours["label"] != best or ours["score"] != scores[best]):
        return f"label {ours['label']}, not {best}"
    if "labels" in ours and dtype == "float32":
        holding = sorted((label for label in truth if truth[label] >= 0.5), key=truth.get, reverse=True)
        if [one["label"] for one in ours["labels"]] != holding:
            return f"labels {ours['labels']}, not {holding}"
    return "" if apart <= tolerance else f"scores {apart:.1e} apart"


def same_likelihood(ours: Row, truth: Row, tolerance: float) -> str:
    pairs = list(zip(ours["token_logprobs"], truth["token_logprobs"], strict=True))
    if ours["tokens"] != truth["tokens"] or any((one is None) != (other is None) for one, other in pairs):
        return f"{ours['tokens']} tokens, not {truth['tokens']}"
    if not ours["tokens"]:
        return "" if (ours["logprob"], ours["perplexity"]) == (0, None) else f"of no token {ours}"
    pairs = [pair for pair in pairs if pair[0] is not None] + [(ours["logprob"], truth["logprob"])]
    apart = max(abs(one - other) / max(1, abs(other)) for one, other in pairs)
    if abs(ours["perplexity"] - math.exp(-ours["logprob"] / ours["tokens"])) > 1e-4 * ours["perplexity"]:
        return f"perplexity {ours['perplexity']}, not of {ours['logprob']}"
    return "" if apart <= tolerance else f"logarithms {apart:.1e} apart"


def same_entities(ours: list[Row], truth: list[Row], dtype: str) -> str:
    keys = ("entity", "start", "end")
    if dtype != "float32":
        return ""  # of random weights, half precision may take another label anywhere; the exporter compares scores
    if [[one[key] for key in keys] for one in ours] != [[one[key] for key in keys] for one in truth]:
        return f"entities {ours}, not {truth}"
    apart = max((abs(one["score"] - other["score"]) for one, other in zip(ours, truth)), default=0)
    return "" if apart <= SCORE_TOLERANCE else f"scores {apart:.1e} apart"


class FamilyTest:
    """One family's tasks in one folder."""

    def __init__(self, args: argparse.Namespace, family: str, folder: pathlib.Path):
        self.program = cli_support.Program(args.infer, folder)
        self.args, self.family, self.folder = args, family, folder

    def check(self, task: str) -> None:
        has_own = self.family in make_text_models.FAMILIES and task in make_text_models.TASKS
        maker = make_text_models if has_own else make_small_models
        more = self.decoder(task) if getattr(self.args, "decoders", False) else {}
        source = self.args.folder or maker.make_folder(self.family, task, self.folder / f"{self.family}-{task}", **more)
        records = make_records(pairs=task.startswith("text-pair") or task == "likelihood-pair")
        data = self.folder / f"{task}.jsonl"
        data.write_text("".join(json.dumps(record) + "\n" for record in records))
        truth = Reference(source, task, MAX_LENGTH).rows(records)
        for form in self.args.format:
            if self.family == "deberta-v2" and form == "pt2" and torch.__version__.startswith("2.11"):
                print("deberta-v2 pt2: skipped: torch.export of 2.11 fixes its length", flush=True)
                continue
            for dtype in self.args.dtype:
                began = time.monotonic()
                bundle = self.export(source, task, form, dtype)
                exported = time.monotonic() - began
                self.compare(task, dtype, self.score(bundle, task, data), truth)
                print(f"{self.family} {task} {form} {dtype}: {len(truth)} rows agree ({exported:.1f} s to export)",
                      flush=True)

    def decoder(self, task: str) -> Row:
        whole = make_small_models.class_name(self.family, "likelihood")
        return {"tokenizer": decoder_tokenizers.make(self.family, make_small_models.LENGTH)} | (
            {"architecture": whole, "initializer_range": 0.1} if task == "embedding" else {})

    def export(self, source: pathlib.Path, task: str, form: str, dtype: str) -> pathlib.Path:
        bundle = self.folder / f"{task}-{dtype}.{form}"
        arguments = ["--hf", str(source), "--task", make_text_models.EXPORT_TASK.get(task, task), "--out", str(bundle),
                     "--max-length", str(MAX_LENGTH), "--max-batch", "16", "--dtype", dtype, "--overwrite"]
        cli_support.check(exporter.main(arguments) == 0, f"cannot export: {arguments}")
        return bundle

    def score(self, bundle: pathlib.Path, task: str, data: pathlib.Path) -> list[Row]:
        """The rows, which must be the same bytes for any number of ranks."""
        flags = [] if task in ("embedding", "token-classification") else ["--scores", "all"]
        flags = ["--per-token"] if task in make_small_models.LIKELIHOODS else flags
        outputs = []
        for ranks in self.args.ranks:
            out = self.folder / f"out{ranks}.jsonl"
            done = cli_support.run(self.program.command(
                ranks, "-q", "--model", bundle, "--input", data, "--output", out, "--overwrite", "--threads", "1",
                "--chunk-bytes", "4KiB", "--max-errors", "1", *flags))
            cli_support.check(done.code == 0, str(done))
            outputs.append(out.read_bytes())
        cli_support.check(len(set(outputs)) == 1, f"{bundle}: {self.args.ranks} ranks do not write the same bytes")
        return [json.loads(line) for line in outputs[0].splitlines()]

    def compare(self, task: str, dtype: str, rows: list[Row], truth: list[Row]) -> None:
        cli_support.check([row["id"] for row in rows] == list(range(len(truth))), "rows are lost or out of order")
        wrong = [f"row {i}: {what}" for i, (ours, theirs) in enumerate(zip(rows, truth))
                 if (what := same_row(task, dtype, ours, theirs))]
        cli_support.check(not wrong, f"{self.family} {task} {dtype}: " + "\n".join(wrong))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("--case", nargs="+", metavar="FAMILY/TASK", help="default: every family with every task",
                        default=[f"{family}/{task}" for family in make_text_models.FAMILIES
                                 for task in make_text_models.TASKS])
    parser.add_argument("--folder", type=pathlib.Path, help="a real model instead of a tiny one; give --case too")
    parser.add_argument("--decoders", action="store_true", help="with the tokenizers' rules of decoders")
    parser.add_argument("--format", nargs="+", default=["pt", "pt2"])
    parser.add_argument("--dtype", nargs="+", default=["float32"])
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 3])
    args = parser.parse_args()
    torch.set_num_threads(1)
    likelihood.PIECE = 1000  # several of these small vocabularies
    with cli_support.scratch() as folder:
        for family, task in (case.split("/") for case in args.case):
            FamilyTest(args, family, folder).check(task)
    return 0


if __name__ == "__main__":
    sys.exit(main())
