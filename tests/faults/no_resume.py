"""Ends after which there is nothing to resume: the model itself never comes back."""

import json
import pathlib
import random
import time

from campaign import Report
from cli_support import Argument, Program, check, scratch
from job import SOON
from scene import LAUNCHERS_OWN, TEMPORARY
from struck_job import struck_job
from variants import Launch, draw_launch

ROWS = 300
STALL_TIMEOUT = 2  # seconds
START_UP = 5.0  # seconds until the model has the row that it hangs on
FAILED = 3


def write_rows(path: pathlib.Path, bad: int) -> None:
    with path.open("w") as file:
        for number in range(ROWS):
            file.write(json.dumps({"id": number, "x": [1.0, -1.0 if number == bad else 1.0]}) + "\n")


def command(program: Program, launch: Launch) -> list[Argument]:
    return [*launch.prefix(), program.infer, "--model", program.model("hangs_on_negative.pt"), "--input", "data.jsonl",
            "--input-spec", "x:float32:[2]", "--output", "out.jsonl", "--chunk-bytes", "500", "--threads", "1", "--schedule",
            launch.schedule, "--stall-timeout", str(STALL_TIMEOUT)]


def model_hangs(program: Program, rng: random.Random, report: Report) -> None:
    """One row keeps a rank busy for ever: the run fails in time and says which rank and which flag."""
    launch, bad = draw_launch(rng), rng.randrange(ROWS)
    with scratch(prefix="faults_") as folder:
        write_rows(folder / "data.jsonl", bad)
        temporary = folder / TEMPORARY
        temporary.mkdir()
        variables = {"TMPDIR": str(temporary), "OMPI_MCA_btl_vader_backing_directory": str(temporary)}
        start = time.monotonic()
        with struck_job([str(part) for part in command(program, launch)], folder, variables, "stderr") as job:
            outcome = job.end(START_UP + STALL_TIMEOUT + SOON)
        report.steps.append(f"N={launch} row {bad} of {ROWS}: exit {outcome.code} after {time.monotonic() - start:.1f} s")
        check(outcome.code == FAILED, f"expected exit {FAILED}: {outcome}")
        for text in ("--stall-timeout", "rank "):
            check(text in outcome.message(), f"no \"{text}\" in the message: {outcome}")
        check(not (folder / "out.jsonl").exists(), f"there is an output that looks finished: {outcome}")
        left = [path.name for path in temporary.iterdir() if not path.name.startswith(LAUNCHERS_OWN)]
        check(not left, f"left in TMPDIR: {left}")


NO_RESUME = {"model_hangs": model_hangs}
