"""Where a strike takes place: its scratch folder and the job in it."""

import contextlib
import dataclasses
import pathlib
import random
import re

from cli_support import Program, check
from variants import Variant

WORK = "work"  # the job's own folder
CLEAN = "clean"  # of the run that nothing happens to
TEMPORARY = "t"  # TMPDIR
LAUNCHERS_OWN = ("ompi.", "prte.", "pmix", "vader_segment.", "sm_segment.")


def names_in(folder: pathlib.Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def is_part(name: str) -> bool:
    return pathlib.PurePath(name).name.startswith("part-")


@dataclasses.dataclass
class Scene:
    """The folder has the input, `clean/`, `work/` and `t/`."""

    program: Program
    folder: pathlib.Path
    variant: Variant
    rng: random.Random
    names: list[str]  # of the outputs that the present attempt is of
    target: str  # the output whose files are damaged

    @property
    def work(self) -> pathlib.Path:
        return self.folder / WORK

    @property
    def partial(self) -> pathlib.Path:
        return self.work / f"{self.target}.partial"

    @property
    def journal(self) -> pathlib.Path:
        return self.work / f"{self.target}.journal"

    @property
    def disk(self) -> pathlib.Path:
        """The folder that may be a disk of its own: of one output, where there are several."""
        return (self.work / self.target).parent if len(self.variant.names) > 1 else self.work

    def models(self) -> list[str]:
        """Of the present attempt."""
        return [model for model, name in zip(self.variant.models, self.variant.names, strict=True) if name in self.names]

    def variables(self) -> dict[str, str]:
        """Everything temporary, the launcher's shared memory included, stays in the scratch folder."""
        temporary = str(self.folder / TEMPORARY)
        return {"TMPDIR": temporary, "OMPI_MCA_btl_vader_backing_directory": temporary}

    def is_finished(self) -> bool:
        return not self.unfinished()

    def unfinished(self) -> list[str]:
        """Of the outputs of the attempt."""
        return [name for name in self.names if not (self.work / name).exists()]

    def unscored(self) -> list[str]:
        """Of these the ones that lack more than their names."""
        return [name for name in self.unfinished() if not self.is_scored(name)]

    def is_scored(self, name: str) -> bool:
        journal = self.work / f"{name}.journal"
        return journal.exists() and b'"complete":true' in journal.read_bytes()

    def rows_written(self) -> int:
        """Of the output that is furthest behind, of those whose rows show at once."""
        return min(map(self.rows_of, self.variant.watched(self.names)))

    def rows_of(self, name: str) -> int:
        partial = self.work / f"{name}.partial"
        return self.variant.rows_in(partial if partial.exists() else self.work / name)

    def listed_parts(self) -> list[str]:
        manifest = self.partial if self.partial.exists() else self.work / self.variant.output
        return manifest.read_text(errors="replace").splitlines() if manifest.exists() else []

    def rows_since(self, began: float) -> int:
        """Rows that are kept, or were written after that time: what else an earlier attempt left is removed at the start."""
        if not self.variant.parts:
            return self.rows_written()
        listed = "".join(self.listed_parts())
        rows = 0
        for part in self.partial.parent.glob("part-*"):
            if ".keys" in part.name:
                continue
            with contextlib.suppress(FileNotFoundError):  # as when a part gets its name
                if f'"{part.name}"' in listed or part.stat().st_mtime >= began:
                    rows += self.variant.rows_in_file(part)
        return rows

    def rows_kept(self) -> int:
        """Of these, rows that are not written again when the run goes on; the last ones may be all the same."""
        if not self.variant.parts:
            return self.rows_written()
        parts = self.listed_parts()
        return sum(int(rows[1]) for line in parts if '"part":' in line and (rows := re.search(r'"rows":(\d+)', line)))

    def check_nothing_looks_finished(self) -> None:
        """What has its own name is complete."""
        for name in self.variant.outputs:
            if (self.work / name).exists():
                self.check_same(name)
        if self.variant.parts and self.is_finished():
            self.check_parts()

    def check_finished(self) -> None:
        """The same files as those of the clean run, and no others."""
        if self.variant.parts:
            self.check_parts()
        found = [name for name in names_in(self.work) if not is_part(name)]
        expected = sorted([*self.variant.outputs, *(f"{name}.run" for name in self.variant.names)])
        check(found == expected, f"the output's folder has {found}, expected {expected}")
        for name in self.variant.outputs:
            self.check_same(name)

    def check_parts(self) -> None:
        clean, found = ([name for name in names_in(folder) if is_part(name)] for folder in (self.folder / CLEAN, self.work))
        check(found == clean, f"the output's folder has the parts {found}, expected {clean}")
        for name in clean:
            self.check_same(name)

    def check_same(self, name: str) -> None:
        check((self.work / name).read_bytes() == (self.folder / CLEAN / name).read_bytes(),
              f"{self.work / name} differs from that of the clean run, {self.folder / CLEAN / name}")

    def check_temporary_files(self) -> None:
        left = [path.name for path in (self.folder / TEMPORARY).iterdir() if not path.name.startswith(LAUNCHERS_OWN)]
        check(not left, f"left in TMPDIR: {left}")
