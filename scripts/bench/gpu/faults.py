"""A stage: what a run on the GPU does when it is killed, when memory is short, when an index lies outside of its table, and when it
is repeated. faults.py SETUP NAME
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from check_setup import Setup
from exactness import compare
from infer_runs import job, run
from make_models import TABLE
from stage import Findings, need_files, run_stage

LIMIT_S = 75  # of one run
START_S = 60  # until a run has written its first checkpoint
CHECKPOINTS = ("--journal-interval", "0.01s")  # so that one is written before the end
LARGE_BATCHES = ("--max-batch-tokens", "524288", "--max-batch-size", "100000", "--chunk-bytes", "16MiB")
HOLD = """
import sys, torch
left = int(sys.argv[1]) << 20
free = torch.cuda.mem_get_info()[0]
held = torch.empty(max(0, free - left), dtype=torch.uint8, device="cuda")
print("holding", flush=True)
sys.stdin.read()
"""


class Faults:
    """On one pair of model and texts, of which the text jobs have left the vectors."""

    def __init__(self, setup: Setup, shape: str, name: str) -> None:
        self.setup = setup
        self.model, self.texts = setup.bundle(shape, "pt"), setup.texts(name)
        self.expected = setup.vectors("pt", shape, name)
        need_files(self.model, self.texts, self.expected)

    def job(self, out: Path, *flags: str) -> list[str]:
        return job(self.setup, self.model, self.texts, out, *flags)

    def check_same(self, out: Path) -> None:
        if out.read_bytes() != self.expected.read_bytes():
            raise RuntimeError(f"{out} has other bytes than {self.expected}, the first run's")

    def repeated(self) -> dict[str, Any]:
        """Two runs give the same bytes."""
        out = self.setup.scratch / "again.npy"
        run(self.job(out, "--overwrite"), LIMIT_S)
        self.check_same(out)
        return {"bytes": out.stat().st_size}

    def killed(self) -> dict[str, Any]:
        """kill -9 in the middle leaves no output; --resume finishes it, with the same bytes as a run in one go."""
        out = self.setup.scratch / "killed.npy"
        for old in self.setup.scratch.glob(out.name + "*"):
            old.unlink()
        # Simulated operations that are late by this make a small job long enough.
        process = subprocess.Popen(self.job(out, *CHECKPOINTS), stdin=subprocess.DEVNULL,
                                   env=os.environ | {"SIMULATED_GPU_LAG_US": "500"})
        try:
            wait_for_checkpoint(out.with_name(out.name + ".journal"), process)
        finally:
            process.kill()
            process.wait()
        if out.exists():
            raise RuntimeError(f"{out} is there although the run was killed")
        ended = run(self.job(out, *CHECKPOINTS, "--resume"), LIMIT_S)
        if "of these rows were done before" not in ended.said:
            raise RuntimeError(f"nothing was done before the kill, or the resumed run did it again: {ended.last_lines()}")
        self.check_same(out)
        return {"resumed": next(line for line in ended.said.splitlines() if "were done before" in line).partition("infer: ")[2]}

    def short_of_memory(self) -> dict[str, Any]:
        """Batches that do not fit are halved, and every row is right (of other batches: the last digits may differ)."""
        out = self.setup.scratch / "short.npy"
        with held_memory(self.setup) as environment:
            ended = run(self.job(out, "--overwrite", *LARGE_BATCHES), LIMIT_S, **environment)
        told = ended.numbers()
        if told["failed"] or not told.get("halved"):
            raise RuntimeError(f"expected halved batches and no failed row: {ended.last_lines()}")
        return {"halved": told["halved"], **compare(out, self.expected)}


def wait_for_checkpoint(journal: Path, process: subprocess.Popen) -> None:
    """Until `journal` says that rows are written."""
    end = time.monotonic() + START_S
    while not any(line.get("done", {}).get("rows") for line in journal_lines(journal)):
        if process.poll() is not None:
            raise RuntimeError(f"the run ended with {process.returncode} before it could be killed: it needs a longer set")
        if time.monotonic() > end:
            raise RuntimeError(f"no row written within {START_S} s: {journal}")
        time.sleep(0.002)


def journal_lines(journal: Path) -> Iterator[dict[str, Any]]:
    """The whole ones; the last may be on its way."""
    for line in journal.read_text().splitlines() if journal.exists() else ():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)


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


def index_out_of_range(setup: Setup) -> dict[str, Any]:
    """Costs its record, and neither the others nor the device."""
    rows = [[number % TABLE, 1, 2] for number in range(50)]
    rows[37][1] = TABLE
    data, out = setup.scratch / "indices.jsonl", setup.scratch / "indices_out.jsonl"
    data.write_text("".join(json.dumps({"id": number, "ids": ids}) + "\n" for number, ids in enumerate(rows)))
    run(job(setup, setup.scratch / "embed_sum.pt", data, out, "--overwrite"), LIMIT_S, code=1)
    for ids, line in zip(rows, out.read_text().splitlines(), strict=True):
        row = json.loads(line)
        if TABLE in ids:
            right = row.get("error", {}).get("code") == "out_of_range"
        else:
            right = [*row.get("outputs", {}).values()] == [sum(ids)]
        if not right:
            raise RuntimeError(f"ids {ids} became {line}")
    return {"rows": len(rows)}


def faults(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    findings.attempt(lambda: index_out_of_range(setup), fault="an index outside of its table")
    large = Faults(setup, *setup.sizes.pairs[0])
    findings.attempt(large.repeated, fault="two runs, the same bytes")
    findings.attempt(large.killed, fault="kill -9, then --resume")
    findings.attempt(Faults(setup, *setup.sizes.pairs[-1]).short_of_memory, fault="too little memory")


if __name__ == "__main__":
    run_stage(faults)
