"""Ranks and processes that were not started alike: nothing is scored, and the message names what differs.

    alike_test.py INFER MODELS [NAME...]
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from cli_support import MPIRUN, Argument, Outcome, Program, Test, check, environment, run, run_tests

ROWS = 300
LABELS = "low\nmiddle\nhigh\n"


def write_job(folder: pathlib.Path) -> None:
    with (folder / "data.jsonl").open("w") as file:
        for i in range(ROWS):
            file.write(f'{{"id":{i},"user":{i % 7},"x":[{i % 11},{-i % 5},{i % 3},1]}}\n')
    (folder / "labels.txt").write_text(LABELS)


def classifies(program: Program, *more: Argument) -> list[str]:
    return [str(program.infer), "-q", "--model", str(program.model("classifier.pt")), "--input", "data.jsonl", "--task",
            "classification", "--labels", "labels.txt", *map(str, more)]


def side_by_side(*ranks: Sequence[str]) -> list[str]:
    """One mpirun, each rank with a command of its own; a leading NAME=VALUE is a variable of that rank alone."""
    command = list(MPIRUN)
    for number, rank in enumerate(ranks):
        variables = [word for word in rank if word.split("=")[0].isupper()]
        command += [*([":"] if number else []), "-np", "1", *(part for word in variables for part in ("-x", word)),
                    *(word for word in rank if word not in variables)]
    return command


def check_refused(outcome: Outcome, *named: str) -> None:
    """Before any work, by one message."""
    check(outcome.code == 2, f"expected exit 2: {outcome}")
    check(outcome.stdout == b"", f"rows were written: {outcome}")
    said = [line for line in outcome.message().splitlines() if "stopped by a signal" not in line]
    for text in named:
        check(text in said[0], f'"{text}" is not named: {outcome}')
    check(len(said) == 1, f"one message is enough: {outcome}")


def options_of_ranks(program: Program, folder: pathlib.Path) -> None:
    write_job(folder)
    same = classifies(program)
    alike = run(side_by_side(same, same), folder)
    check(alike.code == 0 and alike.stdout.count(b"\n") == ROWS, f"ranks that are alike: {alike}")
    unused = run(side_by_side(same, ["INFER_NPY_DTYPE=float16", *same]), folder)
    check(unused.code == 0 and unused.stdout == alike.stdout, f"a flag without effect keeps ranks apart: {unused}")
    for flag, variable, here, there in (
            ("--top-k", "INFER_TOP_K=3", "1", "3"),
            ("--gather", "INFER_GATHER=nccl", "auto", "nccl"),
            ("--output", "INFER_OUTPUT=other.jsonl", "-", "other.jsonl"),
            ("INFER_LINEAR", "INFER_LINEAR=libtorch", "not set", "libtorch"),
            ("INFER_CONVOLUTION", "INFER_CONVOLUTION=direct", "not set", "direct")):
        check_refused(run(side_by_side(same, [variable, *same]), folder), f"{flag} is {here} on rank 0", f"{there} on rank 1")
    check_refused(run(side_by_side(["INFER_PASSTHROUGH=user", *same], same), folder), "--passthrough is user on rank 0", "empty on rank 1")
    check(not (folder / "other.jsonl").exists(), "an output was made")


def inputs_of_ranks(program: Program, folder: pathlib.Path) -> None:
    write_job(folder)
    shutil.copy2(folder / "data.jsonl", folder / "copy.jsonl")
    same = classifies(program)
    check_refused(run(side_by_side(same, [*same, "--input", "data.jsonl"]), folder), "the number of inputs (--input) is 1 on rank 0", "2 on rank 1")
    other = [word.replace("data.jsonl", "copy.jsonl") for word in same]
    check_refused(run(side_by_side(same, same, other), folder), "--input is data.jsonl on rank 0", "copy.jsonl on rank 2")


def files_of_ranks(program: Program, folder: pathlib.Path) -> None:
    """Other labels, and another model: under the same name, as a stale copy on a node is, and under another."""
    write_job(folder)
    (folder / "other.txt").write_text("low\nhigh\nmiddle\n")
    (folder / "same.txt").write_text(LABELS)
    check_refused(run(side_by_side(classifies(program), [w.replace("labels.txt", "other.txt") for w in classifies(program)]), folder),
                  "--labels is labels.txt, 3 (", "other.txt, 3 (")
    same = run(side_by_side(classifies(program), [w.replace("labels.txt", "same.txt") for w in classifies(program)]), folder)
    check(same.code == 0 and same.stdout.count(b"\n") == ROWS, f"equal labels under two names: {same}")
    for number, model in enumerate(("exact_sum.pt", "mlp.pt")):
        node = folder / f"node{number}"
        node.mkdir()
        shutil.copy(program.model(model), node / "model.pt")
        shutil.copy(folder / "data.jsonl", node / "data.jsonl")
        os.utime(node / "data.jsonl", (1_000_000_000, 1_000_000_000))
    plain = [str(program.infer), "-q", "--model", "model.pt", "--input", "data.jsonl"]
    stale = [*MPIRUN, "-np", "1", "-wdir", str(folder / "node0"), *plain, ":", "-np", "1", "-wdir", str(folder / "node1"), *plain]
    check_refused(run(stale, folder), "--model is model.pt, ", " bytes (", "on rank 1")
    broken = run(side_by_side(classifies(program), [*classifies(program), "--top-k", "many"]), folder)
    check_refused(broken, "rank 1 (", '--top-k: "many"')
    (folder / "m0.pt").write_bytes(program.model("exact_sum.pt").read_bytes())
    (folder / "m1.pt").write_bytes(program.model("mlp.pt").read_bytes())
    by_rank = [*MPIRUN, "-np", "2", "bash", "-c", (f'exec {program.infer} -q --model m$OMPI_COMM_WORLD_RANK.pt --input data.jsonl '
                '--output out$OMPI_COMM_WORLD_RANK')]
    check_refused(run(by_rank, folder), "--model is m0.pt, ", "m1.pt, ", "--output is out0 on rank 0", "out1 on rank 1")
    check(not list(folder.glob("out*")), "an output was made")


def start(command: list[str], folder: pathlib.Path, variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, cwd=folder, env=environment() | dict(variables), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def other_launchers(program: Program, folder: pathlib.Path) -> None:
    """Two processes that a launcher of another kind started: neither may do the whole job."""
    write_job(folder)
    alone = {"LOCAL_RANK": "0", "PMI_SIZE": "1", "SLURM_STEP_NUM_TASKS": "1"}
    launchers = [("PMI_SIZE", "PMI_RANK", {"MPI_LOCALNRANKS": "2"}), ("MPI_LOCALNRANKS", "MPI_LOCALRANKID", {}),
                 ("FLUX_JOB_SIZE", "FLUX_TASK_RANK", {}), ("JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK", {}),
                 ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", {}), ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", {}), ("WORLD_SIZE", "RANK", alone)]
    processes = [[start(classifies(program), folder, {**more, size: "2", rank: str(number)}) for number in range(2)]
                 for size, rank, more in launchers]
    for (size, _, _), pair in zip(launchers, processes, strict=True):
        said = []
        for number, process in enumerate(pair):
            rows, text = process.communicate(timeout=60)
            check(process.returncode == 2 and rows == b"", f"{size}: process {number} ended with {process.returncode}: {text!r}")
            said.append(text.decode())
        what = "srun started 2 tasks" if size.startswith("SLURM") else f"started 2 processes ({size})"
        check(what in said[0] and "mpirun" in said[0], f"{size}: {said[0]}")
        check("infer:" not in said[1], f"{size}: said twice: {said[1]}")


def error_of_one_task(program: Program, folder: pathlib.Path) -> None:
    """srun ends no task because another has left: the one that has an error says it."""
    write_job(folder)
    task = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "PMIX_RANK": "1"}
    process = start([*classifies(program), "--config", "missing.toml"], folder, task)
    rows, text = process.communicate(timeout=60)
    check(process.returncode == 2 and rows == b"", f"ended with {process.returncode}: {text!r}")
    check(b"infer: rank 1 (" in text and b"missing.toml" in text, f"no reason: {text!r}")


def alone_on_purpose(program: Program, folder: pathlib.Path) -> None:
    """Variables that speak of several, and one process that is meant to work alone: the rows come."""
    write_job(folder)
    expected = run(classifies(program), folder).stdout
    check(expected.count(b"\n") == ROWS, "no reference")
    batch_script = {"SLURM_NTASKS": "4", "SLURM_NPROCS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_TASKS_PER_NODE": "4"}
    by_srun = {**batch_script, "SLURM_STEP_NUM_TASKS": "1"}
    step = {**by_srun, "SLURM_JOB_ID": "7", "SLURM_JOBID": "7", "SLURM_STEP_ID": "0", "SLURM_STEPID": "0", "SLURM_NODELIST": "vm"}
    by_pmix = {**step, "PMIX_RANK": "0", "PMIX_NAMESPACE": "slurm.pmix.7.0", "PMIX_SERVER_URI2": "pmix-server:1;tcp4://127.0.0.1:1"}
    around = {"SLURM_STEP_NUM_TASKS": "3", "SLURM_PROCID": "2", "WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}
    for variables in (batch_script, by_srun, step, by_pmix, {"WORLD_SIZE": "8"}, {"PBS_TASKNUM": "1", "PBS_NODENUM": "0"},
                      {"PMI_SIZE": "1", "PMI_RANK": "0", "MPI_LOCALNRANKS": "1", "MPI_LOCALRANKID": "0"},
                      {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}, {"FLUX_JOB_SIZE": "1", "FLUX_TASK_RANK": "0"}):
        process = start(classifies(program), folder, variables)
        rows, text = process.communicate(timeout=60)
        check(process.returncode == 0 and rows == expected, f"{variables}: {process.returncode} {text!r}")
    process = start([*MPIRUN, "-np", "1", *classifies(program)], folder, around)
    rows, text = process.communicate(timeout=60)
    check(process.returncode == 0 and rows == expected, f"mpirun -np 1: {process.returncode} {text!r}")


def second_program(program: Program, folder: pathlib.Path) -> None:
    """One mpirun starts MPI once: a second infer in it is told so, unless it is one process that needs no MPI."""
    write_job(folder)
    twice = ["bash", "-c", '"$0" "$@" && "$0" "$@"', *classifies(program)]
    expected = run(classifies(program), folder).stdout
    alone = run([*MPIRUN, "-np", "1", *twice], folder)
    check(alone.code == 0 and alone.stdout == 2 * expected, f"mpirun -np 1: {alone}")
    failed = run([*MPIRUN, "-np", "2", *twice], folder)
    check(failed.code == 3 and failed.stdout == expected, f"the first one's rows, and the second one's failure: {failed}")
    check(failed.message().count("MPI could not start") == 1, f"one message: {failed}")
    remedy = re.search(r"`(env .*) infer", failed.message())
    check(remedy is not None, f"no remedy: {failed}")
    helped = run([*MPIRUN, "-np", "2", "bash", "-c", f'"$0" "$@" && [[ $OMPI_COMM_WORLD_RANK != 0 ]] || {remedy[1]} "$0" "$@"',
                  *classifies(program)], folder)
    check(helped.code == 0 and helped.stdout == 2 * expected, f"the advice does not help: {helped}")


TESTS: list[Test] = [options_of_ranks, inputs_of_ranks, files_of_ranks, other_launchers, error_of_one_task, alone_on_purpose,
                     second_program]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
