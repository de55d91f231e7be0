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


def compile_forward(module: Any) -> None:
    """In place, and also for callers that take `forward` without the module's call."""
    module.forward = torch.compile(module.forward, dynamic=True)


def slices(setup: Setup, encode: Encode, texts: list[str]) -> tuple[list[Any], float]:
    """Vectors of texts from the beginning, for sizes.peer_s or to the end, in slices that double; and the seconds."""
    size = setup.sizes.peer_slice
    found: list[Any] = []
    done = 0
    start = time.perf_counter()
    while done < len(texts) and time.perf_counter() - start < setup.sizes.peer_s:
        size *= 2
        found.append(encode(texts[done:done + size]))
        done += len(found[-1])
    return found, time.perf_counter() - start


def encode_for(setup: Setup, encode: Encode, who: str, shape: str, name: str, startup_s: float, compiled: bool = False) -> dict[str, Any]:
    """The pace on a set after a warm-up: one slice, or, since shapes of later slices may be compiled anew, of a compiled model a
    whole pass. Saves the vectors. `startup_s` is returned with what the warm-up took beyond that pace; `whole_texts_per_s` is
    what both give for the whole set: calculated, unless all of it was encoded.
    """
    texts = read_texts(setup.texts(name))
    start = time.perf_counter()
    warmed = [encode(texts[:setup.sizes.peer_slice])]
    warmed += slices(setup, encode, texts)[0] if compiled else []
    warm_s = time.perf_counter() - start
    found, seconds = slices(setup, encode, texts)
    done = sum(map(len, found))
    pace = done / seconds
    startup_s += max(0.0, warm_s - sum(map(len, warmed)) / pace)
    save(setup.vectors(who, shape, name), found)
    return {"rows": done, "of": len(texts), "startup_s": round(startup_s, 1), "texts_per_s": pace,
            "tokens_per_s": pace * mean_tokens(setup, texts[:done]), "whole_texts_per_s": len(texts) / (startup_s + len(texts) / pace)}


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
