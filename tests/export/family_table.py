"""Which families of transformers can be exported, for which task and in which format: FAMILIES.md, by trying.

    family_table.py INFER [FAMILY ...] [--format pt pt2] [--task ...] [--missing] [--out FAMILIES.md]

Each family is a tiny random model (make_small_models.py); a "yes" is an export, infer's rows and transformers' own, which
agree (families.py). With .pt2 a compiler runs for each, so that it takes hours. What was tried before stays in the table,
so that families can be tried one by one, or only those whose cells are empty.
"""

import argparse
import contextlib
import io
import pathlib
import re
import tempfile

import families
import make_small_models
import torch
from export_support import quiet

FAMILIES = """albert bart bert big_bird bigbird_pegasus biogpt bloom camembert canine convbert ctrl data2vec-text deberta
deberta-v2 distilbert dpr electra ernie esm eurobert falcon flaubert fnet funnel gemma gemma2 gemma3_text gpt2 gpt_bigcode
gpt_neo gpt_neox gptj ibert jamba led llama longformer longt5 mamba mbart megatron-bert mistral mixtral mobilebert
modernbert mpnet mpt mra mt5 nomic_bert nystromformer olmo opt persimmon phi phi3 plbart qwen2 qwen3 reformer rembert roberta
roberta-prelayernorm roformer rwkv smollm3 squeezebert stablelm starcoder2 t5 umt5 xlm xlm-roberta xlm-roberta-xl xlnet xmod
yoso""".split()
TASKS = ("text-classification", "token-classification", "embedding", "likelihood")
NO_CLASS = "-"
PARTS = 3  # of the file
FILE = pathlib.Path(__file__).resolve().parents[2] / "scripts/infer_export/FAMILIES.md"
HEAD = """# Families of models

Written by `tests/export/family_table.py`, which tries each family with a small random model of transformers {version} and
torch {torch}: exported, scored by `infer`, and each row compared with what transformers itself says.
`yes`: the rows agree. `-`: transformers has no such class. `no` with a number: refused, with the message below. An empty
cell was not tried; the tests try some of them each time. Text pairs take the same models as text-classification, and
likelihood-pair those of likelihood. A
family that is not here may work as well: the exporter compares what it writes with the original, so that trying costs a minute and never gives wrong rows.

"""


def attempt(args: argparse.Namespace, family: str, task: str, form: str) -> str:
    """"yes", "-", or why not."""
    if make_small_models.class_name(family, task) is None:
        return NO_CLASS
    said = io.StringIO()
    options = argparse.Namespace(infer=args.infer, folder=None, format=[form], dtype=["float32"], ranks=[1])
    try:
        with tempfile.TemporaryDirectory(prefix="family_table.") as name, contextlib.redirect_stderr(said):
            families.FamilyTest(options, family, pathlib.Path(name)).check(task)
    except Exception as error:  # noqa: BLE001  it is the table's entry
        last = [line for line in said.getvalue().splitlines() if line.startswith("export_model: ")][-1:]
        if last and ": wrote" not in last[0] and ": next:" not in last[0]:
            message = re.sub(r"[^ ;]*family_table\.\S*?/", "", last[0].removeprefix("export_model: "))
            message = message.rsplit("; ", 1)[0] if message.endswith(" was not written") else message
            message = re.sub(r"^--hf \S+: ", "", message)
            return re.sub(r": output \S+ by .*", "", message)  # so that families with one reason share a note
        return ("" if last else "transformers itself fails for a short text: ") + " ".join(str(error).split())[:200]
    return "yes"


def parts(path: pathlib.Path) -> list[str]:
    """This table's text, decoder_table.py's and image_table.py's, each from its heading on."""
    text = path.read_text() if path.exists() else ""
    found = re.split(r"\n(?=## )", text)
    return found + [""] * (PARTS - len(found))


def part(path: pathlib.Path, which: int) -> str:
    return parts(path)[which]


def write_part(path: pathlib.Path, which: int, text: str) -> None:
    """The others stay."""
    found = parts(path)
    found[which] = text
    path.write_text("\n".join(one.rstrip("\n") + "\n" for one in found if one))


def read_table(path: pathlib.Path) -> dict[str, str]:
    """As write_table wrote it: results by "family task format"."""
    lines = part(path, 0).splitlines()
    notes = dict(line.split(". ", 1) for line in lines if re.match(r"\d+\. ", line))
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")] or [[], []]
    columns = [column.replace(" .", " ") for column in head[1:]]
    return {f"{family} {column}": notes.get(cell.removeprefix("no "), cell)
            for family, *cells in rows for column, cell in zip(columns, cells, strict=True) if cell}


def write_table(results: dict[str, str], path: pathlib.Path) -> None:
    """`results` by "family task format"."""
    import transformers
    forms = sorted({key.split()[2] for key in results})
    columns = [(task, form) for task in TASKS for form in forms]
    notes: list[str] = []
    lines = ["| family | " + " | ".join(f"{task} .{form}" for task, form in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for family in sorted({key.split()[0] for key in results}):
        cells = []
        for task, form in columns:
            result = results.get(f"{family} {task} {form}", "")
            if result not in ("", "yes", NO_CLASS):
                notes += [result] if result not in notes else []
                result = f"no {notes.index(result) + 1}"
            cells.append(result)
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    text = HEAD.format(version=transformers.__version__, torch=torch.__version__) + "\n".join(lines) + "\n"
    text += "\n" + "".join(f"{i}. {note}\n" for i, note in enumerate(notes, start=1))
    write_part(path, 0, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("family", nargs="*", default=FAMILIES)
    parser.add_argument("--format", nargs="+", default=["pt"])
    parser.add_argument("--task", nargs="+", default=TASKS)
    parser.add_argument("--missing", action="store_true", help="only what was not tried")
    parser.add_argument("--out", type=pathlib.Path, default=FILE)
    args = parser.parse_args()
    quiet.silence()
    results = read_table(args.out)
    for family in args.family:
        for form in args.format:
            for task in args.task:
                if args.missing and f"{family} {task} {form}" in results:
                    continue
                results[f"{family} {task} {form}"] = result = attempt(args, family, task, form)
                print(f"{family} {task} .{form}: {result}", flush=True)
        write_table(results, args.out)


if __name__ == "__main__":
    main()
