"""Batches of token ids on a device, padded and packed, each with the numbers of its texts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """`inputs` are what Padded or Packed take."""

    texts: list[int]
    inputs: tuple[Tensor, ...]


def read_texts(path: Path, most: int | None = None) -> list[str]:
    with path.open() as lines:
        return [json.loads(line)["text"] for number, line in enumerate(lines) if most is None or number < most]


def cut(lengths: Sequence[int], budget: int, padded: bool) -> list[list[int]]:
    """Numbers of the texts of each batch. Padded: longest first, rows x longest within the budget; else in input order."""
    order = sorted(range(len(lengths)), key=lambda text: -lengths[text]) if padded else range(len(lengths))
    found: list[list[int]] = []
    size = 0
    for text in order:
        new = (len(found[-1]) + 1) * lengths[found[-1][0]] if found and padded else size + lengths[text]
        if not found or new > budget:
            found.append([])
            new = lengths[text]
        found[-1].append(text)
        size = new
    return found


def padded_batch(texts: list[int], ids: Sequence[Sequence[int]], device: str) -> Batch:
    lengths = torch.tensor([len(ids[text]) for text in texts])
    mask = torch.arange(int(lengths.max()))[None, :] < lengths[:, None]
    tokens = torch.zeros(mask.shape, dtype=torch.int64)
    tokens[mask] = torch.tensor([token for text in texts for token in ids[text]])
    return Batch(texts, (tokens.to(device), mask.to(device)))


def packed_batch(texts: list[int], ids: Sequence[Sequence[int]], device: str) -> Batch:
    lengths = torch.tensor([len(ids[text]) for text in texts])
    begins = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    text = torch.repeat_interleave(torch.arange(len(texts)), lengths)
    tokens = torch.tensor([token for number in texts for token in ids[number]])
    places = torch.arange(len(tokens)) - begins[:-1][text]
    return Batch(texts, tuple(one.to(device) for one in (tokens, places, begins.to(torch.int32), text)))


def batches(ids: Sequence[Sequence[int]], budget: int, padded: bool, device: str) -> list[Batch]:
    make = padded_batch if padded else packed_batch
    return [make(texts, ids, device) for texts in cut([len(one) for one in ids], budget, padded)]
