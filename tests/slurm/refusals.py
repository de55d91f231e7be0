"""Starts that cannot work, each with its remedy, and one that is only slow."""

import json
import pathlib
import re

from cli_support import Outcome, Program, Skipped, check, run
from cluster import Cluster
from ways import scores

TWO = ["--nodes=2", "--ntasks-per-node=1"]
PMIX = ["srun", "--mpi=pmix"]


def write_input(folder: pathlib.Path) -> list[str]:
    (folder / "data.jsonl").write_text("".join(json.dumps({"x": [row, 0, 0, 0, 0, 0, 0, 1]}) + "\n" for row in range(200)))
    return ["--input", "data.jsonl"]


def check_refused(outcome: Outcome, folder: pathlib.Path, *texts: str, code: int = 2, messages: int = 1) -> None:
    check(outcome.code == code, f"expected exit {code}: {outcome}")
    said = outcome.message().splitlines()
    check(len(said) == messages, f"expected {messages} message(s): {outcome}")
    for text in texts:
        check(text in said[0], f'no "{text}": {outcome}')
    check(not list(folder.glob("out.jsonl*")), f"an output was begun: {outcome}")


def no_pmix(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """Each task would score everything: as srun starts them by default, and with the two other kinds of MPI it has."""
    infer = [*TWO, str(program.infer), *scores(program, "out.jsonl", *write_input(folder))]
    for kind in ([], ["--mpi=none"]):
        alone = run(["srun", *kind, *infer], folder)
        check_refused(alone, folder, "srun started 2 tasks", "srun --mpi=pmix", "mpirun")
    print(alone.message(), flush=True)
    other = run(["srun", "--mpi=pmi2", *infer], folder)  # Open MPI itself ends these, each with its message
    check_refused(other, folder, "MPI could not start on host n", "srun --mpi=pmix", "mpirun", code=3, messages=2)
    print(other.message(), flush=True)
    helped = run([*PMIX, *infer], folder)
    check(helped.code == 0, f"the remedy does not help: {helped}")


def shared_gpu(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """On simulated GPUs, which obey Slurm's CUDA_VISIBLE_DEVICES: two tasks of a node see the same one, and one each."""
    simulated = program.infer.with_name("on_simulated_gpus")
    if not simulated.exists():
        raise Skipped(f"no {simulated}")
    infer = [str(simulated), str(program.infer), *scores(program, "out.jsonl", *write_input(folder)), "--device", "cuda"]
    node = ["--nodes=1", "--ntasks=2"]
    outcome = run([*PMIX, *node, "--gres=gpu:1", *infer], folder)
    check_refused(outcome, folder, "rank 0 and rank 1 are both on GPU-", "one rank per GPU")
    print(outcome.message(), flush=True)
    helped = run([*PMIX, *node, "--gres=gpu:2", *infer], folder)
    check(helped.code == 0 and "2 GPU" in helped.stderr, f"the remedy does not help: {helped}")


def bound_to_one_core(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """It works, and says what would be faster."""
    data = write_input(folder)
    outcome = run([*PMIX, *TWO, "taskset", "-c", "0", str(program.infer), *scores(program, "out.jsonl", *data)], folder)
    check(outcome.code == 0, f"expected exit 0: {outcome}")
    check("bound this rank to 1 core" in outcome.stderr and "--cpus-per-task" in outcome.stderr, f"no advice: {outcome}")


def changed_version(program: Program, folder: pathlib.Path, library: str) -> tuple[pathlib.Path, str, str]:
    """A copy of the program that says another version of itself or of a library, and both versions."""
    version = re.search(rf"^{library} (\S+)$", run([str(program.infer), "--version"]).stdout.decode(), re.MULTILINE)
    check(version is not None, "no version")
    ours = version[1] if version else ""
    other = ("9" if ours[0] != "9" else "8") + ours[1:]
    copy = folder / f"other_{library}"
    content = program.infer.read_bytes()
    place = text_in_code(program.infer, "infer::torch_version") if library == "LibTorch" else slice(0, len(content))
    short = (ours[:4], other[:4]) if library == "LibTorch" else (f"\0{ours}\0", f"\0{other}\0")
    changed = content[place].replace(short[0].encode(), short[1].encode())
    copy.write_bytes(content[:place.start] + changed + content[place.stop:])
    copy.chmod(0o755)
    return copy, ours, other


def text_in_code(program: pathlib.Path, function: str) -> slice:
    """Where the function lies in the file: the compiler puts a short text into its instructions."""
    found = re.search(rf"^(\w+) (\w+) T {function}\b", run(["nm", "-C", "-S", str(program)]).stdout.decode(), re.MULTILINE)
    if found is None:
        raise Skipped(f"no symbol {function}")
    return slice(int(found[1], 16), int(found[1], 16) + int(found[2], 16))


def other_versions(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """As when one node has an older installation: both versions are named."""
    data = write_input(folder)
    for library in ("infer", "LibTorch"):
        copy, ours, other = changed_version(program, folder, library)
        flags = " ".join(scores(program, "out.jsonl", *data))
        (folder / "programs").write_text(f"0 {program.infer} {flags}\n1 {copy} {flags}\n")
        outcome = run([*PMIX, *TWO, "--multi-prog", "programs"], folder)
        check_refused(outcome, folder, f"{library} is {ours} on rank 0 (na) and {other} on rank 1 (nb)")
        print(outcome.message(), flush=True)
