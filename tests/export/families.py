"""Every family and task from export to output rows: infer must say what transformers says.

    families.py INFER [--case bert/embedding t5/embedding ...] [--format pt pt2] [--dtype float32 bfloat16] [--ranks 1 3]
                      [--folder DIR] [--decoders]

Makes a tiny model of the family, one of make_text_models or any that transformers has, with a real tokenizer (or takes the
real one in DIR), exports it, scores records with 1 and 3 ranks (the same bytes) and compares each row with eager
transformers: labels and entities equal, scores within 1e-5, cosine of embeddings at least 0.99999 in float32 and 0.9995 in
half precision, the logarithm of each token's probability within 1e-5 of its size. What is no vector may be off in half
precision by twice as much as transformers' own rows in that precision are. --decoders: tokenizers with the rules of
decoder_tokenizers, and embeddings by the last token.
"""

import argparse
import dataclasses
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parent / "support"), str(HERE.parent / "cli")]

import cli_support
import decoder_tokenizers
import make_small_models
import make_text_models
import make_tokenizers
import row_differences
import torch
from infer_export import cli as exporter, likelihood
from reference import Reference, Row

MAX_LENGTH = 48
PIECE = 1000  # of tokens: several of these small vocabularies
MORE_THAN_OWN = 2.0  # of two such maxima: the same roundings in another order
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


@dataclasses.dataclass(frozen=True)
class Found:
    """The greatest difference of the rows from transformers' in float32; and that of transformers' own rows in the same
    precision where that is the measure: numbers that are not vectors, in half precision."""

    apart: float
    own: float | None = None

    def allowed(self, task: str, dtype: str) -> float:
        if task == "embedding":
            return 1 - row_differences.LEAST_COSINE[dtype]
        return row_differences.TOLERANCE if self.own is None else MORE_THAN_OWN * self.own


class FamilyTest:
    """One family's tasks in one folder."""

    def __init__(self, args: argparse.Namespace, family: str, folder: pathlib.Path):
        self.program = cli_support.Program(args.infer, folder)
        self.args, self.family, self.folder = args, family, folder

    def check(self, task: str) -> dict[tuple[str, str], Found]:
        """What is found, by format and precision."""
        has_own = self.family in make_text_models.FAMILIES and task in make_text_models.TASKS
        maker = make_text_models if has_own else make_small_models
        more = self.decoder(task) if getattr(self.args, "decoders", False) else {}
        source = self.args.folder or maker.make_folder(self.family, task, self.folder / f"{self.family}-{task}", **more)
        records = make_records(pairs=task.startswith("text-pair") or task == "likelihood-pair")
        data = self.folder / f"{task}.jsonl"
        data.write_text("".join(json.dumps(record) + "\n" for record in records))
        truth = Reference(source, task, MAX_LENGTH).rows(records)
        found = {}
        for form in self.args.format:
            if self.family == "deberta-v2" and form == "pt2" and torch.__version__.startswith("2.11"):
                print("deberta-v2 pt2: skipped: torch.export of 2.11 fixes its length", flush=True)
                continue
            for dtype in self.args.dtype:
                began = time.monotonic()
                bundle = self.export(source, task, form, dtype)
                exported = time.monotonic() - began
                own = self.own(source, task, dtype, records, truth)
                one = found[form, dtype] = self.compare(task, dtype, self.score(bundle, task, data), truth, own)
                print(f"{self.family} {task} {form} {dtype}: {len(truth)} rows agree, at most {one.apart:.1e} apart of "
                      f"{one.allowed(task, dtype):.1e} ({exported:.1f} s to export)", flush=True)
        return found

    def own(self, source: pathlib.Path, task: str, dtype: str, records: list[Row], truth: list[Row]) -> float | None:
        """How far transformers itself is off in this precision, where that is the measure."""
        if dtype == "float32" or task in ("embedding", "token-classification"):
            return None
        rows = Reference(source, task, MAX_LENGTH, getattr(torch, dtype)).rows(records)
        plain = task in make_small_models.LIKELIHOODS
        return max(row_differences.difference(task, False, one if plain or "error" in one else {"scores": one}, other)
                   for one, other in zip(rows, truth, strict=True))

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
        """The rows, which must be the same bytes for any number of ranks, and, of families of which that is asked, of records alone."""
        flags = [] if task in ("embedding", "token-classification") else ["--scores", "all"]
        flags = ["--per-token"] if task in make_small_models.LIKELIHOODS else flags
        outputs = []
        for ranks, chunk_bytes in [*((ranks, "4KiB") for ranks in self.args.ranks), *[(1, "1")] * (self.family in getattr(self.args, "alone", []))]:
            out = self.folder / f"out{ranks}.jsonl"
            done = cli_support.run(self.program.command(
                ranks, "-q", "--model", bundle, "--input", data, "--output", out, "--overwrite", "--threads", "1",
                "--chunk-bytes", chunk_bytes, "--max-errors", "1", *flags))
            cli_support.check(done.code == 0, str(done))
            outputs.append(out.read_bytes())
        cli_support.check(len(set(outputs)) == 1, f"{bundle}: {self.args.ranks} ranks, or records alone, do not get the same bytes")
        return [json.loads(line) for line in outputs[0].splitlines()]

    def compare(self, task: str, dtype: str, rows: list[Row], truth: list[Row], own: float | None) -> Found:
        cli_support.check([row["id"] for row in rows] == list(range(len(truth))), "rows are lost or out of order")
        apart, wrong = [], []
        for i, (ours, theirs) in enumerate(zip(rows, truth, strict=True)):
            try:
                apart.append(row_differences.difference(task, dtype == "float32", ours, theirs))
            except row_differences.Unequal as error:
                wrong.append(f"row {i}: {error}")
        found = Found(max(apart, default=0.0), own)
        allowed = found.allowed(task, dtype)
        wrong += [f"row {i}: {one:.1e} apart" for i, one in enumerate(apart) if not one <= allowed]
        cli_support.check(not wrong, f"{self.family} {task} {dtype}, at most {allowed:.1e} apart: " + "\n".join(wrong))
        return found


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
    parser.add_argument("--alone", nargs="+", default=[], metavar="FAMILY", help="records alone must get the same bytes as in batches")
    args = parser.parse_args()
    torch.set_num_threads(1)
    likelihood.PIECE = PIECE
    with cli_support.scratch() as folder:
        for family, task in (case.split("/") for case in args.case):
            FamilyTest(args, family, folder).check(task)
    return 0


if __name__ == "__main__":
    sys.exit(main())
