"""Two hosts and a submit host on one machine: network namespaces on a bridge, and a launcher's agent instead of ssh.

Everything lies inside the namespaces, the bridge in that of the submit host: when they are gone nothing is left.
"""

import contextlib
import functools
import itertools
import os
import pathlib
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator

from cli_support import MPIRUN, check, run
from struck_job import send

NETWORK = "10.77.0.0/24"
KEEPALIVE = {"time": 1, "intvl": 1, "probes": 2}  # of mpirun and its daemons: a dead link is noticed after 3 s
NAME = re.compile(r"faults(\d+)x\d+[sab]\b")
AGENT = """#!/bin/bash
# Like ssh: options, a host, a command.
while [[ $1 == -* ]]; do shift; done
host=$1; shift
exec ip netns exec "$host" unshare --uts -- bash -c 'hostname "$1"; shift; eval "$*"' _ "$host" "$@"
"""

numbers = itertools.count()


class FakeHosts:
    """`submit` runs mpirun, `hosts` run the ranks."""

    def __init__(self, folder: pathlib.Path) -> None:
        prefix = f"faults{os.getpid()}x{next(numbers)}"
        self.submit = prefix + "s"
        self.hosts = [prefix + "a", prefix + "b"]
        self.agent = folder / "agent.sh"
        self.agent.write_text(AGENT)
        self.agent.chmod(0o755)

    def commands(self) -> Iterator[str]:
        for name in (self.submit, *self.hosts):
            yield f"ip netns add {name}"
            yield f"ip -n {name} link set lo up"
        yield f"ip -n {self.submit} link add br0 type bridge"
        yield f"ip -n {self.submit} addr add 10.77.0.254/24 dev br0"
        yield f"ip -n {self.submit} link set br0 up"
        for number, host in enumerate(self.hosts, start=1):
            yield f"ip -n {self.submit} link add v{number} type veth peer name eth0 netns {host}"
            yield f"ip -n {self.submit} link set v{number} master br0 up"
            yield f"ip -n {host} addr add 10.77.0.{number}/24 dev eth0"
            yield f"ip -n {host} link set eth0 up"

    def set_up(self) -> None:
        for command in self.commands():
            outcome = run(command.split())
            check(outcome.code == 0, f"cannot make fake hosts: {outcome}")

    def tear_down(self) -> None:
        for name in (self.submit, *self.hosts):
            remove(name)

    def launcher(self, ranks: int) -> list[str]:
        """mpirun with the ranks spread over both hosts."""
        slots = -(-ranks // len(self.hosts))
        hosts = ",".join(f"{host}:{slots}" for host in self.hosts)
        settings = {"plm_rsh_agent": self.agent, "oob_tcp_if_include": NETWORK, "btl_tcp_if_include": NETWORK,
                    **{f"oob_tcp_keepalive_{name}": value for name, value in KEEPALIVE.items()}}
        return ["ip", "netns", "exec", self.submit, *MPIRUN, "-np", str(ranks), "--host", hosts, "--map-by", "node",
                *(word for name, value in settings.items() for word in ("--mca", name, str(value)))]

    def cut(self, host: str) -> None:
        outcome = run(["ip", "-n", host, "link", "set", "eth0", "down"])
        check(outcome.code == 0, f"cannot take the link down: {outcome}")


def remove(name: str) -> None:
    """A namespace and the processes in it."""
    for pid in run(["ip", "netns", "pids", name]).stdout.split():
        send(int(pid), signal.SIGKILL)
    run(["ip", "netns", "del", name])


def remove_stale() -> None:
    """Those of runs of this script that were killed."""
    for match in NAME.finditer(run(["ip", "netns", "list"]).stdout.decode()):
        if not pathlib.Path(f"/proc/{match[1]}").exists():
            remove(match[0])


@contextlib.contextmanager
def fake_hosts(folder: pathlib.Path) -> Iterator[FakeHosts]:
    hosts = FakeHosts(folder)
    try:
        hosts.set_up()
        yield hosts
    finally:
        hosts.tear_down()


@functools.cache
def unavailable() -> str | None:
    """Why this machine cannot have fake hosts."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    missing = [tool for tool in ("ip", "unshare") if shutil.which(tool) is None]
    if missing:
        return f"no {' and no '.join(missing)} here"
    remove_stale()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with fake_hosts(pathlib.Path(folder)) as hosts:
                outcome = run(["ip", "netns", "exec", hosts.submit, str(hosts.agent), hosts.hosts[0], "true"])
                check(outcome.code == 0, str(outcome))
        except AssertionError as error:  # in a container or a chroot
            return str(error).splitlines()[-1]
    return None
