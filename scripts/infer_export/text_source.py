"""A model that takes text, before it is decided how: the module, its tokenizer and what its files say."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from .errors import UsageError
from .modules import EmbeddingHead, PlainHead


POOLED = "pooler_output"  # of models that give one vector per text and no other


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
    exact_length: bool = False  # max_length holds, whatever the configuration says
    prompt: str = ""  # put before each text
    reload: Callable[[], nn.Module] | None = None  # the body anew
    origin: dict[str, Any] = dataclasses.field(default_factory=dict)

    def embedding_rows(self) -> int | None:
        """Rows of the table that token ids index; None where the module does not say."""
        try:
            return self.body.get_input_embeddings().num_embeddings
        except (AttributeError, NotImplementedError):
            return getattr(self.config, "vocab_size", None)

    def hidden_size(self) -> int:
        """Of a token's vector, or of a text's where the body gives that."""
        if self.config is None:
            return self.body.get_input_embeddings().embedding_dim
        return (self.output == POOLED and getattr(self.config, "projection_dim", 0)) or self.config.hidden_size

    def takes_types(self) -> bool:
        """Whether the body is told the types that the tokenizer gives, if it gives any."""
        asked = self.config is None or "token_type_ids" in self.tokenizer.model_input_names
        return asked and "token_type_ids" in forward_names(self.body)

    def type_rows(self) -> int | None:
        """Token types that the model knows; None where it does not say: any."""
        return 2 if self.config is None else getattr(self.config, "type_vocab_size", None)


def forward_names(module: nn.Module) -> list[str]:
    return list(inspect.signature(module.forward).parameters)


def head_origin(head: EmbeddingHead | PlainHead) -> dict[str, Any]:
    if isinstance(head, PlainHead):
        return {}
    classifier = {"head": "linear"} if isinstance(head.classifier, nn.Linear) else {}
    dimensions = {"dimensions": head.dimensions} if head.dimensions else {}
    return {"pooling": "+".join(head.pooling) or "none", "normalize": head.has_unit_length()} | dimensions | classifier


def prompt_length(tokenizer: Any, prompt: str, max_length: int | None) -> int:
    """Tokens at a text's beginning that are not pooled where the prompt is left out, as sentence-transformers counts
    them: those of the prompt alone, special ones included, but for one at the end."""
    limit = {} if max_length is None else {"max_length": max_length}
    ids = tokenizer(prompt, truncation=True, **limit)["input_ids"]
    return len(ids) - int(bool(ids) and ids[-1] in tokenizer.all_special_ids)


def check_takes_tokens(body: nn.Module, name: str) -> None:
    """Throws UsageError for a module that cannot be called with token ids and their mask."""
    names = forward_names(body)
    missing = [wanted for wanted in ("input_ids", "attention_mask") if wanted not in names]
    if missing and not any(part.kind == inspect.Parameter.VAR_KEYWORD
                           for part in inspect.signature(body.forward).parameters.values()):
        raise UsageError(f"{name}: forward takes ({', '.join(names)}), but a text model needs input_ids and "
                         "attention_mask [and token_type_ids]")
