"""A stage: a run that has too little device memory for its batches. memory.py SETUP NAME"""

import contextlib
import subprocess
from collections.abc import Iterator
from typing import Any

from check_setup import Setup
from exactness import compare
from infer_runs import job, run
from stage import Findings, need_files, need_packages, run_stage

LIMIT_S = 50
LARGE_BATCHES = ("--max-batch-tokens", "524288", "--max-batch-size", "100000", "--chunk-bytes", "16MiB")
HOLD = """
import sys, torch
free = torch.cuda.mem_get_info()[0]
held = torch.empty(max(0, free - (int(sys.argv[1]) << 20)), dtype=torch.uint8, device="cuda")
print("holding", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def held_memory(setup: Setup) -> Iterator[dict[str, str]]:
    """Leaves sizes.left_mib of the device; yields variables for the run."""
    if setup.simulated:
        yield {"SIMULATED_GPU_MIB": str(setup.sizes.left_mib)}
        return
    command = [str(setup.python), "-c", HOLD, str(setup.sizes.left_mib)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        try:
            if holder.stdout.readline() != b"holding\n":
                raise RuntimeError("could not take the device's memory: torch failed, see above")
            yield {}
        finally:
            holder.stdin.close()


def short_of_memory(setup: Setup, shape: str, name: str) -> dict[str, Any]:
    """Batches that do not fit are halved, and every row is right (of other batches: the last digits may differ)."""
    out = setup.scratch / "short.npy"
    with held_memory(setup) as environment:
        command = job(setup, setup.bundle(shape, "pt"), setup.texts(name), out, "--overwrite", *LARGE_BATCHES)
        ended = run(command, LIMIT_S, **environment)
    told = ended.numbers()
    if told["failed"] or not told.get("halved"):
        raise RuntimeError(f"expected halved batches and no failed row: {ended.last_lines()}")
    return {"left_mib": setup.sizes.left_mib, "halved": told["halved"], **compare(out, setup.vectors("pt", shape, name))}


def memory(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    need_packages("numpy")
    shape, name = setup.sizes.pairs[-1]
    need_files(setup.bundle(shape, "pt"), setup.texts(name), setup.vectors("pt", shape, name))
    findings.attempt(lambda: short_of_memory(setup, shape, name), fault="too little memory")


if __name__ == "__main__":
    run_stage(memory)
