"""What a run says while it is on: one line in a terminal, however wide that is; lines or objects elsewhere.

    progress_test.py INFER MODELS [NAME ...]
"""

import itertools
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

from cli_support import Argument, Outcome, Program, check, environment, run, run_tests
from resume_support import slow, write_slow_input
from screen import TerminalJob

DRAWN = re.compile(r"\r\x1b\[K[^\n]*?\d+ %")
ROWS = 2000  # about a second on a quick machine, in which the line is drawn some times
COLOUR = re.compile(r"\x1b\[\d+m")


def loud(program: Program, *more: Argument) -> list[Argument]:
    return slow(program, *more)[1:]


def with_variables(command: list[str], folder: pathlib.Path, variables: dict[str, str]) -> Outcome:
    done = subprocess.run(command, cwd=folder, env=environment() | variables, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    return Outcome(command, done.returncode, done.stdout, done.stderr.decode())


def check_screen(job: TerminalJob, columns: int) -> None:
    """Whole lines of the log, and nothing of the line that was redrawn."""
    lines = [line for line in job.screen.lines if line]
    check(not any(" left" in line for line in lines), f"the progress stayed: {lines}")
    check(len(DRAWN.findall(job.text)) >= 3, f"too few progress lines: {job.text!r}")
    drawn = [COLOUR.sub("", each) for each in re.findall(r"\r\x1b\[K([^\r\n]*)", job.text)]
    drawn = [each for each in drawn if not each.startswith("infer: ")]
    check(all(len(each) < columns for each in drawn), f"wider than {columns}: {drawn}")


def test_a_wide_terminal_shows_all_and_follows_what_happens_to_it(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder)
    job = TerminalJob(program.command(1, *loud(program)), folder, 120)
    job.read_until(lambda text: re.search(r"rows/s, \d+ %, 0:00:\d\d left", text), "progress with all of it")
    job.read_until(lambda text: "\x1b[31m" in text and " failed\x1b[0m" in text, "failed records in red")
    job.resize(40)
    job.read_until(lambda text: "%" in text, "progress in the narrow terminal")
    check(job.screen.longest < 40 and not job.screen.wrapped, f"it wraps: {job.screen.lines}")
    drawn = [line for line in job.screen.lines if " left" in line]
    check(len(drawn) <= 1, f"lines from before: {job.screen.lines}")
    job.send(signal.SIGSTOP)
    time.sleep(0.3)
    while job_has_more(job):
        pass
    job.send(signal.SIGCONT)
    job.read_until(lambda text: "%" in text, "progress after the pause")
    check(job.end() == 0, job.text)
    check_screen(job, 120)
    check((folder / "stdout").read_bytes() == b"", "something of it came to standard output")


def job_has_more(job: TerminalJob) -> bool:
    before = len(job.text)
    job.read(0.1)
    return len(job.text) > before


def test_narrow_terminals_and_variables_are_kept_to(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, ROWS)
    arguments = loud(program, "--output", "-")
    for columns, variables, limit in ((40, {"NO_COLOR": "1"}, 40), (120, {"COLUMNS": "20"}, 20)):
        job = TerminalJob(program.command(1, *arguments), folder, columns, variables)
        check(job.end() == 0, job.text)
        check_screen(job, limit)
        check("NO_COLOR" not in variables or not COLOUR.search(job.text), f"colours: {job.text!r}")
        rows = (folder / "stdout").read_text().splitlines()
        check([json.loads(row).get("id") for row in rows] == list(range(ROWS)), "rows and progress are mixed")


def test_elsewhere_nothing_is_redrawn_unless_that_is_asked_for(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, ROWS)
    plain = run(program.command(1, *loud(program)), folder)
    check(plain.code == 0 and "rows in" in plain.stderr, str(plain))
    check("\x1b" not in plain.stderr and "\r" not in plain.stderr, f"drawn where there is no terminal: {plain}")
    always = run(program.command(2, *loud(program, "--progress", "always", "--overwrite")), folder)
    check(always.code == 0 and len(DRAWN.findall(always.stderr)) >= 3, f"not drawn under mpirun: {always.stderr!r}")
    check(not COLOUR.search(always.stderr), f"coloured where there is no terminal: {always.stderr!r}")
    check(f"\r\x1b[Kinfer: {ROWS:,} rows in" in always.stderr, f"the summary does not stand alone: {always.stderr!r}")
    for quiet in (["--progress", "never"], ["--quiet", "--progress", "always"]):
        job = TerminalJob(program.command(1, *loud(program, *quiet, "--overwrite")), folder, 80)
        check(job.end() == 0 and " left" not in job.text, f"{quiet}: {job.text!r}")
        check(("rows in" in job.text) == ("--quiet" not in quiet), f"{quiet}: {job.text!r}")


def objects(outcome: Outcome) -> list[dict]:
    found = [json.loads(line) for line in outcome.stderr.splitlines()]
    for each in found:
        check({"time", "level", "event"} <= each.keys(), f"no object of a message: {each}")
        check(bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each["time"])), f"no time: {each}")
    return found


def test_programs_get_one_object_a_line(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, ROWS)
    json_log: list[Argument] = ["--log-format", "json"]
    outcome = run(program.command(1, *loud(program, *json_log, "--progress", "always")), folder)
    check(outcome.code == 0, str(outcome))
    found = objects(outcome)
    check([found[0]["event"], found[-1]["event"]] == ["started", "finished"], str(found))
    progress = [each for each in found if each["event"] == "progress"]
    check(len(progress) >= 1, f"no progress: {found}")
    for earlier, later in itertools.pairwise(progress):
        check(earlier["rows"] <= later["rows"] and earlier["bytes"] <= later["bytes"], f"it runs backwards: {progress}")
    check(progress[-1]["total_bytes"] == (folder / "data.jsonl").stat().st_size, f"other bytes: {progress[-1]}")
    rows = [json.loads(row) for row in (folder / "out.jsonl").read_text().splitlines()]
    failed = sum("error" in row for row in rows)
    check((found[-1]["rows"], found[-1]["ok"], found[-1]["failed"]) == (ROWS, ROWS - failed, failed), str(found[-1]))
    again = objects(run(program.command(1, *loud(program, *json_log)), folder))
    check(again[-1]["level"] == "error" and "--overwrite" in again[-1]["message"], str(again))
    wrong = objects(run(program.command(1, *json_log, "--no-such-flag"), folder))
    check(wrong[-1]["level"] == "error" and "no-such-flag" in wrong[-1]["message"], str(wrong))
    by_variable = objects(with_variables(program.command(1, "--top-k", "x"), folder, {"INFER_LOG_FORMAT": "json"}))
    check(by_variable[-1]["level"] == "error", str(by_variable))


TESTS = [
    test_a_wide_terminal_shows_all_and_follows_what_happens_to_it,
    test_narrow_terminals_and_variables_are_kept_to,
    test_elsewhere_nothing_is_redrawn_unless_that_is_asked_for,
    test_programs_get_one_object_a_line,
]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
