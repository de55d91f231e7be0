"""A real Slurm of two or more nodes inside a machine of its own (own_machine.py): controller, authentication, nodes with GPUs.

Each node has its own host name, process ids and network; killing its first process is the loss of the node.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import own_machine
from cli_support import Outcome, check, environment, run

SUBMIT_HOST = "ctl"
SUBMIT_ADDRESS = "10.78.0.254"
GPUS = 8  # per node, as the job scripts ask for; /dev/null by other names
CPUS = 64
START_SECONDS = 20.0
LOST_NODE_SECONDS = 300  # until the controller takes a silent node for lost: Slurm's default
NODE = """
hostname "$1"
ip link set lo up
read -r # until eth0 is here
ip addr add "$2/24" dev eth0
ip link set eth0 up
"$3" -D -N "$1"; exit $?
"""
PACKAGES = {"munged": "munge", "slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "srun": "slurm-wlm"}


def unavailable() -> str | None:
    """Why this machine cannot have the cluster, with what to do."""
    missing = sorted({package for tool, package in PACKAGES.items() if find(tool) is None})
    if missing:
        return f"no {' and no '.join(missing)} here: scripts/setup.sh --slurm installs them"
    return own_machine.unavailable()


def find(tool: str) -> str | None:
    return shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def tool(name: str) -> str:
    path = find(name)
    check(path is not None, f"no {name} here")
    return str(path)


class Cluster:
    """Started by start(); ends with the machine."""

    def __init__(self, folder: pathlib.Path, nodes: int = 2) -> None:
        self.folder = folder
        self.addresses = {f"n{chr(ord('a') + number)}": f"10.78.0.{number + 1}" for number in range(nodes)}
        self.configuration = folder / "slurm.conf"
        self.nodes: dict[str, subprocess.Popen[bytes]] = {}
        os.environ["SLURM_CONF"] = str(self.configuration)

    def start(self) -> None:
        socket.sethostname(SUBMIT_HOST)
        self.write_configuration()
        self.make_network()
        self.start_authentication()
        self.daemon(SUBMIT_HOST, [tool("slurmctld"), "-D", "-c"])
        for node in self.addresses:
            self.start_node(node)
        self.wait_for_nodes("idle")

    def write_configuration(self) -> None:
        for name in ("state", "dev", *(f"spool/{node}" for node in self.addresses), *(f"tmp-{node}" for node in self.addresses)):
            (self.folder / name).mkdir(parents=True)
        for number in range(GPUS):
            os.mknod(self.folder / f"dev/gpu{number}", 0o600 | 0o020000, os.makedev(1, 3))
        (self.folder / "gres.conf").write_text(f"NodeName={','.join(self.addresses)} Name=gpu File={self.folder}/dev/gpu[0-{GPUS - 1}]\n")
        self.configuration.write_text("\n".join(self.settings()) + "\n")
        hosts = self.folder / "hosts"
        known = {"localhost": "127.0.0.1", SUBMIT_HOST: SUBMIT_ADDRESS, **self.addresses}
        hosts.write_text("".join(f"{address} {name}\n" for name, address in known.items()))
        outcome = run(["mount", "--bind", str(hosts), "/etc/hosts"])
        check(outcome.code == 0, f"cannot name the hosts: {outcome}")

    def settings(self) -> Iterator[str]:
        """The reasons for the odd ones: no cgroups, no database, more CPUs than there are, tests that do not wait, a busy machine."""
        place = self.folder
        yield from ("ClusterName=t", f"SlurmctldHost={SUBMIT_HOST}({SUBMIT_ADDRESS})", "SlurmUser=root")
        yield from ("AuthType=auth/munge", f"AuthInfo=socket={place}/munge.sock", "CredType=cred/munge")
        yield from ("ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "JobAcctGatherType=jobacct_gather/none")
        yield from ("AccountingStorageType=accounting_storage/none", "SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU")
        yield from ("SchedulerParameters=batch_sched_delay=0,sched_interval=1", "ReturnToService=2", "KillWait=10", "MinJobAge=300")
        yield from ("PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE", f"SlurmdTimeout={LOST_NODE_SECONDS}")
        yield from (f"StateSaveLocation={place}/state", f"SlurmdSpoolDir={place}/spool/%n", f"TmpFS={place}/tmp-%n")
        yield from (f"SlurmctldPidFile={place}/ctl.pid", f"SlurmdPidFile={place}/%n.pid")
        yield from ("SlurmdParameters=config_overrides", "GresTypes=gpu", "TCPTimeout=30", "MessageTimeout=90")
        for node in self.addresses:
            yield f"NodeName={node} NodeAddr={self.addresses[node]} CPUs={CPUS} RealMemory=4000 Gres=gpu:{GPUS}"
        yield "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=5 PreemptMode=OFF"
        yield "PartitionName=low Nodes=ALL MaxTime=INFINITE PriorityTier=1 GraceTime=10"
        yield "PartitionName=high Nodes=ALL MaxTime=INFINITE PriorityTier=10"

    def make_network(self) -> None:
        for command in ("ip link set lo up", "ip link add br0 type bridge", f"ip addr add {SUBMIT_ADDRESS}/24 dev br0",
                        "ip link set br0 up"):
            outcome = run(command.split())
            check(outcome.code == 0, f"cannot make a network: {outcome}")

    def start_authentication(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        files = {"socket": "munge.sock", "pid-file": "munge.pid", "log-file": "munge.log", "seed-file": "munge.seed"}
        outcome = run([tool("munged"), "--force", f"--key-file={key}", *(f"--{name}={self.folder}/{file}" for name, file in files.items())])
        check(outcome.code == 0, f"munged does not start: {outcome}")

    def daemon(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=log, stderr=log)

    def start_node(self, node: str) -> None:
        """Its network card is put into it from outside."""
        process = self.daemon(node, [*own_machine.separated(), "bash", "-c", NODE, "bash", node, self.addresses[node], tool("slurmd")])
        self.nodes[node] = process
        first = self.first_process(node)
        for command in (f"ip link add v{node} type veth peer name eth0 netns {first}", f"ip link set v{node} master br0 up"):
            outcome = run(command.split())
            check(outcome.code == 0, f"cannot connect {node}: {outcome}")
        if process.stdin:
            process.stdin.close()

    def first_process(self, node: str) -> int:
        """Its process id outside of the node, once it is in namespaces of its own."""
        children = pathlib.Path(f"/proc/{self.nodes[node].pid}/task/{self.nodes[node].pid}/children")
        ours = pathlib.Path("/proc/self/ns/net").readlink()
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError, IndexError):
                first = int(children.read_text().split()[0])
                if pathlib.Path(f"/proc/{first}/ns/net").readlink() != ours:
                    return first
            time.sleep(0.005)
        raise AssertionError(f"{node} does not start: {self.logs()}")

    def lose(self, node: str) -> None:
        """All its processes at once; its daemon can be started again."""
        self.nodes[node].kill()
        self.nodes[node].wait()

    def wait_for_nodes(self, state: str) -> None:
        end = time.monotonic() + START_SECONDS
        while set(run(["sinfo", "-h", "-N", "-o", "%N %T"]).stdout.decode().split("\n")) - {""} != {f"{node} {state}" for node in self.addresses}:
            check(time.monotonic() < end, f"the nodes are not {state}: {run(['sinfo'])}{self.logs()}")
            time.sleep(0.05)

    def logs(self) -> str:
        return "".join(f"\n--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:])
                       for path in sorted(self.folder.glob("*.log")))


def scontrol(*words: str) -> Outcome:
    outcome = run(["scontrol", *words])
    check(outcome.code == 0, f"scontrol failed: {outcome}")
    return outcome
