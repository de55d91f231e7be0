"""A stage: bundles of all shapes by scripts/export_model.py, at the same time. export_models.py SETUP NAME pt|pt2"""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from check_setup import ROOT, Setup
from stage import Findings, need_files, need_packages, run_stage


def export(setup: Setup, shape: str, kind: str) -> dict[str, Any]:
    """Returns seconds and MiB; raises with the exporter's last lines."""
    out = setup.bundle(shape, kind)
    command = [setup.python, ROOT / "scripts/export_model.py", "--hf", setup.folder(shape), "--task", "embedding", "--dtype",
               setup.sizes.dtype, "--device", setup.device, "--out", out, "--overwrite"]
    start = time.monotonic()
    done = subprocess.run([str(one) for one in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, sep="", flush=True)
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {' | '.join(done.stderr.strip().splitlines()[-3:])}")
    return {"seconds": round(time.monotonic() - start, 1), "mib": round(out.stat().st_size / 2**20, 1)}


def export_models(setup: Setup, findings: Findings, arguments: list[str]) -> None:
    need_packages("transformers", "tokenizers", "safetensors")
    shapes = list(setup.sizes.shapes)
    need_files(*(setup.folder(shape) / "modules.json" for shape in shapes))
    kind = arguments[0]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda shape: findings.attempt(lambda: export(setup, shape, kind), shape=shape, kind=kind), shapes))


if __name__ == "__main__":
    run_stage(export_models)
