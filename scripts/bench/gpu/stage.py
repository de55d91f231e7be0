"""What the programs of the stages share: reading the setup, findings that outlive a stop, reasons for not running."""

import argparse
import importlib.util
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from check_setup import Setup, load_setup

SKIPPED = 77  # exit code


class Skip(SystemExit):
    """Ends the stage, unless that is caught."""


def skip(reason: str) -> NoReturn:
    """The reason is the stage's last line."""
    print(f"skipped: {reason}", flush=True)
    raise Skip(SKIPPED)


def lacking(*packages: str) -> str:
    """The reason for not running where one of them is not installed, else nothing."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return f"{sys.executable} has no {', '.join(missing)}: install with pip, or name another Python with INFER_PYTHON"


def need_packages(*names: str) -> None:
    """Skips the stage where one of them is not installed."""
    if reason := lacking(*names):
        skip(reason)


def need_files(*paths: Path) -> None:
    """Skips the stage where an earlier one did not make them."""
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        skip(f"no {', '.join(missing)}: an earlier stage did not make it")


class Findings:
    """Rows of results, written to the stage's file after each one, so that a stage that is stopped keeps them. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)

    def add(self, **row: Any) -> None:
        print(json.dumps(row), flush=True)
        with self._lock:
            self.rows.append(row)
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(self.rows))
            new.replace(self.path)

    def attempt(self, measure: Callable[[], dict[str, Any]], **row: Any) -> None:
        """Adds what `measure` returns to `row`; where it raises, the error, and goes on."""
        try:
            self.add(**row, **measure())
        except Exception as error:  # noqa: BLE001  one way of many: the others are to be measured too
            self.add(**row, error=f"{type(error).__name__}: {str(error).strip()[:600]}")

    @property
    def failed(self) -> int:
        return sum("error" in row for row in self.rows)


def run_stage(stage: Callable[[Setup, Findings, list[str]], None]) -> NoReturn:
    """The main function of a stage, called as PROGRAM SETUP.json NAME [...]: exits with 1 when any row is an error, also where the
    rest was skipped.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("setup", type=Path)
    parser.add_argument("name", help="of the stage: its findings are FINDINGS/NAME.json")
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    setup = load_setup(given.setup)
    findings = Findings(setup.findings(given.name))
    code = 0
    try:
        stage(setup, findings, given.arguments)
    except Skip:
        code = SKIPPED
    if findings.failed:
        print(f"{findings.failed} of {len(findings.rows)} failed: {next(row for row in findings.rows if 'error' in row)}")
    sys.exit(1 if findings.failed else code)
