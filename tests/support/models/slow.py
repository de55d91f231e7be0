"""What takes its time: asleep, for as long on every machine, and leaving the cores to what else runs there. It waits in an operator of
custom_ops/ops.cpp, which whoever runs these models gives infer: Program.waits of cli/cli_support.py."""

import torch

LIBRARY = torch.library.Library("infer_test", "FRAGMENT")
LIBRARY.define("wait(Tensor rows, float ms) -> Tensor")


@torch.library.impl(LIBRARY, "wait", "CompositeExplicitAutograd")
def at_once(rows, ms):
    """While models are made nobody waits."""
    return rows.clone()


@torch.library.register_fake("infer_test::wait", lib=LIBRARY)
def shape_of_wait(rows, ms):
    return torch.empty_like(rows)


class Slow(torch.nn.Module):
    """Exact, and 3 ms for each row: jobs that are to be struck are made of it."""

    def forward(self, x):
        return torch.ops.infer_test.wait(x, 3.0).sum(dim=1)


class SlowRows(torch.nn.Module):
    """Exact [b, 4] of x [b, 4], another one for every x; 4 ms a row, also compiled."""

    def forward(self, x):
        return torch.ops.infer_test.wait(x, 4.0) + torch.remainder(x.sum(dim=1, keepdim=True) * 7.0, 1009.0)


class SlowLayers(torch.nn.Module):
    """SlowRows between two layers of small whole numbers: for two stages."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False)
        for layer in (self.first, self.second):
            layer.weight = torch.nn.Parameter((torch.arange(16.0) * 3 % 5 - 2).view(4, 4))

    def forward(self, x):
        hidden = self.first(x)
        return self.second(torch.ops.infer_test.wait(hidden, 4.0) + torch.remainder(hidden.sum(dim=1, keepdim=True) * 7.0, 1009.0))


class SlowPictures(torch.nn.Module):
    """[b, 3] of pictures: the sum of each colour, exactly; 4 ms for each."""

    def forward(self, image):
        sums = image.to(torch.float32).sum(dim=(1, 2))
        return torch.ops.infer_test.wait(sums, 4.0) + torch.remainder(sums.sum(dim=1, keepdim=True) * 7.0, 1009.0)
