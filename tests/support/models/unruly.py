"""What a model should not do, or only some of its rows bear."""

import torch


class RaisesOnNegative(torch.nn.Module):
    def forward(self, x):
        if bool((x < 0).any()):
            raise RuntimeError("a value is negative")
        return x.sum(dim=1)


class HangsOnNegative(torch.nn.Module):
    def forward(self, x):
        while bool((x < 0).any()):
            x = x * 1.0
        return x.sum(dim=1)


class Greedy(torch.nn.Module):
    """Exact. From 40 numbers on it asks for memory that no address space has."""

    def forward(self, x):
        absurd = x.new_zeros(((x.numel() // 40) * (1 << 45) + 2,)).sort()[0]
        return x.sum(dim=1) + absurd.sum()


class Hungry(torch.nn.Module):
    """Exact. Takes as many MiB of its device's memory as the first numbers of the rows say, for some 10 ms: it sorts."""

    def forward(self, x):
        scratch = torch.empty([int(x[:, 0].sum()), 262144], device=x.device)
        meanwhile = torch.remainder(torch.arange(131072.0, device=x.device) * 7.0, 1009.0).sort().values
        return x.sum(dim=1) + meanwhile[0] + scratch.numel() * 0


class NoBatchDim(torch.nn.Module):
    def forward(self, x):
        return x.sum()


class InPlace(torch.nn.Module):
    """Writes into its input; a wrapper must not let that reach the caller's bytes."""

    def forward(self, x):
        return x.add_(1.0).sum(dim=1)


class CountsCalls(torch.nn.Module):
    """Adds the number of calls so far: no model for infer, but it must not be torn apart by threads."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls = self.calls + 1
        return x + self.calls


class Prints(torch.nn.Module):
    """Exact, and says what it does, in a line per batch."""

    def forward(self, x):
        print("scoring", x.size(0), "rows", '{"id":0}')
        return x.sum(dim=1)
