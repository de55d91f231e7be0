"""--broadcast-model: hosts that have no model get rank 0's, and score the same rows with it.

    broadcast_test.py INFER MODELS [NAME...]
"""

import contextlib
import pathlib
import shutil
import sys
from collections.abc import Iterator

from cli_support import MPIRUN, Argument, Outcome, Program, check, run, run_tests
from resume_support import check_same, clean_run

sys.path.append(str(pathlib.Path(__file__).parents[1] / "faults"))
import fake_hosts

# As fake_hosts.AGENT, but the second host has an empty folder where the others have the model, and a small TMPDIR of its own.
AGENT = """#!/bin/bash
while [[ $1 == -* ]]; do shift; done
host=$1; shift
exec ip netns exec "$host" unshare --uts --mount -- bash -c 'hostname "$1"
  if [[ $1 == *b ]]; then
    mount -t tmpfs -o size=1k none "$2/models" && mount -t tmpfs -o size="$(cat "$2/room")" none "$2/tmp"
  fi
  shift 2; eval "$*"' _ "$host" FOLDER "$@"
"""


@contextlib.contextmanager
def two_hosts(folder: pathlib.Path, room: str) -> Iterator[list[str]]:
    """A launcher of three ranks, one of them on the host without the model, whose TMPDIR has so much room."""
    for name in ("models", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "room").write_text(room)
    with fake_hosts.fake_hosts(folder) as hosts:
        hosts.agent.write_text(AGENT.replace("FOLDER", str(folder)))
        yield [*hosts.launcher(3), "-x", f"TMPDIR={folder / 'tmp'}"]


def scored(program: Program, folder: pathlib.Path, name: str) -> list[Argument]:
    (folder / "models").mkdir(exist_ok=True)
    shutil.copy(program.model(name), folder / "models" / name)
    outside = program.model(name).with_suffix(".safetensors")
    if outside.exists():
        shutil.copy(outside, folder / "models")
    (folder / "data.jsonl").write_text("".join(f'{{"x": [{row}, 0.5, -1, 2, 4, 8, 16, 32]}}\n' for row in range(500)))
    return ["-q", "--model", f"models/{name}", "--input", "data.jsonl", "--output", "out.jsonl", "--overwrite", "--threads", "1", "--chunk-bytes", "500",
            *([] if outside.exists() else ["--input-spec", "x:float32:[8]"])]


def left_in(folder: pathlib.Path) -> list[str]:
    return [path.name for path in (folder / "tmp").rglob("*") if path.name.startswith("infer-model")]


def same_rows(program: Program, folder: pathlib.Path) -> str | None:
    if reason := fake_hosts.unavailable():
        return reason
    for name in ("identity.pt", "exact_sum.pt2", "exact_sum_outside.pt2"):
        arguments = scored(program, folder, name)
        expected = clean_run(program, folder, arguments, ["out.jsonl"])
        with two_hosts(folder, "200m") as launcher:
            alone = run([*launcher, str(program.infer), *map(str, arguments)], folder)
            check(alone.code == 2 and "rank 1 (" in alone.stderr, f"the second host has the model: {alone}")
            check_same(folder, expected, run([*launcher, str(program.infer), *map(str, arguments), "--broadcast-model"], folder))
            looked = run([*launcher, str(program.infer), "check", *map(str, arguments), "--broadcast-model"], folder)
            check(looked.code == 0, f"infer check: {looked}")
        check(not left_in(folder), f"copies stay: {left_in(folder)}")
    return None


def one_host(program: Program, folder: pathlib.Path) -> None:
    arguments = scored(program, folder, "identity.pt")
    expected = clean_run(program, folder, arguments, ["out.jsonl"])
    for ranks in (1, 2):
        check_same(folder, expected, run(program.command(ranks, *arguments, "--broadcast-model"), folder))


def check_refused(outcome: Outcome, *texts: str) -> None:
    check(outcome.code == 2, f"expected exit 2: {outcome}")
    for text in texts:
        check(outcome.stderr.count(text) == 1, f"not once \"{text}\": {outcome}")


def no_room(program: Program, folder: pathlib.Path) -> str | None:
    if reason := fake_hosts.unavailable():
        return reason
    arguments = scored(program, folder, "exact_sum.pt2")
    with two_hosts(folder, "16k") as launcher:
        outcome = run([*launcher, str(program.infer), *map(str, arguments), "--broadcast-model"], folder)
    check_refused(outcome, "rank 1 (", "a copy of the model models/exact_sum.pt2", "set TMPDIR")
    return None


def no_model(program: Program, folder: pathlib.Path) -> None:
    arguments = [*scored(program, folder, "identity.pt"), "--broadcast-model"]
    (folder / "models" / "identity.pt").unlink()
    check_refused(run(program.command(2, *arguments), folder), "cannot open the model models/identity.pt")
    (folder / "models" / "identity.pt").write_text("no model")
    check_refused(run(program.command(2, *arguments), folder), "models/identity.pt")


def told_to_one_rank(program: Program, folder: pathlib.Path) -> None:
    """The ranks must be told alike, and hear of it soon."""
    arguments = [str(argument) for argument in (program.infer, *scored(program, folder, "identity.pt"))]
    for first, second in (([], ["--broadcast-model"]), (["--broadcast-model"], [])):
        command = [*MPIRUN, "-np", "1", *arguments, *first, ":", "-np", "1", *arguments, *second]
        check_refused(run(command, folder), "--broadcast-model")


if __name__ == "__main__":
    sys.exit(run_tests([one_host, no_model, told_to_one_rank, same_rows, no_room], __doc__))
