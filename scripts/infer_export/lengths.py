"""How many tokens a model takes."""

import torch

from .errors import UsageError

NO_LIMIT = 1_000_000  # tokenizers without a limit state 1e30


def _position_table(body: torch.nn.Module) -> torch.nn.Module | None:
    """An Embedding, or another module with such a weight: I-BERT's."""
    for name, module in body.named_modules():
        weight = getattr(module, "weight", None)
        if name.rsplit(".", 1)[-1] == "position_embeddings" and isinstance(weight, torch.Tensor) and weight.dim() == 2:
            return module
    return None


def position_offset(body: torch.nn.Module) -> int:
    """The first token's position: RoBERTa and its kin count from the padding index + 1."""
    table = _position_table(body)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else padding + 1


def position_limit(body: torch.nn.Module, config: object) -> int | None:
    """Tokens, special ones included, that the model has positions for; None where it has no such limit.

    With an offset, 514 positions hold 512 tokens.
    """
    stated = getattr(config, "max_position_embeddings", None)
    table = _position_table(body)
    if table is not None:
        return min(len(table.weight), stated or len(table.weight)) - position_offset(body)
    return stated if isinstance(stated, int) and stated > 0 else None


def runs_at(body: torch.nn.Module, length: int) -> bool:
    """Whether the model takes one text of so many tokens: where it has no table of positions, the number that its
    configuration states is no limit."""
    ids = torch.ones(1, length, dtype=torch.int64)
    try:
        with torch.no_grad():
            body(input_ids=ids, attention_mask=torch.ones_like(ids))
    except Exception:  # noqa: BLE001  a model raises what it likes
        return False
    return True


def has_positions(body: torch.nn.Module) -> bool:
    """Whether position_limit() is a table's size, beyond which the model cannot be run."""
    return _position_table(body) is not None


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
