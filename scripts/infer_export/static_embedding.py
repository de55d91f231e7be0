"""A StaticEmbedding of a sentence-transformers folder: the mean of its tokens' rows in a table."""

import json

import torch
from torch import Tensor, nn

from .errors import UsageError
from .modules import PlainHead
from .options import Options
from .repository import find_file
from .sentence_config import SentenceConfig
from .sentence_layers import read_weights
from .text_source import TextSource
from .tokens import load_tokenizer


class StaticEmbedding(nn.Module):
    """[batch, length] -> [batch, length, width]; the mean is the head's."""

    def __init__(self, rows: Tensor):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(rows)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embedding

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.embedding(input_ids)


def load_static_source(options: Options, sentence: SentenceConfig) -> TextSource:
    """Throws UsageError."""
    if options.pooling or options.tokenizer:
        raise UsageError(f"{options.hf}: is a StaticEmbedding, which takes the mean over its own tokenizer's tokens: leave "
                         "--pooling and --tokenizer away")
    prefix = f"{sentence.transformer}/" if sentence.transformer else ""
    file = find_file(options.hf, prefix + "tokenizer.json")
    if file is None:
        raise UsageError(f"{options.hf}: {prefix}tokenizer.json is missing; get the model again")
    tokenizer = load_tokenizer(str(file))
    tokenizer.backend_tokenizer.post_processor = None  # no special tokens
    cut = json.loads(file.read_text(encoding="utf-8")).get("truncation") or {}
    if cut.get("direction") == "Left":
        tokenizer.truncation_side = "left"
    body = StaticEmbedding(_rows(read_weights(options.hf, sentence.transformer), options.hf))
    return TextSource(name=options.hf, body=body, head=PlainHead(), output=None, config=None, tokenizer=tokenizer,
                      max_length=cut.get("max_length"), exact_length=cut.get("max_length") is not None)


def _rows(weights: dict[str, Tensor], name: str) -> Tensor:
    """One row for each token id; model2vec's files may share rows and weigh them."""
    rows = weights.get("embedding.weight", weights.get("embeddings"))
    if rows is None or not rows.is_floating_point():
        raise UsageError(f"{name}: the weights have no table of floating-point rows (embedding.weight); get the model again")
    if "embedding.weight" in weights:
        return rows.float()
    rows = rows if weights.get("mapping") is None else rows[weights["mapping"].long()]
    return (rows if weights.get("weights") is None else rows * weights["weights"].to(torch.float32)[:, None]).float()
