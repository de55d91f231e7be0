"""A stage: JPEGs decoded by the CPU and by nvJPEG, how fast, and how far their pixels are apart. decoding.py SETUP NAME"""

import json
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from check_setup import Setup
from infer_runs import job, program, run
from stage import Findings, need_packages, run_stage, skip

LIMIT_S = 60  # of one run
SIDE = 48  # of the middle of a picture, as it is: what the model gives back
SIZE = (500, 375)
COUNT, SIMULATED_COUNT = 4000, 40
DIFFERENT = 24  # files, which are read again and again
NVJPEG = {"SIMULATED_NVJPEG": "yes"}


def write_model(path: Path) -> None:
    """Its vectors are the pixels."""
    import torch

    class Pixels(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return image.to(torch.float32).flatten(1)

    signature = {
        "infer_bundle": 1, "task": "embedding", "outputs": [{"name": "pixels", "shape": [SIDE * SIDE * 3]}],
        "inputs": [{"name": "image", "dtype": "uint8", "shape": [SIDE, SIDE, 3], "from": "image"}],
        "image": {"backend": "pil", "steps": [{"step": "center_crop", "size": [SIDE, SIDE]}]}}
    torch.jit.script(Pixels()).save(str(path), _extra_files={"infer.json": json.dumps(signature)})


def write_pictures(folder: Path, count: int) -> Path:
    """Colors that change slowly, with the noise of a camera; as cameras and the web save them (4:2:0)."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(7)
    folder.mkdir(exist_ok=True)
    for number in range(DIFFERENT):
        smooth = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
        noisy = np.asarray(smooth) + rng.normal(0, 6, (SIZE[1], SIZE[0], 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=92)
    lines = folder / "pictures.jsonl"
    lines.write_text("".join(f'{{"id":{number},"image":"{number % DIFFERENT}.jpg"}}\n' for number in range(count)))
    return lines


def decode(setup: Setup, model: Path, lines: Path, by: str) -> dict[str, Any]:
    """Each record anew, whatever was decoded before."""
    out = setup.scratch / f"decoded_{by}.npy"
    flags = ("--overwrite", "--npy-dtype", "float16", "--decode", by, "--allow-batch-effects")  # the last: equal records are no repeats
    ended = run(job(setup, model, lines, out, *flags), LIMIT_S, **NVJPEG)
    told = ended.numbers()
    on_gpu = re.search(r"pictures decoded: ([\d,]+) by the GPU", ended.said)
    return {"pictures_per_s": round(told["rows"] / told["run_s"], 1), "by_gpu": int(on_gpu[1].replace(",", "")) if on_gpu else 0}


def differences(setup: Setup) -> dict[str, Any]:
    """Of what both runs wrote, in steps of 0 to 255."""
    import numpy as np

    cpu, gpu = (np.load(setup.scratch / f"decoded_{by}.npy", mmap_mode="r")[:DIFFERENT].astype(float) for by in ("cpu", "gpu"))
    apart = np.abs(cpu - gpu)
    return {"largest_difference": float(apart.max()), "mean_difference": round(float(apart.mean()), 4)}


def need_library(setup: Setup, model: Path, lines: Path) -> None:
    command = program(setup, "check", "--model", model, "--input", lines, "--output", setup.scratch / "none.npy", "--device", "cuda",
                      "--decode", "gpu")
    told = subprocess.run(["env", *(f"{name}={value}" for name, value in NVJPEG.items()), *command], capture_output=True, text=True,
                          check=False).stdout
    if "cannot load libnvjpeg" in told:
        skip("no nvJPEG here: pip install nvidia-nvjpeg")


def decoding(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    need_packages("numpy", "PIL", "torch")
    model = setup.scratch / "pixels.pt"
    write_model(model)
    lines = write_pictures(setup.scratch / "pictures", SIMULATED_COUNT if setup.simulated else COUNT)
    need_library(setup, model, lines)
    for by in ("cpu", "gpu"):
        findings.attempt(partial(decode, setup, model, lines, by), decode=by)
    findings.attempt(partial(differences, setup), decode="gpu and cpu")


if __name__ == "__main__":
    run_stage(decoding)
