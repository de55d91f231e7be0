"""What a trace of a model needs to hold for other batches than its example."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn


_stride = torch.Tensor.stride


class _Context:
    """Takes what a forward would keep for its backward."""

    needs_input_grad = ()

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def _apply(function: type, *inputs: Any, **named: Any) -> Any:
    if function.setup_context is not torch.autograd.function._SingleLevelFunction.setup_context:
        return function.forward(*inputs, **named)
    return function.forward(_Context(), *inputs, **named)


def _stride_by_sizes(tensor: torch.Tensor, dim: int | None = None) -> Any:
    """A trace follows sizes, but keeps strides as the numbers that they were."""
    if not tensor.is_contiguous():
        return _stride(tensor) if dim is None else _stride(tensor, dim)
    strides = [1]
    for size in reversed(tensor.size()[1:]):
        strides.insert(0, strides[0] * size)
    return tuple(strides[: tensor.dim()]) if dim is None else strides[dim]


def _len(value: Any) -> Any:
    return value.size(0) if isinstance(value, torch.Tensor) else len(value)


@contextlib.contextmanager
def for_any_batch(model: nn.Module) -> Iterator[None]:
    """For the length of a trace. Functions with a gradient of their own (torch.autograd.Function), which no trace can
    hold, are their forward alone: gradients are not wanted. Strides are computed from sizes, and so is len() in the
    files of the model's classes."""
    own = torch.autograd.Function.__dict__["apply"]
    names = {type(part).__module__ for part in model.modules() if not type(part).__module__.startswith("torch.")}
    files = [vars(sys.modules[name]) for name in names if name in sys.modules and "len" not in vars(sys.modules[name])]
    torch.autograd.Function.apply, torch.Tensor.stride = classmethod(_apply), _stride_by_sizes
    for file in files:
        file["len"] = _len
    try:
        yield
    finally:
        for file in files:
            del file["len"]
        torch.autograd.Function.apply = own
        del torch.Tensor.stride


def for_any_length(body: nn.Module) -> None:
    """In place: a configuration may have a way of its own without steps that depend on the length."""
    config = getattr(body, "config", None)
    if getattr(config, "onnx_export", None) is False:
        config.onnx_export = True


def odd(length: int) -> int:
    """For an example: what pads a multiple of something up to it must be seen at work."""
    return length - 1 + length % 2
