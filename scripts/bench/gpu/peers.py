"""What the stages of the peers share: texts until the time is up, and what came of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from batches import read_texts
from check_setup import Setup

Encode = Callable[[list[str]], Any]  # texts -> float32 [texts, width] on the host


def put_cudnn_last() -> None:
    """Its attention builds a plan for each new shape, which costs more than these models: a peer at its best avoids it."""
    torch.backends.cuda.enable_cudnn_sdp(False)


def encode_for(setup: Setup, encode: Encode, who: str, shape: str, name: str, startup_s: float) -> dict[str, Any]:
    """A set from its beginning, for sizes.peer_s or to its end, in slices that double; the first one, before that, warms up.
    Saves the vectors. `whole_texts_per_s` is what start-up and this pace give for the whole set: calculated, unless all of it
    was encoded.
    """
    texts = read_texts(setup.texts(name))
    size = setup.sizes.peer_slice
    encode(texts[:size])
    found: list[Any] = []
    done = 0
    start = time.perf_counter()
    while done < len(texts) and time.perf_counter() - start < setup.sizes.peer_s:
        size *= 2
        found.append(encode(texts[done:done + size]))
        done += len(found[-1])
    pace = done / (time.perf_counter() - start)
    save(setup.vectors(who, shape, name), found)
    return {"rows": done, "of": len(texts), "startup_s": round(startup_s, 1), "texts_per_s": pace,
            "tokens_per_s": pace * mean_tokens(setup, texts[:done]),
            "whole_texts_per_s": len(texts) / (startup_s + len(texts) / pace)}


def save(path: Path, slices: list[Any]) -> None:
    import numpy as np
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.concatenate(slices).astype(np.float32))


def mean_tokens(setup: Setup, texts: list[str]) -> float:
    """Special ones included."""
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(str(setup.tokenizer))
    tokenizer.no_padding()
    return sum(len(one.ids) for one in tokenizer.encode_batch(texts)) / len(texts)
