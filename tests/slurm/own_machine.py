"""Runs a test script as the only processes of a machine of its own: namespaces for process ids, network and mounts.

When the script ends, however it ends (a failure, Ctrl-C, SIGTERM, kill -9), the kernel ends every process in there,
daemons included, and nothing is left: not a port, a link, a mount or a file (after kill -9 an empty folder).
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from types import FrameType

INSIDE = "INFER_TEST_OWN_MACHINE"  # the folder that is there for the script alone
# PID 1 takes in orphans, as bash does while it waits; "exit" keeps it from becoming the script.
FIRST_PROCESS = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mount -t tmpfs tmpfs /dev/shm
shift
"$@"; exit $?
"""


def unavailable() -> str | None:
    """Why this machine cannot have another inside."""
    if os.geteuid() != 0:
        return "only root can make namespaces"
    missing = [tool for tool in ("ip", "mount", "setpriv", "unshare") if shutil.which(tool) is None]
    if missing:
        return f"no {' and no '.join(missing)} here"
    tried = subprocess.run([*separated(), "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip()  # in a container, say


def separated(*more: str) -> list[str]:
    """The command in front of the first process of other namespaces: they end with it, and with whoever started it."""
    return ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--net",
            "--uts", *more]


def folder() -> pathlib.Path | None:
    """Inside, the folder for all files; outside nothing."""
    path = os.environ.get(INSIDE)
    return pathlib.Path(path) if path else None


def run_inside() -> int:
    """This script, with its arguments, inside; its exit code."""
    place = tempfile.mkdtemp(prefix="infer_slurm_")  # short: it holds sockets
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    script = [sys.executable, *sys.argv]
    try:
        with subprocess.Popen([*separated(), "bash", "-c", FIRST_PROCESS, "bash", place, *script],
                              env=os.environ | {INSIDE: place}) as process:
            try:
                return process.wait()
            except BaseException:
                with contextlib.suppress(subprocess.TimeoutExpired):  # Ctrl-C reaches the script too: it may have its say
                    process.wait(timeout=2)
                process.kill()
                raise
    finally:
        pathlib.Path(place).rmdir()  # what was in it went with its mount


def leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
