"""A stage: what a run on the GPU does when an index lies outside of its table, when it is repeated, and when it is
killed. faults.py SETUP NAME
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from check_setup import TABLE, Setup
from infer_runs import job, run
from stage import Findings, need_files, run_stage

LIMIT_S = 75  # of one run
START_S = 60  # until a run has written its first checkpoint
LAGS_US = (500, 2000, 8000)  # of a simulated GPU's operations, so that a small run takes long enough to be killed
CHECKPOINTS = ("--journal-interval", "0.01s")  # so that one is written before the end


class Faults:
    """On one pair of model and texts."""

    def __init__(self, setup: Setup, shape: str, name: str) -> None:
        self.setup = setup
        self.model, self.texts = setup.bundle(shape, "pt"), setup.texts(name)
        self.expected = setup.scratch / "first.npy"
        need_files(self.model, self.texts)

    def job(self, out: Path, *flags: str) -> list[str]:
        return job(self.setup, self.model, self.texts, out, *flags)

    def check_same(self, out: Path) -> None:
        if out.read_bytes() != self.expected.read_bytes():
            raise RuntimeError(f"{out} has other bytes than {self.expected}, the first run's")

    def repeated(self) -> dict[str, Any]:
        """Two runs give the same bytes."""
        run(self.job(self.expected, "--overwrite"), LIMIT_S)
        out = self.setup.scratch / "again.npy"
        run(self.job(out, "--overwrite"), LIMIT_S)
        self.check_same(out)
        return {"bytes": out.stat().st_size}

    def killed(self) -> dict[str, Any]:
        """kill -9 in the middle leaves no output; --resume finishes it, with the same bytes as a run in one go."""
        out = self.setup.scratch / "killed.npy"
        if not any(self._kill(out, lag) for lag in LAGS_US):
            raise RuntimeError(f"each of {len(LAGS_US)} runs was over before it could be killed: they need a longer set")
        ended = run(self.job(out, *CHECKPOINTS, "--resume"), LIMIT_S)
        if "of these rows were done before" not in ended.said:
            raise RuntimeError(f"nothing was done before the kill, or the resumed run did it again: {ended.last_lines()}")
        self.check_same(out)
        return {"resumed": next(line for line in ended.said.splitlines() if "were done before" in line).partition("infer: ")[2]}

    def _kill(self, out: Path, lag_us: int) -> bool:
        """Kills a run once rows are written. False when it was over before: then its output must be complete."""
        for old in self.setup.scratch.glob(out.name + "*"):
            old.unlink()
        process = subprocess.Popen(self.job(out, *CHECKPOINTS), stdin=subprocess.DEVNULL,
                                   env=os.environ | {"SIMULATED_GPU_LAG_US": str(lag_us)})
        try:
            wait_for_checkpoint(out.with_name(out.name + ".journal"), process)
        finally:
            process.kill()
            process.wait()
        if out.exists():
            self.check_same(out)
        return not out.exists()


def wait_for_checkpoint(journal: Path, process: subprocess.Popen) -> None:
    """Until `journal` says that rows are written, or the run is over."""
    end = time.monotonic() + START_S
    while not any(line.get("done", {}).get("rows") for line in journal_lines(journal)):
        if process.poll() == 0:
            return
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"no row written within {START_S} s, or before the run ended with {process.poll()}: {journal}")
        time.sleep(0.002)


def journal_lines(journal: Path) -> Iterator[dict[str, Any]]:
    """The whole ones; the last may be on its way."""
    with contextlib.suppress(FileNotFoundError):
        for line in journal.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                yield json.loads(line)


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
    of_texts = Faults(setup, *setup.sizes.pairs[0])
    findings.attempt(of_texts.repeated, fault="two runs, the same bytes")
    findings.attempt(of_texts.killed, fault="kill -9, then --resume")


if __name__ == "__main__":
    run_stage(faults)
