"""A stage: what cuDNN's attention costs or saves, in runs with and without --cudnn-attention. cudnn.py SETUP NAME"""

from typing import Any

from check_setup import Setup
from infer_runs import job, program, rates, run
from stage import Findings, need_files, run_stage, skip

FLAG = "--cudnn-attention"
LIMIT_S = 60  # of one run; a plan for each of some thousand shapes took 70 s


def measure(setup: Setup, shape: str, name: str, *flags: str) -> dict[str, Any]:
    return rates(run(job(setup, setup.bundle(shape, "pt"), setup.texts(name), setup.scratch / "cudnn.npy", "--overwrite", *flags), LIMIT_S))


def cudnn(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    import subprocess
    told = subprocess.run(program(setup, "--help"), capture_output=True, text=True, check=False).stdout
    if FLAG not in told:
        skip(f"this infer has no {FLAG}")
    pairs = [pair for shape in setup.sizes.shapes for pair in setup.sizes.pairs if pair[0] == shape][:2]
    need_files(*(setup.bundle(shape, "pt") for shape, _ in pairs), *(setup.texts(name) for _, name in pairs))
    for shape, name in pairs:
        for flags in ((), (FLAG,)):
            findings.attempt(lambda: measure(setup, shape, name, *flags), who=" ".join(("infer .pt", *flags)), shape=shape, set=name,
                             apart=True)


if __name__ == "__main__":
    run_stage(cudnn)
