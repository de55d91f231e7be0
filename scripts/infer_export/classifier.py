"""A linear classifier on a sentence encoder's vectors, as people train it with scikit-learn: --head."""

import numpy as np
import torch
from torch import nn

from .errors import UsageError

FORM = "give a .npz file with weight [labels, width] and bias [labels], as numpy.savez(FILE, weight=..., bias=...) writes it"


def read_head(path: str, width: int) -> nn.Linear:
    """float32, from vectors of `width` values to one logit per label. Throws UsageError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weight, bias = (torch.from_numpy(np.asarray(arrays[name], np.float32)) for name in ("weight", "bias"))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"--head {path}: cannot read it ({type(error).__name__}); {FORM}") from error
    if weight.dim() != 2 or bias.shape != weight.shape[:1]:
        raise UsageError(f"--head {path}: weight has the shape {list(weight.shape)} and bias {list(bias.shape)}; {FORM}")
    if weight.shape[1] != width:
        raise UsageError(f"--head {path}: it is for vectors of {weight.shape[1]} values, but the encoder gives {width}: "
                         "train it on this encoder's vectors")
    if len(weight) < 2:
        raise UsageError(f"--head {path}: it has one row, as scikit-learn writes a classifier of two labels: put a row of "
                         "zeros, and a bias of 0, before it for the first label")
    linear = nn.Linear(width, len(weight))
    linear.load_state_dict({"weight": weight, "bias": bias})
    return linear.eval()
