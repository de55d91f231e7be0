"""How large an encoder is, and how much it computes."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Size:
    """Of an encoder's layers."""

    hidden: int
    feed_forward: int
    layers: int


def size_of(model: Path) -> Size:
    """By the config.json of BERT's kin, or of DistilBERT's."""
    config = json.loads((model / "config.json").read_text())
    if "dim" in config:
        return Size(config["dim"], config["hidden_dim"], config["n_layers"])
    return Size(config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"])


def flops_per_text(size: Size, length: float) -> float:
    """Of the matrix products and the attention of one text; norms, softmax and pooling are left out."""
    weights = 4 * size.hidden**2 + 2 * size.hidden * size.feed_forward
    return size.layers * (2 * length * weights + 4 * length**2 * size.hidden)
