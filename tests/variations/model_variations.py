"""Scores random records with random small modules, and compares every row with eager torch, record by record:

    model_variations.py INFER [--count 25] [--seed 1] [--only SEED] [--compile] [--verbose]

A run may give the right rows, refuse before any work (exit code 2), or give a record an error. What it may not do is
give a row that is wrong and say nothing. Prints each that does, and ends with 1 then.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings
from typing import Any

import random_module
from random_module import Variation

TOLERANCE = 2e-4  # of the largest value of the output; what is said in a warning may be more
SAID = ("depends on the records", "changes when it is filled", "writes into", "random numbers", "keeps something")


def save(one: Variation, folder: pathlib.Path) -> pathlib.Path:
    import torch
    module = random_module.module_of(one, folder).train(one.training)
    example = torch.ones(4, one.width) * torch.arange(1.0, 5.0).unsqueeze(1)
    path = folder / ("model.pt2" if one.how == "compile" else "model.pt")
    with torch.no_grad():
        if one.how == "trace":
            torch.jit.trace(module, (example,), strict=False, check_trace=False).save(str(path))
        elif one.how == "script":
            torch.jit.script(module).save(str(path))
        else:
            program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("batch", max=4096)},))
            torch._inductor.aoti_compile_and_package(program, package_path=str(path))
    return path


def named_rows(result: Any, row: int) -> dict[str, Any] | None:
    """Row `row` of each output as nested lists; None where an output has no such row."""
    import torch
    if isinstance(result, torch.Tensor):
        items = {"output0": result}
    elif isinstance(result, dict):
        items = {key if isinstance(key, str) else repr(key): value for key, value in result.items()}
    else:
        items = {f"output{i}": value for i, value in enumerate(result)}
    return {name: value[row].tolist() for name, value in items.items()}


def arguments_of(one: Variation, record: dict[str, Any], copies: int) -> tuple[Any, ...]:
    import torch
    given: list[Any] = [torch.tensor([record["x"]] * copies, dtype=torch.float32)]
    if one.scalar:
        given.append(record.get(one.scalar, {"float": 1.0, "int": 0, "bool": False}[random_module.SCALARS[one.scalar][0]]))
    if one.optional:
        weight = record.get("weight")
        given.append(None if weight is None else torch.tensor([weight] * copies))
    return tuple(given)


def row_alone(one: Variation, module: Any, record: dict[str, Any]) -> dict[str, Any]:
    """What the module gives for one record; for the record twice where one alone has no row of its own."""
    import torch
    with torch.no_grad():
        if one.returns in ("squeezed", "squeezed_all"):
            return named_rows(module(*arguments_of(one, record, 2)), 0)
        return named_rows(module(*arguments_of(one, record, 1)), 0)


def reference(one: Variation, folder: pathlib.Path, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Row by row, in eval mode; a fresh module for each record, unless the state is to be kept."""
    def fresh() -> Any:
        import torch
        if one.how == "trace" and one.state:  # tracing ran it once, and that was saved
            return torch.jit.load(str(folder / "model.pt")).eval()
        return random_module.module_of(one, folder).eval()

    kept = fresh()
    rows = []
    for record in records:
        module = kept if not one.state or "--stateful" in one.flags else fresh()
        rows.append(row_alone(one, module, record))
    return rows


def numbers(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [float("nan") if value is None else float(value)]


def shape(value: Any) -> list[int]:
    return [len(value), *shape(value[0])] if isinstance(value, list) and value else [0] if isinstance(value, list) else []


def differs(got: dict[str, Any], wanted: dict[str, Any]) -> bool:
    if list(got) != list(wanted):
        return True
    for name in wanted:
        if shape(got[name]) != shape(wanted[name]):
            return True
        left, right = numbers(got[name]), numbers(wanted[name])
        largest = max([1e-2, *(abs(value) for value in right if math.isfinite(value))])
        if any(abs(a - b) > TOLERANCE * largest for a, b in zip(left, right, strict=True) if math.isfinite(b)):
            return True
    return False


def run(infer: str, one: Variation, model: pathlib.Path, folder: pathlib.Path, *more: str) -> tuple[int, str, bytes]:
    output = folder / "rows.jsonl"
    output.unlink(missing_ok=True)
    command = [infer, "--model", str(model), "--input", str(folder / "records.jsonl"), "--output", str(output),
               "--device", "cpu", "--overwrite", "--quiet", *one.flags, *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                          env=os.environ | {"INFER_DEVICE": "cpu"})
    return done.returncode, done.stderr, output.read_bytes() if output.exists() else b""


def must_repeat(one: Variation) -> bool:
    return "--seed" in one.flags and (one.chance is not None or (one.training and one.core == "dropout"))


def check(infer: str, one: Variation, folder: pathlib.Path) -> tuple[str, str]:
    """("right" | "refused" | "failed" | "said" | "SILENT", what was seen)."""
    try:
        model = save(one, folder)
    except Exception as error:  # noqa: BLE001  what torch cannot save is no model
        return "unsaved", f"{type(error).__name__}: {str(error).splitlines()[0]}"
    records = random_module.records_of(one)
    (folder / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    code, said, output = run(infer, one, model, folder)
    if code == 2 and said.strip() and not output:
        return "refused", said.strip().splitlines()[-1]
    if code not in (0, 1):
        return "SILENT", f"exit code {code}: {said.strip()[-300:]}"
    rows = [json.loads(line) for line in output.splitlines()]
    if [row.get("id") for row in rows] != [record["id"] for record in records]:
        return "SILENT", "the ids are not the records'"
    if must_repeat(one):
        again = run(infer, one, model, folder, "--replicas", "1")
        return ("right", "drawn alike") if again[2] == output else ("SILENT", "--seed gave other rows")
    wanted = reference(one, folder, records)
    if one.how == "compile":  # its results have no names
        wanted = [{f"output{i}": value for i, value in enumerate(row.values())} for row in wanted]
    wrong = [i for i, row in enumerate(rows) if "error" not in row and differs(row["outputs"], wanted[i])]
    failed = sum("error" in row for row in rows)
    if not wrong:
        return ("failed", json.dumps(next(row for row in rows if "error" in row)["error"])) if failed else ("right", "")
    what = f"{len(wrong)} of {len(rows)} rows, the first {rows[wrong[0]]['outputs']} for {wanted[wrong[0]]}"
    return ("said" if any(words in said for words in SAID) else "SILENT"), what


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("infer")
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--compile", action="store_true", help="all of them by AOTInductor, ten seconds each")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    seeds = [options.only] if options.only is not None else range(options.seed * 1000, options.seed * 1000 + options.count)
    counts: dict[str, int] = {}
    for seed in seeds:
        one = random_module.draw(seed)
        if options.compile:
            one.how, one.scalar, one.optional, one.use_scalar, one.use_optional = "compile", None, False, False, "none"
            one.training = False
            one.flags += ("--input-spec", f"x:float32:[{one.width}]")
        with tempfile.TemporaryDirectory() as folder:
            kind, what = check(options.infer, one, pathlib.Path(folder))
        counts[kind] = counts.get(kind, 0) + 1
        if kind == "SILENT" or options.verbose:
            print(f"{kind}: {one.name()}: {what}", flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    return 1 if counts.get("SILENT") else 0


if __name__ == "__main__":
    sys.exit(main())
