"""What every peer of the text benchmark shares: JSONL in, JSONL out, and mean pooling."""

from collections.abc import Iterable, Iterator

import numpy as np
import orjson


def read_records(path: str) -> tuple[list, list[str]]:
    """Ids and texts of all lines."""
    with open(path, "rb") as lines:
        records = [orjson.loads(line) for line in lines]
    return [record["id"] for record in records], [record["text"] for record in records]


def write_rows(path: str, ids: Iterable, embeddings: Iterable[np.ndarray]) -> None:
    """{"id", "embedding"} per line; `embeddings` are float32 vectors in the order of `ids`."""
    with open(path, "wb") as out:
        for row, embedding in zip(ids, embeddings, strict=True):
            out.write(orjson.dumps({"id": row, "embedding": embedding}, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def sorted_batches(texts: list[str], size: int) -> Iterator[list[int]]:
    """Indices of the texts, longest first, `size` at a time."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    for first in range(0, len(order), size):
        yield order[first:first + size]


def mean_pool(hidden: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """float32 [b, length, width] and [b, length] -> the mean over each text's tokens, of length 1, [b, width]."""
    summed = np.einsum("blw,bl->bw", hidden, mask.astype(hidden.dtype), optimize=True)
    return summed / np.linalg.norm(summed, axis=1, keepdims=True)
