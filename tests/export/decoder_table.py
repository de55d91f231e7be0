"""How far decoders' rows are from transformers', by family, task, format and precision: the second part of FAMILIES.md.

    decoder_table.py INFER [FAMILY ...] [--task ...] [--format pt pt2] [--dtype float32 bfloat16] [--missing] [--out FILE]

Each is a tiny random model with a tokenizer of decoder_tokenizers.py, exported, scored by 1 and by 3 ranks, which must
write the same bytes, and compared with transformers row by row (families.py). What was found before stays; several may
write the table at once.
"""

import argparse
import contextlib
import fcntl
import pathlib
import sys
import tempfile
from collections.abc import Iterator

import families
import family_table
import torch
from export_support import quiet

import decoder_tokenizers  # isort: skip (families sets the path)

TASKS = ("embedding", "text-classification", "text-pair", "likelihood", "likelihood-pair")
COLUMNS = tuple((form, dtype) for form in ("pt", "pt2") for dtype in ("float32", "bfloat16"))
HEAD = """## Decoders that score

Written by `tests/export/decoder_table.py`: {count} texts of many scripts and lengths, scored by 1 and by 3 ranks, which
write the same bytes; tokenizers with the rules of these families (padding on the left, padding that is the end of a text,
none). A cell is the greatest difference from transformers in float32: of a vector 1 - cosine, of a score or a token's
logarithm as a part of those above 1. In float32 at most {exact:.0e}; in bfloat16 of vectors at most {cosine:.0e}, and of all else
twice what transformers' own rows in bfloat16 differ, which is the number behind the stroke. The families from ctrl on are others
whose texts are packed in a .pt2 too. An empty cell was not tried so; the first table says which of them agreed with 1 rank.

"""


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_table(path: pathlib.Path) -> dict[str, str]:
    """By "family task format dtype"."""
    rows = [line for line in family_table.part(path, 1).splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {f"{family} {task} {form} {dtype}": cell for family, task, *row in cells
            for (form, dtype), cell in zip(COLUMNS, row, strict=True) if cell}


def place(name: str) -> tuple[bool, str]:
    """The families with rules of their own come first."""
    return name not in decoder_tokenizers.RULES, name


def write_table(results: dict[str, str], path: pathlib.Path) -> None:
    head = ["family", "task", *(f".{form} {dtype}" for form, dtype in COLUMNS)]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for family in sorted({key.split()[0] for key in results}, key=place):
        for task in TASKS:
            cells = [results.get(f"{family} {task} {form} {dtype}", "") for form, dtype in COLUMNS]
            lines += ["| " + " | ".join((family, task, *cells)) + " |"] * any(cells)
    lowest = families.row_differences.LEAST_COSINE["bfloat16"]
    text = HEAD.format(count=len(families.make_records(False)), exact=families.row_differences.TOLERANCE, cosine=1 - lowest)
    family_table.write_part(path, 1, text + "\n".join(lines) + "\n")


def attempt(args: argparse.Namespace, family: str, task: str, form: str, dtype: str) -> str:
    options = argparse.Namespace(infer=args.infer, folder=None, format=[form], dtype=[dtype], ranks=[1, 3], decoders=True)
    with tempfile.TemporaryDirectory(prefix="decoder_table.") as name:
        found = families.FamilyTest(options, family, pathlib.Path(name)).check(task)[form, dtype]
    return f"{found.apart:.1e}" + ("" if found.own is None else f" / {found.own:.1e}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("family", nargs="*", default=list(decoder_tokenizers.RULES))
    parser.add_argument("--task", nargs="+", default=TASKS)
    parser.add_argument("--format", nargs="+", default=["pt", "pt2"])
    parser.add_argument("--dtype", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--missing", action="store_true", help="only what was not tried")
    parser.add_argument("--out", type=pathlib.Path, default=family_table.FILE)
    args = parser.parse_args()
    quiet.silence()
    torch.set_num_threads(1)
    families.likelihood.PIECE = families.PIECE
    failed = False
    for family, task, form, dtype in ((family, task, form, dtype) for task in args.task for dtype in args.dtype
                                      for form in args.format for family in args.family):
        name = f"{family} {task} {form} {dtype}"
        if args.missing and name in read_table(args.out):
            continue
        try:
            result = attempt(args, family, task, form, dtype)
        except AssertionError as error:
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            failed = True
            continue
        print(f"{name}: {result}", flush=True)
        with locked(args.out):
            write_table(read_table(args.out) | {name: result}, args.out)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
