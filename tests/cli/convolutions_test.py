"""Convolutions: the same bytes for any ranks and batches, and the values that LibTorch's have.

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


def score(program: Program, folder: pathlib.Path, model: str, ranks: int, kernels: str, batch: int) -> bytes:
    """INFER_CONVOLUTION says whose kernels; none by default."""
    command = program.command(ranks, "--model", program.model(model), "--input", "data.jsonl", "--input-spec", "x:float32:[8]",
                              "--max-batch-size", batch, "--chunk-bytes", "3000")
    outcome = run(["env", f"INFER_CONVOLUTION={kernels}", *command] if kernels else command, folder)
    check(outcome.code == 0, f"{model}, {ranks} rank(s), batches of {batch}: {outcome}")
    return outcome.stdout


def score_in_many_ways(program: Program, folder: pathlib.Path, model: str) -> bytes:
    rng = random.Random(5)
    with (folder / "data.jsonl").open("w") as file:
        for number in range(ROWS):
            file.write(json.dumps({"id": number, "x": [rng.uniform(-2, 2) for _ in range(8)]}) + "\n")
    rows = score(program, folder, model, 1, "", 16)
    for ranks, batch in ((1, 1), (1, 7), (2, 3), (3, 64)):
        check(score(program, folder, model, ranks, "", batch) == rows, f"{model}, {ranks} rank(s), batches of {batch}: other bytes")
    return rows


def check_values(rows: bytes, expected: bytes) -> None:
    for line, other_line in zip(rows.splitlines(), expected.splitlines(), strict=True):
        (values,), (others,) = (json.loads(one)["outputs"].values() for one in (line, other_line))
        largest = max(map(abs, others))
        check(len(values) == 32 and all(math.isclose(one, other, rel_tol=0, abs_tol=LARGEST_DIFFERENCE * largest)
                                        for one, other in zip(values, others, strict=True)), f"{line!r}, not {other_line!r}")


def try_compiled(program: Program, folder: pathlib.Path) -> None:
    rows = score_in_many_ways(program, folder, "convolutions.pt2")
    libtorch = score(program, folder, "convolutions.pt2", 1, "libtorch", 16)
    check(score(program, folder, "convolutions.pt2", 2, "direct", 5) == libtorch, "packed weights change a convolution's bits")
    check(rows != libtorch or "avx2" not in pathlib.Path("/proc/cpuinfo").read_text(), "Winograd's convolutions were not used")
    check_values(rows, libtorch)


def try_scripted(program: Program, folder: pathlib.Path) -> None:
    """LibTorch's own take other kernels for fewer than 16 records."""
    rows = score_in_many_ways(program, folder, "convolutions.pt")
    check_values(rows, score(program, folder, "convolutions.pt", 1, "libtorch", 16))
    check_values(rows, score(program, folder, "convolutions.pt2", 1, "libtorch", 16))


if __name__ == "__main__":
    os.environ.pop("INFER_CONVOLUTION", None)
    sys.exit(run_tests([try_compiled, try_scripted], __doc__))
