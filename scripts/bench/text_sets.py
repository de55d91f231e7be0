"""The text benchmark's records: real words, put together by a fixed seed to texts of chosen lengths in tokens."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tokenizers

SPECIAL_TOKENS = 2  # [CLS] and [SEP]
SHORTEST, LONGEST = 4, 512  # tokens, special ones included


def _log_normal(mean: float, sigma: float, longest: int) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Lengths whose mean before rounding and clipping is `mean`."""
    mu = np.log(mean) - sigma**2 / 2
    return lambda rng, count: np.clip(np.round(rng.lognormal(mu, sigma, count)), SHORTEST, longest).astype(int)


def _fixed(length: int) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda rng, count: np.full(count, length)


SETS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "fixed32": _fixed(32),
    "fixed128": _fixed(128),
    "fixed512": _fixed(512),
    "lognormal60": _log_normal(60, 0.8, LONGEST),
    "squad177": _log_normal(177, 0.38, 384),
    "bimodal20_512": lambda rng, count: rng.choice([20, 512], count),
}


def lengths_of(name: str, tokens: int) -> np.ndarray:
    """Lengths of as many texts of set `name` as have about `tokens` tokens together."""
    rng = np.random.default_rng([7, len(name), *name.encode()])
    some = SETS[name](rng, 4096)
    count = max(1, round(tokens / some.mean()))
    return np.resize(some, count)


class Words:
    """Words of real texts in their order, with the number of tokens that each becomes."""

    def __init__(self, texts: list[str], tokenizer: tokenizers.Tokenizer) -> None:
        self.words = " ".join(texts).split()
        cache: dict[str, int] = {}
        for word in set(self.words):
            cache[word] = len(tokenizer.encode(word, add_special_tokens=False))
        self.pieces = [cache[word] for word in self.words]

    def text(self, start: int, tokens: int) -> str:
        """Words from number `start` on, without those that would not fit, of exactly `tokens` tokens together."""
        chosen: list[str] = []
        at = start
        while tokens > 0:
            at = (at + 1) % len(self.words)
            if 0 < self.pieces[at] <= tokens:
                chosen.append(self.words[at])
                tokens -= self.pieces[at]
        return " ".join(chosen)


def write_set(path: Path, name: str, tokens: int, corpus: list[str], tokenizer: tokenizers.Tokenizer) -> np.ndarray:
    """Writes {"id", "text"} lines and returns their lengths; raises when the tokenizer sees another one."""
    words = Words(corpus, tokenizer)
    lengths = lengths_of(name, tokens)
    rng = np.random.default_rng(11)
    with path.open("wb") as out:
        for number, length in enumerate(lengths.tolist()):
            text = words.text(int(rng.integers(len(words.words))), length - SPECIAL_TOKENS)
            seen = len(tokenizer.encode(text))
            if seen != length:
                raise SystemExit(f"{name}, text {number}: {seen} tokens instead of {length}")
            line = json.dumps({"id": number, "text": text}, ensure_ascii=False, separators=(",", ":"))
            out.write(line.encode() + b"\n")
    return lengths
