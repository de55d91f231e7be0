"""Runs infer and reads what its summary says."""

import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from check_setup import Setup

Argument = str | Path

# What the summary is asked for: name, pattern with one number, thousands in groups of three.
SUMMARY = {
    "rows": r"([\d,]+) rows in", "failed": r"([\d,]+) failed,", "run_s": r" failed, ([\d.e+]+) s,", "model_busy_s": r"model ([\d.e+]+), encode",
    "batches": r"([\d,]+) batches,", "padding_percent": r"([\d.]+) % padding", "tokens": r"([\d,]+) tokens,",
    "halved": r"out of memory: ([\d,]+) batch",
}

SIMULATED = {"SIMULATED_GPU_LAG_US": "20"}  # each operation is so late


@dataclass(frozen=True)
class Ended:
    """How a run of infer ended: `whole_s` is wall time from the start of the process (or of mpirun) to its end."""

    code: int
    whole_s: float
    printed: str  # on standard output
    said: str

    def numbers(self) -> dict[str, float]:
        """Those of SUMMARY that the run told."""
        found = {name: re.search(pattern, self.said) for name, pattern in SUMMARY.items()}
        return {name: float(match[1].replace(",", "")) for name, match in found.items() if match}

    def last_lines(self) -> str:
        return " | ".join(self.said.strip().splitlines()[-4:])


def program(setup: Setup, *arguments: Argument, gpus: int = 1) -> list[str]:
    """infer on so many GPUs; the simulated ones are those of on_simulated_gpus, which lies beside it."""
    own = [str(setup.infer), *map(str, arguments)]
    if not setup.simulated:
        return own
    settings = {"SIMULATED_GPUS": gpus, "SIMULATED_GPU_FOLDER": setup.scratch}
    return ["env", *(f"{name}={value}" for name, value in settings.items()), str(setup.infer.with_name("on_simulated_gpus")), *own]


def job(setup: Setup, model: Path, data: Path, output: Path, *flags: Argument, gpus: int = 1) -> list[str]:
    """Scores `data` on the GPU."""
    return program(setup, "--model", model, "--input", data, "--output", output, "--device", "cuda", *flags, gpus=gpus)


def run(command: Sequence[str], limit_s: float, code: int = 0, **environment: str) -> Ended:
    """Raises RuntimeError when it ends with another exit code, or not within the limit."""
    start = time.monotonic()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s, check=False,
                              env=os.environ | SIMULATED | environment)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"not done after {limit_s:.0f} s: {' '.join(command)}") from error
    ended = Ended(done.returncode, time.monotonic() - start, done.stdout.decode(), done.stderr.decode(errors="replace"))
    print(f"$ {' '.join(command)}\n{ended.printed}{ended.said}exit {ended.code}, {ended.whole_s:.2f} s", flush=True)
    if ended.code != code:
        raise RuntimeError(f"exit {ended.code} instead of {code}: {ended.last_lines()}")
    return ended


def rates(ended: Ended) -> dict[str, Any]:
    """Texts/s and tokens/s of the run itself, without start-up, and texts/s of the whole process."""
    told = ended.numbers()
    return {"whole_s": round(ended.whole_s, 3), **told, "texts_per_s": told["rows"] / told["run_s"],
            "tokens_per_s": told["tokens"] / told["run_s"], "whole_texts_per_s": told["rows"] / ended.whole_s}
