"""Compares the written file with the model it was made from, as infer will use it."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .errors import ExportError
from .examples import VERY_LONG, Batch, make_batch
from .modules import flatten
from .plan import WILDCARD, Plan

Results = list[Tensor]  # one per output


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Of scores and values, times the size of values above 1; so a label may only differ where two scores are closer
    than twice that. In low precision embeddings are compared by 1 - cosine instead."""

    values: float
    cosine: float | None = None

    @property
    def low(self) -> bool:
        return self.cosine is not None


HALF = Tolerance(2e-2, 5e-4)
INT8 = Tolerance(1e-1, 3e-2)
FLOAT32 = {"cpu": Tolerance(1e-5), "cuda": Tolerance(1e-4)}


def tolerance(options: Any) -> Tolerance:
    """Of what --dtype and --quantize ask for."""
    if options.quantize:
        return INT8
    return HALF if options.dtype != "float32" else FLOAT32[options.device]


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is compared, and how exactly."""

    plan: Plan
    allowed: Tolerance

    def difference(self, index: int, ours: Tensor, theirs: Tensor) -> tuple[float, float]:
        """(difference, allowed) of one record's output, without padding. NaN is never allowed."""
        if not theirs.is_floating_point():
            unequal = float((ours != theirs).sum())
            return (0.0 if self.allowed.low else unequal), 0.0  # another number may be the greatest
        ours, theirs = (self._scores(index, one.double()) for one in (ours, theirs))
        if theirs.numel() == 0:
            return 0.0, 0.0
        if self.allowed.cosine is not None and self.plan.task == "embedding" and index == 0:
            return 1.0 - float(torch.cosine_similarity(ours, theirs, dim=0)), self.allowed.cosine
        return float((ours - theirs).abs().max()), self.allowed.values * max(1.0, float(theirs.abs().max()))

    def _scores(self, index: int, values: Tensor) -> Tensor:
        if self.plan.classes is None or index > 0 or self.plan.classes.activation == "none":
            return values
        return values.softmax(dim=-1) if self.plan.classes.activation == "softmax" else values.sigmoid()

    def row(self, results: Results, k: int, length: int) -> Results:
        """Record k of every output, without padding."""
        rows = []
        for output, result in zip(self.plan.outputs, results, strict=True):
            row = result[k]
            for dim, size in enumerate(output.shape):
                row = row.narrow(dim, 0, length) if size == WILDCARD and row.shape[dim] >= length else row
            rows.append(row)
        return rows

    def name(self, difference: float) -> str:
        if self.allowed.low and self.plan.task == "embedding":
            return f"cosine {1.0 - difference:.6f}"
        return f"difference {difference:.1g}"


def as_list(results: Any) -> Results:
    return [one.cpu() for one in flatten(results).values()]


class Parity:
    """Made from the original in float32, before its precision is lowered; then checks files."""

    def __init__(self, model: Callable[..., Any], plan: Plan, sizes: Sequence[tuple[int, int]], device: str):
        self.plan = plan
        self.batches = [make_batch(plan.inputs, size) for size in sizes]
        with torch.no_grad():
            self.expected = [as_list(model(*(one.to(device) for one in batch.tensors))) for batch in self.batches]

    def check(self, loaded: Callable[..., Any], allowed: Tolerance) -> str:
        """Says how far the worst result is off. Throws ExportError, naming the size, when that is too far."""
        rules = Rules(self.plan, allowed)
        worst = 0.0
        for batch, expected in zip(self.batches, self.expected):
            results = self._run(loaded, batch.tensors, batch)
            worst = max(worst, self._compare(rules, batch, results, expected))
            worst = max(worst, self._compare_alone(rules, batch, results, loaded))
        return rules.name(worst)

    def _run(self, loaded: Callable[..., Any], tensors: Sequence[Tensor], batch: Batch) -> Results:
        try:
            return as_list(loaded(*tensors))
        except Exception as error:
            reason = str(error).strip().splitlines()[-1]
            raise ExportError(f"the exported model fails at {_size(batch)}: {reason}") from error

    def _compare(self, rules: Rules, batch: Batch, results: Results, expected: Results) -> float:
        rows = range(batch.size[0])
        return max(_worst(rules, rules.row(results, k, batch.lengths[k]), rules.row(expected, k, batch.lengths[k]),
                          f"at {_size(batch)} the exported model differs from the original") for k in rows)

    def _compare_alone(self, rules: Rules, batch: Batch, results: Results, loaded: Callable[..., Any]) -> float:
        """Whether padding changes a record."""
        worst = 0.0
        for k, length in enumerate(batch.lengths):
            if length == batch.size[1] or batch.size[1] > VERY_LONG:
                continue
            alone = self._run(loaded, batch.row(self.plan.inputs, k), batch)
            what = f"at {_size(batch)} a record of length {length} comes out differently with padding"
            worst = max(worst, _worst(rules, rules.row(results, k, length), rules.row(alone, 0, length), what))
        return worst


def _size(batch: Batch) -> str:
    return f"batch {batch.size[0]}, length {batch.size[1]}"


def _worst(rules: Rules, ours: Results, theirs: Results, what: str) -> float:
    """The greatest difference over all outputs. Throws ExportError when one is too great."""
    worst = 0.0
    for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one.shape != other.shape:
            raise ExportError(f"{what}: shape {list(one.shape)} instead of {list(other.shape)}")
        difference, allowed = rules.difference(index, one, other)
        if not difference <= allowed:
            raise ExportError(f"{what}: output {rules.plan.outputs[index].name} by {difference:.2g}, "
                              f"where {allowed:.2g} is allowed")
        worst = max(worst, difference)
    return worst
