"""Runs a test script with a folder in memory for its files, and mounts and processes of its own.

Packages are installed several times as fast there as on a disk, which dpkg waits for. When the script ends, however it ends
(kill -9, a test's time limit), the kernel ends every process in there, and nothing is left but an empty folder.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

INSIDE = "INFER_TEST_IN_MEMORY"
NEEDED_GIB = 6  # a base, an image, and two containers of it
# /run/netns: other scripts' networks are not to be taken for those of a dead run. PID 1 takes in orphans, as bash does while it waits.
FIRST_PROCESS = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=1777 tmpfs "$1"
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
shift
"$@"; exit $?
"""
SEPARATED = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount"]


def unavailable() -> str | None:
    """Why there is no room for it."""
    available = re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    gib = int(available[1]) / 1024**2 if available else 0.0
    return None if gib >= NEEDED_GIB else f"{gib:.1f} GiB of memory are free, an image needs {NEEDED_GIB}"


def is_inside() -> bool:
    return INSIDE in os.environ


def run_inside() -> int:
    """This script, with its arguments, inside, where TMPDIR is in memory; its exit code."""
    place = tempfile.mkdtemp(prefix="infer_image_")
    command = [*SEPARATED, "bash", "-c", FIRST_PROCESS, "bash", place, sys.executable, *sys.argv]
    try:
        return subprocess.run(command, env=os.environ | {INSIDE: "1", "TMPDIR": place}, check=False).returncode
    finally:
        pathlib.Path(place).rmdir()
