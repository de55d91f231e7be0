"""Loads what was written, as a user would: TorchScript in this process, a package in one of its own, so that a package
that crashes is a message."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from .errors import UsageError
from .repository import one_line

Loaded = Callable[..., Any]


def preload(libraries: Sequence[str]) -> None:
    """Those that register operators. Throws UsageError."""
    for library in libraries:
        try:
            torch.ops.load_library(library)
        except OSError as error:
            raise UsageError(f"--preload-lib {library}: {one_line(error)}; it must be built for torch {torch.__version__}") from error


def load_torchscript(path: pathlib.Path, device: str) -> Loaded:
    """A callable over tensors in call order, on `device`."""
    module = torch.jit.load(str(path), map_location=device)

    def run(*inputs: Tensor) -> Any:
        with torch.no_grad():
            return module(*(one.to(device) for one in inputs))

    return run


class PackageProcess:
    """Calls a package in another process (package_server.py), one call after the other; tensors pass by files in
    `folder`. When the process dies, the package is kept as `kept`, replacing what was there.

    Begun before there is a package: loading torch takes the process some seconds, in which another compiles.
    """

    def __init__(self, package: pathlib.Path, device: str, folder: pathlib.Path, kept: pathlib.Path,
                 libraries: Sequence[str] = ()):
        self.package, self.kept, self.folder = package, kept, folder
        self.stderr = (folder / "stderr.txt").open("w")
        here = pathlib.Path(__file__).resolve().parent
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"{here.name}.package_server", str(package), device, str(folder), *libraries], text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(here.parent), os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr)

    def __call__(self, *inputs: Tensor) -> Any:
        """Throws RuntimeError when the package fails, or its process ends."""
        torch.save([one.cpu() for one in inputs], self.folder / "inputs.pt")
        self._ask("call")
        return torch.load(self.folder / "outputs.pt")

    def wanted(self) -> list[str]:
        """The names of the weights that the package wants to be given. Throws as a call does."""
        return self._ask("wanted")

    def _ask(self, what: str) -> Any:
        with contextlib.suppress(BrokenPipeError):
            print(what, file=self.process.stdin, flush=True)
        reply = self.process.stdout.readline()
        if not reply.endswith("\n"):
            raise RuntimeError(self._end())
        failure, result = json.loads(reply)
        if failure:
            raise RuntimeError(failure)
        return result

    def _end(self) -> str:
        code = self.process.wait()
        self.package.replace(self.kept)
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        said = last_words((self.folder / "stderr.txt").read_text(errors="replace"))
        return f"it ended its process {how}{said and f' ({said})'}; the package is kept as {self.kept}"

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.stderr.close()


def last_words(stderr: str) -> str:
    """Of a process that died: what its last exception says, else its last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    reasons = [line.removeprefix("what():").strip() for line in lines if line.startswith("what():")]
    return (reasons or lines or [""])[-1][:300]


@contextlib.contextmanager
def package_process(package: pathlib.Path, device: str, kept: pathlib.Path,
                    libraries: Sequence[str] = ()) -> Iterator[PackageProcess]:
    """With its files in a folder beside the package."""
    folder = package.parent.absolute() / "calls"
    folder.mkdir()
    process = PackageProcess(package, device, folder, kept, libraries)
    try:
        yield process
    finally:
        process.close()
