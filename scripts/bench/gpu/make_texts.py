"""A stage: texts of made-up words, of exactly the lengths in tokens that a set asks for. make_texts.py SETUP NAME SET [...]"""

import json
import random
import sys
from functools import partial
from pathlib import Path
from typing import Any

from check_setup import ROOT, Setup
from stage import Findings, need_files, need_packages, run_stage

sys.path.append(str(ROOT / "scripts/bench"))

CORPUS_WORDS = 200_000
CONTINUED = 0.2  # share of the words that are a word of the vocabulary and a piece behind it


def corpus(tokenizer_json: Path) -> str:
    """Words, few of them often and many seldom (Zipf), by a fixed seed."""
    names = list(json.loads(tokenizer_json.read_text())["model"]["vocab"])
    words = [name for name in names if name.isalpha() and len(name) > 1]
    pieces = [name.removeprefix("##") for name in names if name.startswith("##") and len(name) > 3]
    rng = random.Random(1)
    chosen = rng.choices(words, weights=[1 / rank for rank in range(1, len(words) + 1)], k=CORPUS_WORDS)
    return " ".join(word + rng.choice(pieces) if rng.random() < CONTINUED else word for word in chosen)


def write(setup: Setup, name: str) -> dict[str, Any]:
    """Returns texts, tokens with the special ones, and bytes."""
    import tokenizers
    from text_sets import write_set
    tokenizer = tokenizers.Tokenizer.from_file(str(setup.tokenizer))
    lengths = write_set(setup.texts(name), name, setup.sizes.sets[name], [corpus(setup.tokenizer)], tokenizer)
    return {"texts": len(lengths), "tokens": int(lengths.sum()), "bytes": setup.texts(name).stat().st_size}


def make_texts(setup: Setup, findings: Findings, names: list[str]) -> None:
    need_packages("tokenizers", "numpy")
    need_files(setup.tokenizer)
    for name in names:
        findings.attempt(partial(write, setup, name), set=name)


if __name__ == "__main__":
    run_stage(make_texts)
