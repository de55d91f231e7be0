"""Random launches, environments and flags: the rows are exact, or one message names what is wrong; never other rows.

    random_start_test.py INFER MODELS [--seed 1] [--count 15]
"""

import argparse
import dataclasses
import pathlib
import random
import shlex
import subprocess
import sys

from cli_support import MPIRUN, Program, environment, scratch

ROWS = 120
FLAGS = {"top-k": "2", "scores": "all", "id-field": "user", "passthrough": "user", "labels": "other.txt", "on-error": "skip",
         "max-batch-size": "5", "max-record-bytes": "45", "errors": "failed.jsonl", "task": "outputs", "non-finite": "string"}
HARMLESS_FLAGS = [["--replicas", "2"], ["--comm-timeout", "50"], ["--quiet"], ["--id-field", "id"], ["--top-k=1"], ["--drain-timeout", "5"],
                  ["--config", "empty.toml"]]
LEFT_OVERS = [{"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, {"WORLD_SIZE": "4"}, {"RANK": "1"}, {"PBS_TASKNUM": "2", "PBS_NODENUM": "1"},
              {"OMP_NUM_THREADS": "1"}, {"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, {"FLUX_JOB_SIZE": "4"}, {"PMI_SIZE": "x"}]
LAUNCHERS = [("PMI_SIZE", "PMI_RANK"), ("WORLD_SIZE", "RANK"), ("FLUX_JOB_SIZE", "FLUX_TASK_RANK"), ("MPI_LOCALNRANKS", "MPI_LOCALRANKID"),
             ("JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK"), ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")]
EMPTY_VALUES = [["--errors="], ["--output", ""], ["--labels="], ["--passthrough", ""], ["--errors", "--overwrite"]]


@dataclasses.dataclass
class Start:
    """One way to start the job, and what must be named if it cannot be right."""

    variables: dict[str, str]
    ranks: list[list[str]]  # arguments of each, besides those of the job
    own_variables: list[dict[str, str]]  # of each rank
    closed: str
    to_file: bool
    wrong: list[str]

    def command(self, job: list[str]) -> list[str]:
        output = ["--output", "out.jsonl"] if self.to_file else []
        own = [["bash", "-c", f'exec "$0" "$@" {self.closed}', *job, *output, *rank] for rank in self.ranks]
        if len(own) == 1:
            return own[0]
        command = list(MPIRUN)
        for number, words in enumerate(own):
            command += [*([":"] if number else []), "-np", "1"]
            command += [part for name, value in self.own_variables[number].items() for part in ("-x", f"{name}={value}")] + words
        return command


def make_start(rng: random.Random) -> Start:
    ranks = rng.choice([1, 1, 2, 3])
    start = Start({}, [[] for _ in range(ranks)], [{} for _ in range(ranks)], "", rng.random() < 0.5, [])
    odd = rng.randrange(ranks)
    launcher = None
    for _ in range(rng.randrange(1, 4)):
        kind = rng.choice(["left_over", "launcher", "empty", "unknown", "misspelt", "harmless", "odd_flag", "odd_variable", "empty_value", "closed"])
        flag = rng.choice(sorted(FLAGS))
        variable = "INFER_" + flag.upper().replace("-", "_")
        if kind == "left_over":
            start.variables |= rng.choice(LEFT_OVERS)
        elif kind == "launcher" and ranks == 1:
            launcher = rng.choice(LAUNCHERS)
        elif kind == "empty":
            start.variables.setdefault(variable, "")
        elif kind == "unknown":
            start.variables["INFER_COLOUR"] = "blue"
        elif kind == "misspelt":
            shorter = "INFER_" + flag.upper().replace("-", "")
            name = shorter if shorter != variable and rng.random() < 0.5 else variable + "S"
            start.variables[name] = FLAGS[flag]
            start.wrong += [name]
        elif kind == "harmless":
            start.ranks[odd] += rng.choice(HARMLESS_FLAGS)
        elif kind == "odd_flag" and ranks > 1 and f"--{flag}" not in start.ranks[odd]:
            start.ranks[odd] += [f"--{flag}", FLAGS[flag]]
            start.wrong += [f"--{flag}"]
        elif kind == "odd_variable" and ranks > 1 and not any(word.startswith(f"--{flag}") for word in start.ranks[odd]):
            start.own_variables[odd][variable] = FLAGS[flag]
            start.wrong += [f"--{flag}"]
        elif kind == "empty_value":
            words = rng.choice(EMPTY_VALUES)
            start.ranks[odd] = [*words, *start.ranks[odd]]
            start.wrong += [words[0].rstrip("=")]
        elif kind == "closed":
            start.closed = " ".join(rng.sample(["<&-", ">&-", "2>&-"], rng.randrange(1, 4)))
    if launcher:
        start.variables |= {launcher[0]: "2", launcher[1]: "0"}
    if launcher or (ranks == 1 and {"WORLD_SIZE", "RANK"} <= start.variables.keys()):
        start.wrong += [" started "]
    if ">&-" in start.closed.split() and not start.to_file:
        start.wrong += ["standard output, and it is closed"]
    return start


def try_start(start: Start, job: list[str], expected: bytes, folder: pathlib.Path) -> str:
    """What is wrong with how it went; empty when nothing is."""
    for name in ("out.jsonl", "failed.jsonl"):
        (folder / name).unlink(missing_ok=True)
    try:
        done = subprocess.run(start.command(job), cwd=folder, env=environment() | start.variables, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "not done after 60 s"
    said = done.stderr.decode(errors="replace")
    output = folder / "out.jsonl"
    rows = output.read_bytes() if output.exists() else b"" if start.to_file else done.stdout
    if done.returncode == 0:
        return "" if rows == expected and not start.wrong else f"exit 0, {rows.count(10)} rows, equal: {rows == expected}; {said}"
    if done.returncode not in (2, 4):
        return f"exit {done.returncode}: {said}"
    if not start.wrong or rows:
        return f"exit {done.returncode} without a reason, {rows.count(10)} rows: {said}"
    silent = "2>&-" in start.closed.split()
    return "" if silent or any(text in said for text in start.wrong) else f"nothing of it is named: {said}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=15)
    args = parser.parse_args()
    program = Program(args.infer.resolve(), args.models.resolve())
    failed = 0
    with scratch() as folder:
        with (folder / "data.jsonl").open("w") as file:
            for i in range(ROWS):
                file.write(f'{{"id":{i},"user":{i % 7},"x":[{i % 11},{-i % 5},{i % 3},1]}}\n')
        (folder / "labels.txt").write_text("low\nmiddle\nhigh\n")
        (folder / "other.txt").write_text("low\nhigh\nmiddle\n")
        (folder / "empty.toml").write_text("")
        job = [str(program.infer), "--model", str(program.model("classifier.pt")), "--input", "data.jsonl", "--threads", "1"]
        (folder / "job.toml").write_text('task = "classification"\nlabels = "labels.txt"\n')
        plain = [*job, "--config", "job.toml"]
        expected = subprocess.run(plain, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
        for number in range(args.seed, args.seed + args.count):
            start = make_start(random.Random(number))
            with_config = any("--config" in rank for rank in start.ranks)
            problem = try_start(start, [*job, "--task", "classification", "--labels", "labels.txt"] if with_config else plain, expected, folder)
            if problem:
                failed += 1
                print(f"seed {number}: {start.variables} {shlex.join(start.command(['infer']))}\n  wrong: {start.wrong}\n  {problem}", flush=True)
    print(f"{args.count} starts from seed {args.seed}: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
