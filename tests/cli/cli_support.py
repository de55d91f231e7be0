"""What the command-line tests in Python share: starting infer, scratch folders, clear failures."""

import contextlib
import dataclasses
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

Argument = str | pathlib.Path


@dataclasses.dataclass(frozen=True)
class Program:
    """The program under test and the fixture models."""

    infer: pathlib.Path
    models: pathlib.Path

    def model(self, name: str) -> pathlib.Path:
        return self.models / name

    def command(self, ranks: int, *arguments: Argument) -> list[str]:
        """One rank runs without mpirun, as a user would start it."""
        own = [str(self.infer), *map(str, arguments)]
        return own if ranks == 1 else [*MPIRUN, "-np", str(ranks), *own]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    command: list[str]
    code: int
    stdout: bytes
    stderr: str

    def message(self) -> str:
        """Lines of infer itself, without the launcher's."""
        return "\n".join(line for line in self.stderr.splitlines() if line.startswith("infer: "))

    def __str__(self) -> str:
        return f"{shlex.join(self.command)}\nexit {self.code}\n{self.stderr}"


MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none"]


def environment() -> dict[str, str]:
    """Open MPI as root with more ranks than cores; the CPU, and no flags from the caller's shell."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INFER_")}
    return kept | {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "OMPI_MCA_plm_rsh_agent": "/bin/false",
        "INFER_DEVICE": "cpu",
    }


def run(command: Sequence[str], folder: pathlib.Path | None = None, timeout: float = 60) -> Outcome:
    """Runs to the end; a command that takes longer than `timeout` seconds fails the test."""
    try:
        done = subprocess.run(command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"not done after {timeout} s: {shlex.join(command)}\n{error.stderr!r}") from error
    return Outcome(list(command), done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def check(condition: bool, message: str) -> None:
    """Like assert, but also under python -O."""
    if not condition:
        raise AssertionError(message)


@contextlib.contextmanager
def scratch(keep_on_failure: bool = True, prefix: str = "infer_cli_") -> Iterator[pathlib.Path]:
    """A fresh folder; a failing test leaves it and says where it is."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    except BaseException:
        if keep_on_failure:
            print(f"files kept in {folder}", file=sys.stderr, flush=True)
        else:
            shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
