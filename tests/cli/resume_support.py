"""What the tests of --resume and --retry-errors share: jobs that end early, and what must come of them."""

import json
import pathlib
import re
import signal
import subprocess
from collections.abc import Sequence

from cli_support import Argument, Outcome, Program, check, environment, run
from job import SOON, Job, started

ROWS = 600  # 1.8 s of slow.pt
BAD_EVERY = 97
ARRAY_ROWS = 150_000
NOTHING_ELSE = ("partial", "journal", "new")
Case = tuple[str, Sequence[Argument]]


def write_slow_input(folder: pathlib.Path, rows: int = ROWS) -> None:
    """Some records are broken, and one line is blank."""
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            values = "broken" if number % BAD_EVERY == 5 else [number + 0.5] * 4
            file.write("\n" * (number == 20) + json.dumps({"id": number, "x": values}) + "\n")


def slow(program: Program, *more: Argument) -> list[Argument]:
    """What `more` gives replaces the default."""
    flags: dict[str, Argument] = {
        "--model": program.model("slow.pt"), "--input": "data.jsonl", "--output": "out.jsonl", "--chunk-bytes": "1000",
        "--threads": "1", "--journal-interval": "0", "--max-errors": "50%"}
    return ["-q", *program.waits, *(each for flag, value in flags.items() if flag not in more for each in (flag, value)), *more]


def write_array_input(folder: pathlib.Path) -> None:
    with (folder / "data.jsonl").open("w") as file:
        for number in range(ARRAY_ROWS):
            values = "broken" if number % 9973 == 5 else [number, 0.5, -1, 2]
            file.write(json.dumps({"id": number, "x": values}) + "\n")


def array(program: Program, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model("identity.pt"), "--task", "embedding", "--input", "data.jsonl", "--output",
            "out.npy", "--journal-interval", "0", "--max-errors", "50%", "--threads", "1", *more]


def leave_unfinished(command: list[str], folder: pathlib.Path, number: int = signal.SIGKILL,
                     name: str = "out.jsonl.partial") -> Outcome:
    with started(command, folder) as job:
        wait_for_checkpoint(job, name)
        job.process.send_signal(number)
        outcome = job.end()
    (folder / "stderr").unlink()
    return outcome


def wait_for_checkpoint(job: Job, name: str = "out.jsonl.partial") -> None:
    job.wait_until_writing(name)
    journal = job.folder / name.replace(".partial", ".journal")
    job.wait_until(lambda: journal.exists() and b'"done"' in journal.read_bytes(), "checkpoint", SOON)


def wait_for_rows(job: Job, more_than: int, name: str = "out.jsonl.partial") -> None:
    """Until an unfinished run has got further."""
    path = job.folder / name
    job.wait_until(lambda: path.exists() and rows_in(path) > more_than, f"row behind {more_than}", SOON)
    job.wait_until_writing(name)


def clean_run(program: Program, folder: pathlib.Path, arguments: list[Argument], names: Sequence[str]) -> dict[str, bytes]:
    """The bytes of a run in one go, which are then taken away."""
    outcome = run(program.command(1, *arguments), folder, timeout=240)
    check(outcome.code == 0, f"the clean run failed: {outcome}")
    check_clean(folder)
    content = {name: (folder / name).read_bytes() for name in names}
    for name in names:
        (folder / name).unlink()
    return content


def check_clean(folder: pathlib.Path) -> None:
    left = [path.name for path in folder.iterdir() if path.name.endswith(NOTHING_ELSE)]
    check(not left, f"left behind: {left}")


def check_same(folder: pathlib.Path, expected: dict[str, bytes], outcome: Outcome, code: int = 0) -> None:
    check(outcome.code == code, f"expected exit {code}: {outcome}")
    for name, content in expected.items():
        check((folder / name).read_bytes() == content, f"{name} differs from that of a run in one go: {outcome}")
    check_clean(folder)


def check_stopped(outcome: Outcome, folder: pathlib.Path, *texts: str) -> None:
    check(outcome.code == 4, f"expected exit 4: {outcome}")
    for text in ("go on with: ", *texts):
        check(text in outcome.stderr, f'no "{text}" in the messages: {outcome}')
    check(not (folder / "out.jsonl").exists(), f"there is an output that looks finished: {outcome}")
    check((folder / "out.jsonl.journal").exists(), f"no journal: {outcome}")


def rows_in(path: pathlib.Path) -> int:
    return path.read_bytes().count(b"\n")


def pasted(outcome: Outcome, folder: pathlib.Path, variables: dict[str, str] | None = None) -> Outcome:
    """The command that the message names, run by a shell."""
    found = re.search(r"go on with: (.*)$", outcome.stderr, re.MULTILINE)
    check(found is not None, f"no command to go on with: {outcome}")
    command = found.group(1) if found else ""
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment() | (variables or {}), capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    return Outcome([command], done.returncode, done.stdout, done.stderr.decode(errors="replace"))
