"""Inputs to trace with and to compare on: random, the same each time, with padding as infer pads."""

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from .plan import WILDCARD, ModelInput

SEED = 20
DEFAULT_RANGE = (0, 1)  # of whole numbers whose range is not given: any table has two rows
TRACE_SIZE = (16, 64)  # batch, length: inductor tunes its loops by it
CHECK_SIZES = ((1, 1), (1, 2), (1, 7), (2, 1), (3, 33), (8, 128))
LONGEST_ROWS = 5  # at the full length; one row where that is very long
VERY_LONG = 1024


@dataclasses.dataclass(frozen=True)
class Batch:
    """Tensors in call order, and how long each row really is: the rest is padding."""

    size: tuple[int, int]
    tensors: tuple[Tensor, ...]
    lengths: tuple[int, ...]

    def row(self, inputs: Sequence[ModelInput], k: int) -> tuple[Tensor, ...]:
        """Row k alone and without padding, as a batch of one."""
        return tuple(_cut(one, tensor[k : k + 1], self.lengths[k]) for one, tensor in zip(inputs, self.tensors, strict=True))


def _cut(one: ModelInput, tensor: Tensor, length: int) -> Tensor:
    for dim, size in enumerate(one.shape, start=1):
        if size == WILDCARD:
            tensor = tensor.narrow(dim, 0, length)
    return tensor.contiguous()


def shortest(inputs: Sequence[ModelInput]) -> int:
    """Of a record: an empty text has the tokens that are put around it."""
    return max([1, *(len(before) + len(after) for before, after in (one.ends for one in inputs))])


def check_sizes(max_batch: int, max_length: int | None, least: int = 1) -> list[tuple[int, int]]:
    """(batch, length) pairs to compare at; max_length None: lengths have no bound, or there are none. `least`: the
    shortest length that occurs."""
    sizes = list(CHECK_SIZES)
    if max_length is not None:
        sizes.append((1 if max_length > VERY_LONG else LONGEST_ROWS, max_length))
    within = {(min(rows, max_batch), min(max(length, least), max_length or length)) for rows, length in sizes}
    return sorted(within, key=lambda size: (size[0] * size[1], size))


def can_pad(inputs: Sequence[ModelInput]) -> bool:
    variable = [one for one in inputs if WILDCARD in one.shape]
    return bool(variable) and all(one.pad is not None for one in variable)


def make_batch(inputs: Sequence[ModelInput], size: tuple[int, int]) -> Batch:
    """Row 0 is full; the others are ever shorter where the inputs can be padded."""
    rows, length = size
    random = torch.Generator().manual_seed(SEED + 1000 * rows + length)
    least = min(length, shortest(inputs))
    lengths = [max(least, length - k * length // (rows + 1)) if can_pad(inputs) else length for k in range(rows)]
    tensors = tuple(_make_tensor(one, rows, length, lengths, random) for one in inputs)
    return Batch(size, tensors, tuple(lengths))


def _make_tensor(one: ModelInput, rows: int, length: int, lengths: list[int], random: torch.Generator) -> Tensor:
    shape = (rows, *(length if size == WILDCARD else size for size in one.shape))
    tensor = _values(one, shape, random)
    _put_ends(one, tensor, lengths)
    if one.pad is None or WILDCARD not in one.shape:
        return tensor
    kept = torch.ones(shape, dtype=torch.bool)
    for dim, size in enumerate(one.shape, start=1):
        if size == WILDCARD:
            position = torch.arange(length).reshape([-1 if axis == dim else 1 for axis in range(len(shape))])
            limit = torch.tensor(lengths).reshape([-1] + [1] * (len(shape) - 1))
            kept &= position < limit
    return torch.where(kept, tensor, torch.tensor(one.pad, dtype=tensor.dtype))


def _values(one: ModelInput, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    dtype = getattr(torch, one.dtype)
    if one.source == "image":
        return _pictures(shape, random)
    if one.source == "token_mask":
        return torch.ones(shape, dtype=dtype)
    if one.source == "token_types":  # the second half of each row is the second text
        return (torch.arange(shape[1]) >= (shape[1] + 1) // 2).to(dtype).expand(shape).contiguous()
    if dtype.is_floating_point:
        return torch.randn(shape, generator=random).to(dtype)
    low, high = one.range or DEFAULT_RANGE
    values = torch.randint(low, high + 1, shape, generator=random)
    if one.source == "token_ids":  # a real token never has the padding's id, by which RoBERTa finds positions
        special = {one.pad, *one.ends[0], *one.ends[1]}
        plain = [value for value in (*range(high, max(low, high - 9) - 1, -1), low) if value not in special] or [high]
        values[torch.isin(values, torch.tensor(sorted(special)))] = plain[0]
        high = plain[0]
    values.view(-1)[min(len(one.ends[0]), values.numel() - 1)] = high  # the table must really have this row
    return values.to(dtype)


def _pictures(shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    """Smooth patches and some noise: more like a picture than noise alone, which a network makes grey of."""
    rows, height, width, channels = shape
    patches = torch.rand((rows, channels, 8, 8), generator=random)
    smooth = torch.nn.functional.interpolate(patches, (height, width), mode="bicubic").permute(0, 2, 3, 1)
    noisy = smooth + 0.05 * torch.randn(shape, generator=random)
    return (255 * noisy).round().clamp(0, 255).to(torch.uint8).contiguous()


def _put_ends(one: ModelInput, tensor: Tensor, lengths: list[int]) -> None:
    """What the tokenizer puts around any text, as far as there is room: models look for it."""
    if one.ends == ((), ()):
        return
    before, after = (torch.tensor(ids, dtype=tensor.dtype) for ids in one.ends)
    for row, length in zip(tensor, lengths, strict=True):
        if length >= len(before) + len(after):
            row[: len(before)] = before
            row[length - len(after) : length] = after
