"""What an image of infer must be and do: lean, an ordinary user's, and the rows of a run outside for every way to start it."""

import functools
import hashlib
import os
import pathlib
import shutil
import sys
from collections.abc import Callable

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

import fake_hosts
from cli_support import Outcome, Program, Test, check, run
from images import USER, Container, Image

INFER = "/opt/infer/bin/infer"
MPIRUN = ["mpirun", "-np", "2", "--bind-to", "none"]
STRANGER = "4242"  # a user whom the image does not know, as with docker run --user
BUILD_TOOLS = ["gcc", "g++", "cc", "c++", "clang", "ld", "as", "make", "cmake", "ninja", "cargo", "rustc", "git", "python3", "pip"]
LEFTOVERS = r"""dpkg-query --show --showformat '${Package}\n' | grep -E -- '-dev$|^(gcc|g\+\+|cpp|clang|python3)[0-9.-]*$'
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /data -o -path '/usr/*/perl' \) -prune -o -type f \( \
    -name '*.h' -o -name '*.hpp' -o -name '*.cpp' -o -name '*.a' -o -name '*.bc' -o -name '*.deb' -o -name '*.whl' \
    -o -path '*/.cache/*' -o -path '/var/lib/apt/lists/*' -o -path '/tmp/*' \) -print"""
MISSING = r"""for file in /opt/infer/bin/infer /opt/infer/lib/torch/lib/*.so; do ldd "$file" | sed -n 's/ => not found//p'; done | sort -u"""
DRIVER = {"libcuda.so.1"}  # the container toolkit brings the host's
# Like ssh to an ordinary user's account: options, a host, a command.
AGENT = f"""#!/bin/bash
while [[ $1 == -* ]]; do shift; done
host=$1; shift
as_user() {{ exec setpriv --reuid {USER} --regid {USER} --clear-groups bash -c "$*"; }}
export -f as_user
exec ip netns exec "$host" unshare --uts -- bash -c 'hostname "$1"; shift; as_user "$@"' _ "$host" "$@"
"""
# What Apptainer does: an ordinary user's own root folder, and the outside's devices, processes, /tmp and data.
ENTER = """#!/bin/bash
exec bwrap --ro-bind {files} / --dev-bind /dev /dev --bind /proc /proc --ro-bind /sys /sys --bind /tmp /tmp --bind {data} /data --chdir /data -- "$@"
"""


class Trial:
    """An image, a container of it, and a job: a model and records in a folder that is /data inside."""

    def __init__(self, infer: pathlib.Path, image: Image, container: Container, data: pathlib.Path) -> None:
        self.infer = infer
        self.image = image
        self.container = container
        self.data = data

    def take(self, model: pathlib.Path, records: pathlib.Path) -> None:
        self.data.mkdir()
        os.chown(self.data, USER, USER)
        for file, name in ((model, f"model{model.suffix}"), (records, "records.jsonl")):
            shutil.copy(file, self.data / name)
            (self.data / name).chmod(0o644)

    def flags(self, output: str | None) -> list[str]:
        """None: standard output."""
        model = next(path.name for path in self.data.iterdir() if path.stem == "model")
        written = [] if output is None else ["--output", output]
        return ["--model", model, "--input", "records.jsonl", *written, "--passthrough", "text"]

    @functools.cached_property
    def rows_outside(self) -> str:
        """The digest of what one rank of the program writes without an image."""
        outcome = run([str(self.infer), *self.flags("outside.jsonl")], self.data, timeout=600)
        check(outcome.code == 0, str(outcome))
        return self.digest("outside.jsonl")

    def digest(self, output: str) -> str:
        rows = (self.data / output).read_bytes()
        check(rows.count(b"\n") == (self.data / "records.jsonl").read_bytes().count(b"\n"), f"{output} is not complete")
        return hashlib.sha256(rows).hexdigest()

    def run(self, *command: str, user: str | None = None) -> Outcome:
        outcome = self.container.run(self.data, *command, user=user)
        check(outcome.code == 0, str(outcome))
        return outcome

    def shell(self, script: str) -> list[str]:
        return self.run("sh", "-c", script, user="root").stdout.decode().split()

    def expect(self, output: str) -> None:
        """The rows of the run outside, written by an ordinary user."""
        check(self.digest(output) == self.rows_outside, f"other rows in {output} than outside")
        check((self.data / output).stat().st_uid == USER, f"{output} belongs to another user")


def says_what_it_is(trial: Trial, program: Program, folder: pathlib.Path) -> None:
    """Its check of health is a command of its own user, and answers as the program that was put into it."""
    config = trial.image.config
    check(config["User"] == "infer" and config["Entrypoint"] == ["infer"], str(config))
    health = config["Healthcheck"]["Test"]
    check(health == ["CMD", "infer", "--version"], str(health))
    inside = trial.run(*health[1:]).stdout.decode().splitlines()
    outside = run([str(trial.infer), "--version"]).stdout.decode().splitlines()
    check(inside[:3] == outside[:3], f"{inside} instead of {outside}")
    identity = trial.run("id", "--user").stdout.decode().strip()
    check(identity == str(USER), f"it is run by user {identity}")


def is_lean_and_complete(trial: Trial, program: Program, folder: pathlib.Path) -> None:
    found = trial.shell("command -v " + " ".join(BUILD_TOOLS) + " || true")
    check(not found, f"what builds is in the image: {found}")
    left = trial.shell(LEFTOVERS)
    check(not left, f"{len(left)} headers, archives and caches are in the image: {left[:10]}")
    missing = set(trial.shell(MISSING))
    check(not missing - DRIVER, f"libraries are missing in the image: {missing}")


def has_gpu_libraries(trial: Trial, program: Program, folder: pathlib.Path) -> str | None:
    """Where the loader finds them, for the image for GPUs; the other has none of the large ones."""
    known = trial.shell("/sbin/ldconfig -p | awk '{ print $1 }'")
    needed = {"libtorch_cuda.so", "libnccl.so.2", "libcudart.so.13"}
    if trial.image.name.endswith(":cpu"):
        check("libtorch_cuda.so" not in known, "LibTorch for GPUs is in the image for CPUs")
        return "an image for CPUs"
    check(needed <= set(known), f"not found: {needed - set(known)}")
    return None


def alone(trial: Trial, program: Program, folder: pathlib.Path) -> None:
    trial.run("infer", *trial.flags("alone.jsonl"))
    trial.expect("alone.jsonl")


def two_ranks_in_one_container(trial: Trial, program: Program, folder: pathlib.Path) -> None:
    ranks = trial.run(*MPIRUN, "infer", *trial.flags("two_ranks.jsonl"))
    check("2 ranks on 1 host" in ranks.stderr, ranks.stderr)
    trial.expect("two_ranks.jsonl")


def by_a_user_whom_it_does_not_know(trial: Trial, program: Program, folder: pathlib.Path) -> None:
    rows = trial.run(*MPIRUN, "infer", *trial.flags(None), user=STRANGER).stdout
    check(hashlib.sha256(rows).hexdigest() == trial.rows_outside, "other rows than outside")


def one_container_per_host(trial: Trial, program: Program, folder: pathlib.Path) -> str | None:
    """mpirun and its daemons outside, each rank in the image: as with apptainer exec, all of an ordinary user."""
    if reason := fake_hosts.unavailable():
        return reason
    with trial.container.files() as files, fake_hosts.fake_hosts(folder) as hosts:
        hosts.agent.write_text(AGENT)
        enter = folder / "enter.sh"
        enter.write_text(ENTER.format(files=files, data=trial.data))
        enter.chmod(0o755)
        folder.chmod(0o755)
        outcome = run([*hosts.launcher(2), str(enter), INFER, *trial.flags("two_hosts.jsonl")], timeout=300)
    check(outcome.code == 0 and "2 ranks on 2 hosts" in outcome.stderr, str(outcome))
    trial.expect("two_hosts.jsonl")
    return None


TrialTest = Callable[[Trial, Program, pathlib.Path], str | None]
TESTS: list[TrialTest] = [says_what_it_is, is_lean_and_complete, has_gpu_libraries, alone, two_ranks_in_one_container,
                          by_a_user_whom_it_does_not_know, one_container_per_host]


def tests_of(trial: Trial) -> list[Test]:
    return [functools.update_wrapper(functools.partial(test, trial), test) for test in TESTS]
