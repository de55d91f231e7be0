"""The licences of what is inside the programs of a wheel: Rust's crates, and Debian's libraries and headers."""

import collections
import json
import pathlib
import shutil

from builds import ROOT, Build, PackageError, output_of

# Compiled in, or the headers are; libraries that are carried along are found by themselves.
HEADERS = ("libcli11-dev", "libspdlog-dev", "libsimdjson-dev", "libxxhash-dev")
OWN = {"libinfer_rust.so"}  # crates
LICENCE_NAMES = ("LICEN", "COPYING", "NOTICE", "UNLICENSE")
Crate = dict[str, str]


def _ask_cargo() -> str:
    """The first that can read Cargo.lock, where lib/rust/CMakeLists.txt looks for one to build with."""
    versioned = sorted(pathlib.Path("/usr/lib").glob("rust-*/bin/cargo"), reverse=True)
    reason = ""
    for cargo in (shutil.which("cargo"), *versioned, pathlib.Path.home() / ".cargo/bin/cargo"):
        if cargo is None or not pathlib.Path(cargo).exists():
            continue
        try:
            return output_of(cargo, "metadata", "--format-version", "1", "--locked", "--filter-platform",
                             "x86_64-unknown-linux-gnu", "--manifest-path", ROOT / "lib/rust/Cargo.toml")
        except PackageError as error:
            reason = f": {error}"
    raise PackageError(f"no cargo here can tell the licences of Rust's crates{reason}; scripts/setup.sh installs one")


def crates() -> list[Crate]:
    """All that the static library has in it: not what only builds or tests it."""
    metadata = json.loads(_ask_cargo())
    needs = {node["id"]: [other["pkg"] for other in node["deps"] if any(kind["kind"] is None for kind in other["dep_kinds"])]
             for node in metadata["resolve"]["nodes"]}
    reached, to_visit = set(), [metadata["resolve"]["root"]]
    while to_visit:
        crate = to_visit.pop()
        if crate not in reached:
            reached.add(crate)
            to_visit += needs[crate]
    return [crate for crate in metadata["packages"] if crate["id"] in reached and crate["source"] is not None]


def _texts(crate: Crate) -> list[str]:
    folder = pathlib.Path(crate["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.name.upper().startswith(LICENCE_NAMES) and file.is_file())
    return [file.read_text(errors="replace").strip() for file in files]


def crate_licences() -> str:
    """Each crate with its licence, then each text once, with the crates that have it."""
    listed, owners = [], collections.defaultdict(list)
    for crate in crates():
        name = f"{crate['name']} {crate['version']}"
        listed.append(f"{name}: {crate['license'] or crate['license_file']} ({crate['repository']})")
        for text in _texts(crate):
            owners[text].append(name)
    texts = [f"{'-' * 120}\nOf {', '.join(names)}:\n\n{text}" for text, names in owners.items()]
    return "\n".join(["The crates in infer, by Rust's registry:", "", *listed, "", *texts, ""])


def package_of(library: pathlib.Path) -> str:
    """Debian's, of which a library is; /lib and /usr/lib are one folder to the loader, and two to dpkg."""
    for path in (library, library.resolve(), pathlib.Path("/usr") / library.relative_to("/")):
        try:
            return output_of("dpkg-query", "--search", path).split(":")[0]
        except PackageError:
            continue
    raise PackageError(f"no package has {library}, so its licence is not known; build with Debian's or Ubuntu's libraries")


def system_licences(builds: list[Build], carried: set[str]) -> dict[str, str]:
    """By package; `carried`: the names of the libraries in the wheel."""
    carried = carried - OWN
    libraries = {library.resolve().name: library for build in builds for library in build.libraries()}
    if unknown := carried - libraries.keys():
        raise PackageError(f"whose is {', '.join(unknown)}? it is in the wheel, and no build was linked with it")
    packages = {*HEADERS, *(package_of(libraries[name]) for name in carried)}
    licences = {}
    for package in sorted(packages):
        file = pathlib.Path("/usr/share/doc") / package / "copyright"
        if not file.exists():
            raise PackageError(f"{file} is missing, and {package} is in the program: apt-get install --reinstall {package}")
        licences[package] = file.read_text(errors="replace")
    return licences
