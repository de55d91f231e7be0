"""Weights that a folder stores in half precision stay so in memory, mapped from their files, while the model is computed in
float32: large models would take twice their files' size, beside the files, before they are written in half precision."""

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_map

from .options import Options
from .weights import LARGE, METADATA, read_header

HALF = {"BF16": torch.bfloat16, "F16": torch.float16}
FLOATING = {*HALF, "F32", "F64"}
PRODUCTS = (torch.ops.aten.mm.default, torch.ops.aten.addmm.default)  # the last argument is the layer's matrix


def stored_half(options: Options) -> torch.dtype | None:
    """What all weights of the folder are stored in, where that is --dtype, and they are to stand outside as they are; else
    None, as for names on the hub."""
    folder = pathlib.Path(options.hf or "").expanduser()
    if not options.hf or options.format != "pt2" or options.quantize or options.weights == "inside" or not folder.is_dir():
        return None
    try:
        stored = [(one["dtype"], one["data_offsets"]) for path in folder.glob("model*.safetensors")
                  for name, one in read_header(path).items() if name != METADATA]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None  # who loads it says why not
    kinds = {kind for kind, _ in stored if kind in FLOATING}
    half = HALF.get(next(iter(kinds))) if len(kinds) == 1 else None
    outside = options.weights == "outside" or sum(end - begin for _, (begin, end) in stored) > LARGE
    return half if outside and half == getattr(torch, options.dtype) else None


def _widened(value: Any) -> Any:
    if isinstance(value, Tensor) and value.dtype in HALF.values():
        return value.float()
    return torch.float32 if isinstance(value, torch.dtype) and value in HALF.values() else value


class AsFloat32(TorchDispatchMode):
    """While it is on, what is in half precision is taken for float32, and widened each time that it is used."""

    def __init__(self) -> None:
        super().__init__()
        self._room = torch.empty(0)  # for one matrix after the other: new memory for each costs more than to fill it

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if operator is torch.ops.aten.embedding.default:  # not the whole table
            return _widened(operator(*args, **(kwargs or {})))
        if operator in PRODUCTS:
            args = (*args[:-1], self._in_room(args[-1]))
        if not operator.is_view:
            args, kwargs = tree_map(_widened, (args, kwargs))
        return operator(*args, **(kwargs or {}))

    def _in_room(self, matrix: Tensor) -> Tensor:
        """Widened, until the next call."""
        if matrix.dtype not in HALF.values() or not (matrix.is_contiguous() or matrix.t().is_contiguous()):
            return matrix
        if self._room.numel() < matrix.numel() or self._room.device != matrix.device:
            self._room = torch.empty(matrix.numel(), device=matrix.device)
        return self._room.as_strided(matrix.shape, matrix.stride()).copy_(matrix)


def as_float32(half: torch.dtype | None) -> contextlib.AbstractContextManager[Any]:
    """Where stored_half() names a precision."""
    return contextlib.nullcontext() if half is None else AsFloat32()


@contextlib.contextmanager
def as_stored() -> Iterator[None]:
    """Within as_float32(), for loading."""
    with _disable_current_modes():
        yield


def computed_half(model: torch.nn.Module) -> bool:
    """Whether buffers that no file has were computed in half precision: Gemma 3's factor of its embeddings is rounded so."""
    return any(value.dtype in HALF.values() and name.rsplit(".", 1)[-1] in part._non_persistent_buffers_set
               for part in model.modules() for name, value in part.named_buffers(recurse=False))
