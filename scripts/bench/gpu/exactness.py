"""A stage: cosines of everybody's vectors to those of sentence-transformers in float32, or, where it did not run, to the bound's
own padded model; row k to row k, and, to show that this can fail, to row k + 1.
"""

from pathlib import Path
from typing import Any

from check_setup import Setup
from stage import Findings, need_packages, run_stage, skip

REFERENCES = ("st", "bound_padded")
LEAST = 0.999  # of float16
CONTRAST = 0.99  # a mean cosine to the wrong row above this would say nothing about rows that are swapped


def names(setup: Setup, shape: str, name: str) -> dict[str, Path]:
    """Who has vectors of a pair, and where."""
    ending = f"_{shape}_{name}.npy"
    return {path.name.removesuffix(ending): path for path in sorted((setup.scratch / "vectors").glob("*" + ending))}


def compare(path: Path, reference: Path) -> dict[str, Any]:
    """Over the rows that both have; raises when a row is further from the reference's than float16 explains."""
    import numpy as np
    some, others = (np.load(one, mmap_mode="r") for one in (path, reference))
    rows = min(len(some), len(others))
    unit = [np.asarray(one[:rows], np.float32) / np.linalg.norm(one[:rows].astype(np.float32), axis=1, keepdims=True) for one in (some, others)]
    cosines = (unit[0] * unit[1]).sum(1)
    least, wrong = float(cosines.min()), float((unit[0][:-1] * unit[1][1:]).sum(1).mean())
    if not least >= LEAST:
        raise RuntimeError(f"least cosine {least:.6f} (row {int(cosines.argmin())} of {rows}), below {LEAST}")
    if not wrong < CONTRAST:
        raise RuntimeError(f"mean cosine to the wrong row {wrong:.6f}: these texts cannot show which row is which")
    return {"rows": rows, "least_cosine": least, "mean_cosine": float(cosines.mean()), "wrong_row_cosine": wrong}


def exactness(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    need_packages("numpy")
    for shape, name in setup.sizes.pairs + setup.sizes.more_pairs:
        have = names(setup, shape, name)
        reference = next((one for one in REFERENCES if one in have), None)
        for who, path in have.items() if reference else ():
            if who != reference:
                findings.attempt(lambda: compare(path, have[reference]), vectors=who, reference=reference, shape=shape, set=name)
    if not findings.rows:
        skip("nobody's vectors are there to be compared: earlier stages did not run")


if __name__ == "__main__":
    run_stage(exactness)
