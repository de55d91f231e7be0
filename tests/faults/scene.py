"""Where a strike takes place: its scratch folder and the job in it."""

import dataclasses
import pathlib
import random

from cli_support import Program, check
from variants import Variant

WORK = "work"  # the job's own folder
CLEAN = "clean"  # of the run that nothing happens to
TEMPORARY = "t"  # TMPDIR
LAUNCHERS_OWN = ("ompi.", "prte.", "pmix", "vader_segment.", "sm_segment.")


@dataclasses.dataclass(frozen=True)
class Scene:
    """The folder has the input, `clean/`, `work/` and `t/`."""

    program: Program
    folder: pathlib.Path
    variant: Variant
    rng: random.Random

    @property
    def work(self) -> pathlib.Path:
        return self.folder / WORK

    @property
    def partial(self) -> pathlib.Path:
        return self.work / f"{self.variant.output}.partial"

    @property
    def journal(self) -> pathlib.Path:
        return self.work / f"{self.variant.output}.journal"

    def variables(self) -> dict[str, str]:
        """Everything temporary, the launcher's shared memory included, stays in the scratch folder."""
        temporary = str(self.folder / TEMPORARY)
        return {"TMPDIR": temporary, "OMPI_MCA_btl_vader_backing_directory": temporary}

    def is_finished(self) -> bool:
        return (self.work / self.variant.output).exists()

    def rows_written(self) -> int:
        return self.variant.rows_in(self.partial if self.partial.exists() else self.work / self.variant.output)

    def check_nothing_looks_finished(self) -> None:
        """What has its own name is complete."""
        for name in self.variant.outputs:
            if (self.work / name).exists():
                self.check_same(name)

    def check_finished(self) -> None:
        """The same files as those of the clean run, and no others."""
        found = sorted(path.name for path in self.work.iterdir())
        expected = sorted([*self.variant.outputs, f"{self.variant.output}.run"])
        check(found == expected, f"the output's folder has {found}, expected {expected}")
        for name in self.variant.outputs:
            self.check_same(name)

    def check_same(self, name: str) -> None:
        check((self.work / name).read_bytes() == (self.folder / CLEAN / name).read_bytes(),
              f"{self.work / name} differs from that of the clean run, {self.folder / CLEAN / name}")

    def check_temporary_files(self) -> None:
        left = [path.name for path in (self.folder / TEMPORARY).iterdir() if not path.name.startswith(LAUNCHERS_OWN)]
        check(not left, f"left in TMPDIR: {left}")
