"""Decoders that judge a text by its last token, which the mask finds: nothing hangs on what the padding is."""

from typing import Any

import torch
from torch import nn

from .errors import UsageError
from .modules import EmbeddingHead
from .options import Options
from .text_source import TextSource
from .vocabulary import TOLERANCE, probe_ids


def take_last_token(source: TextSource, layer: nn.Module) -> None:
    """In place: logits by `layer` of what the decoder without its own head gives for a text's last token."""
    whole, reload = source.body, source.reload
    source.origin = {"architecture": type(whole).__name__}
    source.body, source.output = whole.base_model, "last_hidden_state"
    source.reload = lambda: reload().base_model
    source.head = EmbeddingHead("lasttoken")
    source.head.classifier = layer
    source.head.eval()


def is_by_last_token(model: Any) -> bool:
    """Of transformers' ...ForSequenceClassification, whether its layer `score` of a text's last token is all."""
    ids = probe_ids(model)[:1]
    mask = torch.ones_like(ids)
    try:
        with torch.no_grad():
            hidden = model.base_model(input_ids=ids, attention_mask=mask)[0]
            ours, theirs = model.score(hidden[:, -1]), model(input_ids=ids, attention_mask=mask).logits
    except Exception:  # noqa: BLE001  a model raises what it likes
        return False
    return ours.shape == theirs.shape and torch.allclose(ours, theirs, TOLERANCE, TOLERANCE)


def answer_ids(options: Options, tokenizer: Any) -> list[int]:
    """Of --answer-tokens: tokens of the vocabulary as it spells them, else texts of one token. Throws UsageError."""
    ids, vocabulary = [], tokenizer.get_vocab()
    for answer in options.answer_tokens or ():
        found = [vocabulary[answer]] if answer in vocabulary else tokenizer.encode(answer, add_special_tokens=False)
        if len(found) != 1:
            pieces = ", ".join(map(repr, tokenizer.convert_ids_to_tokens(found)))
            raise UsageError(f"--answer-tokens: {answer!r} is {len(found)} tokens of this tokenizer ({pieces}); name single ones")
        ids.append(found[0])
    if len(set(ids)) < len(ids):
        raise UsageError(f"--answer-tokens {','.join(options.answer_tokens or ())}: two of them are one token")
    return ids
