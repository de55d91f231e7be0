"""Whether a model gives the same for the same records, whatever it was called with before: seen in two calls."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .errors import UsageError
from .quiet import say

Run = Callable[[], dict[str, Tensor]]
PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device)
DEPTH = 3  # of lists and objects within a module's attributes
MORE_CALLS = 8  # where numbers are drawn and two calls agree
TOLERANCE = 1e-5  # of the same operations on the same numbers: more than enough


def _view(value: Any, depth: int = DEPTH) -> Any:
    """Something that differs when the value has changed."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Tensor):
        version = 0 if value.is_inference() else value._version
        return value.data_ptr(), version, value.shape, value.dtype
    if isinstance(value, nn.Module) or depth == 0:
        return id(value)
    if isinstance(value, dict):
        return [(repr(key), _view(item, depth - 1)) for key, item in value.items()]
    if isinstance(value, (list, tuple, set)):
        return [_view(item, depth - 1) for item in value]
    return type(value), _view(getattr(value, "__dict__", None), depth - 1)


def _snapshot(model: nn.Module) -> dict[str, Any]:
    """By attribute: what a call could leave behind."""
    seen: dict[str, Any] = {}
    for name, part in model.named_modules():
        seen[name or "the model"] = type(part)
        seen |= {".".join(filter(None, (name, key))): _view(value) for key, value in vars(part).items()
                 if key not in ("_modules", "_buffers", "_parameters")}
    return seen | {name: _view(value) for values in (model.named_buffers(), model.named_parameters())
                   for name, value in values}


def _random_state() -> list[Any]:
    numpy_state = np.random.get_state()
    return [torch.get_rng_state().tolist(), random.getstate(), numpy_state[1].tolist(), numpy_state[2]]


def check_steady(model: nn.Module, run: Run) -> list[str]:
    """Calls the model; returns the attributes that a call changes. Throws UsageError where the same records give other
    results the second time."""
    before, chance = _snapshot(model), _random_state()
    first, drawn = run(), _random_state() != chance
    after = _snapshot(model)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    for _ in range(1 + MORE_CALLS * drawn):
        if difference := _difference(first, run()):
            raise UsageError(_random_text(difference) if drawn else _state_text(difference, changed))
    if drawn:
        say("note: the model draws random numbers when it is called, but its results did not differ")
    return changed


def _random_text(difference: str) -> str:
    return (f"the model is random: two calls with the same records differ, {difference}; it draws numbers also in eval mode "
            "(dropout with training=True, torch.rand, ...): make it the same each time")


def _state_text(difference: str, changed: list[str]) -> str:
    where = f" (it changes {name_some(changed)})" if changed else ""
    return (f"the model keeps state between calls{where}: two calls with the same records differ, {difference}; infer calls "
            "it with any records in any order: begin each call anew")


def name_some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _difference(one: dict[str, Tensor], two: dict[str, Tensor]) -> str:
    """Which output differs, and by how much; empty when none does."""
    for (name, ours), theirs in zip(one.items(), two.values(), strict=True):
        if ours.shape != theirs.shape:
            return f"{name} in its shape"
        if not torch.allclose(ours.double(), theirs.double(), TOLERANCE, TOLERANCE, equal_nan=True):
            return f"{name} by {float((ours.double() - theirs.double()).abs().max()):.2g}"
    return ""
