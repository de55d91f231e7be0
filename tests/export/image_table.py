"""How far the rows of models of pictures are from transformers', by family, task, format and precision: the third part of
FAMILIES.md.

    image_table.py [FAMILY ...] [--task ...] [--format pt pt2] [--dtype float32 bfloat16] [--missing] [--out FILE]

Each is a tiny random model of make_image_models.py, exported and compared with transformers' own processor and model. What
was found before stays; several may write the table at once.
"""

import argparse
import pathlib
import sys
import tempfile

import decoder_table
import family_table
import image_families
import torch
from export_support import quiet

import make_image_models  # isort: skip (export_support sets the path)

COLUMNS = decoder_table.COLUMNS
COUNT = 24
EXACT = 1e-5
LEAST_SPREAD = 0.005
FACTOR = 4
HEAD = """## Models of pictures

Written by `tests/export/image_table.py`: {count} pictures of many shapes, through the family's own image processor and model in
transformers, and through the exported one, prepared by the bundle's steps. A cell is the greatest difference from transformers
in float32: of a vector 1 - cosine, of a score the difference. In float32 at most {exact:.0e}, as is that of logits as a part of the
largest, and the same label for each picture; in bfloat16 the number behind the stroke is what transformers' own results in bfloat16
differ, of which it is at most {factor} times or {half:.0e}; refused: the exporter found it too far off, as it does from a score of
0.02 or a vector's {half:.0e} on; refused, one batch: Inductor compiled the size of a batch in. Prompts are image-classification with
`--prompts`. Random networks, those with batch normalisation above all, magnify rounding more than trained ones: EfficientNet-Lite0
with its weights is off by 1e-07 in float32. An empty cell was not tried.

"""


def read_table(path: pathlib.Path) -> dict[str, str]:
    """By "family task format dtype"."""
    rows = [line for line in family_table.part(path, 2).splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {f"{family} {task} {form} {dtype}": cell for family, task, *row in cells
            for (form, dtype), cell in zip(COLUMNS, row, strict=True) if cell}


def write_table(results: dict[str, str], path: pathlib.Path) -> None:
    head = ["family", "task", *(f".{form} {dtype}" for form, dtype in COLUMNS)]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    known = list(make_image_models.FAMILIES)
    for family in sorted({key.split()[0] for key in results}, key=known.index):
        for task in make_image_models.TASKS:
            cells = [results.get(f"{family} {task} {form} {dtype}", "") for form, dtype in COLUMNS]
            lines += ["| " + " | ".join((family, task, *cells)) + " |"] * any(cells)
    text = HEAD.format(count=COUNT, exact=EXACT, factor=FACTOR, half=1 - image_families.LEAST_COSINE)
    family_table.write_part(path, 2, text + "\n".join(lines) + "\n")


def attempt(folder: pathlib.Path, task: str, form: str, dtype: str) -> str:
    """The cell. Throws AssertionError where they are too far apart."""
    out = folder / f"exported.{form}"
    pictures = make_image_models.make_pictures(COUNT)
    activation = "sigmoid" if folder.name.startswith("siglip") else "softmax"
    theirs = image_families.truth(folder, task, pictures)
    assert image_families.spread(task, theirs, activation) > LEAST_SPREAD, "unlike pictures are alike to it"
    own = image_families.difference(task, image_families.truth(folder, task, pictures, torch.bfloat16), theirs, activation)
    try:
        image_families.export(folder, task, out, "--dtype", dtype)
    except AssertionError as error:
        if "the compiler made it for batches of" in str(error):
            return "refused, one batch"
        if dtype == "float32" or "differs from the original" not in str(error):
            raise
        return f"refused / {own:.1e}"
    ours = image_families.ours(out, pictures)
    apart = image_families.difference(task, ours, theirs, activation)
    if dtype == "float32":
        assert apart <= EXACT, f"differs by {apart:.1e}"
        if task != "image-embedding":
            assert torch.equal(ours.argmax(1), theirs.argmax(1)), "other labels"
            of_largest = image_families.of_largest(ours, theirs)
            assert of_largest <= EXACT, f"a logit differs by {of_largest:.1e} of the largest"
        return f"{apart:.1e}"
    assert apart <= max(FACTOR * own, 1 - image_families.LEAST_COSINE), f"differs by {apart:.1e}, transformers itself by {own:.1e}"
    return f"{apart:.1e} / {own:.1e}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", nargs="*", default=list(make_image_models.FAMILIES))
    parser.add_argument("--task", nargs="+", default=make_image_models.TASKS)
    parser.add_argument("--format", nargs="+", default=["pt", "pt2"])
    parser.add_argument("--dtype", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--missing", action="store_true", help="only what was not tried")
    parser.add_argument("--out", type=pathlib.Path, default=family_table.FILE)
    args = parser.parse_args()
    quiet.silence()
    failed = False
    for form, dtype, family, task in ((form, dtype, family, task) for form in args.format for dtype in args.dtype for family in args.family
                                      for task in args.task if task in make_image_models.tasks_of(family)):
        name = f"{family} {task} {form} {dtype}"
        if args.missing and name in read_table(args.out):
            continue
        with tempfile.TemporaryDirectory(prefix="image_table.") as scratch:
            folder = make_image_models.make_folder(family, task, pathlib.Path(scratch) / family)
            try:
                result = attempt(folder, task, form, dtype)
            except AssertionError as error:
                print(f"{name}: {error}", file=sys.stderr, flush=True)
                failed = True
                continue
        print(f"{name}: {result}", flush=True)
        with decoder_table.locked(args.out):
            write_table(read_table(args.out) | {name: result}, args.out)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
