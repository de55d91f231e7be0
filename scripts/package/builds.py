"""Finished builds, as the wheel takes them: which program, for which torch, with which libraries."""

import dataclasses
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class PackageError(Exception):
    """What keeps the wheel from being made, with the remedy."""


def output_of(*command: str | pathlib.Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        raise PackageError(f"{' '.join(map(str, command))}: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Build:
    """A build folder with the program and the launcher."""

    folder: pathlib.Path
    version: str  # of infer
    torch: str  # "2.15"

    @property
    def program(self) -> pathlib.Path:
        return self.folder / "bin/infer"

    @property
    def launcher(self) -> pathlib.Path:
        return self.folder / "bin/infer_launch"

    def libraries(self) -> list[pathlib.Path]:
        """All that it is started with, those that libraries need themselves too."""
        return [pathlib.Path(path) for path in re.findall(r"=> (/\S+)", output_of("ldd", self.program))]


def read_build(folder: pathlib.Path) -> Build:
    build = Build(folder.resolve(), "", "")
    for file in (build.program, build.launcher):
        if not file.exists():
            raise PackageError(f"{file} is missing: build it with scripts/build.sh, or name another build folder")
    said = output_of(build.program, "--version")
    version, torch = re.search(r"^infer (\S+)$", said, re.M), re.search(r"^LibTorch (\d+\.\d+)\.", said, re.M)
    if version is None or torch is None:
        raise PackageError(f"{build.program} --version says neither what it is nor its torch: {said}")
    return Build(build.folder, version[1], torch[1])


def read_builds(folders: list[pathlib.Path]) -> list[Build]:
    """The oldest torch first."""
    builds = sorted(map(read_build, folders), key=lambda build: minor_of(build.torch))
    for name in ("version", "torch"):
        values = [getattr(build, name) for build in builds]
        if len(set(values)) != (1 if name == "version" else len(values)):
            raise PackageError(f"the builds are of one infer, each for another torch; their {name}s are {', '.join(values)}")
    return builds


def minor_of(torch: str) -> int:
    return int(torch.split(".")[1])


def torch_requirement(builds: list[Build]) -> str:
    """torch>=2.11,!=2.12.*,<2.16: what there is a program for."""
    minors = [minor_of(build.torch) for build in builds]
    left_out = [f"!=2.{minor}.*" for minor in range(minors[0], minors[-1]) if minor not in minors]
    return ",".join([f"torch>=2.{minors[0]}", *left_out, f"<2.{minors[-1] + 1}"])
