"""Texts of a batch one after the other, without padding between them: the module that runs a model so."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .errors import UsageError
from .examples import make_batch
from .layouts import UNIT, BoundsLayout, Layout, MaskLayout, OwnMaskLayout, rows_of
from .lengths import position_offset
from .likelihood import UNSCORED, LikelihoodModel
from .modules import EmbeddingHead, PlainHead, TextModel
from .options import Options
from .plan import WILDCARD, ModelInput
from .repository import one_line
from .text_source import TextSource
from .varlen import on_the_host

PROBE_SIZE = (3, 11)
LONG_ROWS = 4  # of the greatest length: in sum more than that


@dataclasses.dataclass
class Places:
    """Where the texts of a batch are. Mutable, shared: set for the length of one call."""

    begins: Tensor | None = None  # [batch]


def _first_tokens_only(base: nn.Module, places: Places) -> None:
    """From now on, while `places` is set, `base` hands its first tokens on as texts of length 1: what a classifier's
    head looks at."""
    whole, pooler = base.forward, getattr(base, "pooler", None)

    def forward(*arguments: object, **named: object) -> object:
        result = whole(*arguments, **named)
        if places.begins is None:
            return result
        result.last_hidden_state = result.last_hidden_state[0, places.begins].unsqueeze(1)
        if pooler is not None:
            result.pooler_output = pooler(result.last_hidden_state)
        return result

    base.forward = forward


class PackedTextModel(TextModel):
    """input_ids: int64 [tokens], token_counts: int64 [batch] -> float32 [batch, width or labels, or tokens of a text at
    most].

    What is left of input_ids behind the last text is filling: a text of its own that nobody asked for.
    """

    def __init__(self, body: nn.Module, head: EmbeddingHead | PlainHead, output: str, layout: Layout, longest: int):
        super().__init__(body, head, output)
        self.layout, self.places, self.longest = layout, Places(), longest
        self.offset = position_offset(body)
        self.is_per_token = isinstance(body, LikelihoodModel)
        if isinstance(head, PlainHead) and not self.is_per_token:
            _first_tokens_only(body.base_model, self.places)

    def _run(self, input_ids: Tensor, token_counts: Tensor, **others: Tensor) -> Tensor:
        ends = token_counts.cumsum(0)
        index = torch.arange(input_ids.shape[0], device=input_ids.device)
        text = self.layout.texts(index, ends)  # of each token; the batch's size: filling
        begins = nn.functional.pad(ends, (1, 0))  # one more than texts: the filling's
        inputs = {"input_ids": input_ids, "position_ids": index - begins[text] + self.offset, **others}
        result = self._run_body(inputs, self.layout.arguments(text, begins), begins[:-1])
        if self.is_per_token:
            return self._in_rows(result[0], begins[:-1], token_counts)
        if isinstance(self.head, PlainHead):
            return result
        return self.layout.pool(self.head, result[0], text, begins[:-1], token_counts)

    def _in_rows(self, values: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
        """[tokens] -> [batch, tokens of a text at most]."""
        rows, own = rows_of(values, begins, counts, self.longest)
        return torch.where(own > 0, rows, UNSCORED)

    def _run_body(self, inputs: dict[str, Tensor], arguments: dict[str, Any], begins: Tensor) -> Tensor:
        self.places.begins = begins
        try:
            with self.precision.context(), self.layout.context(self.body):
                result = self.body(**arguments, **{name: one.unsqueeze(0) for name, one in inputs.items()})
        finally:
            self.places.begins = None
        return getattr(result, self.output).float()

    def forward(self, input_ids: Tensor, token_counts: Tensor) -> Tensor:
        return self._run(input_ids, token_counts)


class PackedTypedTextModel(PackedTextModel):
    """The same with token_type_ids [tokens]."""

    def forward(self, input_ids: Tensor, token_counts: Tensor, token_type_ids: Tensor) -> Tensor:
        return self._run(input_ids, token_counts, token_type_ids=token_type_ids)


def packed_inputs(padded: Sequence[ModelInput]) -> tuple[ModelInput, ...]:
    """Of ids, mask and perhaps types: the mask's place is taken by the counts."""
    counts = ModelInput("token_counts", "int64", (), "token_count")
    return tuple(counts if one.source == "token_mask" else dataclasses.replace(one, packed=True) for one in padded)


def pack(padded: Sequence[ModelInput], tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """A padded batch as infer packs it."""
    mask = tensors[[one.source for one in padded].index("token_mask")] != 0
    filling = -int(mask.sum()) % UNIT
    return tuple(mask.sum(dim=1) if one.source == "token_mask" else
                 nn.functional.pad(tensor[mask], (0, filling), value=one.pad)
                 for one, tensor in zip(padded, tensors, strict=True))


def choose_packed(options: Options, source: TextSource, subject: Any) -> PackedTextModel | None:
    """The packed form of the subject's model, whose body it shares, if --packed or its absence says so. Throws
    UsageError."""
    if not options.packed and (options.packed is False or options.format == "pt"):
        return None
    compiled_for_cpu = options.format == "pt2" and options.device == "cpu"
    layouts = (MaskLayout(), OwnMaskLayout()) if compiled_for_cpu else (BoundsLayout(subject.plan.text.max_length),)
    for layout in layouts:
        reason = "a batch is one text" if options.max_batch == 1 else _why_not(source, subject, layout)
        if reason is None:
            packed = (PackedTypedTextModel if len(subject.plan.inputs) == 3 else PackedTextModel)(
                source.body, source.head, source.output or "", layout, subject.plan.text.max_length).eval()
            sizes = [PROBE_SIZE] + [(LONG_ROWS, subject.plan.text.max_length)] * layout.is_by_model
            reason = next(filter(None, (_difference(packed, subject.model, subject.plan.inputs, size) for size in sizes)), None)
            if reason is None:
                return packed
    if options.packed:
        raise UsageError(f"--packed: {reason}; leave it away")
    return None


def _why_not(source: TextSource, subject: Any, layout: Layout) -> str | None:
    plan = subject.plan
    if subject.changed:
        return "a call changes the model"
    if source.config is None:
        return "only models of Hugging Face can be packed"
    if any(WILDCARD in one.shape for one in plan.outputs) and not isinstance(source.body, LikelihoodModel):
        return "the results are per token"
    if isinstance(source.head, EmbeddingHead) and source.head.skipped > 0 and not layout.keeps_prompts:
        return "the prompt's tokens are not pooled"
    if plan.text.max_length > layout.longest:
        return f"texts of {plan.text.max_length} tokens are longer than {layout.longest}"
    return None


def _difference(packed: PackedTextModel, model: TextModel, padded: Sequence[ModelInput], size: tuple[int, int]) -> str | None:
    """Whether this architecture gives the same so: one may take no positions, or look beyond the mask."""
    tensors = make_batch(padded, size).tensors
    try:
        with torch.no_grad(), on_the_host():
            expected, got = model(*tensors), packed(*pack(padded, tensors))
    except Exception as error:  # noqa: BLE001  a model raises what it likes
        return f"the model cannot be run so: {one_line(error)}"
    if packed.is_per_token:
        got = got[:, : expected.shape[1]]
    if expected.shape == got.shape and torch.allclose(expected, got, rtol=1e-4, atol=1e-4):
        return None
    return "the model gives other results so"
