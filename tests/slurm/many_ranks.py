"""How infer holds with many ranks: what they spend on one another, and whether rank 0's memory grows.

    many_ranks.py INFER [--nodes 8] [--ranks-per-node 8] [--chunks-per-rank 100]

Each node is a host of its own of a real Slurm on this machine, and the model sleeps 0.2 s a chunk, so that a few cores are enough.
Prints a line a second and a summary; needs what slurm_test.py needs, and a Python with torch.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import cluster
import own_machine
from cli_support import check, environment
from cluster import Cluster
from job import rank_of
from late_model import CHUNK_SECONDS, make_model, with_operation

CHUNK_BYTES = 1000
ROW = b'{"x":[1,2,3,4]}'


def write_input(path: pathlib.Path, chunks: int) -> None:
    path.write_bytes((ROW + b"\n") * (chunks * CHUNK_BYTES // (len(ROW) + 1)))


def rank_zero(infer: pathlib.Path) -> int | None:
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdecimal() and rank_of(int(entry.name)) == 0 and (entry / "exe").resolve() == infer:
            return int(entry.name)
    return None


def resident_mib(pid: int) -> float:
    return int(re.findall(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[0]) / 1024


def watch(process: subprocess.Popen[bytes], infer: pathlib.Path, partial: pathlib.Path) -> list[tuple[float, float, int]]:
    """Seconds, MiB of rank 0, and bytes written, once a second while rows are written."""
    samples, start, pid = [], time.monotonic(), None
    while process.poll() is None:
        time.sleep(1)
        pid = pid or (rank_zero(infer) if partial.exists() else None)
        try:
            samples.append((time.monotonic() - start, resident_mib(pid or 0), partial.stat().st_size))
            print(f"{samples[-1][0]:.0f} s: rank 0 has {samples[-1][1]:.0f} MiB, {samples[-1][2]} bytes written", flush=True)
        except (OSError, IndexError):
            continue
    return samples


def report(samples: list[tuple[float, float, int]], ranks: int, stderr: str, output: pathlib.Path) -> None:
    """In the middle part, where all ranks are at work: what the rows' speed is of what the model allows."""
    print(stderr)
    steady = [each for each in samples if 0.2 * samples[-1][2] <= each[2] <= 0.9 * samples[-1][2]]
    check(len(steady) >= 3, "too short a run: raise --chunks-per-rank")
    seconds, written = steady[-1][0] - steady[0][0], steady[-1][2] - steady[0][2]
    content = output.read_bytes()
    bytes_a_chunk = CHUNK_BYTES / (len(ROW) + 1) * len(content) / content.count(b"\n")
    share = written / (ranks / CHUNK_SECONDS * bytes_a_chunk * seconds)
    print(f"{ranks} ranks: {100 * share:.1f} % of what the model alone allows; "
          f"rank 0 from {steady[0][1]:.0f} to {steady[-1][1]:.0f} MiB in {seconds:.0f} s")


def measure(infer: pathlib.Path, place: pathlib.Path, nodes: int, ranks_per_node: int, chunks_per_rank: int) -> None:
    make_model(place)
    Cluster(place, nodes).start()
    ranks = nodes * ranks_per_node
    write_input(place / "data.jsonl", ranks * chunks_per_rank)
    launcher = ["srun", "--mpi=pmix", f"--nodes={nodes}", f"--ntasks-per-node={ranks_per_node}", *with_operation(place)]
    flags = ["--model", "late.pt", "--input", "data.jsonl", "--output", "out.jsonl", "--chunk-bytes", str(CHUNK_BYTES), "--replicas", "1"]
    with (place / "stderr").open("wb") as stderr:
        process = subprocess.Popen([*launcher, str(infer), *flags], cwd=place, env=environment(), stdin=subprocess.DEVNULL, stderr=stderr)
        samples = watch(process, infer, place / "out.jsonl.partial")
    text = (place / "stderr").read_text(errors="replace")
    check(process.returncode == 0, text)
    report(samples, ranks, text, place / "out.jsonl")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--ranks-per-node", type=int, default=8)
    parser.add_argument("--chunks-per-rank", type=int, default=100)
    args = parser.parse_args()
    place = own_machine.folder()
    if place is None:
        check(cluster.unavailable() is None, str(cluster.unavailable()))
        return own_machine.run_inside()
    os.environ["TMPDIR"] = str(place)
    measure(args.infer.resolve(), place, args.nodes, args.ranks_per_node, args.chunks_per_rank)
    return 0


if __name__ == "__main__":
    sys.exit(main())
