"""Images built and run by buildah, with no daemon and no registry: all in one folder, the base made by mmdebstrap."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from cli_support import Argument, Outcome, Skipped, check, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = "localhost/base"
TOOLS = ("bwrap", "buildah", "mmdebstrap", "setpriv", "unshare")
USER = 1000  # the first ordinary one, as useradd makes it in the images too
AS_USER = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
BUILD_SECONDS = 7200.0
# As Docker's own Debian images have it: nothing is kept when the machine goes down while they are made.
BASE_OPTIONS = ["--variant=minbase", "--dpkgopt=force-unsafe-io"]


def unavailable() -> str | None:
    """Why this machine cannot build and run images, with what to do."""
    if os.geteuid() != 0:
        return "only root can build images here"
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"no {' and no '.join(missing)} here: scripts/setup.sh --container installs them"
    for command in (["unshare", "--mount", "true"], [*AS_USER, "bwrap", "--ro-bind", "/", "/", "true"]):
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode != 0:  # in a container, say
            return tried.stderr.strip()
    return None


def make_base(tar: pathlib.Path) -> None:
    """The smallest system of this machine's own release, unless it is there: what was built here runs on no older one."""
    if tar.exists():
        return
    tar.parent.mkdir(parents=True, exist_ok=True)
    unfinished = tar.with_suffix(".partial.tar")
    release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    outcome = run(["mmdebstrap", *BASE_OPTIONS, release["VERSION_CODENAME"], str(unfinished)], timeout=BUILD_SECONDS)
    if outcome.code != 0:
        raise Skipped(f"mmdebstrap made no base image: {outcome.stderr.strip().splitlines()[-1]}")
    unfinished.rename(tar)


class Store:
    """Images and containers under one folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        folder.chmod(0o755)  # for the ordinary user
        # Anything may be used, and nothing fetched.
        self.policy = folder / "policy.json"
        self.policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))

    def buildah(self, command: str, *arguments: Argument, folder: pathlib.Path | None = None) -> Outcome:
        outcome = run([*self.command(), command, *map(str, arguments)], folder, BUILD_SECONDS)
        check(outcome.code == 0, str(outcome) + outcome.stdout.decode(errors="replace"))
        return outcome

    def command(self) -> list[str]:
        return ["buildah", "--root", f"{self.folder}/store", "--runroot", f"{self.folder}/run", "--storage-driver", "vfs",
                "--registries-conf", "/dev/null"]

    def trust(self) -> list[str]:
        return ["--signature-policy", str(self.policy)]

    def add_base(self, tar: pathlib.Path) -> None:
        container = self.buildah("from", *self.trust(), "scratch").stdout.decode().strip()
        self.buildah("add", "--quiet", container, tar, "/")
        self.buildah("commit", *self.trust(), "--quiet", "--rm", container, BASE)

    def build(self, kind: str, *options: Argument) -> "Image":
        """docker/Dockerfile.KIND of this checkout, as Docker would, on our base."""
        name = f"localhost/infer:{kind}"
        self.buildah("build", *self.trust(), "--isolation", "chroot", "--format", "docker", "--pull-never", "--build-arg", f"BASE={BASE}",
                     *options, "--file", f"docker/Dockerfile.{kind}", "--tag", name, ".", folder=ROOT)
        return Image(self, name)

    def build_from(self, runtime: pathlib.Path, kind: str) -> "Image":
        """The last stage alone: in the place of the build stage, what was built here, collected into `runtime`."""
        collected = run([str(ROOT / "docker/collect_runtime.sh"), kind, str(runtime / "runtime")], timeout=BUILD_SECONDS)
        check(collected.code == 0, str(collected))
        image = self.build(kind, "--build-context", f"build={runtime}")
        shutil.rmtree(runtime)
        return image


class Image:
    """An image and what it says of itself."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name
        facts = json.loads(store.buildah("inspect", "--type", "image", name).stdout)
        self.config: dict[str, Any] = facts["Docker"]["config"]
        self.layers: list[str] = facts["Docker"]["rootfs"]["diff_ids"]

    def bytes(self) -> int:
        """All that is in it, unpacked."""
        with self.container() as container, container.files() as files:
            return int(run(["du", "--summarize", "--bytes", str(files)]).stdout.split()[0])

    @contextlib.contextmanager
    def container(self) -> Iterator["Container"]:
        name = self.store.buildah("from", *self.store.trust(), "--pull-never", self.name).stdout.decode().strip()
        try:
            yield Container(self.store, name)
        finally:
            self.store.buildah("rm", name)


class Container:
    """A copy of an image's files, with a folder of the outside as /data."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name

    def command(self, data: pathlib.Path, *command: Argument, user: str | None = None) -> list[str]:
        """As the image's own user in its own environment, unless another user is named."""
        identity = [] if user is None else ["--user", user]
        return [*self.store.command(), "run", "--isolation", "chroot", "--volume", f"{data}:/data", *identity, self.name, "--", *map(str, command)]

    def run(self, data: pathlib.Path, *command: Argument, user: str | None = None) -> Outcome:
        return run(self.command(data, *command, user=user), timeout=300)

    @contextlib.contextmanager
    def files(self) -> Iterator[pathlib.Path]:
        """Its root folder where everybody may read it; the store is for root alone."""
        place = self.store.folder / f"files-{self.name}"
        place.mkdir()
        origin = self.store.buildah("mount", self.name).stdout.decode().strip()
        mounted = run(["mount", "--bind", "-o", "ro", origin, str(place)])
        check(mounted.code == 0, str(mounted))
        try:
            yield place
        finally:
            run(["umount", "--lazy", str(place)])
            place.rmdir()
