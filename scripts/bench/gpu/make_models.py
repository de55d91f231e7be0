"""A stage: models of well-known shapes with random weights and a WordPiece vocabulary of made-up words, as folders of
sentence-transformers (mean pooling, vectors of length 1), and embed_sum.pt, which looks indices up. Nothing is downloaded.
"""

import json
import random
import string
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from check_setup import LONGEST, Setup, Shape
from stage import Findings, need_packages, run_stage

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = 0.2  # share of the vocabulary that continues a word
SPREAD = 0.05  # of the random weights: wide enough for vectors that differ from text to text
TABLE = 100  # rows of embed_sum.pt's table
MODULES = ("Transformer", "Pooling", "Normalize")


def vocabulary(size: int) -> list[str]:
    """Letters, with which any word can be written, then words and pieces by a fixed seed."""
    letters = list(string.ascii_lowercase)
    found = dict.fromkeys([*SPECIAL, *letters, *("##" + letter for letter in letters)])
    rng = random.Random(0)
    while len(found) < size:
        piece = rng.random() < PIECES
        length = rng.randint(2, 4) if piece else rng.randint(3, 9)
        found["##" * piece + "".join(rng.choices(letters, k=length))] = None
    return list(found)


def tokenizer_of(words: list[str]) -> Any:
    """tokenizers.Tokenizer as BERT's, uncased."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    made = Tokenizer(models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.add_special_tokens(list(SPECIAL))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, words.index(token)) for token in ("[CLS]", "[SEP]")])
    return made


def save_tokenizer(folder: Path, words: list[str]) -> None:
    from transformers import PreTrainedTokenizerFast
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer_of(words), model_max_length=LONGEST, **names,
                            model_input_names=["input_ids", "token_type_ids", "attention_mask"]).save_pretrained(folder)


def save_modules(folder: Path, width: int) -> None:
    """What makes the folder one of sentence-transformers."""
    paths = ["", *(f"{number}_{name}" for number, name in enumerate(MODULES[1:], start=1))]
    (folder / "modules.json").write_text(json.dumps([
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{name}"}
        for number, (name, path) in enumerate(zip(MODULES, paths))]))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": LONGEST, "do_lower_case": False}))
    for path in paths[1:]:
        (folder / path).mkdir(exist_ok=True)
    modes = {f"pooling_mode_{mode}": mode == "mean_tokens" for mode in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")}
    (folder / paths[1] / "config.json").write_text(json.dumps({"word_embedding_dimension": width} | modes))


def save_model(folder: Path, shape: Shape) -> dict[str, Any]:
    """Returns the number of parameters."""
    from transformers import BertConfig, BertModel
    torch.manual_seed(0)
    model = BertModel(BertConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.width, num_hidden_layers=shape.layers, num_attention_heads=shape.heads,
        intermediate_size=shape.inner, max_position_embeddings=LONGEST, initializer_range=SPREAD)).eval()
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    save_tokenizer(folder, vocabulary(shape.vocabulary))
    save_modules(folder, shape.width)
    return {"parameters": sum(one.numel() for one in model.parameters())}


class EmbedSum(nn.Module):
    """ids [batch, length] of int64 -> [batch]: the sum of the numbers of the rows that they name, each row k being k."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(TABLE, 1)
        self.table.weight.data = torch.arange(TABLE, dtype=torch.float32).unsqueeze(1)

    def forward(self, ids: Tensor) -> Tensor:
        return self.table(ids).sum([1, 2])


def save_embed_sum(path: Path) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scripting is deprecated, but the format is still in use
        torch.jit.save(torch.jit.script(EmbedSum().eval()), str(path))
    return {}


def make_models(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    findings.attempt(lambda: save_embed_sum(setup.scratch / "embed_sum.pt"), model="embed_sum")
    need_packages("tokenizers", "transformers")
    for name, shape in setup.sizes.shapes.items():
        findings.attempt(lambda: save_model(setup.folder(name), shape), model=name)


if __name__ == "__main__":
    run_stage(make_models)
