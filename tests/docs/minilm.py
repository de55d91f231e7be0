"""Writes a sentence encoder as small as it gets, as the folder of a Hugging Face model is laid out.

    minilm.py FOLDER
"""

import pathlib
import string
import sys

import torch
from transformers import BertConfig, BertModel, BertTokenizerFast


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir()
    pieces = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase), *string.punctuation]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    torch.manual_seed(1)
    BertModel(BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                         max_position_embeddings=64)).eval().save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
