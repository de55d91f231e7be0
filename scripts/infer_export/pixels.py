"""From the bytes of a picture to the numbers that a model takes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

CHANNELS, VALUES = 3, 256
IN_ORDER = (0, 1, 2)


class PixelValues(nn.Module):
    """uint8 [batch, height, width, 3] -> float32 [batch, 3, height, width], whose values lie in memory as they came, the
    channels last. By a table of what each of a byte's values becomes: the same bits however it is compiled, on any
    device, where divisions become products and products with sums one operation."""

    def __init__(self, table: Tensor, order: Sequence[int] = IN_ORDER):
        """`table`: float32 [3, 256]; `order`: the picture's channel that stands in each place."""
        super().__init__()
        rows = torch.empty_like(table)
        rows[list(order)] = table
        self.flipped = tuple(order) != IN_ORDER
        self.register_buffer("table", rows.reshape(-1, 1).contiguous())
        self.register_buffer("row", torch.arange(CHANNELS, dtype=torch.int32) * VALUES)

    def forward(self, image: Tensor) -> Tensor:
        rows = image.to(torch.int32) + self.row
        if torch.jit.is_tracing():  # twice as fast as an embedding there, and half as fast compiled
            values = self.table.reshape(-1).index_select(0, rows.reshape(-1)).reshape(image.shape)
        else:
            values = nn.functional.embedding(rows, self.table).squeeze(-1)
        return (values.flip(-1) if self.flipped else values).permute(0, 3, 1, 2)


def make_table(backend: str, rescale: float | None = None, mean: Sequence[float] | None = None,
               std: Sequence[float] | None = None) -> Tensor:
    """As transformers' processors of this backend compute it: float32 [3, 256]."""
    bytes_ = torch.arange(VALUES, dtype=torch.float32).expand(CHANNELS, VALUES)
    means, stds = torch.tensor(mean or [0.0] * CHANNELS), torch.tensor(std or [1.0] * CHANNELS)
    normalizes = mean is not None or std is not None
    if rescale is not None and backend == "torchvision" and normalizes:
        means, stds = means * (1.0 / rescale), stds * (1.0 / rescale)
    elif rescale is not None:
        bytes_ = (bytes_.double() * rescale).float() if backend == "pil" else bytes_ * rescale
    return (bytes_ - means.unsqueeze(1)) / stds.unsqueeze(1) if normalizes else bytes_.contiguous()
