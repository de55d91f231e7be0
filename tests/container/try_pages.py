"""The commands of docs/*.md word by word, by a newcomer in a fresh Debian 12 that has nothing but what the pages install.

    try_pages.py WHEEL [--wheels FOLDER]

WHEEL is what scripts/package.sh makes. Root, and `scripts/setup.sh --container`, for the system alone; 7 GB under $TMPDIR, free
again at the end. FOLDER keeps what pip downloads: torch's 3 GB above all. tests/docs/pages_test.sh runs the pages, and says what
became of each: two GPUs are simulated, where build/release has them, and sbatch runs its script here.
"""

import argparse
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from fresh_system import HOME, JOB, WHEELS, System, download, fresh_system
from images import ROOT
from wheel_test import blocks

SIMULATED = ROOT / "build/release/tests/simulated_gpu/lib"
ON_SIMULATED_GPUS = ROOT / "build/release/bin/on_simulated_gpus"
PAGES = JOB / "pages"
LIBRARIES = JOB / "simulated_gpu"


def on_simulated_gpus(user: System) -> list[str]:
    """With the environment's LibTorch, which the simulated libraries are linked with."""
    if not SIMULATED.exists():
        return []
    torch = HOME / "env/lib/python3.11/site-packages/torch/lib"
    command = ON_SIMULATED_GPUS.read_text().replace(str(SIMULATED), str(LIBRARIES))
    file = user.home / "on_simulated_gpus"
    file.write_text(command.replace("LD_PRELOAD=", f"LD_LIBRARY_PATH={torch} LD_PRELOAD="))
    file.chmod(0o755)
    return [f"ON_SIMULATED_GPUS={HOME}/{file.name}"]


def try_pages(user: System, wheel: pathlib.Path) -> None:
    (user.home / wheel.name).write_bytes(wheel.read_bytes())
    install, *_ = blocks(ROOT / "docs/start.md", "Install")
    user("bash", "-euc", install)
    user("env", *on_simulated_gpus(user), f"{PAGES}/tests/docs/pages_test.sh", str(PAGES), f"{HOME}/env/bin/infer", f"{HOME}/{wheel.name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=pathlib.Path)
    parser.add_argument("--wheels", type=pathlib.Path)
    given = parser.parse_args()
    outside = {PAGES / name: ROOT / name for name in ("docs", "tests/docs")}
    if SIMULATED.exists():
        outside[LIBRARIES] = SIMULATED
    if given.wheels:
        download(given.wheels, "bookworm", given.wheel)
        outside[WHEELS] = given.wheels
    with fresh_system("bookworm", "pypi", outside) as user:
        try_pages(user, given.wheel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
