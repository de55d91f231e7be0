"""Kills runs at an exact operation on their files, goes on with others, and compares with a run in one go.

    crash_points.py INFER MODELS [--count 20] [--seed 1] [--replay SEED:INDEX]
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from cli_support import Argument, Outcome, Program, check, scratch
from job import Job

ROWS = 12
BLANK_LINES = 200  # before the first record
LONG = 100  # bytes; a first run refuses longer records, and a retry does not
LIMIT = 60.0  # seconds for a run
KILLED = (-9, 137)
USAGE = 2
CRASHES = ([1, 2, 3], [60, 30, 10])  # of one case, and their weights
KINDS = ("none", "0 rows", "1 row", "more rows", "complete")  # of checkpoints that crashes must have left
ENOUGH = 20  # cases for all of them
DONE = re.compile(rb'"rows":(\d+),.*"complete":(true|false)')


@dataclasses.dataclass(frozen=True)
class Form:
    """What is written, and how it begins."""

    ending: str = "jsonl"
    errors: str = ""  # "", "record" or "skip": --on-error
    start: str = ""  # "", "--overwrite" or "--retry-errors"
    blank: bool = False  # the first checkpoints have no rows
    keys: bool = False
    second: str = ""  # the ending of another model's output in the same pass

    @property
    def endings(self) -> list[str]:
        return [self.ending, *[self.second] * bool(self.second)]

    @property
    def names(self) -> list[str]:
        """Of the outputs."""
        return [f"out{'2' * number}.{ending}" for number, ending in enumerate(self.endings)]

    @property
    def outputs(self) -> list[str]:
        """All files."""
        return [file for name in self.names for file in (name, *[f"{name}.failed"] * self.has_errors, *[f"{name}.keys"] * self.keys)]

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(ending in ("npy", "parquet") for ending in self.endings)

    @property
    def chunk_bytes(self) -> int:
        """Of pieces, several records."""
        return 40 if all(ending in ("jsonl", "npy") for ending in self.endings) else 250

    def arguments(self, program: Program, names: list[str]) -> list[Argument]:
        """Of the outputs of these names."""
        flags: list[Argument] = ["-q", "--input", "data.jsonl", "--input-spec", "x:float32:[4]", "--chunk-bytes", self.chunk_bytes,
                                 "--threads", "1", "--journal-interval", "0", "--max-errors", "100%"]
        for name, model in zip(self.names, ("identity.pt", "classifier.pt"), strict=False):
            if name not in names:
                continue
            flags += ["--model", program.model(model), "--output", name]
            flags += ["--task", "embedding" if name.endswith(("npy", "parquet")) else "outputs"]
            flags += ["--errors", f"{name}.failed"] if self.has_errors else []
        flags += ["--keys"] * self.keys
        return flags + (["--on-error", self.errors or "record"] if "npy" not in self.endings else [])

    def __str__(self) -> str:
        parts = [" and ".join(self.endings), self.errors and f"errors({self.errors})", self.start, self.blank and "blank", self.keys and "keys"]
        return " ".join(part for part in parts if part)


FORMS = [
    Form(), Form(blank=True), Form(errors="record"), Form(errors="skip", blank=True), Form("npy"), Form("npy", blank=True),
    Form(keys=True), Form("jsonl.gz", errors="skip", keys=True), Form("npy", start="--overwrite", keys=True),
    Form(start="--overwrite"), Form("npy", start="--overwrite", blank=True),
    Form(start="--retry-errors"), Form(errors="record", start="--retry-errors"), Form(errors="skip", start="--retry-errors"),
    Form("npy", start="--retry-errors"), Form("jsonl.zst", start="--retry-errors"),
    Form("jsonl.gz", errors="skip", start="--retry-errors"), Form("parquet", start="--retry-errors"),
    Form("parquet", errors="skip", start="--retry-errors"),
    Form(second="npy"), Form("jsonl.zst", errors="skip", keys=True, second="parquet"), Form(second="npy", start="--overwrite", keys=True),
]


def write_input(folder: pathlib.Path, rng: random.Random, form: Form) -> None:
    """Every record is longer than a chunk; some are broken, and some only too long for the first run of a retry."""
    lines = ["\n" * BLANK_LINES] if form.blank else []
    for number in range(ROWS):
        values = "broken" if rng.random() < 0.2 else [number, rng.randrange(100) / 2, -1, 2]
        padding = " " * LONG if rng.random() < 0.4 or number in (0, ROWS - 1) else ""
        lines.append(json.dumps({"id": number, "x": values, "note": "n" * 12}) + padding + "\n")
    (folder / "data.jsonl").write_text("".join(lines))


def faults(library: pathlib.Path) -> dict[str, str]:
    """A checkpoint costs nothing and a row takes time, so that there is one after each; see support/file_faults.c."""
    return {"LD_PRELOAD": str(library), "FAULT_NAME": "out", "FAULT_NO_SYNC": "1", "FAULT_SLOW_ROWS": "5"}


@dataclasses.dataclass(frozen=True)
class Crash:
    """SIGKILL at operation `at`, counted from the first write with `when` on."""

    kind: str
    when: str
    at: int

    def variables(self, library: pathlib.Path) -> dict[str, str]:
        when = {"FAULT_WHEN": self.when} if self.when else {}
        return faults(library) | {"FAULT_KILL_AT": str(self.at)} | when


class Play:
    """A form's files, of which every case gets a copy; made once."""

    def __init__(self, program: Program, folder: pathlib.Path, form: Form, seed: str) -> None:
        self.program = program
        self.folder = folder
        self.form = form
        self.library = program.infer.with_name("libfile_faults.so")
        folder.mkdir()
        write_input(folder, random.Random(f"{seed}:{form}"), form)
        if form.start:
            outcome = self.run(folder, 1, "--max-record-bytes", str(LONG))
            check(outcome.code == 0, f"the earlier run failed: {outcome}")
        self.earlier = self.contents(folder)
        self.clean, self.operations = self.run_clean()

    def run(self, folder: pathlib.Path, ranks: int, *more: str, variables: dict[str, str] | None = None,
            names: list[str] | None = None) -> Outcome:
        """Of the outputs of these names, or of all."""
        command = self.program.command(ranks, *self.form.arguments(self.program, names or self.form.names), *more)
        job = Job(command, folder, variables)
        try:
            return Outcome(command, job.process.wait(LIMIT), b"", job.stderr())
        finally:
            job.kill()

    def contents(self, folder: pathlib.Path) -> dict[str, bytes]:
        return {name: (folder / name).read_bytes() for name in self.form.outputs if (folder / name).exists()}

    def run_clean(self) -> tuple[dict[str, bytes], int]:
        """What a run of each output makes in one go, and how many operations on files they take."""
        with tempfile.TemporaryDirectory(prefix="faults_") as copy:
            clean = pathlib.Path(copy, "clean")
            shutil.copytree(self.folder, clean)
            log = faults(self.library) | {"FAULT_LOG": "log"}
            for name in self.form.names:
                outcome = self.run(clean, 1, *filter(None, [self.form.start]), variables=log, names=[name])
                check(outcome.code == 0, f"the clean run failed: {outcome}")
            return self.contents(clean), len((clean / "log").read_text().splitlines())

    def draw(self, rng: random.Random, goes_on: bool) -> Crash:
        """Before any checkpoint, soon after one without rows, with one, with all, or anywhere."""
        rows = ROWS
        if self.form.start == "--retry-errors":
            rows = sum(len(line) > LONG or b'"broken"' in line
                       for line in (self.folder / "data.jsonl").read_bytes().splitlines())
        several = len(self.form.names)
        kinds = [("begin", "", 8 * several), ("last row", f'"rows":{rows},', 8 * several), ("any", "", self.operations // (2 if goes_on else 1))]
        if not goes_on:
            kinds += [("one row", '"rows":1,', 3)] + [("header only", '"rows":0,', 6)] * (2 * self.form.blank)
        kind, when, most = rng.choice(kinds)
        return Crash(kind, when, rng.randrange(1, most + 1))


def checkpoint_of(folder: pathlib.Path, form: Form) -> str:
    """The kind of the last checkpoint that a crash has left of the first output."""
    journal = folder / f"{form.names[0]}.journal"
    found = DONE.findall(journal.read_bytes()) if journal.exists() else []
    if not found:
        return "none"
    rows, complete = int(found[-1][0]), found[-1][1] == b"true"
    return "complete" if complete else "0 rows" if rows == 0 else "1 row" if rows == 1 else "more rows"


def check_nothing_looks_finished(play: Play, work: pathlib.Path, outcome: Outcome) -> None:
    """Under their own names there are whole files only."""
    for name, content in play.contents(work).items():
        check(content in (play.clean[name], play.earlier.get(name)), f"{work / name} is neither old nor new: {outcome}")


def go_on(play: Play, work: pathlib.Path, ranks: int, variables: dict[str, str] | None = None) -> Outcome:
    """With --resume; where the crash came before anything was begun, as at first."""
    retry = ["--retry-errors"] if play.form.start == "--retry-errors" else []
    outcome = play.run(work, ranks, *retry, "--resume", variables=variables)
    partials = [work / f"{name}.partial" for name in play.form.names]
    is_old = play.contents(work) == play.earlier and not all(partial.exists() and partial.stat().st_size for partial in partials)
    if outcome.code == USAGE and play.form.start == "--overwrite" and is_old:
        check("was made of something else" in outcome.stderr, str(outcome))
        outcome = play.run(work, ranks, "--overwrite", variables=variables)
    return outcome


def play_case(play: Play, rng: random.Random, left: collections.Counter[str]) -> str:
    """Returns what happened. Raises AssertionError when a promise is broken; then the folder stays."""
    steps = []
    with scratch(prefix="faults_") as folder:
        work = folder / "work"
        shutil.copytree(play.folder, work)
        for number in range(rng.choices(*CRASHES)[0]):
            crash, ranks = play.draw(rng, number > 0), 2 if rng.random() < 0.1 else 1
            variables = crash.variables(play.library)
            if number == 0:
                outcome = play.run(work, ranks, *filter(None, [play.form.start]), variables=variables)
            else:
                outcome = go_on(play, work, ranks, variables)
            killed = outcome.code in KILLED
            check(killed or outcome.code == 0, f"neither killed nor complete: {outcome}")
            check_nothing_looks_finished(play, work, outcome)
            kind = checkpoint_of(work, play.form) if killed else "too late"
            left[kind] += 1
            steps.append(f"N={ranks} {crash.kind} + {crash.at}: {kind}")
        ranks = rng.choice([1, 1, 1, 1, 2, 3])
        outcome = go_on(play, work, ranks)
        check(outcome.code == 0, f"expected exit 0: {outcome}")
        (work / "stderr").unlink()
        for name, content in play.clean.items():
            check((work / name).read_bytes() == content, f"{work / name} differs from that of a run in one go: {outcome}")
        found = sorted(path.name for path in work.iterdir())
        expected = sorted([*play.form.outputs, *(f"{name}.run" for name in play.form.names), "data.jsonl"])
        check(found == expected, f"the folder has {found}, expected {expected}: {outcome}")
    return "; ".join([*steps, f"N={ranks}"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--replay", help="SEED:INDEX of a case that failed")
    args = parser.parse_args()
    program = Program(args.infer.resolve(), args.models.resolve())
    seed, _, index = (args.replay or args.seed).partition(":")
    failed, left, plays = 0, collections.Counter[str](), {}
    with tempfile.TemporaryDirectory(prefix="faults_") as forms:
        for number in [int(index)] if index else range(args.count):
            form, start = FORMS[number % len(FORMS)], time.monotonic()
            try:
                if form not in plays:
                    plays[form] = Play(program, pathlib.Path(forms, str(len(plays))), form, seed)
                result = "ok: " + play_case(plays[form], random.Random(f"{seed}:{number}"), left)
            except AssertionError as error:
                failed += 1
                result = f"FAILED: {error}\n    again: --replay {seed}:{number}"
            print(f"{number:3} [{form}] ({time.monotonic() - start:.1f} s) {result}", flush=True)
    print(f"{args.count if not index else 1} cases, {failed} failed; checkpoints left by crashes: "
          + ", ".join(f"{count} {kind}" for kind, count in sorted(left.items())))
    missing = [kind for kind in KINDS if not left[kind] and args.count >= ENOUGH and not index]
    if missing:
        print(f"no crash left a checkpoint of this kind: {', '.join(missing)}")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
