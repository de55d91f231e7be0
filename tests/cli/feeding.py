"""Input that is no file: what a command reads on standard input or from a named pipe."""

import contextlib
import os
import pathlib
import subprocess
import threading
from collections.abc import Iterator

from cli_support import Outcome, environment


def run_fed(command: list[str], folder: pathlib.Path, content: bytes) -> Outcome:
    """With that on standard input."""
    done = subprocess.run(command, cwd=folder, env=environment(), input=content, capture_output=True, timeout=60, check=False)
    return Outcome(command, done.returncode, done.stdout, done.stderr.decode(errors="replace"))


@contextlib.contextmanager
def piped(path: pathlib.Path, content: bytes) -> Iterator[None]:
    """Somebody who writes `content` into a pipe of that name."""
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(content), daemon=True)
    writer.start()
    yield
    writer.join(timeout=10)
    path.unlink()
