"""Files of a model, from a folder or from the Hugging Face hub."""

import json
import pathlib
from typing import Any

from . import hub
from .errors import UsageError


def check_exists(name: str, flag: str, file_fits: bool = False) -> None:
    """Throws UsageError for what is meant as a folder and is none, and for a hub's name that cannot be had."""
    path = pathlib.Path(name).expanduser()
    if path.is_dir():
        return
    if path.exists() and file_fits:
        return
    if path.exists():
        raise UsageError(f"{flag} {name}: is a file; give the folder that holds config.json")
    looks_local = name.startswith((".", "/", "~")) or name.endswith("/") or name.count("/") > 1
    if looks_local or (len(path.parts) > 1 and path.parent.is_dir()):
        raise UsageError(f"{flag} {name}: no such folder")
    hub.prepare(name, flag)


def find_file(repository: str, name: str) -> pathlib.Path | None:
    """A file by its path within the folder or hub repository; None where there is none. Throws UsageError."""
    folder = pathlib.Path(repository).expanduser()
    if folder.is_dir():
        return folder / name if (folder / name).is_file() else None
    from transformers.utils import cached_file
    try:
        found = cached_file(repository, name, _raise_exceptions_for_missing_entries=False)
    except OSError as error:
        raise UsageError(f"{repository}: no such folder here, and not to be had from the hub: "
                         f"{one_line(error)}") from error
    return pathlib.Path(found) if found else None


def read_json(repository: str, name: str) -> Any:
    """None where there is no such file. Throws UsageError for one that is no JSON."""
    path = find_file(repository, name)
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: is no valid JSON ({error}); get the model again") from error


def one_line(error: BaseException, most: int = 240) -> str:
    """The first line of an error's text, without its full stop."""
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= most else text[:most] + " ..."
