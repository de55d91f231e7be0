"""Strikes at the files: a disk that fills up, and tails that a power cut took."""

import contextlib
import errno
import os
import pathlib
import random
import shutil
import sys
from collections.abc import Iterator

from cli_support import check, run
from kinds import FAILED, KillAllRanks, Kind
from scene import Scene
from struck_job import StruckJob
from variants import Launch

DISK_BYTES = 8 << 20
PAGE = 4096
FILLER = "filler"
USAGE = 2
TORN_BYTES = 2000  # of a journal, at most


def mount(folder: pathlib.Path, options: str) -> str | None:
    """Returns why it failed."""
    outcome = run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)])
    return outcome.stderr.strip() or "mount failed" if outcome.code else None


def used_bytes(folder: pathlib.Path) -> int:
    state = os.statvfs(folder)
    return (state.f_blocks - state.f_bfree) * state.f_frsize


def fill(path: pathlib.Path, rest: int) -> None:
    """Takes all of the disk but `rest` bytes."""
    with path.open("wb", buffering=0) as file:
        for block in (1 << 16, PAGE):
            try:
                while file.write(bytes(block)) == block:
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        file.truncate(max(0, file.tell() - rest))


def shrink(folder: pathlib.Path, rest: int) -> None:
    """Makes the disk end `rest` bytes above what is used; the job may be writing meanwhile."""
    for _ in range(20):
        if mount(folder, f"remount,size={used_bytes(folder) + max(rest, PAGE)}") is None:
            return
    check(False, f"cannot make the disk {folder} smaller")


def end_of_head(journal: pathlib.Path) -> int:
    """Bytes up to the end of the line about the run; more than any file has when there is none yet."""
    size = 0
    for line in journal.read_bytes().splitlines(keepends=True) if journal.exists() else []:
        size += len(line)
        if b'"run":' in line and line.endswith(b"\n"):
            return size
    return sys.maxsize


class DiskFull(Kind):
    """The output's disk fills up, and has room again before the resume."""

    name = "disk_full"

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.by_file = rng.random() < 0.5
        self.rest = rng.randrange(3) * PAGE
        self.detection = 20.0  # until the next row comes: nothing is wrong before

    @classmethod
    def unavailable(cls) -> str | None:
        if os.geteuid() != 0:
            return "only root can mount a small disk"
        folder = pathlib.Path("/mnt")
        reason = mount(folder, "size=64k")
        if reason is None:
            run(["umount", str(folder)])
        return reason

    def note(self) -> str:
        return f"{'filled' if self.by_file else 'shrunk'}, {self.rest // PAGE} pages left"

    @contextlib.contextmanager
    def surroundings(self, scene: Scene) -> Iterator[None]:
        disk = scene.disk
        reason = mount(disk, f"size={DISK_BYTES}")
        check(reason is None, f"cannot mount: {reason}")
        try:
            yield
        except BaseException:
            shutil.copytree(disk, scene.folder / "disk_kept", ignore=shutil.ignore_patterns(FILLER))
            raise
        finally:
            if run(["umount", str(disk)]).code != 0:
                run(["umount", "-l", str(disk)])

    def hit(self, scene: Scene, job: StruckJob, launch: Launch) -> None:
        if self.by_file:
            fill(scene.disk / FILLER, self.rest)
        else:
            shrink(scene.disk, self.rest)

    def codes(self) -> set[int]:
        return {FAILED}

    def edge_codes(self) -> set[int]:
        return {USAGE}

    def aftermath(self, scene: Scene) -> None:
        if self.by_file:
            (scene.disk / FILLER).unlink(missing_ok=True)
        else:
            check(mount(scene.disk, f"remount,size={DISK_BYTES}") is None, "cannot make the disk larger")


class Damage(KillAllRanks):
    """All ranks die at once and the ends of files are gone, or hold zeros or garbage."""

    damages = True

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.how = rng.choice(["cut", "zeros", "garbage"])
        self.done: list[str] = []
        self.head_torn = False

    def note(self) -> str:
        return ", ".join(self.done)

    def damage(self, path: pathlib.Path, most: int) -> int:
        """Of up to `most` bytes at the end, small amounts as likely as large ones; returns what is left whole."""
        size = path.stat().st_size if path.exists() else 0
        most = min(size, most)
        if most == 0:
            return size
        count = min(most, int(most ** self.rng.random() + self.rng.random()))
        if self.how == "cut":
            os.truncate(path, size - count)
        else:
            with path.open("r+b") as file:
                file.seek(size - count)
                file.write(bytes(count) if self.how == "zeros" else self.rng.randbytes(count))
        self.done.append(f"{self.how} {count} of {size} B of the {path.suffix.removeprefix('.')}")
        return size - count

    def damage_journal(self, scene: Scene) -> None:
        """As long as the line that says what the output is made of is whole, there is no reason to refuse. What the output has its
        name by was on disk before."""
        if (scene.work / scene.target).exists():
            return
        head = end_of_head(scene.journal)
        self.head_torn = self.damage(scene.journal, TORN_BYTES) < head

    def may_refuse(self) -> bool:
        return self.head_torn


class TearJournal(Damage):
    name = "tear_journal"

    def aftermath(self, scene: Scene) -> None:
        self.damage_journal(scene)


class TearPartial(Damage):
    name = "tear_partial"

    def aftermath(self, scene: Scene) -> None:
        paths = [path for path in sorted(scene.work.rglob("*.partial")) if path.stat().st_size > 0]
        if paths:
            self.damage(self.rng.choice(paths), DISK_BYTES)


class TearBoth(Damage):
    name = "tear_both"

    def aftermath(self, scene: Scene) -> None:
        self.damage_journal(scene)
        self.damage(scene.partial, DISK_BYTES)


class LoseJournal(KillAllRanks):
    """Rows without a journal cannot be told from anyone's file: they must not be gone over."""

    name = "lose_journal"
    damages = True

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.rows_lost = 0

    def note(self) -> str:
        return f"{self.rows_lost} rows without"

    def aftermath(self, scene: Scene) -> None:
        if scene.journal.exists() and not (scene.work / scene.target).exists():
            self.rows_lost = scene.rows_kept() if scene.variant.parts else scene.rows_of(scene.target)
            scene.journal.unlink()

    def may_refuse(self) -> bool:
        return True

    def must_refuse(self) -> bool:
        return self.rows_lost > 0


DISK_KINDS: list[type[Kind]] = [DiskFull, TearJournal, TearPartial, TearBoth, LoseJournal]
