"""A fresh Debian, and the commands of an ordinary user in it: no compiler, no Rust, no checkout."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping

from cli_support import check, environment, run, scratch
from images import AS_USER, BASE_OPTIONS, BUILD_SECONDS, ROOT, USER

PACKAGES = {"pypi": ["python3-venv", "ca-certificates"], "system": ["python3-venv", "ca-certificates", "openmpi-bin"]}
ABSENT = ("gcc", "cc", "g++", "cargo", "rustc", "cmake", "make", "git")
PYTHON = {"bookworm": "3.11", "trixie": "3.13"}
OF_THIS_MACHINE = ("/etc/ssl/certs", "/sys")
HOME = pathlib.Path("/home/user")
JOB = pathlib.Path("/job")  # what of the outside appears inside
WHEELS = JOB / "wheels"


def download(wheels: pathlib.Path, release: str, wheel: pathlib.Path) -> None:
    """What pip would download for a wheel and its extras in that release, unless the folder has torch for it."""
    python = PYTHON[release]
    if any(wheels.glob(f"torch-*-cp{python.replace('.', '')}-*.whl")):
        return
    wheels.mkdir(parents=True, exist_ok=True)
    done = run([str(ROOT / ".venv/bin/python"), "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version", python,
                "--dest", str(wheels), f"{wheel}[mpi,export]"], timeout=BUILD_SECONDS)
    check(done.code == 0, str(done))
    (wheels / wheel.name).unlink()


def make_system(release: str, mpi: str, folder: pathlib.Path) -> None:
    tar = ROOT / f"build/container/{release}-{mpi}.tar"
    if not tar.exists():
        tar.parent.mkdir(parents=True, exist_ok=True)
        packages = f"--include={','.join(PACKAGES[mpi])}"
        unfinished = tar.with_suffix(".partial.tar")
        made = run(["mmdebstrap", *BASE_OPTIONS, packages, release, str(unfinished)], timeout=BUILD_SECONDS)
        check(made.code == 0, str(made))
        unfinished.rename(tar)
    unpacked = run(["tar", "-C", str(folder), "--exclude=./dev/*", "-xf", str(tar)], timeout=BUILD_SECONDS)
    check(unpacked.code == 0, str(unpacked))
    for place in (HOME, JOB):
        (folder / place.relative_to("/")).mkdir(parents=True)
    for name in ("resolv.conf", "hosts"):  # without its own name there, each mpirun waits ten seconds
        shutil.copy(f"/etc/{name}", folder / "etc")


class System:
    """Commands of an ordinary user in it, each timed. `outside`: what of this machine appears there, by its place inside; where
    that has wheels, pip takes those and no others."""

    def __init__(self, system: pathlib.Path, home: pathlib.Path, outside: Mapping[pathlib.Path, pathlib.Path]) -> None:
        self.home = home
        shared = {pathlib.Path(path): pathlib.Path(path) for path in OF_THIS_MACHINE}
        bound = [word for place, path in (shared | dict(outside)).items() for word in ("--ro-bind", str(path.resolve()), str(place))]
        from_wheels = ["--setenv", "PIP_NO_INDEX", "1", "--setenv", "PIP_FIND_LINKS", str(WHEELS)] if WHEELS in outside else []
        self.enter = [*AS_USER, "bwrap", "--ro-bind", str(system), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp",
                      "--bind", str(home), str(HOME), "--tmpfs", str(JOB), *bound,
                      "--unshare-pid", "--clearenv", "--setenv", "HOME", str(HOME),
                      "--setenv", "PATH", f"{HOME}/env/bin:/usr/bin:/bin",
                      "--setenv", "PIP_CERT", "/etc/ssl/certs/ca-certificates.crt", *from_wheels, "--chdir", str(HOME), "--"]

    def __call__(self, *command: str, code: int = 0) -> str:
        """What it says, which is shown as it comes: installing takes minutes."""
        print(f"$ {' '.join(command)}", flush=True)
        start = time.monotonic()
        said = []
        with subprocess.Popen([*self.enter, *command], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                said.append(line)
        print(f"  ({time.monotonic() - start:.1f} s)\n", flush=True)
        check(process.returncode == code, f"exit code {process.returncode}, not {code}")
        return "".join(said)


@contextlib.contextmanager
def fresh_system(release: str, mpi: str, outside: Mapping[pathlib.Path, pathlib.Path]) -> Iterator[System]:
    """Gone in the end, with all that was installed into it."""
    with scratch(keep_on_failure=False) as folder:
        system, home = folder / "system", folder / "home"
        for each in (folder, system, home):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        os.chown(home, USER, USER)
        make_system(release, mpi, system)
        user = System(system, home, outside)
        for tool in ABSENT:
            user("sh", "-c", f"! command -v {tool}")
        yield user
