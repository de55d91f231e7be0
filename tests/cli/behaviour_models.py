"""Models that break what scoring in batches takes for granted; behaviour_test.py says what infer must make of each."""

import pathlib
import warnings
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn


class Scratch(nn.Module):
    """Returns its own memory."""

    def __init__(self):
        super().__init__()
        self.register_buffer("buf", torch.zeros(4096, 2))

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        self.buf[:n].copy_(x * 2)
        return self.buf[:n]


class Normed(nn.Module):
    """On [batch, 3, 3], where freezing folds the normalisation into the wrong dimension."""

    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)
        self.linear.weight.data.copy_(torch.eye(3))
        self.linear.bias.data.zero_()
        self.norm.running_mean.copy_(torch.arange(3.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.linear(x))


class NormedNoise(Normed):
    """The same, and it draws: nothing, times 0."""

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.linear(x)) + 0.0 * torch.randn_like(x)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("n", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.n += x.shape[0]
        return x.sum(dim=1) + self.n


class Remembers(nn.Module):
    """A GRU that keeps its hidden state."""

    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 3)
        self.hidden = torch.zeros(1, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.hidden = self.cell(x, self.hidden.expand(x.shape[0], 3))[-1:]
        return self.hidden.expand(x.shape[0], 3) * 1.0


class Noise(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.randn_like(x)


class Range(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (x - x.min()) / (x.max() - x.min())


class Softmax0(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(x, dim=0)


class BatchSecond(nn.Module):
    """nn.LSTM with batch_first=False: the records of a batch become one sequence."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.lstm = nn.LSTM(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[0]


class Hash(nn.Module):
    def forward(self, ids: Tensor) -> Tensor:
        return (ids * 2654435761) % 1000


class Last(nn.Module):
    def forward(self, user: Tensor) -> Tensor:
        return user % 10


class Scaled(nn.Module):
    def forward(self, x: Tensor, scale: float = 1.0, negate: bool = False, offset: Optional[Tensor] = None) -> Tensor:
        y = x.sum(dim=1) * scale
        if negate:
            y = -y
        return y if offset is None else y + offset


class Imaginary(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.fft(x)[:, 1].conj().imag


class Squeezed(nn.Module):
    """A row per record, but not for one record; refuses negative numbers."""

    def forward(self, x: Tensor) -> Tensor:
        if bool((x < 0).any()):
            raise RuntimeError("a value is negative")
        return x.sum(dim=1, keepdim=True).squeeze()


class Rows(nn.Module):
    def forward(self, x: Tensor) -> List[Tensor]:
        return [v for v in x]


class Layers(nn.Module):
    """The last hidden state of two layers, [2, batch, 3]."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 3, num_layers=2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[1][0]


class FloatKeys(nn.Module):
    def forward(self, x: Tensor) -> Dict[float, Tensor]:
        return {0.5: x.sum(dim=1), 1.5: x.prod(dim=1), 2.5: x[:, 0]}


class Untracked(nn.Module):
    """Normalises by each batch in eval mode too."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(2, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


class Number(nn.Module):
    def forward(self, x: Tensor) -> float:
        return float(x.sum())


class Prints(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        print("seen", x.shape[0])
        return x.sum(dim=1)


class Average(nn.Module):
    """Without a mask: what fills a record up counts."""

    def forward(self, ids: Tensor) -> Tensor:
        return ids.float().mean(dim=1)


class PerToken(nn.Module):
    def forward(self, ids: Tensor) -> Tensor:
        return ids * 2


class Longer(nn.Module):
    """As many results again as there are values: whose they are cannot be told."""

    def forward(self, ids: Tensor) -> Tensor:
        return torch.cat([ids, ids * 2], dim=1)


def scripted() -> dict[str, nn.Module]:
    kinds = (Scratch, Normed, NormedNoise, Counter, Remembers, Noise, Range, Softmax0, BatchSecond, Hash, Last, Scaled, Imaginary,
             Squeezed, Rows, Layers, FloatKeys, Untracked, Number, Prints, Average, PerToken, Longer)
    return {kind.__name__: kind().eval() for kind in kinds}


def training() -> dict[str, tuple[nn.Module, Tuple[Tensor, ...]]]:
    torch.manual_seed(1)
    return {"TracedDropout": (nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)).train(), (torch.ones(2, 4),)),
            "TracedNorm": (nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).train(), (torch.rand(2, 4),))}


class Sized(nn.Module):
    """Its graph holds for one number of rows, once it is traced or compiled."""

    def __init__(self, rows: int):
        super().__init__()
        self.rows = rows

    def forward(self, x: Tensor) -> Tensor:
        return x.view(self.rows, -1) @ torch.tensor([[1.0, 0.0], [0.0, 2.0]])


class SizedMixed(nn.Module):
    """The same, but each row is a share of its batch, or is read across the batch."""

    def __init__(self, across: bool):
        super().__init__()
        self.across = across

    def forward(self, x: Tensor) -> Tensor:
        return x.view(4, 4).t() * 2 if self.across else torch.softmax(x.view(4, 4), dim=0)


def quantized() -> nn.Module:
    torch.manual_seed(0)
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 2)).eval(), {nn.Linear})


def quantized_behind_zeros() -> nn.Module:
    """A first record below 0.5 gives its second layer zeros alone, whatever stands beside it."""
    layers = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    layers[0].weight.data.copy_(torch.eye(4))
    layers[0].bias.data.fill_(-0.5)
    return torch.ao.quantization.quantize_dynamic(layers, {nn.Linear})


def convolution() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU()).eval()


def compiled() -> dict[str, tuple[nn.Module, Tensor]]:
    return {"Scratch": (Scratch(), torch.ones(4, 2)), "Counter": (Counter(), torch.ones(4, 2)),
            "Sum": (nn.Softmax(dim=1), torch.ones(4, 2))}


def save_all(folder: pathlib.Path) -> None:
    warnings.simplefilter("ignore")
    with torch.no_grad():
        for name, module in scripted().items():
            torch.jit.script(module).save(str(folder / f"{name}.pt"))
        for name, (module, example) in training().items():
            torch.jit.trace(module, example, check_trace=False).save(str(folder / f"{name}.pt"))
        for rows in (1, 2, 8):
            torch.jit.trace(Sized(rows), torch.ones(rows, 2)).save(str(folder / f"Sized{rows}.pt"))
        for across in (False, True):
            torch.jit.trace(SizedMixed(across), torch.ones(4, 4)).save(str(folder / f"SizedMixed{across}.pt"))
        torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(convolution(), (torch.ones(2, 1, 4, 4),)))).save(
            str(folder / "Optimized.pt"))
        torch.jit.trace(quantized(), (torch.ones(2, 4),)).save(str(folder / "Quantized.pt"))
        torch.jit.trace(quantized_behind_zeros(), (torch.ones(2, 4),)).save(str(folder / "QuantizedBehindZeros.pt"))


def save_compiled(folder: pathlib.Path) -> None:
    """Plainly, as people do: the batch is at least 2; but for the one that is scored record by record."""
    warnings.simplefilter("ignore")
    with torch.no_grad():
        for name, (module, example) in compiled().items():
            program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("batch", max=4096)},))
            single = {"aot_inductor.check_lowerbound": name != "Counter"}
            torch._inductor.aoti_compile_and_package(program, package_path=str(folder / f"{name}.pt2"), inductor_configs=single)
        torch._inductor.aoti_compile_and_package(torch.export.export(Sized(6), (torch.ones(6, 2),)), package_path=str(folder / "Sized6.pt2"))
