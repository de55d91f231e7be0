"""Texts that tell one tokenizer from another, by seed: real sentences, and everything Unicode has to make trouble with."""

import pathlib
import random
import struct
import sys
import unicodedata

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from make_tokenizers import documentation_lines, generated_lines

NONE = 0xFFFFFFFF  # of encode_lines.cpp

MARKS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code))[0] == "M"]
SPACES = " \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060"
CASES = "İıſẞßŉΐΰǅǆﬁﬂﬃﬅΣςσȺȾⱥⱦ\u0130\u1e9e\u03f4\u2126\u212a\u212b\u0345"
COMPATIBLE = "ａＡ１２①②㈱㍿㎏ﷺ℀ⅷ½¼ª²₃ｶﾞﾊﾟヷ豈切﨑각가\u1100\u1161\u11a8한＂＇（ｐ）…‥․"
RTL = "שלום עולם مرحبا بالعالم لا إله \u200f\u200e\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069 ޙ ࠀ ࡀ"
EMOJI = ["👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "☺", "1️⃣", "🧑🏿‍🚀", "🫠", "🏴\U000e0067\U000e0062\U000e007f", "😀😀", "⌚︎"]
PIECES = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "<s>", "</s>", "<unk>", "<pad>", "<mask>", " <mask> ", "▁", "▁▁", "##ing", "Ġthe",
          "<0x41>", "<0xF0>", "\ufffd", "don't", "I'LL", "we've 're", "e.g.", "C++", "naïve", "co-operate", "http://a.b/c?d=e&f#g", "user@host",
          "#hashtag", "1,234.56", "०१२", "٣٤٥", "中文字符", "日本語のテキスト", "한국어", "ภาษาไทย", "ქართული", "Ελληνικά", "русский", "—", "’"]


def any_character(rng: random.Random) -> str:
    """Every plane alike, assigned or not; in plane 0 all blocks alike."""
    while True:
        code = (rng.randrange(17) << 16 if rng.random() < 0.5 else 0) + rng.randrange(0x10000)
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def some(rng: random.Random, characters, most: int) -> str:
    return "".join(rng.choice(characters) for _ in range(rng.randint(1, most)))


def word(rng: random.Random) -> str:
    return some(rng, "etaoinshrdlucmfwypvbgkjqxzETAOINé", 12)


def marked(rng: random.Random) -> str:
    """Letters under heaps of combining marks."""
    return "".join(rng.choice("aeioունkनक한あA\u0d15 ") + some(rng, MARKS, 4) for _ in range(rng.randint(1, 12)))


def patchwork(rng: random.Random) -> str:
    """Pieces of all kinds, with and without space between."""
    kinds = [lambda: rng.choice(PIECES), lambda: word(rng), lambda: some(rng, SPACES, 3), lambda: rng.choice(EMOJI),
             lambda: some(rng, CASES, 4), lambda: some(rng, COMPATIBLE, 4), lambda: any_character(rng), lambda: some(rng, RTL, 8)]
    return "".join(rng.choice(kinds)() + rng.choice(["", "", " "]) for _ in range(rng.randint(1, 25)))


def adversarial(rng: random.Random) -> str:
    kinds = [
        (4, lambda: patchwork(rng)),
        (2, lambda: "".join(any_character(rng) for _ in range(rng.randint(1, 40)))),
        (1, lambda: marked(rng)),
        (1, lambda: unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKC", "NFKD"]), patchwork(rng))),
        (1, lambda: some(rng, SPACES, 20)),
        (1, lambda: " ".join(rng.choice(EMOJI) for _ in range(rng.randint(1, 10)))),
        (1, lambda: some(rng, RTL, 60)),
        (1, lambda: some(rng, "\0\x01\x07\x1b\x7f\x80\x9f\ufffe\uffff ab", 20)),
        (1, lambda: some(rng, "!?.,;:-_()[]{}<>/\\|@#$%^&*+=~`'\"§¶†‡•№€£¥ a1", 40)),
        (1, lambda: rng.choice(["", " ", "\n", "\0", "  \t ", "a", "é", "\ufeff", "\u0301"])),
        (1, lambda: some(rng, "0123456789,.-/ ", 40)),
        (1, lambda: word(rng) * rng.randint(1, 40)),
    ]
    weights = [weight for weight, _ in kinds]
    return rng.choices(kinds, weights)[0][1]()


def giants(size: int) -> list[str]:
    """`size` bytes each: words without end, spaces, and many words."""
    rng = random.Random(15)
    letters = "".join(rng.choices("abcdefghijklmnop", k=size))
    many = " ".join(word(rng) for _ in range(size // 7))
    return ["a" * size, letters, "é" * (size // 2), "a" + "\u0301" * (size // 2), " " * size, "漢字" * (size // 6), many]


def make_texts(count: int, real: list[str]) -> list[str]:
    """`count` texts in random order: half real ones (those given, else documentation), half adversarial."""
    rng = random.Random(14)
    real = real or documentation_lines(count) + generated_lines(1000)
    texts = [real[i % len(real)] for i in range(count // 2)]
    texts += [adversarial(rng) for _ in range(count - count // 2)]
    rng.shuffle(texts)
    return texts


def read_lines(paths: list[pathlib.Path]) -> list[str]:
    """Lines that are not empty."""
    return [line for path in paths for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line]


def as_bytes(inputs: list) -> bytes:
    """Texts, or pairs of texts, in the input format of encode_lines.cpp."""
    parts = []
    for item in inputs:
        first, pair = (item[0].encode(), item[1].encode()) if isinstance(item, tuple) else (item.encode(), None)
        parts += [struct.pack("<II", len(first), NONE if pair is None else len(pair)), first, pair or b""]
    return b"".join(parts)
