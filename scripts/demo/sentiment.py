"""The text demo's classifier: MiniLM's sentence embedding (mean of the tokens, length 1) and a logistic head.

    sentiment.py TRAIN.jsonl EMBEDDINGS.npy HEAD.npz    trains the head on what infer made of the records
    export_model.py --hf minilm --head HEAD.npz ...     exports the whole
"""

import sys
from pathlib import Path

import numpy as np
import orjson

LABELS = ("negative", "positive")


def train_head(records: Path, embeddings: Path, head: Path) -> None:
    """Fits a logistic regression and writes it: weight [2, width] and bias [2], float32, in the order of LABELS."""
    from sklearn.linear_model import LogisticRegression

    truth = [orjson.loads(line)["sentiment"] for line in records.read_bytes().splitlines()]
    fit = LogisticRegression(C=3, max_iter=1000).fit(np.load(embeddings), [LABELS.index(label) for label in truth])
    weight = np.concatenate([np.zeros_like(fit.coef_), fit.coef_])
    bias = np.concatenate([np.zeros_like(fit.intercept_), fit.intercept_])
    np.savez(head, weight=weight.astype(np.float32), bias=bias.astype(np.float32))


if __name__ == "__main__":
    train_head(*map(Path, sys.argv[1:]))
