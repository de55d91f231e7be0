"""What every benchmark result says about where it came from."""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def cpu_model() -> str:
    """Name of the processor, as the kernel gives it."""
    text = Path("/proc/cpuinfo").read_text()
    match = re.search(r"model name\s*:\s*(.+)", text)
    return match.group(1).strip() if match else platform.machine()


def machine() -> dict[str, str]:
    """Processor, cores, instruction sets that matter, versions and the commit measured."""
    flags = re.search(r"flags\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    wide = [flag for flag in (flags.group(1).split() if flags else []) if flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16")]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "date": datetime.date.today().isoformat(), "cpu": cpu_model(), "cores": str(len(os.sched_getaffinity(0))),
        "instructions": " ".join(wide), "python": platform.python_version(), "torch": metadata.version("torch"),
        "orjson": metadata.version("orjson"), "commit": commit.stdout.strip(),
    }


def package_versions(names: Sequence[str]) -> dict[str, str]:
    """Of packages of the Python that runs this."""
    return {name: metadata.version(name) for name in names}


def provenance(result: dict) -> str:
    """The sentence under a page's title: command, commit, machine."""
    machine = result["machine"]
    return (f"`{result['command']}`, commit {machine['commit']}, {machine['date']}, {machine['cpu']}, {machine['cores']} cores "
            f"({machine['instructions']}), torch {machine['torch']}.")


def pyplot() -> Any:
    """matplotlib's, for files only; raises ImportError where it is not installed."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def save_plot(figure: Any, name: str, folder: Path) -> None:
    """Writes a figure of pyplot() as name.png and name.svg."""
    figure.tight_layout()
    for kind in ("png", "svg"):
        figure.savefig(folder / f"{name}.{kind}", dpi=110)


def add_one_core_arguments(parser: argparse.ArgumentParser, program: str, runs: int) -> None:
    """What a benchmark can be told that times `program`, one of ours, on one core."""
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/bin" / program)
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/bench")
    parser.add_argument("--results", type=Path)


def results_folder() -> Path:
    """scripts/bench/results/<date>-<cpu>"""
    name = re.sub(r"[^a-z0-9]+", "-", cpu_model().lower()).strip("-")
    return ROOT / "scripts/bench/results" / f"{datetime.date.today().isoformat()}-{name}"


def write_results(result: dict, name: str, folder: Path | None) -> None:
    """Writes `name` into `folder`, or into results_folder(), and says where."""
    folder = folder or results_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(result, indent=2) + "\n")
    print(f"wrote {folder}/{name}")
