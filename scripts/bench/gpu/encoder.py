"""A BERT encoder with mean pooling in plain torch, padded and packed, with the weights of a transformers folder: what the
card can do with the model when nothing else is asked of the host.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-12  # of BERT's layer norms


def attend_packed(query: Tensor, key: Tensor, value: Tensor, begins: Tensor, longest: int) -> Tensor:
    """Each text's tokens attend to that text: [tokens, heads, width] -> the same. `begins` int32 [texts + 1] ends with the
    number of tokens. On a CPU, which has no such kernel, by a mask of tokens x tokens: right, but no measure of anything.
    """
    if query.is_cuda:
        return torch.ops.aten._flash_attention_forward(query, key, value, begins, begins, longest, longest, 0.0, False, False)[0]
    text = torch.bucketize(torch.arange(query.shape[0]), begins[1:], right=True)
    heads_first = (each.transpose(0, 1).unsqueeze(0) for each in (query, key, value))
    return F.scaled_dot_product_attention(*heads_first, attn_mask=text[:, None] == text[None, :])[0].transpose(0, 1)


class Layer(nn.Module):
    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, EPSILON), nn.LayerNorm(width, EPSILON)
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)

    def _rest(self, x: Tensor, attended: Tensor) -> Tensor:
        x = self.norm1(x + self.project(attended))
        return self.norm2(x + self.outer(F.gelu(self.inner(x))))

    def padded(self, x: Tensor, mask: Tensor) -> Tensor:
        """x [batch, length, width], mask [batch, 1, 1, length] of bool"""
        query, key, value = self.query_key_value(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self._rest(x, F.scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2))

    def packed(self, x: Tensor, begins: Tensor, longest: int) -> Tensor:
        """x [tokens, width]"""
        query, key, value = self.query_key_value(x).unflatten(-1, (3, self.heads, -1)).unbind(1)
        return self._rest(x, attend_packed(query, key, value, begins, longest).flatten(1))


class Encoder(nn.Module):
    """Embeddings and layers; the two forms below hold the same weights."""

    def __init__(self, vocabulary: int, positions: int, layers: int, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.token_type = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width, EPSILON)
        self.layers = nn.ModuleList(Layer(width, heads, inner) for _ in range(layers))
        self.longest = positions

    def embed(self, ids: Tensor, places: Tensor) -> Tensor:
        return self.norm(self.words(ids) + self.positions(places) + self.token_type)


class Padded(Encoder):
    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids int64 and mask bool [batch, length] -> float32 [batch, width], vectors of length 1"""
        x = self.embed(ids, torch.arange(ids.shape[1], device=ids.device))
        for layer in self.layers:
            x = layer.padded(x, mask[:, None, None, :])
        weights = mask.unsqueeze(-1).float()
        return F.normalize((x.float() * weights).sum(1) / weights.sum(1), dim=-1)


class Packed(Encoder):
    def forward(self, ids: Tensor, places: Tensor, begins: Tensor, text: Tensor) -> Tensor:
        """ids, places within the text and number of the text, int64 [tokens]; begins int32 [texts + 1] -> float32 [texts, width]"""
        x = self.embed(ids, places)
        for layer in self.layers:
            x = layer.packed(x, begins, self.longest)
        sums = torch.zeros(begins.shape[0] - 1, x.shape[1], device=x.device).index_add_(0, text, x.float())
        return F.normalize(sums / (begins[1:] - begins[:-1]).unsqueeze(1), dim=-1)


def _renamed(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """transformers' names to those above."""
    embeddings = {"words.weight": "word_embeddings.weight", "positions.weight": "position_embeddings.weight",
                  "norm.weight": "LayerNorm.weight", "norm.bias": "LayerNorm.bias"}
    found = {own: weights[f"embeddings.{theirs}"] for own, theirs in embeddings.items()}
    found["token_type"] = weights["embeddings.token_type_embeddings.weight"][0]
    parts = {"project": "attention.output.dense", "norm1": "attention.output.LayerNorm", "inner": "intermediate.dense",
             "outer": "output.dense", "norm2": "output.LayerNorm"}
    for number in range(layers):
        theirs = f"encoder.layer.{number}."
        for kind in ("weight", "bias"):
            three = [weights[f"{theirs}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            found[f"layers.{number}.query_key_value.{kind}"] = torch.cat(three)
            found |= {f"layers.{number}.{own}.{kind}": weights[f"{theirs}{part}.{kind}"] for own, part in parts.items()}
    return found


def load_encoders(folder: Path, device: str, dtype: torch.dtype) -> tuple[Padded, Packed]:
    """Of a folder that holds a BertModel as transformers saves it."""
    from safetensors.torch import load_file
    config = json.loads((folder / "config.json").read_text())
    sizes = [config[name] for name in ("vocab_size", "max_position_embeddings", "num_hidden_layers", "hidden_size",
                                       "num_attention_heads", "intermediate_size")]
    weights = _renamed(load_file(folder / "model.safetensors"), config["num_hidden_layers"])
    padded, packed = Padded(*sizes), Packed(*sizes)
    for one in (padded, packed):
        one.load_state_dict(weights)
        one.to(device, dtype).eval().requires_grad_(False)
    return padded, packed
