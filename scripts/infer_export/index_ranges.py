"""Which inputs are indices into a table of the model: seen in one run of it."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .plan import ModelInput
from .schema import INTEGER_DTYPES

aten = torch.ops.aten
LOOKUPS = (aten.embedding, aten.embedding_bag, aten._embedding_bag, aten._embedding_bag_forward_only)
SAME_VALUES = (aten._to_copy, aten.alias, aten.clone, aten.detach, aten.expand, aten.permute, aten.squeeze, aten.t,
               aten.transpose, aten.unsqueeze, aten.view, aten._unsafe_view)


class _Lookups(TorchDispatchMode):
    """Follows the inputs through what leaves their values as they are, to the tables."""

    def __init__(self, inputs: Sequence[Tensor]):
        super().__init__()
        self.followed = [(tensor, k) for k, tensor in enumerate(inputs)]
        self.rows: dict[int, int] = {}  # of the smallest table, by the input's place

    def _place(self, value: Any) -> int | None:
        return next((k for tensor, k in self.followed if tensor is value), None)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        packet = function.overloadpacket
        if packet in SAME_VALUES and (k := self._place(args[0])) is not None:
            self.followed.append((result, k))
        if packet in LOOKUPS and (k := self._place(args[1])) is not None:
            self.rows[k] = min(len(args[0]), self.rows.get(k, len(args[0])))
        return result


def with_index_ranges(run: Callable[..., Any], inputs: tuple[ModelInput, ...],
                      tensors: Sequence[Tensor]) -> tuple[ModelInput, ...]:
    """The inputs; those of whole numbers that are looked up in a table get its range, unless they have one. `run` takes
    `tensors`, in call order."""
    with torch.no_grad(), _Lookups(tensors) as lookups:
        run(*tensors)
    return tuple(_with_range(one, lookups.rows[k]) if k in lookups.rows else one for k, one in enumerate(inputs))


def _with_range(one: ModelInput, rows: int) -> ModelInput:
    if one.range is not None or one.dtype not in INTEGER_DTYPES:
        return one
    return dataclasses.replace(one, range=(0, min(rows - 1, torch.iinfo(getattr(torch, one.dtype)).max)))
