"""What every peer of the text benchmark shares: JSONL in, JSONL out, mean pooling, and the classifier on top."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import orjson


def read_records(path: str) -> tuple[list, list[str]]:
    """Ids and texts of all lines."""
    with Path(path).open("rb") as lines:
        records = [orjson.loads(line) for line in lines]
    return [record["id"] for record in records], [record["text"] for record in records]


def write_rows(path: str, ids: Iterable, embeddings: np.ndarray) -> None:
    """{"id", "embedding"} per line, or what classify() says where $CLASSIFIER_HEAD is set; `embeddings` are
    float32 [n, width] in the order of `ids`."""
    head = os.environ.get("CLASSIFIER_HEAD")
    rows = classify(embeddings, head) if head else ({"embedding": each} for each in embeddings)
    with Path(path).open("wb") as out:
        for row_id, row in zip(ids, rows, strict=True):
            out.write(orjson.dumps({"id": row_id} | row, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def classify(embeddings: np.ndarray, head: str) -> Iterator[dict]:
    """{"label", "score"} of each row of float32 [n, width]: the likeliest of the names in $CLASSIFIER_LABELS and its softmax.
    `head` is a file with weight [labels, width] and bias [labels]."""
    names = os.environ["CLASSIFIER_LABELS"].split(",")
    layer = np.load(head)
    logits = embeddings @ layer["weight"].T + layer["bias"]
    likelihoods = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    for best, score in zip(scores.argmax(axis=1), scores.max(axis=1), strict=True):
        yield {"label": names[best], "score": score}


def sorted_batches(texts: list[str], size: int) -> Iterator[list[int]]:
    """Indices of the texts, longest first, `size` at a time."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    for first in range(0, len(order), size):
        yield order[first:first + size]


def mean_pool(hidden: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """float32 [b, length, width] and [b, length] -> the mean over each text's tokens, of length 1, [b, width]."""
    summed = np.einsum("blw,bl->bw", hidden, mask.astype(hidden.dtype), optimize=True)
    return summed / np.linalg.norm(summed, axis=1, keepdims=True)
