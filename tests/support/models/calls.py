"""What a model may ask for and give back."""

from typing import NamedTuple

import torch


class TwoInputs(torch.nn.Module):
    """Throws for an id outside [0, 10)."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding.from_pretrained(torch.arange(40.0).reshape(10, 4))

    def forward(self, a, ids):
        return (a + self.table(ids).sum(dim=1)).sum(dim=1)


class OptionalArg(torch.nn.Module):
    def forward(self, x, mask: torch.Tensor | None = None):
        if mask is not None:
            x = x * mask
        return x.sum(dim=1)


class ScaleArg(torch.nn.Module):
    """The second argument is no tensor, but may be left out."""

    def forward(self, x, scale: int = 2):
        return x.sum(dim=1) * scale


class TextArg(torch.nn.Module):
    def forward(self, x, unit: str):
        return x.sum(dim=1) * len(unit)


class DictOutputs(torch.nn.Module):
    """Keys that are not in alphabetical order; different types."""

    def forward(self, x) -> dict[str, torch.Tensor]:
        return {"total": x.sum(dim=1), "best": x.argmax(dim=1), "also": (x * 2).half()}


class TupleOutputs(torch.nn.Module):
    def forward(self, x) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        return x.sum(dim=1), (x > 0, x.t().contiguous().t())


class Extremes(NamedTuple):
    least: torch.Tensor
    places: tuple[torch.Tensor, torch.Tensor]


class NamedOutputs(torch.nn.Module):
    def forward(self, x) -> Extremes:
        return Extremes(x.min(dim=1).values, (x.argmin(dim=1), x.argmax(dim=1)))


class ReturnsText(torch.nn.Module):
    def forward(self, x) -> dict[str, str]:
        return {"verdict": "good"}
