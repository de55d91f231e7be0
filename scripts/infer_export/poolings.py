"""Token vectors to one vector per text, as sentence-transformers pools them; for padded batches and for packed ones."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .pooling_table import POOLINGS

PaddedFormula = Callable[[Tensor, Tensor], Tensor]
PackedFormula = Callable[[Tensor, Tensor, Tensor], Tensor]
MASKED = -1e9  # stands for positions that max pooling must not see
LEAST = 1e-9  # so that nothing is divided by zero


def mean_pooling(hidden: Tensor, mask: Tensor) -> Tensor:
    """[batch, length, width], [batch, length] of 0 and 1 -> [batch, width]; zeros where a mask is all 0."""
    kept = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=LEAST)


def mean_sqrt_pooling(hidden: Tensor, mask: Tensor) -> Tensor:
    """The sum over the square root of how many there are."""
    kept = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=LEAST).sqrt()


def weighted_mean_pooling(hidden: Tensor, mask: Tensor) -> Tensor:
    """Token k of a text counts k times, from 1 up."""
    places = torch.arange(1, mask.shape[1] + 1, device=mask.device)
    weights = (mask * places).unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=LEAST)


def cls_pooling(hidden: Tensor, mask: Tensor) -> Tensor:
    """The vector of the first token that the mask keeps."""
    return _vectors_at(hidden, mask.to(torch.int32).argmax(dim=1))


def last_token_pooling(hidden: Tensor, mask: Tensor) -> Tensor:
    """The vector of the last token that the mask keeps; zeros where it keeps none."""
    last = (mask * torch.arange(mask.shape[1], device=mask.device)).amax(dim=1)
    return _vectors_at(hidden * mask.unsqueeze(-1).to(hidden.dtype), last)


def max_pooling(hidden: Tensor, mask: Tensor) -> Tensor:
    """The greatest value of each dimension over the tokens that the mask keeps."""
    return hidden.masked_fill(mask.unsqueeze(-1) == 0, MASKED).amax(dim=1)


def _vectors_at(hidden: Tensor, places: Tensor) -> Tensor:
    return hidden.gather(1, places.reshape(-1, 1, 1).expand(-1, 1, hidden.shape[2])).squeeze(1)


PADDED_POOLINGS: dict[str, PaddedFormula] = {one.name: globals()[f"{one.formula}_pooling"] for one in POOLINGS.values()}


def pool(modes: Sequence[str], hidden: Tensor, mask: Tensor) -> Tensor:
    """Several modes' vectors one after the other."""
    return _joined([PADDED_POOLINGS[mode](hidden, mask) for mode in modes])


def _joined(vectors: list[Tensor]) -> Tensor:
    return vectors[0] if len(vectors) == 1 else torch.cat(vectors, dim=1)


# Packed: [tokens, width]; of each text, which are [batch], its first token's place and how many it has -> [batch, width].
# Each text's sum is its own, token after token: no digit depends on the rest of the batch, as it would by a product with
# a matrix of who belongs where, which is slower, too.


def _sums(hidden: Tensor, begins: Tensor, counts: Tensor, weights: Tensor | None = None) -> Tensor:
    bounds = torch.cat([begins, begins[-1:] + counts[-1:]])  # what fills up stands behind the last one
    index = torch.arange(hidden.shape[0], device=hidden.device)
    return torch.nn.functional.embedding_bag(index, hidden, bounds, mode="sum", include_last_offset=True,
                                             per_sample_weights=weights)


def packed_mean(hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    return _sums(hidden, begins, counts) / counts.unsqueeze(1)


def packed_mean_sqrt(hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    return _sums(hidden, begins, counts) / counts.unsqueeze(1).sqrt()


def packed_weighted_mean(hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    index = torch.arange(hidden.shape[0], device=hidden.device)
    first = begins[torch.bucketize(index, begins, right=True) - 1]
    weights = (index - first + 1).to(hidden.dtype)
    return _sums(hidden, begins, counts, weights) / (counts * (counts + 1) / 2).unsqueeze(1)


def packed_cls(hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    return hidden[begins]


def packed_last_token(hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    return hidden[begins + counts - 1]


def packed_max(hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    index = torch.arange(hidden.shape[0], device=hidden.device)
    member = (index >= begins.unsqueeze(1)) & (index < (begins + counts).unsqueeze(1))
    return hidden.masked_fill(~member.unsqueeze(-1), MASKED).amax(dim=1)


PACKED_POOLINGS: dict[str, PackedFormula] = {one.name: globals()[f"packed_{one.formula}"] for one in POOLINGS.values()}


def pool_packed(modes: Sequence[str], hidden: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    return _joined([PACKED_POOLINGS[mode](hidden, begins, counts) for mode in modes])
