"""Trains the small tokenizers that tests use: make_tokenizers.py OUT_DIR.

Writes one tokenizer.json of every kind in KINDS, trained on this Python's own documentation and on generated words of
many scripts. Nothing is downloaded, and one Python gives the same files each time. Does nothing when OUT_DIR is up to
date. Other scripts import train_tokenizer() for their tiny models.
"""

import argparse
import json
import os
import pathlib
import random
import re
import sys
import sysconfig

from made_once import make_once

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
LLAMA_TOKENS = ["<unk>", "<s>", "</s>", "<pad>", "<mask>"]

# Letters of the generated words: first and last code point, and how many words of 100 are of this script.
SCRIPTS = [("a", "z", 16), ("à", "ÿ", 8), ("α", "ω", 8), ("а", "я", 12), ("א", "ת", 6), ("ء", "ي", 8), ("अ", "ह", 6),
           ("ก", "ฮ", 6), ("ぁ", "ん", 6), ("ァ", "ン", 4), ("一", "丿", 8), ("가", "갛", 6), ("😀", "😿", 2), ("０", "ｚ", 4)]
MARKS = "\u0301\u0308\u0327\u093f\u0941\u05b8\u064e"


def generated_lines(count: int) -> list[str]:
    """Lines of 8 words. Words come from a small lexicon, few of them often, so that there is something to learn."""
    rng = random.Random(20)
    lexicon = []
    for first, last, weight in SCRIPTS:
        for _ in range(weight * 12):
            word = "".join(chr(rng.randint(ord(first), ord(last))) for _ in range(rng.randint(1, 7)))
            lexicon.append(word + (rng.choice(MARKS) if rng.random() < 0.1 else ""))
    rng.shuffle(lexicon)
    return [" ".join(lexicon[int(len(lexicon) * rng.random() ** 2)] for _ in range(8)) for _ in range(count)]


def documentation_lines(most: int) -> list[str]:
    """Lines of docstrings of the standard library, in the order of its files' names."""
    lines: list[str] = []
    for path in sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("*.py")):
        for text in re.findall(r'"""(.*?)"""', path.read_text(encoding="utf-8", errors="replace"), re.DOTALL):
            lines.extend(line.strip() for line in text.splitlines() if line.strip())
        if len(lines) >= most:
            break
    return lines[:most]


def training_lines() -> list[str]:
    return documentation_lines(12000) + generated_lines(4000)


def bert_template(processors, tokenizer):
    return processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")])


def train_wordpiece(lines):
    """As BERT, uncased."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(
        vocab_size=8000, special_tokens=BERT_TOKENS, show_progress=False))
    tokenizer.post_processor = bert_template(processors, tokenizer)
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def train_byte_level(lines, special_tokens):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=6000, special_tokens=special_tokens, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def train_byte_level_bpe(lines):
    """As RoBERTa."""
    from tokenizers import AddedToken, processors
    mask = AddedToken("<mask>", lstrip=True, special=True)
    tokenizer = train_byte_level(lines, [*ROBERTA_TOKENS[:-1], mask])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")), add_prefix_space=False)
    return tokenizer


def train_modern_byte_level_bpe(lines):
    """As ModernBERT: NFC, and BERT's special tokens."""
    from tokenizers import normalizers, processors
    tokenizer = train_byte_level(lines, BERT_TOKENS)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = bert_template(processors, tokenizer)
    return tokenizer


def with_byte_tokens(trained):
    """The trained BPE with Llama's 256 byte tokens between the special tokens and the rest."""
    from tokenizers import models
    model = json.loads(trained.to_str())["model"]
    learnt = sorted((token for token in model["vocab"] if token not in LLAMA_TOKENS), key=model["vocab"].get)
    tokens = [*LLAMA_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256)), *learnt]
    merges = [tuple(pair) for pair in model["merges"]]
    return models.BPE({token: i for i, token in enumerate(tokens)}, merges, unk_token="<unk>", fuse_unk=True,
                      byte_fallback=True)


def train_bpe(lines):
    """As Llama 2: spaces become a letter, the whole text is one word, unknown letters become bytes."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=5000, special_tokens=LLAMA_TOKENS, show_progress=False, limit_alphabet=300))
    tokenizer = Tokenizer(with_byte_tokens(trained))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in LLAMA_TOKENS])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    return tokenizer


def train_unigram(lines):
    """As XLM-R and T5, with NFKC in place of SentencePiece's own table, which is close to it."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    mask = AddedToken("<mask>", lstrip=True, special=True)
    tokenizer.train_from_iterator(lines, trainers.UnigramTrainer(
        vocab_size=5000, special_tokens=[*ROBERTA_TOKENS[:-1], mask], unk_token="<unk>", show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")])
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


KINDS = {"wordpiece": train_wordpiece, "byte_level_bpe": train_byte_level_bpe, "bpe": train_bpe,
         "unigram": train_unigram, "modern_byte_level_bpe": train_modern_byte_level_bpe}


def train_tokenizer(kind: str):
    """A tokenizers.Tokenizer of a kind in KINDS. wordpiece and modern_byte_level_bpe have BERT_TOKENS, the others
    ROBERTA_TOKENS, in another order for bpe. Takes seconds."""
    return KINDS[kind](training_lines())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out_dir", type=pathlib.Path)
    folder = parser.parse_args().out_dir

    def make():
        for kind in KINDS:
            train_tokenizer(kind).save(str(folder / f"{kind}.json"))

    make_once(folder / "made", ["tokenizers"], [__file__], make)
    return 0


if __name__ == "__main__":
    sys.exit(main())
