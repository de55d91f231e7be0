"""Lets a folder of fixtures be made once, as long as the scripts and packages that make it stay the same."""

import hashlib
import importlib.metadata
import pathlib
from collections.abc import Callable, Sequence


def make_once(stamp: pathlib.Path, packages: Sequence[str], scripts: Sequence[str | pathlib.Path], make: Callable[[], None]) -> None:
    """Calls `make` unless `stamp` says that it ran with these versions of `packages` and this text of `scripts`. The
    folder of `stamp` exists by then."""
    code = b"".join(pathlib.Path(script).read_bytes() for script in scripts)
    versions = " ".join(importlib.metadata.version(package) for package in packages)
    fingerprint = versions + " " + hashlib.sha256(code).hexdigest()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    stamp.parent.mkdir(parents=True, exist_ok=True)
    make()
    stamp.write_text(fingerprint)
