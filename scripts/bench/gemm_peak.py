"""The fastest matrix product that LibTorch's libraries reach here: what a share of the machine's peak refers to."""

import time
from collections.abc import Callable

import torch

SIZE = 2048
TRIES = 8


def products(dtype: torch.dtype) -> list[Callable[[], object]]:
    """SIZE x SIZE times SIZE x SIZE: as torch.mm has it, and as compiled models do, by oneDNN with packed weights."""
    a, b = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
    packed = torch.ops.mkldnn._reorder_linear_weight(b, SIZE)
    return [lambda: torch.mm(a, b), lambda: torch.ops.mkldnn._linear_pointwise(a, packed, None, "none", [], "")]


def gemm_peak() -> dict[str, float]:
    """Gflop/s on all of this process's threads, for float32 and bfloat16; the best of some products."""
    peaks = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        best = float("inf")
        for product in products(dtype):
            product()
            for _ in range(TRIES):
                start = time.perf_counter()
                product()
                best = min(best, time.perf_counter() - start)
        peaks[name] = 2 * SIZE**3 / best / 1e9
    return peaks
