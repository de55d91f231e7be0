"""Places with little room, made for one test and gone after it: folders of few bytes, groups of processes with little memory.

All raise Skipped where the machine cannot have such a place.
"""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

from cli_support import Skipped, check, run

MIB = 1 << 20


def mount(options: str, source: pathlib.Path | str, folder: pathlib.Path) -> None:
    outcome = run(["mount", "-o", options, *(["-t", "tmpfs"] if source == "tmpfs" else []), str(source), str(folder)])
    if outcome.code != 0:
        raise Skipped(f"cannot mount {source} with {options}: {outcome.stderr.strip()}")


@contextlib.contextmanager
def memory_disk(folder: pathlib.Path, options: str) -> Iterator[None]:
    """A file system in memory at `folder`."""
    folder.mkdir()
    mount(options, "tmpfs", folder)
    try:
        yield
    finally:
        run(["umount", str(folder)])


@contextlib.contextmanager
def quota_disk(folder: pathlib.Path, kib: int) -> Iterator[pathlib.Path]:
    """A folder below `folder` that has room for more, but a quota, which binds root too."""
    if missing := [tool for tool in ("mkfs.btrfs", "btrfs") if shutil.which(tool) is None]:
        raise Skipped(f"no {' and no '.join(missing)} (Debian's btrfs-progs)")
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(256 * MIB)
    folder.mkdir()
    made = run(["mkfs.btrfs", "-q", str(image)])
    check(made.code == 0, f"no file system made: {made}")
    mount("loop", image, folder)
    limited = folder / "limited"
    try:
        for command in (["subvolume", "create", str(limited)], ["quota", "enable", str(folder)],
                        ["qgroup", "limit", f"{kib}K", str(limited)]):
            outcome = run(["btrfs", *command])
            check(outcome.code == 0, f"no quota: {outcome}")
        yield limited
    finally:
        run(["umount", str(folder)])


def control_group(controller: str, limits: dict[str, str], old_limits: dict[str, str]) -> contextlib.AbstractContextManager[pathlib.Path]:
    """A control group with these values in its files, by version 2's names or the old ones, whichever the machine has; the
    first must hold, the others where they can. A process that writes its number to the file given is in it."""
    name = f"infer-limits-{os.getpid()}"
    root = pathlib.Path("/sys/fs/cgroup")
    controls = root / "cgroup.subtree_control"
    if controls.exists() and controller in controls.read_text().split():
        return _made_group(root / name, limits)
    if (root / controller / next(iter(old_limits))).exists():
        return _made_group(root / controller / name, old_limits)
    raise Skipped(f"no control groups with {controller} control here")


@contextlib.contextmanager
def _made_group(group: pathlib.Path, limits: dict[str, str]) -> Iterator[pathlib.Path]:
    try:
        group.mkdir()
    except OSError as error:
        raise Skipped(f"no control group to be had: {error}") from error
    try:
        for number, (file, value) in enumerate(limits.items()):
            with contextlib.suppress(OSError) if number > 0 else contextlib.nullcontext():
                (group / file).write_text(value)
        yield group / "cgroup.procs"
    finally:
        group.rmdir()


def memory_group(size: int) -> contextlib.AbstractContextManager[pathlib.Path]:
    """A control group for `size` bytes, without swap where that can be said."""
    return control_group("memory", {"memory.max": str(size), "memory.swap.max": "0"},
                         {"memory.limit_in_bytes": str(size), "memory.memsw.limit_in_bytes": str(size)})
