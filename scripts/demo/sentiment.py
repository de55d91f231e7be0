"""The text demo's classifier: MiniLM's sentence embedding (mean of the tokens, length 1) and a logistic head.

    sentiment.py TRAIN.jsonl EMBEDDINGS.npy                  trains the head on what infer made of the records
    export_model.py --factory scripts.demo.sentiment:build   exports the whole

$DEMO_DIR holds minilm/, and head.npz once it is trained.
"""

import os
import sys
from pathlib import Path

import numpy as np
import orjson
import torch
from torch import Tensor, nn

LABELS = ("negative", "positive")
FOLDER = Path(os.environ["DEMO_DIR"])


class SentimentNet(nn.Module):
    """Token ids and mask [batch, length] -> logits [batch, 2], in the order of LABELS."""

    def __init__(self, encoder: nn.Module, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(weight.shape[1], len(weight))
        self.head.weight = nn.Parameter(torch.from_numpy(weight))
        self.head.bias = nn.Parameter(torch.from_numpy(bias))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return self.head(nn.functional.normalize((hidden * mask).sum(1)))


def build() -> nn.Module:
    """The trained classifier."""
    from transformers import AutoModel

    head = np.load(FOLDER / "head.npz")
    return SentimentNet(AutoModel.from_pretrained(FOLDER / "minilm"), head["weight"], head["bias"]).eval()


def train_head(records: Path, embeddings: Path) -> None:
    """Fits a logistic regression and writes head.npz: weight [2, width] and bias [2], float32."""
    from sklearn.linear_model import LogisticRegression

    truth = [orjson.loads(line)["sentiment"] for line in records.read_bytes().splitlines()]
    fit = LogisticRegression(C=3, max_iter=1000).fit(np.load(embeddings), [LABELS.index(label) for label in truth])
    weight = np.concatenate([np.zeros_like(fit.coef_), fit.coef_])
    bias = np.concatenate([np.zeros_like(fit.intercept_), fit.intercept_])
    np.savez(FOLDER / "head.npz", weight=weight.astype(np.float32), bias=bias.astype(np.float32))


if __name__ == "__main__":
    train_head(Path(sys.argv[1]), Path(sys.argv[2]))
