"""What a check ran on: commit, processor, GPU, versions."""

import datetime
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from check_setup import ROOT

sys.path.append(str(ROOT / "scripts/bench"))

from report import cpu_model

PACKAGES = ("torch", "triton", "transformers", "sentence-transformers", "tokenizers", "safetensors", "numpy",
            "nvidia-cudnn-cu13", "nvidia-nccl-cu13")
GPU_FACTS = "index,name,memory.total,driver_version"


def said(*command: str | Path) -> str:
    """Standard output of a command, empty where there is none or it fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run([str(one) for one in command], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def gpu_names() -> Sequence[str]:
    """As torch sees them, in a process of its own, which leaves no CUDA context behind."""
    script = "import torch\nfor i in range(torch.cuda.device_count()): print(torch.cuda.get_device_name(i))"
    return said(sys.executable, "-c", script).splitlines()


def facts(infer: Path, gpus: str) -> dict[str, str]:
    """In the order in which they are shown. $INFER_COMMIT names the commit where there is no Git."""
    commit = os.environ.get("INFER_COMMIT") or said("git", "describe", "--always", "--dirty", "--abbrev=12") or "unknown"
    own = {"date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"), "commit": commit,
           "processor": f"{len(os.sched_getaffinity(0))} cores, {cpu_model()}", "gpu": gpus, "python": platform.python_version(),
           "infer": ", ".join(said(infer, "--version").splitlines()), "mpirun": said("mpirun", "--version").partition("\n")[0]}
    return own | {package: version(package) for package in PACKAGES}


def gpus_text(simulated: int) -> str:
    return f"{simulated} simulated" if simulated else said("nvidia-smi", f"--query-gpu={GPU_FACTS}", "--format=csv,noheader") or "none"
