"""Compiled convolutions: the same bytes for any ranks and batches, and the values that LibTorch's have.

    convolutions_test.py INFER MODELS [NAME...]
"""

import json
import math
import os
import pathlib
import random
import sys

from cli_support import Program, check, run, run_tests

ROWS = 120
LARGEST_DIFFERENCE = 1e-5


def score(program: Program, folder: pathlib.Path, ranks: int, kernels: str, batch: int) -> bytes:
    """INFER_CONVOLUTION says whose kernels; none by default."""
    command = program.command(ranks, "--model", program.model("convolutions.pt2"), "--input", "data.jsonl", "--input-spec",
                              "x:float32:[8]", "--max-batch-size", batch, "--chunk-bytes", "3000")
    outcome = run(["env", f"INFER_CONVOLUTION={kernels}", *command] if kernels else command, folder)
    check(outcome.code == 0, f"{ranks} rank(s), batches of {batch}: {outcome}")
    return outcome.stdout


def values(rows: bytes) -> list[list[float]]:
    return [json.loads(line)["outputs"]["output0"] for line in rows.splitlines()]


def try_kernels(program: Program, folder: pathlib.Path) -> None:
    rng = random.Random(5)
    with (folder / "data.jsonl").open("w") as file:
        for number in range(ROWS):
            file.write(json.dumps({"id": number, "x": [rng.uniform(-2, 2) for _ in range(8)]}) + "\n")
    ours = score(program, folder, 1, "", 16)
    for ranks, batch in ((1, 1), (1, 7), (2, 3), (3, 64)):
        check(score(program, folder, ranks, "", batch) == ours, f"{ranks} rank(s), batches of {batch}: other bytes")
    libtorch = score(program, folder, 1, "libtorch", 16)
    check(score(program, folder, 2, "direct", 5) == libtorch, "packed weights change a convolution's bits")
    check(ours != libtorch or "avx2" not in pathlib.Path("/proc/cpuinfo").read_text(), "Winograd's convolutions were not used")
    for number, (one, other) in enumerate(zip(values(ours), values(libtorch), strict=True)):
        largest = max(map(abs, other))
        check(len(one) == 32 and all(math.isclose(a, b, rel_tol=0, abs_tol=LARGEST_DIFFERENCE * largest)
                                     for a, b in zip(one, other, strict=True)), f"row {number}: {one}, not {other}")


if __name__ == "__main__":
    os.environ.pop("INFER_CONVOLUTION", None)
    sys.exit(run_tests([try_kernels], __doc__))
