"""A stage: cosines of everybody's vectors to those of sentence-transformers in float32, or, where it did not run, to the bound's
own padded model. Vectors of random models are all alike (0.97 and more), so row k is also compared to row k and to row k + 1 after
what all rows share is taken off: that shows whether each is in its place.
"""

from functools import partial
from pathlib import Path
from typing import Any

from check_setup import Setup
from stage import Findings, need_packages, run_stage, skip

REFERENCES = ("st", "bound_padded")
LEAST = 0.999  # of float16
LEAST_CENTRED, MOST_NEXT = 0.9, 0.5


def names(setup: Setup, shape: str, name: str) -> dict[str, Path]:
    """Who has vectors of a pair, and where."""
    ending = f"_{shape}_{name}.npy"
    return {path.name.removesuffix(ending): path for path in sorted((setup.scratch / "vectors").glob("*" + ending))}


def compare(path: Path, reference: Path) -> dict[str, Any]:
    """Over the rows that both have. Raises when a row is further from the reference's than half precision explains, or nearer
    to the next row's.
    """
    import numpy as np
    some, others = (np.load(one, mmap_mode="r") for one in (path, reference))
    rows = min(len(some), len(others))
    mine, theirs = (np.asarray(one[:rows], np.float32) for one in (some, others))
    right = cosines(mine, theirs)
    if not right.min() >= LEAST:
        raise RuntimeError(f"least cosine {right.min():.6f} (row {right.argmin()} of {rows}), below {LEAST}")
    middle = theirs.mean(0)
    own, next_one = cosines(mine - middle, theirs - middle), cosines(mine[:-1] - middle, theirs[1:] - middle)
    if not own.min() >= LEAST_CENTRED or not next_one.mean() < MOST_NEXT:
        raise RuntimeError(f"without what all rows share, the least cosine is {own.min():.3f} and the mean one to the next row "
                           f"{next_one.mean():.3f}: expected {LEAST_CENTRED} or more, and less than {MOST_NEXT}")
    return {"rows": rows, "least_cosine": float(right.min()), "mean_cosine": float(right.mean()),
            "least_centred": float(own.min()), "mean_next_centred": float(next_one.mean())}


def cosines(some: Any, others: Any) -> Any:
    """[rows, width] twice -> [rows]"""
    import numpy as np
    return (some * others).sum(1) / np.linalg.norm(some, axis=1) / np.linalg.norm(others, axis=1)


def exactness(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    need_packages("numpy")
    for shape, name in setup.sizes.pairs + setup.sizes.more_pairs:
        have = names(setup, shape, name)
        reference = next((one for one in REFERENCES if one in have), None)
        for who, path in have.items() if reference else ():
            if who != reference:
                findings.attempt(partial(compare, path, have[reference]), vectors=who, reference=reference, shape=shape, set=name)
    if not findings.rows:
        skip("nobody's vectors are there to be compared: earlier stages did not run")


if __name__ == "__main__":
    run_stage(exactness)
