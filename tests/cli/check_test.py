"""infer check: each fault that is planted is one line of its table, all else is looked at as well, and nothing is left behind.

    check_test.py INFER MODELS [NAME...]
"""

import gzip
import itertools
import json
import os
import pathlib
import signal
import sys
import time
import zipfile
from collections.abc import Sequence

from alike_test import side_by_side, start
from cli_support import MPIRUN, Argument, Outcome, Program, Test, check, run, run_tests
from job import started
from resume_support import rows_in, slow, wait_for_checkpoint, write_slow_input
from small_places import memory_disk

LINES = ("launch", "versions", "model", "flags", "device", "cores", "memory", "tmpdir", "load", "input", "output", "errors", "trial",
         "signature", "records", "scored", "start", "disk", "gather", "time")
TEXT = '{"id":%d,"text":"A quiet, moving film."}\n'


class Table:
    """What a check said, and that it changed nothing."""

    def __init__(self, folder: pathlib.Path, command: Sequence[str], code: int) -> None:
        before = content(folder)
        self.outcome = run(command, folder)
        check(self.outcome.code == code, f"expected exit {code}: {self}")
        check(content(folder) == before, f"files were made or changed: {self}")
        answer = json.loads(self.outcome.stdout)
        self.lines: list[dict[str, str]] = answer["lines"]
        check(answer["verdict"] == ("fail" if code == 2 else answer["verdict"]), f"another verdict: {self}")
        names = [line["name"] for line in self.lines]
        check(set(names) == set(LINES), f"lines are missing or unknown: {self}")
        check([name for name in LINES if name in names] == list(dict.fromkeys(names)), f"another order: {self}")

    def __str__(self) -> str:
        return f"{self.outcome}\n{self.outcome.stdout.decode(errors='replace')}"

    def said(self, verdict: str) -> list[dict[str, str]]:
        return [line for line in self.lines if line["verdict"] == verdict]

    def check_only(self, verdict: str, name: str, *texts: str) -> "Table":
        """One line has this verdict, and says this."""
        lines = self.said(verdict)
        check([line["name"] for line in lines] == [name], f"expected {verdict} of {name} alone: {self}")
        for text in texts:
            check(text in lines[0]["found"] + " | " + lines[0]["remedy"], f'"{text}" is not said: {self}')
        return self


def content(folder: pathlib.Path) -> dict[str, tuple[int, bytes]]:
    """Of all files: when each was changed, and what is in it."""
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def write_rows(path: pathlib.Path, rows: int = 40) -> None:
    with path.open("w") as file:
        for number in range(rows):
            file.write(json.dumps({"id": number, "x": [number % 7 + 0.5, 1, 2, 3, 4, 5, 6, 7]}) + "\n")


def checks(program: Program, *arguments: Argument) -> list[str]:
    """What `arguments` give replaces the default."""
    flags: dict[str, Argument] = {"--model": program.model("exact_sum.pt"), "--input": "data.jsonl", "--output": "out.jsonl"}
    given = [each for flag, value in flags.items() if flag not in arguments for each in (flag, value)]
    return program.command(1, "check", "--json", *given, *arguments)


def clean(program: Program, folder: pathlib.Path) -> None:
    """Nothing to say of what a run takes, whatever the model and however many ranks; in seconds."""
    write_rows(folder / "data.jsonl")
    (folder / "texts.jsonl").write_text("".join(TEXT % number for number in range(20)))
    for arguments in ([], ["--model", program.model("exact_sum.pt2"), "--input-spec", "x:float32:[8]"],
                      ["--model", program.model("bundle_text.pt"), "--input", "texts.jsonl"]):
        alone = Table(folder, checks(program, *arguments), 0)
        check(not alone.said("fail") and not alone.said("skip") and not alone.said("warn"), f"not clean: {alone}")
    begin = time.monotonic()
    three = Table(folder, [*MPIRUN, "-np", "3", *checks(program)], 0)
    check(time.monotonic() - begin < 30, "three ranks took long")  # alone 1
    check(not three.said("fail") and not three.said("skip") and "3 ranks" in three.lines[0]["found"], f"not clean: {three}")


def model_of_one_rank(program: Program, folder: pathlib.Path) -> None:
    """Missing, or another: the rank is named, and rank 0's is tried all the same."""
    write_rows(folder / "data.jsonl")
    same = checks(program)
    missing = Table(folder, side_by_side(same, checks(program, "--model", "none.pt")), 2)
    check([line["name"] for line in missing.said("fail")] == ["model"], f"more than the model: {missing}")
    check(missing.said("fail")[0]["found"].startswith("rank 1 ("), f"the rank is not named: {missing}")
    check("none.pt" in missing.said("fail")[0]["found"], f"the file is not named: {missing}")
    check([line for line in missing.said("ok") if line["name"] == "trial"] != [], f"not tried on rank 0: {missing}")
    other = Table(folder, side_by_side(same, checks(program, "--model", program.model("mlp.pt"))), 2)
    other.check_only("fail", "model", "rank 0 (", "rank 1 (", "same model file")


def ranks_that_differ(program: Program, folder: pathlib.Path) -> None:
    """In a flag, and in the input below one name: both are said at once."""
    for node, rows in (("node0", 40), ("node1", 41)):
        (folder / node).mkdir()
        write_rows(folder / node / "data.jsonl", rows)
    parts = [["-np", "1", "-wdir", str(folder / "node0"), *checks(program)], [":"],
             ["-np", "1", "-wdir", str(folder / "node1"), "-x", "INFER_TOP_K=3", *checks(program)]]
    table = Table(folder, [*MPIRUN, *itertools.chain.from_iterable(parts)], 2)
    check([line["name"] for line in table.said("fail")] == ["flags", "input"], f"expected two faults: {table}")
    check("--top-k is 1 on rank 0" in table.said("fail")[0]["found"], f"not the flag: {table}")
    check("rank 1 (" in table.said("fail")[1]["found"] and "not the same file" in table.said("fail")[1]["found"], f"not the input: {table}")


def inputs(program: Program, folder: pathlib.Path) -> None:
    """All that are missing, and in which one records are bad; a field that no record has."""
    write_rows(folder / "data.jsonl")
    (folder / "bad.jsonl").write_text('{"id":1,"x":[1,2,3,4,5,6,7,8]}\n{"id":2}\nno JSON\n')
    missing = Table(folder, checks(program, "--input", "no.jsonl", "--input", "data.jsonl", "--input", "nor.jsonl"), 2)
    missing.check_only("fail", "input", "no.jsonl", "nor.jsonl")
    two = ["--input", "data.jsonl", "--input", "bad.jsonl"]
    Table(folder, checks(program, *two), 2).check_only("fail", "records", "2 of the first 3 records", "bad.jsonl:2", "--max-errors")
    Table(folder, checks(program, *two, "--max-errors", "2"), 0).check_only("warn", "records", "bad.jsonl:2", "repair them; --max-errors 2 lets them fail")
    Table(folder, checks(program, "--field", "y=x"), 2).check_only("fail", "trial", "--field y")
    text = Table(folder, checks(program, "--model", program.model("bundle_text.pt")), 2)
    text.check_only("fail", "trial", "text", "--field")


def packed_inputs(program: Program, folder: pathlib.Path) -> None:
    """Are looked into on rank 0; a pipe is left to the run."""
    write_rows(folder / "data.jsonl")
    rows = (folder / "data.jsonl").read_bytes()
    (folder / "bad.gz").write_bytes(gzip.compress(rows + b'{"id":2}\n'))
    table = Table(folder, checks(program, "--input", "bad.gz"), 2)
    table.check_only("fail", "records", "1 of the first", "bad.gz:41")
    table = Table(folder, checks(program, "--input", "-"), 2)
    table.check_only("fail", "input", "standard input gives its bytes but once")


def several_at_once(program: Program, folder: pathlib.Path) -> None:
    """What does not need the failed lines is looked at all the same."""
    (folder / "file").write_text("")
    table = Table(folder, checks(program, "--model", "none.pt", "--input", "no.jsonl", "--output", "file/out.jsonl", "--device", "cuda:7"), 2)
    check([line["name"] for line in table.said("fail")] == ["model", "device", "input", "output"], f"not all: {table}")
    check("GPU" in table.said("fail")[1]["found"], f"not the device: {table}")
    check("Not a directory" in table.said("fail")[3]["found"], f"not the folder: {table}")


def small_disks(program: Program, folder: pathlib.Path) -> None:
    """Too small for the rows to come, or for what a compiled model unpacks to."""
    write_rows(folder / "data.jsonl", 3000)
    with memory_disk(folder / "small", "size=16k"):
        Table(folder, checks(program, "--output", "small/out.jsonl"), 2).check_only("fail", "disk", "small has room for")
        compiled = checks(program, "--model", program.model("exact_sum.pt2"), "--input-spec", "x:float32:[8]")
        Table(folder, ["env", f"TMPDIR={folder / 'small'}", *compiled], 2).check_only("fail", "tmpdir", "unpacked", "set TMPDIR")


def running_job(program: Program, folder: pathlib.Path) -> None:
    """Its locks are seen, and its files stay as they are; then what it left: where --resume goes on, and what forbids it."""
    rows = 2400  # a quick machine has not scored them all when it is stopped
    write_slow_input(folder, rows)

    def looked(code: int, *more: Argument) -> Table:
        return Table(folder, program.command(1, "check", "--json", *slow(program, *more)), code)

    with started(program.command(1, *slow(program, "--trace", "t.json")), folder) as job:
        wait_for_checkpoint(job)
        job.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, job.process.pid, os.WSTOPPED)  # all threads: none is in the middle of a write
        looked(2).check_only("fail", "output", "is being written by process", "wait for it")
        looked(2, "--output", "other.jsonl", "--trace", "t.json").check_only("fail", "output", "t.json (--trace) is of another run")
        job.process.send_signal(signal.SIGCONT)
        job.process.send_signal(signal.SIGTERM)
        check(job.process.wait(20) == 4, f"not stopped: {job.stderr()}")
    looked(2).check_only("fail", "output", "unfinished run", "--resume")
    goes_on = looked(0, "--resume")
    check("goes on after" in next(line["found"] for line in goes_on.lines if line["name"] == "start"), f"from where? {goes_on}")
    looked(2, "--resume", "--id-field", "x").check_only("fail", "start", "--id-field: id then, x now")
    resumed = run(program.command(1, *slow(program, "--resume")), folder)
    check(resumed.code == 0 and rows_in(folder / "out.jsonl") == rows, f"the rows are not all there: {resumed}")


def finished_output(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl")
    arguments: list[Argument] = ["-q", "--model", program.model("exact_sum.pt"), "--input", "data.jsonl", "--output", "out.jsonl"]
    check(run(program.command(1, *arguments), folder).code == 0, "no output")
    there = Table(folder, checks(program), 2).check_only("fail", "output", "out.jsonl exists", "--retry-errors")
    check([line["name"] for line in there.said("skip")] == ["start"], f"more is not looked at: {there}")
    done = Table(folder, checks(program, "--resume"), 0)
    check("nothing is left to do" in next(line["found"] for line in done.lines if line["name"] == "start"), f"not complete: {done}")
    Table(folder, checks(program, "--overwrite"), 0)


def models(program: Program, folder: pathlib.Path) -> None:
    """Compiled for another CPU, hanging, with rows that depend on others."""
    write_rows(folder / "data.jsonl")
    for_other_cpu(program.model("exact_sum.pt2"), folder / "other.pt2")
    Table(folder, checks(program, "--model", "other.pt2"), 2).check_only("fail", "load", "AVX9000", "compile it on the oldest")
    (folder / "hangs.jsonl").write_text('{"x":[-1,2,3,4]}\n' * 3)
    hangs = checks(program, "--model", program.model("hangs_on_negative.pt"), "--input", "hangs.jsonl", "--stall-timeout", "1")
    Table(folder, hangs, 2).check_only("fail", "trial", "--stall-timeout")
    Table(folder, checks(program, "--model", program.model("counts_calls.pt")), 2).check_only("fail", "trial", "keeps something", "--stateful")
    save_mixing_model(folder / "mixes.pt")
    Table(folder, checks(program, "--model", "mixes.pt"), 2).check_only("fail", "trial", "--max-batch-size 1")


def for_other_cpu(package: pathlib.Path, target: pathlib.Path) -> None:
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(target, "w") as other:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("wrapper_metadata.json"):
                data = json.dumps(json.loads(data) | {"AOTI_CPU_ISA": "AVX9000"}).encode()
            other.writestr(zipfile.ZipInfo(member.filename), data)


def save_mixing_model(path: pathlib.Path) -> None:
    """Rows are told from the mean of their batch."""
    code = ("import torch\nclass Mixes(torch.nn.Module):\n    def forward(self, x: torch.Tensor):\n"
            f"        return x.sum(1) - x.mean()\ntorch.jit.script(Mixes()).save({str(path)!r})\n")
    script = path.with_suffix(".py")
    script.write_text(code)
    made = run([sys.executable, "-W", "ignore", str(script)])
    check(made.code == 0, f"no model: {made}")


def launches(program: Program, folder: pathlib.Path) -> None:
    """srun without PMIx; ranks that share one core."""
    write_rows(folder / "data.jsonl")
    second = start(checks(program), folder, {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"})
    task = ["env", "SLURM_STEP_NUM_TASKS=2", "SLURM_PROCID=0", *checks(program)]
    Table(folder, task, 2).check_only("fail", "launch", "srun started 2 tasks", "--mpi=pmix")
    crowded = Table(folder, ["taskset", "-c", "0", *MPIRUN, "-np", "2", *checks(program)], 0)
    crowded.check_only("warn", "cores", "2 ranks share 1 core, 0")
    rows, text = second.communicate(timeout=60)
    check(second.returncode == 2 and rows == b"", f"said twice: {rows!r} {text!r}")


def table_for_people(program: Program, folder: pathlib.Path) -> None:
    """The same lines as for programs; without a place to say them it ends."""
    write_rows(folder / "data.jsonl")
    command = [word for word in checks(program) if word != "--json"]
    rows = run(command, folder).stdout.decode().splitlines()
    check(tuple(row.split(" | ")[0].strip() for row in rows[1:]) == LINES, f"other lines: {rows}")
    check({row.split(" | ")[1].strip() for row in rows[1:]} == {"ok"}, f"other verdicts: {rows}")
    closed = run(["bash", "-c", '"$@" >&-', "bash", *command], folder)
    check(closed.code == 2 and "standard output" in closed.message(), f"no place for the table: {closed}")
    full: Outcome = run(["bash", "-c", '"$@" >/dev/full', "bash", *command], folder)
    check(full.code == 3 and "--resume" not in full.message(), f"a full standard output: {full}")


TESTS: list[Test] = [clean, model_of_one_rank, ranks_that_differ, inputs, packed_inputs, several_at_once, small_disks, running_job, finished_output, models,
                     launches, table_for_people]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
