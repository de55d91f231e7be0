"""A stage: how many tokens/s the card can do with each model when the batches are on it already, of shapes that it has seen:
padded and packed, as they are and compiled. The measure of everything else.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from batches import Batch, batches, read_texts
from check_setup import Setup
from encoder import load_encoders
from stage import Findings, need_files, need_packages, run_stage

PASSES = 3
Texts = dict[str, list[list[int]]]  # token ids of the texts of each set
NO_COMPILER = "compiled models are for a GPU: on a CPU the compiler would take minutes"


def token_ids(setup: Setup, name: str) -> list[list[int]]:
    """Of the first texts of a set that have about sizes.bound_tokens together."""
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(str(setup.tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = read_texts(setup.texts(name))
    share = min(1.0, setup.sizes.bound_tokens / setup.sizes.sets[name])
    return [one.ids for one in tokenizer.encode_batch(texts[:max(1, round(len(texts) * share))])]


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def best_pass_s(model: Callable[..., Any], some: Sequence[Batch], device: str) -> float:
    """Of some passes over all batches, after one that warms up."""
    best = float("inf")
    for number in range(PASSES + 1):
        wait(device)
        start = time.perf_counter()
        for batch in some:
            model(*batch.inputs)
        wait(device)
        if number:
            best = min(best, time.perf_counter() - start)
    return best


def save_vectors(setup: Setup, who: str, shape: str, name: str, model: Callable[..., Any], some: Sequence[Batch]) -> dict[str, Any]:
    import numpy as np
    rows = torch.zeros(sum(len(batch.texts) for batch in some), setup.sizes.shapes[shape].width)
    for batch in some:
        rows[batch.texts] = model(*batch.inputs).cpu()
    path = setup.vectors(who, shape, name)
    path.parent.mkdir(exist_ok=True)
    np.save(path, rows.numpy())
    return {"texts": len(rows)}


def measure(setup: Setup, model: Callable[..., Any], ids: list[list[int]], budget: int, padded: bool) -> dict[str, Any]:
    some = batches(ids, budget, padded, setup.device)
    seconds = best_pass_s(model, some, setup.device)
    return {"texts_per_s": len(ids) / seconds, "tokens_per_s": sum(map(len, ids)) / seconds, "batches": len(some)}


def bound_of(setup: Setup, findings: Findings, shape: str, way: str, model: Callable[..., Any], all_ids: Texts, compiled: bool) -> None:
    """A model, padded or packed, with the sets of its shape; the compiled one with those that come first."""
    sizes = setup.sizes
    padded = way == "padded"
    for name in (name for its, name in sizes.pairs + (() if compiled else sizes.more_pairs) if its == shape):
        ids = all_ids[name]
        pair = {"shape": shape, "set": name}
        if not compiled:
            some = batches(ids, sizes.budgets[0], padded, setup.device)
            findings.attempt(partial(save_vectors, setup, f"bound_{way}", shape, name, model, some), vectors=f"bound_{way}", **pair)
        for budget in sizes.budgets:
            who = f"bound: {way}{' compiled' if compiled else ''}, {budget} tokens a batch"
            findings.attempt(partial(measure, setup, model, ids, budget, padded), who=who, **pair, bound=True,
                             vectors="" if compiled else f"bound_{way}")


@torch.no_grad()
def bound(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    need_packages("tokenizers", "safetensors", "numpy")
    need_files(*(setup.folder(shape) / "model.safetensors" for shape in setup.sizes.shapes), *map(setup.texts, setup.sizes.sets))
    all_ids = {name: token_ids(setup, name) for name in setup.sizes.sets}
    models = {(shape, way): model for shape in setup.sizes.shapes for way, model in
              zip(("packed", "padded"), reversed(load_encoders(setup.folder(shape), setup.device, getattr(torch, setup.sizes.dtype))), strict=True)}
    for (shape, way), model in models.items():
        bound_of(setup, findings, shape, way, model, all_ids, compiled=False)
    if setup.simulated:
        findings.add(who="bound: compiled", skipped=NO_COMPILER)
        return
    for (shape, way), model in models.items():
        bound_of(setup, findings, shape, way, torch.compile(model, dynamic=True), all_ids, compiled=True)


if __name__ == "__main__":
    run_stage(bound)
