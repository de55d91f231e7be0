"""What transformers' models need so that a text in a padded batch gives what it gives alone: changes of a body's forward,
each adopted only where it is seen to give the same."""

import functools
from typing import Any

import torch
from torch import Tensor, nn

from .modules import TextModel


def take_last_eos(body: nn.Module) -> None:
    """For classifiers of encoders with a decoder, in place. A text's vector is that of its last <eos>; transformers asks
    every text of a batch to have as many, which texts that contain one do not."""
    config, head = getattr(body, "config", None), getattr(body, "classification_head", None)
    if head is None or not getattr(config, "is_encoder_decoder", False) or not isinstance(config.eos_token_id, int):
        return
    whole, shift = body.forward, getattr(body, "_shift_right", None)

    @functools.wraps(whole)
    def forward(input_ids: Tensor, attention_mask: Tensor) -> Any:
        shifted = {} if shift is None else {"decoder_input_ids": shift(input_ids)}
        hidden = body.base_model(input_ids=input_ids, attention_mask=attention_mask, **shifted)[0]
        place = torch.arange(input_ids.shape[1], device=input_ids.device)
        last = (place * (input_ids == config.eos_token_id)).amax(dim=1)
        vectors = hidden.gather(1, last.reshape(-1, 1, 1).expand(-1, 1, hidden.shape[2])).squeeze(1)
        from transformers.modeling_outputs import SequenceClassifierOutput
        return SequenceClassifierOutput(logits=head(vectors))

    ids = torch.full((2, 5), config.eos_token_id - 1 if config.eos_token_id else 1)
    ids[:, -1] = config.eos_token_id
    mask = torch.ones_like(ids)
    with torch.no_grad():
        if torch.allclose(whole(input_ids=ids, attention_mask=mask).logits, forward(ids, mask).logits, atol=1e-5):
            body.forward = forward


def pad_on_the_left(model: TextModel) -> None:
    """In place: rows that are padded on the right reach the body padded on the left, as models want that look at the last
    token of all. For results without a length."""
    whole = model.body.forward

    @functools.wraps(whole)
    def forward(input_ids: Tensor, attention_mask: Tensor, **others: Tensor) -> Any:
        length = input_ids.shape[1]
        padding = length - attention_mask.sum(dim=1, keepdim=True)
        places = (torch.arange(length, device=input_ids.device).unsqueeze(0) - padding) % length
        given = {"input_ids": input_ids, "attention_mask": attention_mask, **others}
        return whole(**{name: one.gather(1, places) for name, one in given.items()})

    model.body.forward = forward


def differs_with_padding(model: TextModel, padded: tuple[Tensor, ...], alone: tuple[Tensor, ...], row: int) -> bool:
    """Whether a record among others differs from itself alone; both as tensors in call order."""
    with torch.no_grad():
        return not torch.allclose(model(*padded)[row], model(*alone)[0], rtol=1e-4, atol=1e-5)
