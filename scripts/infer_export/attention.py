"""Which attention goes into a package: PyTorch chooses when the model is compiled, for every shape that will ever come."""

import contextlib
import pathlib
import zipfile
from collections.abc import Iterator

from .errors import ExportError

CUDNN = b"_scaled_dot_product_cudnn_attention"


@contextlib.contextmanager
def without_cudnn() -> Iterator[None]:
    """On Hopper and later it would be cuDNN's, which has no plan for a length of 1, where PyTorch itself takes another,
    and makes a plan for each new shape: 23 to 440 ms by public reports (lib/decisions/gpu.md)."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]):
        yield


def refuse_cudnn(package: pathlib.Path) -> None:
    """Looks into the code that was generated, calls by name included. Throws ExportError."""
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.endswith((".cpp", ".json")) and CUDNN in archive.read(name):
                raise ExportError("the package calls cuDNN's attention, which fails for texts of one token and is slow for "
                                  "each new shape: the model asks for it itself; --cudnn-attention allows it")
