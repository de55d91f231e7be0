"""A stage: one rank per GPU, the results gathered by NCCL and by MPI: the same bytes as one rank's. ranks.py SETUP NAME"""

from functools import partial
from pathlib import Path
from typing import Any

from check_setup import Setup
from infer_runs import job, rates, run
from stage import Findings, need_files, run_stage, skip

LIMIT_S = 90  # of one run
MPIRUN = ("mpirun", "--bind-to", "none", "-np")
COUNTS = (2, 4, 8)


def measure(setup: Setup, shape: str, name: str, ranks: int, gather: str) -> dict[str, Any]:
    out = setup.scratch / "ranks.npy"
    command = job(setup, setup.bundle(shape, "pt"), setup.texts(name), out, "--overwrite", "--gather", gather, gpus=ranks)
    found = rates(run([*MPIRUN, str(ranks), *command], LIMIT_S))
    check_same(out, setup.vectors("pt", shape, name))
    return found


def check_same(path: Path, expected: Path) -> None:
    if path.read_bytes() != expected.read_bytes():
        raise RuntimeError(f"{path} is not what one rank wrote, {expected}: the rows depend on the number of ranks")


def ranks(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    if setup.gpus < COUNTS[0]:
        skip(f"{setup.gpus} GPU here: ranks on GPUs of their own take {COUNTS[0]}")
    shape, name = setup.sizes.pairs[0]
    need_files(setup.bundle(shape, "pt"), setup.texts(name), setup.vectors("pt", shape, name))
    for count in (count for count in COUNTS if count <= setup.gpus):
        for gather in ("nccl", "mpi"):
            findings.attempt(partial(measure, setup, shape, name, count, gather), who=f"infer .pt, {count} ranks, {gather}", shape=shape,
                             set=name, apart=True)


if __name__ == "__main__":
    run_stage(ranks)
