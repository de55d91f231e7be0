"""A stage: models of well-known shapes with random weights and a WordPiece vocabulary of made-up words, as folders of
sentence-transformers (mean pooling, vectors of length 1), and embed_sum.pt, which looks indices up. Nothing is downloaded.
"""

import json
import random
import string
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from check_setup import LONGEST, TABLE, Setup, Shape
from encoder import EPSILON
from stage import Findings, need_packages, run_stage

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = 0.2  # share of the vocabulary that continues a word
SPREAD = 0.05  # of the random weights: wide enough for vectors that differ from text to text
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
    """With what transformers wants to know beside it."""
    tokenizer_of(words).save(str(folder / "tokenizer.json"))
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    write_json(folder / "tokenizer_config.json", names | {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": LONGEST,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"]})


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def save_modules(folder: Path, width: int) -> None:
    """What makes the folder one of sentence-transformers."""
    paths = ["", *(f"{number}_{name}" for number, name in enumerate(MODULES[1:], start=1))]
    write_json(folder / "modules.json", [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{name}"}
        for number, (name, path) in enumerate(zip(MODULES, paths, strict=True))])
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": LONGEST, "do_lower_case": False})
    modes = {f"pooling_mode_{mode}": mode == "mean_tokens" for mode in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")}
    write_json(folder / paths[1] / "config.json", {"word_embedding_dimension": width} | modes)
    (folder / paths[2]).mkdir(exist_ok=True)


def config_of(shape: Shape) -> dict[str, Any]:
    """Of transformers' BertModel."""
    return {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": shape.vocabulary, "hidden_size": shape.width,
            "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads, "intermediate_size": shape.inner,
            "max_position_embeddings": LONGEST, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": EPSILON, "pad_token_id": 0}


def weights_of(shape: Shape) -> dict[str, Tensor]:
    """By transformers' names; the same each time."""
    random_numbers = torch.Generator().manual_seed(0)
    found: dict[str, Tensor] = {}

    def add(name: str, *size: int, bias: bool = True) -> None:
        norm = len(size) == 1
        found[f"{name}.weight"] = torch.ones(size) if norm else torch.randn(size, generator=random_numbers) * SPREAD
        found.update({f"{name}.bias": torch.zeros(size[0])} if bias else {})

    width = shape.width
    for name, rows in (("word", shape.vocabulary), ("position", LONGEST), ("token_type", 2)):
        add(f"embeddings.{name}_embeddings", rows, width, bias=False)
    add("embeddings.LayerNorm", width)
    for layer in (f"encoder.layer.{number}" for number in range(shape.layers)):
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            add(f"{layer}.attention.{name}", width, width)
        add(f"{layer}.attention.output.LayerNorm", width)
        add(f"{layer}.intermediate.dense", shape.inner, width)
        add(f"{layer}.output.dense", width, shape.inner)
        add(f"{layer}.output.LayerNorm", width)
    add("pooler.dense", width, width)
    return found


def save_model(folder: Path, shape: Shape) -> dict[str, Any]:
    """Returns the number of parameters."""
    from safetensors.torch import save_file
    folder.mkdir(parents=True, exist_ok=True)
    weights = weights_of(shape)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", config_of(shape))
    save_tokenizer(folder, vocabulary(shape.vocabulary))
    save_modules(folder, shape.width)
    return {"parameters": sum(one.numel() for one in weights.values())}


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
    findings.attempt(partial(save_embed_sum, setup.scratch / "embed_sum.pt"), model="embed_sum")
    need_packages("tokenizers", "safetensors")
    for name, shape in setup.sizes.shapes.items():
        findings.attempt(partial(save_model, setup.folder(name), shape), model=name)


if __name__ == "__main__":
    run_stage(make_models)
