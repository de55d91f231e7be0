"""Compares the written file with the model it was made from, as infer will use it."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .errors import ExportError
from .examples import VERY_LONG, Batch, make_batch
from .modules import flatten
from .options import Options
from .plan import WILDCARD, Plan
from .tasks import BUNDLE_TASKS

Results = list[Tensor]  # one per output
ORIGINAL_FAILS = ("; so it would in PyTorch, and records of that size occur: wrap it in a module that takes them, and use "
                  "--factory")


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


def tolerance(options: Options) -> Tolerance:
    """Of what --dtype and --quantize ask for."""
    if options.quantize:
        return INT8
    return HALF if options.dtype != "float32" else FLOAT32[options.device]


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is compared, and how exactly."""

    plan: Plan
    allowed: Tolerance

    @property
    def by_direction(self) -> bool:
        """Whether the first output is compared by its cosine."""
        return self.allowed.low and BUNDLE_TASKS[self.plan.task].is_vector

    def difference(self, index: int, ours: Tensor, theirs: Tensor) -> tuple[float, float]:
        """(difference, allowed) of one record's output, without padding. NaN is never allowed."""
        if not theirs.is_floating_point():
            unequal = float((ours != theirs).sum())
            return (0.0 if self.allowed.low else unequal), 0.0  # another number may be the greatest
        ours, theirs = (self._scores(index, one.double()) for one in (ours, theirs))
        if theirs.numel() == 0:
            return 0.0, 0.0
        if self.by_direction and index == 0:
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
        if self.by_direction:
            return f"cosine {1.0 - difference:.6f}"
        return f"difference {difference:.1g}"


def as_list(results: Any) -> Results:
    """Copies: the next call may write where these lie."""
    return [one.cpu().clone() for one in flatten(results).values()]


@dataclasses.dataclass
class Truth:
    """What the original says of one batch, and of some of its records alone, without padding."""

    batch: Batch
    together: Results
    alone: dict[int, Results]  # by row


class Parity:
    """Made from the original in float32, before its precision is lowered; then checks files."""

    def __init__(self, model: Callable[..., Any], plan: Plan, sizes: Sequence[tuple[int, int]], device: str,
                 hint: str = ""):
        """`model` takes the plan's inputs. Throws ExportError when it gives a record another result beside others than
        alone. `hint` ends what is said when the file differs."""
        self.plan, self.hint = plan, hint
        self.exact = Rules(plan, FLOAT32[device])
        self.truths = [self._ask(model, make_batch(plan.inputs, size)) for size in sizes]

    def _ask(self, model: Callable[..., Any], batch: Batch) -> Truth:
        together = _run(model, batch.tensors, batch, len(self.plan.outputs), "the model")
        alone = {k: _run(model, batch.row(self.plan.inputs, k), batch, len(self.plan.outputs), "the model")
                 for k in _rows_to_compare(batch)}
        for k, results in alone.items():
            _worst(self.exact, self.exact.row(together, k, batch.lengths[k]), self.exact.row(results, 0, batch.lengths[k]),
                   _dependence(batch, k) + self.hint)
        return Truth(batch, together, alone)

    def check(self, loaded: Callable[..., Any], allowed: Tolerance, remedy: str = "") -> str:
        """Says how far the worst result is off. Throws ExportError, naming the size, when that is too far; `remedy` ends
        what is said when it fails."""
        rules = Rules(self.plan, allowed)
        worst = 0.0
        for truth in self.truths:
            lengths, size = truth.batch.lengths, _size(truth.batch)
            results = _run(loaded, truth.batch.tensors, truth.batch, len(self.plan.outputs), "the exported model", remedy)
            for k, length in enumerate(lengths):
                what = f"at {size} the exported model differs from the original{self.hint}"
                worst = max(worst, _worst(rules, rules.row(results, k, length), rules.row(truth.together, k, length), what))
            for k, expected in truth.alone.items():
                tensors = truth.batch.row(self.plan.inputs, k)
                ours = _run(loaded, tensors, truth.batch, len(self.plan.outputs), "the exported model", remedy)
                what = f"alone, of length {lengths[k]}, the exported model differs from the original{self.hint}"
                worst = max(worst, _worst(rules, rules.row(ours, 0, lengths[k]), rules.row(expected, 0, lengths[k]), what))
        return rules.name(worst)


def _rows_to_compare(batch: Batch) -> list[int]:
    """All of a small batch, the first and the last of a large one; none where it is one record already."""
    rows, length = batch.size
    if rows == 1 or length > VERY_LONG:
        return []
    return list(range(rows)) if rows * length <= VERY_LONG else [0, rows - 1]


def _dependence(batch: Batch, row: int) -> str:
    if batch.lengths[row] < batch.size[1]:
        return (f"at {_size(batch)} a record of length {batch.lengths[row]} comes out differently with padding, or beside "
                "others, than alone: keep padding out by the mask; or --max-batch 1 gives each record a batch of its own")
    return (f"at {_size(batch)} a record comes out differently beside others than alone: a result depends on the rest of its "
            "batch (a mean, softmax or normalisation over the first dimension, batch_first=False); --max-batch 1 gives "
            "each record a batch of its own")


def _run(model: Callable[..., Any], tensors: Sequence[Tensor], batch: Batch, outputs: int, who: str,
         remedy: str = ORIGINAL_FAILS) -> Results:
    """Throws ExportError when it fails, or does not give so many outputs with a row for each record."""
    rows = len(tensors[0])
    try:
        results = as_list(model(*tensors))
    except Exception as error:
        raise ExportError(f"{who} fails at {_records(rows, batch)}: {reason(error)}{remedy}") from error
    if len(results) != outputs:
        raise ExportError(f"at {_records(rows, batch)} {who} gives {len(results)} results instead of {outputs}: their number "
                          "must not depend on the batch")
    for one in results:
        if one.dim() == 0 or len(one) != rows:
            raise ExportError(f"at {_records(rows, batch)} {who} gives a result of shape {list(one.shape)}: its first "
                              "dimension must be the batch, also of one record (no squeeze())")
    return results


def reason(error: Exception) -> str:
    """Of a size that Inductor compiled in without a word, a package only says that it is another one."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    fixed = re.search(r"unmatched dim value at 0, expected: (\d+)", said)
    return f"the compiler made it for batches of {fixed[1]} alone; --format pt needs no compiler" if fixed else said


def _records(rows: int, batch: Batch) -> str:
    return _size(batch) if rows == batch.size[0] else f"batch {rows}, length {batch.size[1]} at most"


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
