"""What takes its time."""

import torch


class Slow(torch.nn.Module):
    """Exact, and about 0.2 s for 64 rows on one core of November 2026; `work` scales it. Jobs that are to be struck are made of it:
    where it is faster, they are over before."""

    def __init__(self, work: int = 600):
        super().__init__()
        self.work = work

    def forward(self, x):
        state = x.sum(dim=1, keepdim=True).expand(-1, 4096) + torch.arange(4096.0)
        for _ in range(self.work):
            state = torch.remainder(state * 3 + 1, 1024.0)
        return state.sum(dim=1)


class SlowRows(torch.nn.Module):
    """Exact [b, 4] of x [b, 4], another one for every x; about 3 ms a row on one core, also compiled: it sorts."""

    def forward(self, x):
        state = torch.remainder(x.sum(dim=1, keepdim=True) * torch.arange(32768.0), 1009.0)
        return x + state.sort(dim=1).values[:, -1:]


class SlowLayers(torch.nn.Module):
    """SlowRows between two layers of small whole numbers: for two stages."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False)
        for layer in (self.first, self.second):
            layer.weight = torch.nn.Parameter((torch.arange(16.0) * 3 % 5 - 2).view(4, 4))

    def forward(self, x):
        hidden = self.first(x)
        state = torch.remainder(hidden.sum(dim=1, keepdim=True) * torch.arange(32768.0), 1009.0)
        return self.second(hidden + state.sort(dim=1).values[:, -1:])
