"""Sums of small whole numbers and halves, exact whatever the batch; and layers that only come close."""

import torch


class ExactSum(torch.nn.Module):
    """Integer weights: exact for small integers and halves, so equal bits in any batch."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.arange(1.0, 9.0))

    def forward(self, x):
        return (x * self.weight).sum(dim=1)


class WideSum(torch.nn.Module):
    """Sum of [b, 8], by way of two tensors of a MiB a row."""

    def forward(self, x):
        return torch.nn.functional.relu(x.repeat(1, 32768))[:, :8].sum(dim=1)


class TableSum(torch.nn.Module):
    """As ExactSum, but too large a weight for the compiler to write it into the code."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter((torch.arange(1.0, 9.0) / 512)[:, None].repeat(1, 512))

    def forward(self, x):
        return (x * self.weight.sum(dim=1)).sum(dim=1)


class ExactLayers(torch.nn.Module):
    """Small whole numbers for weights: exact for small integers and halves. Three layers, for up to three stages;
    products alone, so that there is one file to compile."""

    def __init__(self):
        super().__init__()
        sizes = ((8, 16), (16, 8), (8, 1))
        self.layers = torch.nn.Sequential(*(torch.nn.Linear(*one, bias=False) for one in sizes))
        for layer in self.layers:
            layer.weight = torch.nn.Parameter((torch.arange(layer.weight.numel()) * 3 % 7 - 2.0).clamp(-1, 2).view_as(layer.weight))

    def forward(self, x):
        return self.layers(x).squeeze(1)


class Classifier(torch.nn.Module):
    """Logits [b, 3] of x [b, 4]: sums of the first one, two and three values."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3, bias=False)
        self.linear.weight = torch.nn.Parameter(torch.tensor([[1.0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]))

    def forward(self, x):
        return self.linear(x)


class RaggedSum(torch.nn.Module):
    def forward(self, x):
        return x.sum(dim=1)


class Identity(torch.nn.Module):
    def forward(self, x):
        return x


class Double(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((2,), 1.0 / 3.0, dtype=torch.float64))

    def forward(self, x):
        return (x * self.weight).sum(dim=1)


class Convolutions(torch.nn.Module):
    """Layers as a ResNet's block has them, on a picture made of 8 numbers."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.register_buffer("planes", torch.randn(8, 14, 14, generator=generator))
        self.first = torch.nn.Conv2d(8, 32, 1)
        self.second = torch.nn.Conv2d(32, 48, 3, padding=1)
        self.third = torch.nn.Conv2d(48, 32, 3, padding=1)
        with torch.no_grad():
            for weight in self.parameters():
                weight.copy_(torch.randn(weight.shape, generator=generator) / weight[0].numel() ** 0.5)

    def forward(self, x):
        picture = (x[:, :, None, None] * self.planes).contiguous(memory_format=torch.channels_last)
        wide = torch.relu(self.first(picture))
        return torch.relu(self.third(torch.relu(self.second(wide))) + wide).mean(dim=(2, 3))


def mlp():
    """The same weights each time."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)).eval()
