"""The tokenizer gives the tokens that the Python package `tokenizers` gives: ids, types, byte offsets, truncated or not.

    exactness_test.py ENCODE_LINES TOKENIZERS [--texts 1000] [--giants 16384] [--text FILE ...] [--tokenizer JSON ...]

ENCODE_LINES is the test program, TOKENIZERS the folder of make_tokenizers.py; --giants is the size of the largest
texts in bytes, --text names files of real lines and --tokenizer further tokenizer.json files. The full comparison has
--texts 100000 --giants 1048576. Prints what was compared, and the first differences if there are any.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from texts import NONE, as_bytes, giants, make_texts, read_lines

import numpy as np
from tokenizers import Encoding, Tokenizer

MOST_SHOWN = 5


@dataclass(frozen=True)
class Mode:
    """One way to tokenize, tried on every `step`-th text, and perhaps on the giant texts."""

    name: str
    max_length: int = 0
    side: str = "right"
    pairs: bool = False
    spans: bool = False
    step: int = 1
    giants: bool = False


MODES = [
    Mode("whole", giants=True),
    Mode("right 16", 16),
    Mode("left 16", 16, "left", step=2),
    Mode("right 5", 5, step=2),
    Mode("right 20000", 20000, step=20, giants=True),
    Mode("left 20000", 20000, "left", step=20, giants=True),
    Mode("pairs", pairs=True, step=2),
    Mode("pairs right 23", 23, pairs=True),
    Mode("pairs left 24", 24, "left", pairs=True, step=2),
    Mode("spans", spans=True, step=5, giants=True),
    Mode("spans right 16", 16, spans=True, step=5),
    Mode("spans left 16", 16, "left", spans=True, step=5),
    Mode("spans pairs right 15", 15, pairs=True, spans=True, step=5),
]


def pick(texts: list[str], mode: Mode) -> list:
    """The texts or pairs of a mode. A pair is a text and the one after it, which may be of any kind."""
    some = texts[::mode.step]
    return list(zip(some, some[1:] + some[:1], strict=True)) if mode.pairs else some


def our_tokens(program: str, tokenizer: pathlib.Path, inputs: list, mode: Mode, folder: pathlib.Path) -> np.ndarray:
    """The program's output format, as one array of integers."""
    (folder / "texts").write_bytes(as_bytes(inputs))
    flags = [mode.side] * (mode.side == "left") + ["spans"] * mode.spans
    subprocess.run([program, tokenizer, folder / "texts", folder / "tokens", str(mode.max_length), *flags], check=True)
    return np.fromfile(folder / "tokens", dtype="<u4")


def reference(path: pathlib.Path, mode: Mode) -> Tokenizer:
    """Set as transformers sets it for truncation=True."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if mode.max_length:
        tokenizer.enable_truncation(mode.max_length, strategy="longest_first", direction=mode.side)
    return tokenizer


def expected_spans(encoding: Encoding, text: str) -> np.ndarray:
    """Python counts characters, the program bytes. Tokens of the second text count as special."""
    lengths = np.fromiter((len(c.encode()) for c in text), dtype=np.int64, count=len(text))
    byte_of = np.concatenate(([0], np.cumsum(lengths)))
    special = np.array([sequence != 0 for sequence in encoding.sequence_ids])
    offsets = byte_of[np.array(encoding.offsets).reshape(-1, 2) * ~special[:, None]]
    return np.column_stack((offsets, special)).astype(np.uint32)


def expected_tokens(encoding: Encoding, item, mode: Mode) -> list[int]:
    """What the program should have written for one text."""
    numbers = [len(encoding.ids), int(mode.max_length > 0 and len(encoding.overflowing) > 0), *encoding.ids, *encoding.type_ids]
    if mode.spans and encoding.ids:
        numbers += expected_spans(encoding, item[0] if mode.pairs else item).ravel().tolist()
    return numbers


def encode(tokenizer: Tokenizer, inputs: list) -> Iterator[tuple[list, list[Encoding]]]:
    """All inputs with their encodings, few at a time: an encoding takes hundreds of bytes per token."""
    some: list = []
    for i, item in enumerate(inputs):
        some.append(item)
        if len(some) == 1000 or len(item) > 10_000 or i + 1 == len(inputs):
            yield some, tokenizer.encode_batch(some)
            some = []


def split_results(numbers: np.ndarray, mode: Mode) -> Iterator[np.ndarray]:
    """The numbers of each text."""
    position = 0
    while position < len(numbers):
        count = int(numbers[position])
        length = 2 if count == NONE else 2 + count * (5 if mode.spans else 2)
        yield numbers[position:position + length]
        position += length


def same(ours: np.ndarray, theirs: list[int], ignore_truncated: bool) -> bool:
    return ours[0] == theirs[0] and (ignore_truncated or ours[1] == theirs[1]) and np.array_equal(ours[2:], theirs[2:])


def compare(program: str, path: pathlib.Path, texts: list[str], big: list[str], mode: Mode, folder: pathlib.Path) -> tuple[int, int]:
    """Texts compared, and how many differ; prints the first ones that do."""
    inputs = pick(texts, mode) + (big if mode.giants else [])
    results = split_results(our_tokens(program, path, inputs, mode, folder), mode)
    tokenizer = reference(path, mode)
    # The package does not see that it cut where it stopped at the limit and there are no special tokens to add.
    ignore_truncated = tokenizer.num_special_tokens_to_add(mode.pairs) == 0
    differences = 0
    for some, encodings in encode(tokenizer, inputs):
        for item, encoding in zip(some, encodings, strict=True):
            got, want = next(results), expected_tokens(encoding, item, mode)
            if same(got, want, ignore_truncated):
                continue
            differences += 1
            if differences <= MOST_SHOWN:
                print(f"{path.stem}, {mode.name}: {str(item)[:300]!r}\n  ours   {got[:60].tolist()}\n  theirs {want[:60]}", flush=True)
    if next(results, None) is not None:
        raise SystemExit(f"{path.stem}, {mode.name}: the program wrote more results than there are texts")
    return len(inputs), differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("tokenizers", type=pathlib.Path)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--giants", type=int, default=1 << 14)
    parser.add_argument("--text", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--tokenizer", type=pathlib.Path, nargs="*", default=[])
    args = parser.parse_args()
    texts = make_texts(args.texts, read_lines(args.text))
    big = giants(args.giants)
    total = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in [*sorted(args.tokenizers.glob("*.json")), *args.tokenizer]:
            results = [compare(args.program, path, texts, big, mode, pathlib.Path(folder)) for mode in MODES]
            compared, differences = (sum(column) for column in zip(*results, strict=True))
            print(f"{path.stem}: {compared} results from {len(texts)} texts in {len(MODES)} modes, {differences} differ", flush=True)
            total, wrong = total + compared, wrong + differences
    print(f"{total} results compared, {wrong} differ")
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main())
