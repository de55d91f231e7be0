"""A model that takes text, before it is decided how: the module, its tokenizer and what its files say."""

import dataclasses
import inspect
from typing import Any

from torch import nn

from .errors import UsageError
from .modules import EmbeddingHead, PlainHead


@dataclasses.dataclass
class TextSource:
    """What hugging_face.py and factory.py find, and bundle_plan.py makes a Plan of."""

    name: str
    body: nn.Module
    head: nn.Module  # EmbeddingHead or PlainHead
    output: str | None  # field of the body's result
    config: Any  # of transformers; None for a factory
    tokenizer: Any
    max_length: int | None = None  # as files beside the model state it
    origin: dict[str, Any] = dataclasses.field(default_factory=dict)

    def embedding_rows(self) -> int | None:
        """Rows of the table that token ids index; None where the module does not say."""
        try:
            return self.body.get_input_embeddings().num_embeddings
        except (AttributeError, NotImplementedError):
            return getattr(self.config, "vocab_size", None)

    def type_rows(self) -> int:
        """Token types that the model knows; below 2, it needs none. 2 for a module that does not say."""
        if "token_type_ids" not in forward_names(self.body):
            return 0
        return (getattr(self.config, "type_vocab_size", None) or 0) if self.config is not None else 2


def forward_names(module: nn.Module) -> list[str]:
    return list(inspect.signature(module.forward).parameters)


def head_origin(head: EmbeddingHead | PlainHead, pooling: str) -> dict[str, Any]:
    if isinstance(head, PlainHead):
        return {}
    classifier = {"head": "linear"} if isinstance(head.classifier, nn.Linear) else {}
    return {"pooling": pooling, "normalize": head.normalize} | classifier


def check_takes_tokens(body: nn.Module, name: str) -> None:
    """Throws UsageError for a module that cannot be called with token ids and their mask."""
    names = forward_names(body)
    missing = [wanted for wanted in ("input_ids", "attention_mask") if wanted not in names]
    if missing and not any(part.kind == inspect.Parameter.VAR_KEYWORD
                           for part in inspect.signature(body.forward).parameters.values()):
        raise UsageError(f"{name}: forward takes ({', '.join(names)}), but a text model needs input_ids and "
                         "attention_mask [and token_type_ids]")
