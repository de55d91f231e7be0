"""How many tokens a model takes."""

import torch

from .errors import UsageError

NO_LIMIT = 1_000_000  # tokenizers without a limit state 1e30


def position_limit(body: torch.nn.Module, config: object) -> int | None:
    """Tokens, special ones included, that the model has positions for; None where it has no such limit.

    RoBERTa and its kin count positions from the padding index + 1, so that 514 positions hold 512 tokens.
    """
    stated = getattr(config, "max_position_embeddings", None)
    for name, module in body.named_modules():
        if isinstance(module, torch.nn.Embedding) and name.rsplit(".", 1)[-1] == "position_embeddings":
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            return min(module.num_embeddings, stated or module.num_embeddings) - offset
    return stated if isinstance(stated, int) and stated > 0 else None


def choose_max_length(asked: int | None, limit: int | None, *stated: int | None) -> int:
    """`asked` is --max-length; `limit` the model's; `stated` what its other files say. Throws UsageError."""
    if asked is not None:
        if limit is not None and asked > limit:
            raise UsageError(f"--max-length {asked}: the model has positions for {limit} tokens; give at most {limit}")
        return asked
    known = [int(length) for length in (limit, *stated) if length is not None and 0 < length < NO_LIMIT]
    if not known:
        raise UsageError("neither the model nor its tokenizer says how long a text may be: give --max-length")
    return min(known)
