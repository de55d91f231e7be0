"""The fastest matrix product that torch reaches here: what a share of the machine's peak refers to."""

import time

import torch

SIZE = 2048
TRIES = 8


def gemm_peak() -> dict[str, float]:
    """Gflop/s on all of this process's threads, for float32 and bfloat16; the best of some products of 2048 x 2048."""
    peaks = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        a, b = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
        torch.mm(a, b)
        best = float("inf")
        for _ in range(TRIES):
            start = time.perf_counter()
            torch.mm(a, b)
            best = min(best, time.perf_counter() - start)
        peaks[name] = 2 * SIZE**3 / best / 1e9
    return peaks
