"""What the command-line tests in Python share: starting infer, scratch folders, clear failures."""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

Argument = str | pathlib.Path


@dataclasses.dataclass(frozen=True)
class Program:
    """The program under test and the fixture models."""

    infer: pathlib.Path
    models: pathlib.Path

    def model(self, name: str) -> pathlib.Path:
        return self.models / name

    @property
    def waits(self) -> list[Argument]:
        """For the models of support/models/slow.py, the library in whose operator they wait."""
        return ["--preload-lib", self.infer.with_name("libcustom_ops.so")]

    def command(self, ranks: int, *arguments: Argument) -> list[str]:
        """One rank runs without mpirun, as a user would start it."""
        own = [str(self.infer), *map(str, arguments)]
        return own if ranks == 1 else [*MPIRUN, "-np", str(ranks), *own]

    def has_torch(self, version: str) -> bool:
        """Whether it runs with this LibTorch: "2.11"."""
        return f"LibTorch {version}." in run([str(self.infer), "--version"]).stdout.decode()


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


def check_refused(outcome: Outcome, *texts: str) -> None:
    """Wrong usage, and what infer says of it has these texts."""
    check(outcome.code == 2, f"expected exit 2: {outcome}")
    for text in texts:
        check(text in outcome.message(), f'no "{text}" in the message: {outcome}')


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


Test = Callable[[Program, pathlib.Path], str | None]  # in a folder of its own; returns, or raises, why it was skipped


class Skipped(Exception):
    """What a test needs and this machine cannot have."""


def run_tests(tests: Sequence[Test], description: str | None) -> int:
    """The main function of a script that is a list of tests: its exit code."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="only these tests")
    args = parser.parse_args()
    return run_each(tests, Program(args.infer.resolve(), args.models.resolve()), args.names)


def run_each(tests: Sequence[Test], program: Program, names: Sequence[str] = ()) -> int:
    """All, or those named, with a line for each; the exit code."""
    failed = 0
    for test in tests:
        name = getattr(test, "__name__", "")
        if names and name not in names:
            continue
        start = time.monotonic()
        try:
            with scratch() as folder:
                skipped = test(program, folder)
            result = f"skipped: {skipped}" if skipped else "ok"
        except Skipped as reason:
            result = f"skipped: {reason}"
        except AssertionError as error:
            failed += 1
            result = f"FAILED: {error}"
        print(f"{name} ({time.monotonic() - start:.1f} s): {result}", flush=True)
    return 1 if failed else 0
