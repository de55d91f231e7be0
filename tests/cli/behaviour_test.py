"""A row is what the model gives for its record alone, or the run is refused before any work: models that keep memory,
draw numbers, mix their rows, mind how many they are, or were saved in training mode.

    behaviour_test.py INFER MODELS [NAME...]
"""

import json
import os
import pathlib
import sys
from typing import Any

from cli_support import Argument, Outcome, Program, check, run, run_tests


def models(folder: pathlib.Path, compiled: bool = False) -> pathlib.Path:
    """Beside the tests' own models, made once for all tests of this process."""
    import behaviour_models
    target = folder.parent / f"infer_behaviour_{os.getpid()}{'_aoti' if compiled else ''}"
    if not target.exists():
        target.mkdir()
        (behaviour_models.save_compiled if compiled else behaviour_models.save_all)(target)
    return target


def score(program: Program, folder: pathlib.Path, model: str, records: list[dict[str, Any]], *arguments: Argument,
          compiled: bool = False, ranks: int = 1) -> tuple[Outcome, list[Any]]:
    """The outputs, or the error's code, of each row; `out` where there is one output."""
    (folder / "in.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    path = models(folder, compiled) / (model + (".pt2" if compiled else ".pt"))
    outcome = run(program.command(ranks, "-q", "--model", path, "--input", "in.jsonl", "--output", "out.jsonl", "--overwrite",
                                  *arguments), folder)
    if outcome.code not in (0, 1):
        return outcome, []
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    return outcome, [row["error"]["code"] if "error" in row else
                     row["outputs"].get("output0", row["outputs"]) for row in rows]


def expect(program: Program, folder: pathlib.Path, model: str, records: list[dict[str, Any]], wanted: list[Any],
           *arguments: Argument, code: int = 0, said: str = "", **more: Any) -> None:
    outcome, rows = score(program, folder, model, records, *arguments, **more)
    check(outcome.code == code, str(outcome))
    check(rows == wanted, f"{rows} instead of {wanted}\n{outcome}")
    check(said in outcome.stderr, f"not said: {said}\n{outcome}")


def expect_refused(program: Program, folder: pathlib.Path, model: str, records: list[dict[str, Any]], *words: str,
                   arguments: tuple[Argument, ...] = (), **more: Any) -> None:
    outcome, _ = score(program, folder, model, records, *arguments, **more)
    check(outcome.code == 2, f"not refused: {outcome}")
    check(not (folder / "out.jsonl").exists() or "--overwrite" in outcome.command, str(outcome))
    for word in words:
        check(word in outcome.stderr, f"not said: {word}\n{outcome}")


def results_that_are_memory(program: Program, folder: pathlib.Path) -> None:
    """1,200 records whose results lie in a buffer that the next forward overwrites."""
    records = [{"x": [i, -i]} for i in range(1, 1201)]
    wanted = [[2 * i, -2 * i] for i in range(1, 1201)]
    for ranks in (1, 2):
        expect(program, folder, "Scratch", records, wanted, "--replicas", "4", "--max-batch-size", "16",
               said="writes into the attribute buf", ranks=ranks)


def compiled_memory(program: Program, folder: pathlib.Path) -> None:
    """The same of a compiled model, whose replicas share the buffer."""
    records = [{"x": [i, -i]} for i in range(1, 1201)]
    wanted = [[2 * i, -2 * i] for i in range(1, 1201)]
    spec = ("--input-spec", "x:float32:[2]", "--replicas", "4", "--max-batch-size", "16")
    for _ in range(3):
        expect(program, folder, "Scratch", records, wanted, *spec, said="writes into its own constants", compiled=True)
    expect_refused(program, folder, "Counter", records[:4], "keeps something", "--stateful", compiled=True, arguments=spec)
    wanted = [float(i + 1) for i in range(1200)]
    expect(program, folder, "Counter", records, wanted, "--stateful", "--input-spec", "x:float32:[2]", compiled=True)


def rewrites(program: Program, folder: pathlib.Path) -> None:
    """Folding a normalisation into the layer before it changes the values: the graph runs without."""
    expect(program, folder, "Normed", [{"x": [[0.0] * 3] * 3}],
           [[[0, 0, 0], [-0.999995, -0.999995, -0.999995], [-1.99999, -1.99999, -1.99999]]], said="is left out")
    expect(program, folder, "NormedNoise", [{"x": [[0.0] * 3] * 3}],
           [[[0, 0, 0], [-0.999995, -0.999995, -0.999995], [-1.99999, -1.99999, -1.99999]]], "--seed", "1")


def state(program: Program, folder: pathlib.Path) -> None:
    """Refused; record by record in input order when the user says so, also resumed from the first record on."""
    records = [{"x": [i, 1]} for i in range(40)]
    expect_refused(program, folder, "Counter", records, "keeps something", "the attribute n", "--stateful")
    expect_refused(program, folder, "Remembers", records, "keeps something", "--stateful")
    expect_refused(program, folder, "Counter", records, "one rank", arguments=("--stateful",), ranks=2)
    wanted = [i + 1 + i + 1 for i in range(40)]
    for more in ((), ("--chunk-bytes", "64"), ("--replicas", "3")):
        expect(program, folder, "Counter", records, wanted, "--stateful", *more)
    import behaviour_models
    import torch
    module = behaviour_models.Remembers().eval()
    module.load_state_dict(torch.jit.load(str(models(folder) / "Remembers.pt")).state_dict())
    with torch.no_grad():
        right = [module(torch.tensor([[float(value) for value in record["x"]]]))[0].tolist() for record in records]
    _, rows = score(program, folder, "Remembers", records, "--stateful", "--chunk-bytes", "64")
    apart = max(abs(a - b) for row, other in zip(rows, right, strict=False) for a, b in zip(row, other, strict=True))
    check(len(rows) == len(right) and apart < 1e-5, f"{apart}: {rows[:3]} instead of {right[:3]}")


def chance(program: Program, folder: pathlib.Path) -> None:
    """Refused; with --seed the same bytes for any number of ranks and replicas, and others for another seed."""
    records = [{"x": [i, 1.5]} for i in range(300)]
    expect_refused(program, folder, "Noise", records, "draws random numbers", "aten::randn_like", "--seed")
    drawn = [score(program, folder, "Noise", records, "--seed", seed, "--replicas", replicas, ranks=ranks)[1]
             for seed, replicas, ranks in (("1", "1", 1), ("1", "3", 1), ("1", "2", 2), ("2", "1", 1))]
    check(drawn[0] == drawn[1] == drawn[2], "one seed gave different rows")
    check(len(drawn[3]) == 300 and drawn[0] != drawn[3], "two seeds gave the same rows")


def chance_of_several(program: Program, folder: pathlib.Path) -> None:
    """Models that draw in one pass do not disturb each other: every output is as its model alone draws it."""
    records = [{"x": [i, 1.5]} for i in range(2000)]
    flags = ["--seed", "1", "--replicas", "4", "--max-batch-size", "2", "--chunk-bytes", "500"]
    alone, _ = score(program, folder, "Noise", records, *flags)
    check(alone.code == 0, str(alone))
    path = models(folder) / "Noise.pt"
    several = [flag for name in ("a.jsonl", "b.jsonl") for flag in ("--model", path, "--output", name)]
    outcome = run(program.command(1, "-q", *several, "--input", "in.jsonl", *flags), folder)
    check(outcome.code == 0, str(outcome))
    for name in ("a.jsonl", "b.jsonl"):
        check((folder / name).read_bytes() == (folder / "out.jsonl").read_bytes(), f"{name} is not as its model alone draws it")


def neighbours(program: Program, folder: pathlib.Path) -> None:
    """Rows that depend on the records that share their batch."""
    records = [{"x": [0.0, 1.0]}, {"x": [2.0, 5.0]}, {"x": [0.5, 4.0]}]
    for model in ("Range", "Softmax0"):
        expect_refused(program, folder, model, records, "\"output0\"", "share its batch", "--max-batch-size 1",
                       "--allow-batch-effects")
    expect_refused(program, folder, "BatchSecond", [{"x": [[i, 1.0]]} for i in range(3)], "share its batch")
    expect(program, folder, "Range", records, [[0, 1]] * 3, "--max-batch-size", "1")
    expect(program, folder, "Range", records[:2], [[0, 0.2], [0.4, 1]], "--allow-batch-effects", said="share its batch")
    outlier = [{"input": [0.1, 0.2, 0.3, 0.4]}] * 3 + [{"input": [500.0, 1, 1, 1]}]
    expect_refused(program, folder, "Quantized", outlier[:3], "share its batch")
    outcome, rows = score(program, folder, "Quantized", outlier, "--max-batch-size", "1")
    check(outcome.code == 0 and rows[0] == rows[2], str(outcome))
    expect_refused(program, folder, "QuantizedBehindZeros", [{"input": [-1.0, -2, -1, -1.5]}] + [{"input": [1.0, 2, 1.5, 3]}] * 3, "share its batch")


def whole_numbers(program: Program, folder: pathlib.Path) -> None:
    """A model that takes them as floats too, with other results, asks which; a later number that does not fit fails."""
    records = [{"ids": 12345}, {"ids": 12346}]
    expect_refused(program, folder, "Hash", records, "ids:float32:[]", "ids:int64:[]", "--input-spec")
    expect(program, folder, "Hash", records, [545, 306], "--input-spec", "ids:int64:[]")
    filler = [{"user": i % 100, "note": "x" * 1000} for i in range(1100)]
    expect(program, folder, "Last", filler + [{"user": 16777217}], [i % 10 for i in range(1100)] + ["out_of_range"], code=1)
    check("--input-spec user:int64:[]" in (folder / "out.jsonl").read_text(), "no remedy")
    expect(program, folder, "Last", filler + [{"user": 16777217}], [i % 10 for i in range(1100)] + [7], "--input-spec",
           "user:int64:[]")


def unfed(program: Program, folder: pathlib.Path) -> None:
    """Arguments with defaults: fed where they can be, else named as soon as a record has a value for them."""
    expect(program, folder, "Scaled", [{"x": [1, 2]}, {"x": [3, 4]}], [3, 7])
    for name, value in (("scale", 3), ("negate", True)):
        expect_refused(program, folder, "Scaled", [{"x": [1, 2]}, {"x": [1, 2], name: value}], f'"{name}"', "not fed",
                       f"--field {name}=none")
        expect(program, folder, "Scaled", [{"x": [1, 2], name: value}], [3], "--field", f"{name}=none")
    expect(program, folder, "Scaled", [{"x": [1, 2], "offset": 10, "scale": None}], [13])
    filler = [{"x": [1, 1], "note": "x" * 1000} for _ in range(1100)]
    for name, value in (("scale", 3), ("offset", 5.0)):
        expect(program, folder, "Scaled", [*filler, {"x": [1, 2], name: value}], [2] * 1100 + ["unfed_field"], code=1)


def lazy_views(program: Program, folder: pathlib.Path) -> None:
    """A view that says "negated when read", of a batch of one."""
    for records in ([{"x": [1, 7, 3, 1]}], [{"x": [1, 7, 3, 1]}] * 3):
        expect(program, folder, "Imaginary", records, [6] * len(records))


def one_record(program: Program, folder: pathlib.Path) -> None:
    """Where one record alone is refused, or loses its dimension, it runs twice; a bad one keeps its own reason."""
    good = [{"x": [i, 1]} for i in range(7)]
    expect(program, folder, "Squeezed", good[:1], [1])
    expect(program, folder, "Squeezed", [*good, {"x": [-1, 0]}], [*range(1, 8), "model_error"], code=1)
    check("a value is negative" in (folder / "out.jsonl").read_text(), "another reason")


def one_record_compiled(program: Program, folder: pathlib.Path) -> None:
    """A plain export takes two records or more."""
    spec = ("--input-spec", "x:float32:[2]")
    for count in (1, 2, 3):
        expect(program, folder, "Sum", [{"x": [1, 1]}] * count, [[0.5, 0.5]] * count, *spec, compiled=True)
    expect(program, folder, "Sum", [{"x": [1, 1]}] * 5, [[0.5, 0.5]] * 5, *spec, "--max-batch-size", "2", compiled=True)


def one_batch_size(program: Program, folder: pathlib.Path) -> None:
    """A graph that holds for one number of rows: it is found, batches are filled up, and that is said."""
    records = [{"x": [i, 0.5]} for i in range(9)]
    wanted = [[float(i), 1.0] for i in range(9)]
    for rows, compiled, said in ((1, False, "one record at a time"), (2, False, "exactly 2 records"), (8, False, "exactly 8 records"),
                                 (6, True, "exactly 6 records")):
        spec = ("--input-spec", "x:float32:[2]") if compiled else ()
        expect(program, folder, f"Sized{rows}", records[:1], wanted[:1], *spec, "--max-batch-size", "1", compiled=compiled)
        expect(program, folder, f"Sized{rows}", records, wanted, *spec, said=said, compiled=compiled, ranks=2)
        bad = [records[0], {"x": "none"}, *records[1:]]
        expect(program, folder, f"Sized{rows}", bad, [wanted[0], "wrong_type", *wanted[1:]], *spec, "--max-errors", "50%", compiled=compiled)


def one_batch_size_mixed(program: Program, folder: pathlib.Path) -> None:
    """Whose rows depend on the batch that the size asks for: refused, also where all of it is one record."""
    records = [{"x": [i, 1, i * i, 3.5]} for i in range(5)]
    for across in (False, True):
        expect_refused(program, folder, f"SizedMixed{across}", records, "share its batch")
    expect_refused(program, folder, "SizedMixedTrue", records[1:2], "share its batch")


def not_per_row(program: Program, folder: pathlib.Path) -> None:
    """What has as many results as records only when there are two."""
    for model, record in (("Rows", {"x": [1, 2]}), ("Layers", {"x": [[1, 2]]})):
        expect_refused(program, folder, model, [record] * 2, "one result per row")
    expect_refused(program, folder, "Number", [{"x": [1, 2]}] * 2, "the model returned a value of type Double; return tensors")
    expect(program, folder, "FloatKeys", [{"x": [2, 3]}], [{"0.5": 5, "1.5": 6, "2.5": 2}])


def padding(program: Program, folder: pathlib.Path) -> None:
    """What fills a record up must not count, and its results are cut off."""
    records = [{"ids": [4, 4]}, {"ids": [1, 2, 3, 4, 5]}]
    expect_refused(program, folder, "Average", records, "--pad", "does not mask", arguments=("--pad", "ids=0"))
    expect_refused(program, folder, "Average", records[:1], "--pad", arguments=("--pad", "ids=0"))
    expect(program, folder, "PerToken", records, [[8, 8], [2, 4, 6, 8, 10]], "--pad", "ids=0")
    expect(program, folder, "Longer", records, [[4, 4, 8, 8], [1, 2, 3, 4, 5, 2, 4, 6, 8, 10]], "--pad", "ids=0",
           "--input-spec", "ids:int64:[*]")
    expect(program, folder, "Average", records, [4, 3])
    expect(program, folder, "PerToken", records, [[8, 8], [2, 4, 6, 8, 10]], "--pad", "ids=0", "--max-batch-size", "1")


def training_mode(program: Program, folder: pathlib.Path) -> None:
    """Traced in training mode: what eval() cannot undo is refused by name."""
    records = [{"input": [1, 2, 3, 4.5]}] * 4
    expect_refused(program, folder, "TracedDropout", records, "aten::dropout", "training mode", "model.eval()", "--seed")
    expect_refused(program, folder, "TracedNorm", records, "aten::batch_norm", "training mode", "model.eval()")
    expect_refused(program, folder, "Untracked", [{"x": [1, 2]}] * 2, "aten::batch_norm", "track_running_stats=False")
    first, second = (score(program, folder, "TracedDropout", records, "--seed", "5")[1] for _ in range(2))
    check(len(first) == 4 and first == second, f"{first} and {second}")
    # LibTorch crashed where it described a failure of what freezing had inlined.
    expect_refused(program, folder, "TracedNorm", [{"input": [1, 2, 3, 4]}], "the model refused the first records",
                   arguments=("--allow-batch-effects", "--input-spec", "input:int64:[4]"))


def optimized_for_inference(program: Program, folder: pathlib.Path) -> None:
    """What LibTorch saves of it, it cannot read."""
    expect_refused(program, folder, "Optimized", [{"input": [[[1.0] * 4] * 4]}], "save the module as it was before")


TESTS = [results_that_are_memory, compiled_memory, rewrites, state, chance, chance_of_several, neighbours, whole_numbers, unfed,
         lazy_views, one_record, one_record_compiled, one_batch_size, one_batch_size_mixed, not_per_row, padding,
         training_mode, optimized_for_inference]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
