"""Two ways to keep texts that lie one after the other apart: a mask, on the CPU, and operators that are told where each
text begins, on a GPU."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from . import varlen
from .modules import EmbeddingHead
from .poolings import pool_packed

UNIT = 16  # infer fills a batch up to a multiple of it: fewer sizes for which the matrix products are compiled


class Layout(Protocol):
    """index, text: int64 [tokens]; ends, begins, counts: int64 [batch], begins with one more for the filling where it
    goes to arguments()."""

    longest: int  # tokens that a text may have for this to pay
    keeps_prompts: bool  # whether tokens of a prompt can be left out of the pooling
    is_by_model: bool  # whether the model does a part, and must be tried with the longest texts too

    def texts(self, index: Tensor, ends: Tensor) -> Tensor:
        """The text of each token."""

    def arguments(self, text: Tensor, begins: Tensor) -> dict[str, Any]:
        """What the body is called with besides its tokens."""

    def context(self, body: nn.Module) -> contextlib.AbstractContextManager[None]:
        """For the length of the body's call."""

    def pool(self, head: EmbeddingHead, hidden: Tensor, text: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
        """[tokens, width] -> [batch, width of the vector, or labels]."""


class MaskLayout:
    longest = 1024  # the mask has the square of a batch's tokens
    keeps_prompts = False
    is_by_model = False

    def texts(self, index: Tensor, ends: Tensor) -> Tensor:
        return (index.unsqueeze(1) >= ends.unsqueeze(0)).sum(dim=1)

    def arguments(self, text: Tensor, begins: Tensor) -> dict[str, Any]:
        return {"attention_mask": (text.unsqueeze(1) == text.unsqueeze(0))[None, None]}

    def context(self, body: nn.Module) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def pool(self, head: EmbeddingHead, hidden: Tensor, text: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
        return head.finish(pool_packed(head.pooling, hidden, begins, counts))


class OwnMaskLayout(MaskLayout):
    """The model makes the mask itself, of a decoder with all that it hides: it sees by the places where texts begin. It may
    have no places for more tokens than a text may have, or windows that hide what is far."""

    is_by_model = True

    def arguments(self, text: Tensor, begins: Tensor) -> dict[str, Any]:
        return {"attention_mask": None}


@dataclasses.dataclass
class BoundsLayout:
    """`max_length`: tokens of a text at most. The operators start as many blocks for each text as one of that length
    takes; those with nothing to do end at once. A number from the batch would be exact, and a wait for the GPU in the
    midst of each call."""

    max_length: int
    longest = 2048  # from where the blocks with nothing to do are thought to cost more than padding: not measured
    keeps_prompts = True
    is_by_model = False

    def texts(self, index: Tensor, ends: Tensor) -> Tensor:
        return torch.bucketize(index, ends, right=True)

    def arguments(self, text: Tensor, begins: Tensor) -> dict[str, Any]:
        bounds = torch.cat([begins, begins.new_full((1,), text.shape[0])]).to(torch.int32)
        longest = max(self.max_length, UNIT)  # the filling is a text too
        return {"cu_seq_lens_q": bounds, "cu_seq_lens_k": bounds, "max_length_q": longest, "max_length_k": longest}

    @contextlib.contextmanager
    def context(self, body: nn.Module) -> Iterator[None]:
        varlen.register()
        before = body.config._attn_implementation
        body.set_attn_implementation(varlen.NAME)
        try:
            yield
        finally:
            body.set_attn_implementation(before)

    def pool(self, head: EmbeddingHead, hidden: Tensor, text: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
        """As padded: compiled, the rows are laid out within the kernel that adds them up, so that no sum depends on the
        rest of the batch, and nothing is multiplied that is not there. A trace takes the length from its batch."""
        if torch.jit.is_tracing():
            rows, mask = varlen.scripted(rows_as_long_as_any)(hidden, begins, counts)
        else:
            rows, mask = rows_of(hidden, begins, counts, self.max_length)
        return head(rows, mask)


def rows_of(hidden: Tensor, begins: Tensor, counts: Tensor, longest: int) -> tuple[Tensor, Tensor]:
    """[tokens, width] -> [texts, longest, width], and the mask [texts, longest] of what is the text's own."""
    place = torch.arange(longest, device=hidden.device).unsqueeze(0)
    mask = place < counts.unsqueeze(1)
    return hidden[torch.where(mask, begins.unsqueeze(1) + place, 0)], mask.to(torch.int64)


def rows_as_long_as_any(hidden: Tensor, begins: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    return rows_of(hidden, begins, counts, int(counts.max()))
