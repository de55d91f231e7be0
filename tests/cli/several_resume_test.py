"""Passes of several models that go on, or find that some of it is complete.

    several_resume_test.py INFER MODELS [NAME...]
"""

import json
import os
import pathlib
import random
import signal
import sys

from cli_support import Argument, Outcome, Program, check, check_refused, run, run_tests
from feeding import run_fed
from job import started
from resume_support import leave_unfinished, slow, wait_for_rows, write_slow_input
from several_support import EXACT, IDENTITY, Target, check_same, score, score_alone, write


def slow_targets(program: Program) -> tuple[list[Target], list[Argument]]:
    """A pass that lasts about two seconds, and its flags."""
    targets = [Target("slow.pt", "outputs", "out.jsonl"), Target("identity.pt", "embedding", "out.npy")]
    arguments = slow(program, *(flag for one in targets for flag in one.flags(program)))
    return targets, [*arguments, "--keys"]


def try_a_killed_pass(program: Program, folder: pathlib.Path) -> None:
    """Goes on as a pass, as runs of one model each, and where one output has to begin anew."""
    write_slow_input(folder, 1000)  # else two ranks may be through before somebody looks
    targets, arguments = slow_targets(program)
    common: list[Argument] = ["--input", "data.jsonl", "--chunk-bytes", "1000", "--max-errors", "50%", "--keys", "--threads", "1", *program.waits]
    for target in targets:
        score_alone(program, folder, target, common)

    def go_on(how: str, *commands: list[str]) -> None:
        for command in commands:
            resumed = run(command, folder)
            check(resumed.code == 0, f"{how}: {resumed}")
        for target in targets:
            check_same(folder, target, how)
            for path in folder.glob(target.output + "*"):
                path.unlink()

    whole = program.command(3, *arguments, "--resume")
    leave_unfinished(program.command(2, *arguments), folder, signal.SIGKILL)
    go_on("as a pass", whole)
    leave_unfinished(program.command(2, *arguments), folder, signal.SIGTERM)
    go_on("alone", *(program.command(1, *one.flags(program), *common, "--resume", "-q") for one in targets))
    leave_unfinished(program.command(1, *arguments), folder, signal.SIGKILL)
    for path in folder.glob("out.npy*"):
        path.unlink()
    go_on("one of them anew", whole)


def try_what_is_complete(program: Program, folder: pathlib.Path) -> None:
    write(folder, random.Random(2), 300)
    targets = [Target(*EXACT, "sum.jsonl"), Target(*IDENTITY, "same.npy")]
    flags: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--max-errors", "50%"]
    for target in targets:
        score_alone(program, folder, target, flags)
    score(program, folder, [*targets[0].flags(program), *flags])
    before = (folder / "sum.jsonl").stat()
    whole = [*(flag for one in targets for flag in one.flags(program)), *flags, "--resume"]
    for ranks in (2, 1):
        outcome = run(program.command(ranks, *whole), folder)
        check(outcome.code == 0 and "sum.jsonl is complete" in outcome.stderr, str(outcome))
        for target in targets:
            check_same(folder, target, "one was complete")
    now = (folder / "sum.jsonl").stat()
    check((now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "a complete output was touched")
    (folder / "same.npy").unlink()
    outcome = run(program.command(1, *whole, "--non-finite", "string"), folder)
    check(outcome.code == 2, f"complete, but with another option: {outcome}")
    check(not (folder / "same.npy").exists(), "a refused pass left an output")


def try_a_pipe_of_which_one_output_is_complete(program: Program, folder: pathlib.Path) -> None:
    """It is compared on the way, and what is given instead is found, whichever the output that has to tell."""
    content = b"".join(json.dumps({"id": number, "x": [number, 1, 2, 3]}).encode() + b"\n" for number in range(90))
    changed = content.replace(b"[88,", b"[87,")
    (folder / "data.jsonl").write_bytes(content)
    targets = [Target("identity.pt", "outputs", "out.jsonl"), Target("classifier.pt", "embedding", "out.npy")]
    flags: list[Argument] = ["--input-spec", "x:float32:[4]", "--journal-interval", "0", "--chunk-bytes", "700"]
    for target in targets:
        score_alone(program, folder, target, [*flags, "--input", "data.jsonl"])
    whole: list[Argument] = [*(flag for one in targets for flag in one.flags(program)), *flags, "--input", "-", "--resume"]

    def feed(content: bytes, ranks: int = 1) -> Outcome:
        return run_fed(program.command(ranks, *whole), folder, content)

    for ranks in (1, 2):
        for target in targets:
            outcome = run_fed(program.command(1, *target.flags(program), *flags, "--input", "-"), folder, content)
            check(outcome.code == 0, str(outcome))
            outcome = feed(content, ranks)
            check(outcome.code == 0 and f"{target.output} is complete" in outcome.stderr, str(outcome))
            for other in targets:
                check_same(folder, other, f"{target.output} was complete")
            outcome = feed(content, ranks)
            check(outcome.code == 0 and outcome.stderr.count("is complete;") == 2, str(outcome))
            check_refused(feed(changed, ranks), "bytes of it (unpacked) differ: give the same input again")
            for other in targets:
                (folder / other.output).unlink()
    run_fed(program.command(1, *targets[0].flags(program), *flags, "--input", "-"), folder, content)
    for given, why in ((changed, "bytes of it (unpacked) differ"), (content + changed, "more follows what was scored"),
                       (content[:-1300], "it ends after")):
        outcome = feed(given)
        check(outcome.code == 3 and why in outcome.message() and "a run of its own" in outcome.message(), str(outcome))
        check(not (folder / "out.npy").exists(), f"it was made of another input: {outcome}")
        check_same(folder, targets[0], "a refused pass")
        for path in folder.glob("out.npy.*"):
            path.unlink()


def try_a_slow_pipe(program: Program, folder: pathlib.Path) -> None:
    """Its chunks end where nothing more had come. A pass that begins before these goes on behind them, if the bytes are the
    same."""
    lines = [json.dumps({"id": number, "x": [number, 1, 2, 3]}).encode() + b"\n" for number in range(90)]
    targets = [Target("identity.pt", "outputs", "out.jsonl"), Target("classifier.pt", "embedding", "out.npy")]
    flags: list[Argument] = ["--input-spec", "x:float32:[4]", "--journal-interval", "0", "--chunk-bytes", "1500"]
    os.mkfifo(folder / "pipe")
    command = program.command(1, "-q", *targets[0].flags(program), *flags, "--input", "pipe")
    with started(command, folder) as job, (folder / "pipe").open("wb", buffering=0) as pipe:
        for begin in (0, 10):
            pipe.write(b"".join(lines[begin:begin + 10]))
            wait_for_rows(job, begin + 9)
        job.process.send_signal(signal.SIGTERM)
        check(job.end().code == 4, job.stderr())
    (folder / "stderr").unlink()
    content = b"".join(lines)
    whole = program.command(1, *(flag for one in targets for flag in one.flags(program)), *flags, "--input", "-", "--resume")
    before = (folder / "out.jsonl.partial").read_bytes()
    outcome = run_fed(whole, folder, content.replace(b"[3,", b"[4,"))
    check(outcome.code == 3 and "bytes of it (unpacked) differ: go on with each of them in a run of its own" in outcome.message()
          and "what was written is kept" not in outcome.stderr, f"the input is another: {outcome}")
    check((folder / "out.jsonl.partial").read_bytes() == before, "rows of another input were added")
    for path in folder.glob("out.npy*"):
        path.unlink()
    outcome = run_fed(whole, folder, content)
    check(outcome.code == 0 and "out.jsonl: 20 rows are done already" in outcome.stderr, str(outcome))
    (folder / "data.jsonl").write_bytes(content)
    for target in targets:
        score_alone(program, folder, target, [*flags, "--input", "data.jsonl"])
        check_same(folder, target, "of a slow pipe")


TESTS = [try_a_killed_pass, try_what_is_complete, try_a_pipe_of_which_one_output_is_complete, try_a_slow_pipe]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
