"""Jobs that Slurm, its user or a broken node ends: they go on to the bytes of a run in one go."""

import contextlib
import pathlib
import shlex
import time

from cli_support import Argument, Program, check, run
from cluster import Cluster, scontrol
from job import write_rows
from jobs import END_SECONDS, SCRIPTS, SMALL, START_SECONDS, BatchJob, batch_job, ranks_and_hosts
from late_model import make_model, with_operation
from resume_support import check_clean, clean_run, rows_in, slow, write_slow_input
from ways import with_infer

PARTIAL = "out.jsonl.partial"
LOST_SECONDS = 30  # from the loss of a node to the message


def submitted(program: Program, *more: Argument) -> list[Argument]:
    return [each for each in slow(program, *more) if each != "-q"]


def rows_so_far(folder: pathlib.Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return rows_in(folder / PARTIAL)
    return 0


def wait_for_new_rows(job: BatchJob, before: int) -> None:
    job.wait_until(lambda: rows_so_far(job.folder) > before, f"row behind {before}", START_SECONDS)


def check_finished(job: BatchJob, expected: bytes, restarts: int, seconds: float = 2 * END_SECONDS) -> None:
    outcome = job.end(seconds)
    check(outcome.code == 0, f"expected exit 0: {outcome}")
    check(job.facts()["Restarts"] == str(restarts), f"queued again {job.facts()['Restarts']} times, not {restarts}: {outcome}")
    check((job.folder / "out.jsonl").read_bytes() == expected, f"not the bytes of a run in one go: {outcome}")
    check_clean(job.folder)


def signalled(program: Program, folder: pathlib.Path, script: str, *to_whom: str) -> None:
    """Three times by the signal that the script asks Slurm for, sent to whom the script says. A busy controller hands it on after
    seconds: the job must not be over by then."""
    write_slow_input(folder, 6000)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])["out.jsonl"]
    with batch_job(folder, *SMALL, SCRIPTS / script, *submitted(program), **with_infer(program)) as job:
        for count in range(1, 4):
            wait_for_new_rows(job, rows_so_far(folder))
            run(["scancel", *to_whom, "--signal=USR1", job.id])
            job.wait_for_requeue(count)
        check_finished(job, expected, 3, 240)
    check(job.output().count("go on with: ") == 3, f"not told three times: {job.output()}")


def requeued(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    signalled(program, folder, "infer-srun.sbatch")


def requeued_mpirun(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    signalled(program, folder, "infer-mpirun.sbatch", "--batch")


def end_of_time(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """infer stops by itself before the job's end, and by Slurm's signal if that comes first: both after 40 s of two minutes, of
    which a busy machine takes half to start."""
    make_model(folder)
    write_rows(folder / "data.jsonl", 36_000)
    flags = ["--input", "data.jsonl", "--output", "out.jsonl", "--chunk-bytes", "1000", "--drain-timeout", "50s"]
    expected = clean_run(Program(pathlib.Path("env"), folder), folder, [*with_operation(folder)[1:], program.infer, *flags, "--model", "prompt.pt"],
                         ["out.jsonl"])["out.jsonl"]
    late_infer = folder / "bin" / "infer"
    late_infer.parent.mkdir()
    late_infer.write_text(f'#!/bin/sh\nexec {shlex.join([*with_operation(folder), str(program.infer)])} "$@"\n')
    late_infer.chmod(0o755)
    variables = with_infer(Program(late_infer, folder))
    for asked, reason in (("USR1@1", "SLURM_JOB_END_TIME"), ("USR1@80", "stopped by SIGUSR1")):
        with batch_job(folder, *SMALL, "--time=2", f"--signal={asked}", SCRIPTS / "infer-srun.sbatch", *flags, "--model", "late.pt",
                       "--replicas", "1", **variables) as job:
            for count in range(1, 4):
                job.wait_for_requeue(count)
            scontrol("update", f"JobId={job.id}", "TimeLimit=60")
            check_finished(job, expected, 3)
        check(reason in job.output(), f"no {reason}: {job.output()}")
        check(job.output().count("rows are done already") == 3, f"not gone on: {job.output()}")
        (folder / "out.jsonl").unlink()
        (folder / "out.jsonl.run").unlink()


def cancelled(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """scancel: rows are kept, the job does not come back, and the same command goes on."""
    write_slow_input(folder, 1500)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])["out.jsonl"]
    for script in ("infer-srun.sbatch", "infer-mpirun.sbatch"):
        with batch_job(folder, *SMALL, SCRIPTS / script, *submitted(program), **with_infer(program)) as job:
            wait_for_new_rows(job, 0)
            run(["scancel", job.id])
            outcome = job.end()
            time.sleep(1)
            check(job.state() == "CANCELLED" and job.facts()["Restarts"] == "0", f"{script}: {job.facts()}")
        check("go on with: " in outcome.stderr, f"{script}: not told how to go on: {outcome}")
        kept = rows_so_far(folder)
        check(kept > 0, f"{script}: no rows were kept: {outcome}")
        with batch_job(folder, *SMALL, SCRIPTS / script, *submitted(program), **with_infer(program)) as again:
            check_finished(again, expected, 0)
        check("rows are done already" in again.output(), f"{script}: scored again: {again.output()}")
        (folder / "out.jsonl").unlink()
        (folder / "out.jsonl.run").unlink()


def preempted(_: Cluster, program: Program, folder: pathlib.Path) -> None:
    """A job of a better partition takes the nodes: the script has its grace time to stop, and its place in the queue."""
    write_slow_input(folder, 3000)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])["out.jsonl"]
    for script in ("infer-srun.sbatch", "infer-mpirun.sbatch"):
        with batch_job(folder, *SMALL, "--exclusive", "--partition=low", SCRIPTS / script, *submitted(program), **with_infer(program)) as job:
            wait_for_new_rows(job, 0)
            with batch_job(folder, "--partition=high", "--nodes=2", "--exclusive", "--wrap", "sleep 1") as better:
                better.end()
            job.wait_for_requeue(1)
            check_finished(job, expected, 1)
        check("rows are done already" in job.output(), f"{script}: scored again: {job.output()}")
        (folder / "out.jsonl").unlink()
        (folder / "out.jsonl.run").unlink()


def lost_node(slurm: Cluster, program: Program, folder: pathlib.Path) -> None:
    """infer names its rank and ends, where Slurm waits for five minutes; then the same command on the node that is left."""
    write_slow_input(folder, 1500)
    expected = clean_run(program, folder, slow(program), ["out.jsonl"])["out.jsonl"]
    with batch_job(folder, *SMALL, "--no-requeue", SCRIPTS / "infer-srun.sbatch", *submitted(program), **with_infer(program)) as job:
        wait_for_new_rows(job, 0)
        start = time.monotonic()
        slurm.lose("nb")
        job.wait_until(lambda: "no sign of life from rank 1 (nb)" in job.output(), "message", LOST_SECONDS)
        told = time.monotonic() - start
        job.wait_for_state({"COMPLETING"})  # until the node is there again, or is given up
        over = time.monotonic() - start
        scontrol("update", "NodeName=nb", "State=DOWN", "Reason=lost")
        outcome = job.end()
    print(f"told after {told:.1f} s, over after {over:.1f} s", flush=True)
    check(outcome.code == 3 and "go on with: " in outcome.stderr, f"expected exit 3, and how to go on: {outcome}")
    check(rows_so_far(folder) > 0, f"no rows were kept: {outcome}")
    one_node = ["--nodes=1", "--ntasks-per-node=3", "--gpus-per-node=1", "--cpus-per-task=1"]
    with batch_job(folder, *one_node, SCRIPTS / "infer-srun.sbatch", *submitted(program), **with_infer(program)) as again:
        check_finished(again, expected, 0)
    check(ranks_and_hosts(again.output()) == (3, 1), f"not on the other node: {again.output()}")
    slurm.start_node("nb")
    scontrol("update", "NodeName=nb", "State=RESUME")
    slurm.wait_for_nodes("idle")
