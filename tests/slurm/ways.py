"""Every way to start infer under Slurm gives the bytes of a plain run."""

import json
import os
import pathlib
import re

from cli_support import Argument, Program, check, run
from cluster import GPUS, Cluster
from jobs import SCRIPTS, SMALL, batch_job, digest, ranks_and_hosts

ROWS = 3000
FILES = 3


def write_files(folder: pathlib.Path) -> list[str]:
    """Several files, some records of which are broken."""
    names = []
    for number in range(FILES):
        names.append(f"data{number}.jsonl")
        with (folder / names[-1]).open("w") as file:
            for row in range(ROWS // FILES):
                file.write(json.dumps({"id": row, "x": "broken" if row % 97 == 5 else [row % 11, -number, row % 3, 1, 0, 0, 0, 2]}) + "\n")
    (folder / "files.txt").write_text("\n".join(names) + "\n")
    return names


def scores(program: Program, output: str, *more: Argument) -> list[str]:
    return ["--model", str(program.model("exact_sum.pt")), "--output", output, "--chunk-bytes", "4KiB", "--max-errors", "100", *map(str, more)]


def with_infer(program: Program) -> dict[str, str]:
    """As a user has it: in the PATH, which sbatch and srun hand on."""
    return {"PATH": f"{program.infer.parent}:{os.environ['PATH']}"}


def ways_to_start(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    write_files(folder)
    os.environ |= with_infer(program)
    whole = ["--input-list", "files.txt"]
    plain = run(["infer", *scores(program, "plain.jsonl", *whole)], folder)
    check(plain.code == 0, f"the plain run: {plain}")
    expected = digest(folder / "plain.jsonl")
    print(f"plain run: {expected}", flush=True)
    two = ["--nodes=2", "--ntasks-per-node=1"]
    in_batch = {"srun": SCRIPTS / "infer-srun.sbatch", "mpirun": SCRIPTS / "infer-mpirun.sbatch"}
    for name, script in in_batch.items():
        output = f"batch_{name}.jsonl"
        with batch_job(folder, *SMALL, script, *scores(program, output, *whole)) as job:
            outcome = job.end()
        check_way(f"sbatch {script.name}", outcome.code, outcome.stderr, folder / output, expected, (2, 2))
    direct = {
        "srun --mpi=pmix": (["srun", "--mpi=pmix", *two], (2, 2)),
        "salloc mpirun": (["salloc", "-Q", *two, "mpirun", "--bind-to", "none"], (2, 2)),
        "salloc srun --mpi=pmix, 2 ranks a node": (["salloc", "-Q", "--nodes=2", "--ntasks-per-node=2", "srun", "--mpi=pmix"], (4, 2)),
        "srun of one task": (["srun", "--ntasks=1"], (1, 1)),
    }
    for number, (name, (launcher, wanted)) in enumerate(direct.items()):
        output = f"direct{number}.jsonl"
        done = run([*launcher, "infer", *scores(program, output, *whole)], folder)
        check_way(name, done.code, done.stderr, folder / output, expected, wanted)
    with batch_job(folder, "--ntasks=4", "--wrap", " ".join(["infer", *scores(program, "alone.jsonl", *whole)])) as job:
        outcome = job.end()
    check_way("sbatch, infer alone", outcome.code, outcome.stderr, folder / "alone.jsonl", expected, (1, 1))
    array_of_files(program, folder, expected)


def check_way(name: str, code: int, text: str, output: pathlib.Path, expected: str, wanted: tuple[int, int]) -> None:
    check(code == 0 and output.exists(), f"{name}: exit {code}\n{text}")
    ranks, hosts = ranks_and_hosts(text)
    print(f"{name}: {ranks} rank(s) on {hosts} host(s): {digest(output)}", flush=True)
    check((ranks, hosts) == wanted, f"{name}: {ranks} ranks on {hosts} hosts, wanted {wanted}\n{text}")
    check(digest(output) == expected, f"{name}: other bytes than the plain run's\n{text}")


def array_of_files(program: Program, folder: pathlib.Path, expected: str) -> None:
    """With what its script says about putting the parts together."""
    script = SCRIPTS / "infer-array.sbatch"
    together = re.search(r"^#   (infer merge .*)$", script.read_text(), re.MULTILINE)
    check(together is not None, "the script does not say how to put the parts together")
    flags = [each for each in scores(program, "") if each not in ("--output", "")]
    with batch_job(folder, f"--array=1-{FILES}", "--cpus-per-task=1", script, "files.txt", "parts", *flags) as array:
        outcome = run(["sbatch", "--wait", f"--dependency=afterok:{array.id}", "--wrap", together[1] if together else ""], folder)
        said = "".join(path.read_text() for path in folder.glob(f"slurm-{array.id}_*.out"))
    check(outcome.code == 0, f"putting the parts together: {outcome}\n{said}")
    check_way(f"sbatch --array=1-{FILES} {script.name}", outcome.code, said, folder / "scores.jsonl", expected, (1, 1))


def gpus_by_gres(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """infer-srun.sbatch lets every task see all GPUs of its node; the array's tasks see one."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "infer").write_text("#!/bin/sh\necho task $SLURM_PROCID sees $CUDA_VISIBLE_DEVICES\n")
    (bin_folder / "infer").chmod(0o755)
    path = {"PATH": f"{bin_folder}:{os.environ['PATH']}"}
    with batch_job(folder, *SMALL, "--ntasks-per-node=2", "--gpus-per-node=2", SCRIPTS / "infer-srun.sbatch", **path) as job:
        outcome = job.end()
    check(sorted(re.findall("task .*", outcome.stderr)) == [f"task {rank} sees 0,1" for rank in range(4)], f"not all GPUs of the node: {outcome}")
    (folder / "files.txt").write_text("data.jsonl\n")
    with batch_job(folder, "--array=1-1", "--cpus-per-task=1", SCRIPTS / "infer-array.sbatch", "files.txt", "parts", **path) as job:
        job.wait_until(lambda: any(folder.glob(f"slurm-{job.id}_1.out")) and "sees" in (folder / f"slurm-{job.id}_1.out").read_text(), "word", 20)
    check("task 0 sees 0\n" in (folder / f"slurm-{job.id}_1.out").read_text(), "not one GPU")


def unchanged(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """The scripts without an option of sbatch: 2 nodes with all their GPUs."""
    write_files(folder)
    os.environ |= with_infer(program)
    plain = run(["infer", "-q", *scores(program, "plain.jsonl", "--input-list", "files.txt")], folder)
    check(plain.code == 0, f"the plain run: {plain}")
    for name in ("infer-srun.sbatch", "infer-mpirun.sbatch"):
        output = f"{name}.jsonl"
        with batch_job(folder, SCRIPTS / name, *scores(program, output, "--input-list", "files.txt")) as job:
            outcome = job.end(240)
        check_way(f"sbatch {name}, unchanged", outcome.code, outcome.stderr, folder / output, digest(folder / "plain.jsonl"), (2 * GPUS, 2))
