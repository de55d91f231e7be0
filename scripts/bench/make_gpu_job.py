"""Writes a small benchmark job into the folder given as the only argument.

  encoder_fp32.pt, encoder_fp16.pt   a transformer encoder (6 layers, width 384, random weights) with a classifier
  tokens.jsonl                       20,000 records of 128 token ids
  tokens_small.jsonl                 the first 200 of them, for the CPU
"""

import sys
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

VOCABULARY, LENGTH, WIDTH, HEADS, LAYERS, CLASSES = 30_000, 128, 384, 12, 6, 4
ROWS, SMALL_ROWS = 20_000, 200


class Layer(nn.Module):
    """Self-attention and a feed-forward net: [batch, length, width] -> the same."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)
        self.feed_forward = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        heads = self.query_key_value(self.norm1(x)).unflatten(-1, (3, HEADS, WIDTH // HEADS)).permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        x = x + self.project(attended.transpose(1, 2).flatten(2))
        return x + self.feed_forward(self.norm2(x))


class Encoder(nn.Module):
    """ids [batch, 128] of int64 -> logits [batch, 4]."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, WIDTH)
        self.position = nn.Parameter(torch.randn(LENGTH, WIDTH))
        self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
        self.classify = nn.Linear(WIDTH, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        return self.classify(self.layers(self.embed(ids) + self.position).mean(1))


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    net = Encoder().eval()
    ids = torch.randint(VOCABULARY, (ROWS, LENGTH))

    # Half precision may be missing on a CPU: trace in float32 first, convert the traced module.
    for name in ("fp32", "fp16"):
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # tracing is deprecated, but the format is still in use
            traced = torch.jit.trace(net, ids[:4])
            (traced.half() if name == "fp16" else traced).save(str(folder / f"encoder_{name}.pt"))

    lines = [f'{{"id":{i},"ids":{row}}}\n' for i, row in enumerate(ids.tolist())]
    (folder / "tokens.jsonl").write_text("".join(lines))
    (folder / "tokens_small.jsonl").write_text("".join(lines[:SMALL_ROWS]))


if __name__ == "__main__":
    main()
