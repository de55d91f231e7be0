"""Linear layers whose product is of 8-bit integers: weights rounded once, inputs at run time, each token by itself."""

import torch
from torch import Tensor, nn

from .errors import UsageError

LEVELS = 127  # of a token's values, each side of the middle between the least and the greatest
# One bit less: processors without VNNI add two products in 16 bits, and 2 * 255 * 63 is the most that fits.
WEIGHT_LEVELS = 63
LEAST_SCALE = 1e-12  # where all values are the same


class Int8Linear(nn.Module):
    """[..., in] -> [..., out]. A token's result does not depend on the others of its batch.

    `weight` is int8 [in, out], `scale` float32 [out]: what one of its steps stands for; `sums` float32 [out]: of the
    weights that an output is made with, what a token's middle is multiplied with.
    """

    def __init__(self, linear: nn.Linear, result: torch.dtype):
        super().__init__()
        values = linear.weight.detach().float()
        scale = (values.abs().amax(dim=1) / WEIGHT_LEVELS).clamp(min=LEAST_SCALE)
        self.result = result
        self.register_buffer("weight", (values / scale.unsqueeze(1)).round().to(torch.int8).t().contiguous())
        self.register_buffer("scale", scale)
        self.register_buffer("sums", self.weight.float().sum(dim=0) * scale)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach().float())

    def forward(self, values: Tensor) -> Tensor:
        rows = values.reshape(-1, values.shape[-1]).float()
        least, greatest = rows.amin(dim=1, keepdim=True), rows.amax(dim=1, keepdim=True)
        middle = (least + greatest) / 2
        scale = ((greatest - least) / (2 * LEVELS)).clamp(min=LEAST_SCALE)
        product = torch._int_mm(((rows - middle) / scale).round().to(torch.int8), self.weight)
        result = product.float() * (scale * self.scale) + middle * self.sums
        if self.bias is not None:
            result = result + self.bias
        return result.to(self.result).reshape(*values.shape[:-1], -1)


def quantize(body: nn.Module, result: torch.dtype) -> None:
    """Replaces, in place, the linear layers of the repeated blocks, where nearly all of the work is. What comes
    before and after them, a classifier's last layer too, stays as it is. Throws UsageError when there are none."""
    found = 0
    for blocks in [one for one in body.modules() if isinstance(one, nn.ModuleList)]:
        for parent in list(blocks.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is nn.Linear:
                    setattr(parent, name, Int8Linear(child, result))
                    found += 1
    if found == 0:
        raise UsageError("--quantize int8: the model has no linear layers in repeated blocks (an nn.ModuleList)")
