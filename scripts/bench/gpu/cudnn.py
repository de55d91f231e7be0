"""A stage: what cuDNN's attention costs or saves, in runs with and without --cudnn-attention. cudnn.py SETUP NAME"""

import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from check_setup import Setup
from infer_runs import job, program, rates, run
from stage import Findings, need_files, run_stage, skip

FLAG = "--cudnn-attention"
LIMIT_S = 60  # of one run
SHARE = 8  # of a set one in so many texts, the first: planning for some 1,600 shapes took a minute on an H100


def some_texts(setup: Setup, name: str) -> Path:
    lines = setup.texts(name).read_bytes().splitlines(keepends=True)
    path = setup.scratch / f"some_{name}.jsonl"
    path.write_bytes(b"".join(lines[:len(lines) // SHARE]))
    return path


def measure(setup: Setup, shape: str, name: str, *flags: str) -> dict[str, Any]:
    out = setup.scratch / "cudnn.npy"
    return rates(run(job(setup, setup.bundle(shape, "pt"), some_texts(setup, name), out, "--overwrite", *flags), LIMIT_S))


def cudnn(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    told = subprocess.run(program(setup, "--help-all"), capture_output=True, text=True, check=False).stdout
    if FLAG not in told:
        skip(f"this infer has no {FLAG}")
    pairs = setup.sizes.pairs[:2]
    need_files(*(setup.bundle(shape, "pt") for shape, _ in pairs), *(setup.texts(name) for _, name in pairs))
    for shape, name in pairs:
        for flags in ((), (FLAG,)):
            findings.attempt(partial(measure, setup, shape, name, *flags), who=" ".join(("infer .pt", *flags)), shape=shape, set=name,
                             apart=True)


if __name__ == "__main__":
    run_stage(cudnn)
