"""With --output-dir each rank writes parts of the output itself: the same ones whoever wrote them and however often the
run was interrupted, and together what a single file would hold.

    parts_test.py INFER MODELS [NAME...]
"""

import itertools
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from cli_support import Argument, Outcome, Program, check, check_refused, environment, run, run_tests
from job import SOON, START, started
from resume_support import ROWS, write_slow_input

Files = dict[str, bytes]
LEFT_OVER = (".partial", ".journal", ".new", ".seen")


def write_records(folder: pathlib.Path, files: int = 3, rows: int = 400) -> list[str]:
    """Records that fail in every file, so that line numbers are of each; blank lines; and a file that fits into a chunk."""
    names = []
    for file in range(files):
        names.append(f"data{file}.jsonl")
        with (folder / names[-1]).open("w") as out:
            for number in range(rows if file else rows // 100):
                values = "broken" if number % 29 == 3 else [number + 0.1, 1, -2, 0.5]
                out.write("\n" * (number % 50 == 7) + json.dumps({"id": number, "x": values}) + "\n")
    return names


def content(folder: pathlib.Path) -> Files:
    """Of all its files but the run record, which says what the run was given besides; the folder's own name left out."""
    left = [path.name for path in folder.iterdir() if path.name.endswith(LEFT_OVER)]
    check(not left, f"left behind: {left}")
    own_name = f'"{folder.name}/'.encode()
    return {path.name: path.read_bytes().replace(own_name, b'"') for path in folder.iterdir() if path.suffix != ".run"}


def form_of(program: Program, ending: str) -> list[Argument]:
    task = ["--task", "embedding"] if ending == "npy" else []
    return ["--model", program.model("identity.pt"), *task]


def scored(program: Program, folder: pathlib.Path, ranks: int, *arguments: Argument) -> Outcome:
    outcome = run(program.command(ranks, "-q", "--threads", "1", "--max-errors", "50%", *arguments), folder)
    check(outcome.code == 0, str(outcome))
    return outcome


def slow_parts(program: Program, part_bytes: str = "2000", max_errors: str = "50%") -> list[Argument]:
    """With write_slow_input()."""
    return ["-q", "--model", program.model("slow.pt"), *program.waits, "--input", "data.jsonl", "--chunk-bytes", "1000", "--part-bytes", part_bytes,
            "--threads", "1", "--journal-interval", "0", "--max-errors", max_errors]


def merged(program: Program, folder: pathlib.Path, *arguments: Argument) -> Outcome:
    outcome = run([str(program.infer), "merge", *map(str, arguments)], folder)
    check(outcome.code == 0, str(outcome))
    return outcome


LAUNCHES = ((1, "dynamic"), (3, "dynamic"), (2, "static"))


def same_for_any_ranks(program: Program, folder: pathlib.Path) -> None:
    """Folders are the same for any number of ranks and schedule, and merge gives what the gathered run writes."""
    inputs = write_records(folder)
    for ending, on_error in (("jsonl", "record"), ("csv", "record"), ("npy", "record"), ("jsonl.zst", "record"), ("csv.gz", "skip")):
        base = [*form_of(program, ending), "--input", *inputs, "--chunk-bytes", "2000", "--on-error", on_error]
        single = f"single.{ending}"
        scored(program, folder, 1, *base, "--output", single)
        folders: list[Files] = []
        for ranks, schedule in LAUNCHES if ending == "jsonl" else LAUNCHES[1:]:
            name = f"{ending}.{ranks}"
            scored(program, folder, ranks, *base, "--output-dir", name, "--output-format", ending, "--part-bytes", "6000",
                   "--schedule", schedule)
            folders.append(content(folder / name))
            check(folders[0] == folders[-1], f"{name} differs from the first folder")
        check(len(folders[0]) > 5, f"few parts: {sorted(folders[0])}")
        check_manifest(folders[0])
        merged(program, folder, name, "--output", f"merged.{ending}")
        check((folder / f"merged.{ending}").read_bytes() == (folder / single).read_bytes(), f"merged {name} differs from {single}")
        if ending in ("csv", "npy"):
            check(folders[0]["errors.jsonl"] == (folder / f"{single}.errors.jsonl").read_bytes(), "other errors files")


def check_manifest(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    parts = manifest["parts"]
    check([part["part"] for part in parts] == sorted(name for name in files if name.startswith("part-")), "other parts are listed")
    check([part["bytes"] for part in parts] == [len(files[part["part"]]) for part in parts], "other sizes are listed")
    for key in ("records", "failed", "rows", "bytes"):
        check(manifest["all"][key] == sum(part[key] for part in parts), f"{key} do not add up")
    check(all(one["first_record"] + one["records"] == next_one["first_record"]
              for one, next_one in itertools.pairwise(parts)), "first records do not follow one another")


def stream(program: Program, folder: pathlib.Path) -> None:
    """A stream whose end is not known is cut into the same parts, and several ranks work on them."""
    inputs = write_records(folder)
    text = b"".join((folder / name).read_bytes() for name in inputs)
    (folder / "whole.jsonl").write_bytes(text)
    base: list[Argument] = [*form_of(program, "jsonl"), "--chunk-bytes", "2000", "--part-bytes", "6000", "--on-error", "skip"]
    scored(program, folder, 1, *base, "--input", "whole.jsonl", "--output-dir", "file")
    command = program.command(3, "-q", "--threads", "1", "--max-errors", "50%", *base, "--input", "-", "--output-dir", "piped")
    done = subprocess.run(command, cwd=folder, env=environment(), input=text, capture_output=True, timeout=60, check=False)
    check(done.returncode == 0, done.stderr.decode())
    for name, rows in content(folder / "file").items():
        check(name == "manifest.json" or rows == (folder / "piped" / name).read_bytes(), f"{name} differs")


def no_records(program: Program, folder: pathlib.Path) -> None:
    """An input without a record gives one part without a row, and merge what a single file would be."""
    (folder / "empty.jsonl").write_text("")
    for ending in ("jsonl", "jsonl.gz"):
        base: list[Argument] = [*form_of(program, ending), "--input", "empty.jsonl", "--input-spec", "x:float32:[4]"]
        scored(program, folder, 1, *base, "--output", f"single.{ending}")
        scored(program, folder, 2, *base, "--output-dir", ending, "--output-format", ending)
        check(len(content(folder / ending)) == 2, "not one part")
        merged(program, folder, ending, "--output", f"merged.{ending}")
        check((folder / f"merged.{ending}").read_bytes() == (folder / f"single.{ending}").read_bytes(), "merged differs")


def merging(program: Program, folder: pathlib.Path) -> None:
    """Folders are joined in the order given; what is not as the manifest says is found, and no file appears."""
    inputs = write_records(folder)
    for ending in ("csv", "npy"):
        base: list[Argument] = [*form_of(program, ending), "--chunk-bytes", "2000"]
        shown = inputs if ending == "csv" else inputs[:2]
        for number, name in enumerate(shown):
            scored(program, folder, 1, *base, "--input", name, "--output-dir", f"{ending}{number}", "--output-format", ending)
        scored(program, folder, 1, *base, "--input", *shown, "--output", f"single.{ending}")
        shards = [f"{ending}{number}" for number in range(len(shown))]
        merged(program, folder, *shards, "-o", f"merged.{ending}")
        check((folder / f"merged.{ending}").read_bytes() == (folder / f"single.{ending}").read_bytes(), f"joined {ending} differs")
    outcome = merged(program, folder, *shards)
    check(outcome.stdout == (folder / f"single.{ending}").read_bytes(), "standard output differs")
    infer = str(program.infer)
    check_refused(run([infer, "merge", "csv1", "npy1", "-o", "both.csv"], folder), "npy1 are npy, those in csv1 csv")
    check_refused(run([infer, "merge", "csv1", "-o", "rows.jsonl"], folder), "ends in .csv")
    check_refused(run([infer, "merge", "csv1", "-o", "merged.csv"], folder), "merged.csv exists: --overwrite")
    check_refused(run([infer, "merge", "csv1", "-o", "csv1/part-00000.csv", "--overwrite"], folder), "give another name")
    (folder / "pack.csv").write_bytes(b"PK\x03\x04\x14\0")
    check_refused(run([infer, "merge", "csv1", "-o", "pack.csv", "--overwrite"], folder), "pack.csv is neither text nor")
    check_refused(run([infer, "merge", ".", "-o", "x.csv"], folder), "there is no ./manifest.json")
    part = folder / "csv1" / "part-00001.csv"
    rows = part.read_bytes()
    part.write_bytes(rows[:-2] + b"9\n")
    outcome = run([infer, "merge", "csv1", "-o", "x.csv"], folder)
    check(outcome.code == 3 and "part-00001.csv is not as the run left it" in outcome.stderr, str(outcome))
    check(not (folder / "x.csv").exists(), "a damaged part has made a file")
    part.write_bytes(rows[:-2])
    check_refused(run([infer, "merge", "csv1", "-o", "y.csv"], folder), "part-00001.csv has", "but the manifest says")
    manifest = folder / "csv1" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("part-00001", "../part-00001"))
    check_refused(run([infer, "merge", "csv1", "-o", "y.csv"], folder), "is damaged")


def retry_after_merge(program: Program, folder: pathlib.Path) -> None:
    """A merged file is taken up like one that a run has written: --retry-errors, --resume."""
    write_slow_input(folder, 60)
    arguments = ["--model", program.model("identity.pt"), "--input", "data.jsonl", "--chunk-bytes", "1000"]
    scored(program, folder, 1, *arguments, "--output-dir", "out")
    merged(program, folder, "out", "-o", "rows.jsonl")
    text = (folder / "data.jsonl").read_text()
    (folder / "data.jsonl").write_text(text.replace('"broken"', "[1, 2, 3, 4]"))
    scored(program, folder, 2, *arguments, "--output", "rows.jsonl", "--retry-errors")
    scored(program, folder, 1, *arguments, "--output", "anew.jsonl")
    check((folder / "rows.jsonl").read_bytes() == (folder / "anew.jsonl").read_bytes(), "retried rows differ")
    (folder / "out" / "manifest.json").unlink()
    check_refused(run(program.command(1, *arguments, "--output-dir", "out"), folder), "of which no manifest tells")


def has_grown(path: pathlib.Path, size: int) -> Callable[[], bool]:
    return lambda: path.exists() and path.stat().st_size > size


def killed(program: Program, folder: pathlib.Path) -> None:
    """kill -9 of any rank at random moments, each time gone on with by another number of ranks: nothing looks finished
    before it is, and in the end all is as in one go."""
    write_slow_input(folder, 8 * ROWS)

    def command(ranks: int, out: str, *more: Argument) -> list[str]:
        return program.command(ranks, *slow_parts(program), "--output-dir", out, *more)

    outcome = run(command(2, "clean"), folder)
    check(outcome.code == 0, str(outcome))
    rng = random.Random(5)
    out = folder / "out"
    manifest = out / "manifest.json.partial"
    for attempt, (ranks, victim) in enumerate(((3, 1), (2, 0), (1, 0))):
        more = ["--resume"] if attempt else []
        with started(command(ranks, "out", *more), folder) as job:
            job.wait_until(has_grown(manifest, manifest.stat().st_size + 200 if attempt else 0), "part", 30)
            job.wait_until_writing("out/manifest.json.partial")
            time.sleep(rng.uniform(0, 0.2))
            os.kill(job.ranks.get(victim, job.process.pid), signal.SIGKILL)
            job.end(20)
        if (out / "manifest.json").exists():
            break  # the kill came too late for it: compared below
        check_refused(run([str(program.infer), "merge", "out", "-o", "x.jsonl"], folder), "out is not complete", "--resume")
    outcome = run(command(2, "out", "--resume"), folder)
    check(outcome.code == 0, str(outcome))
    check(content(out) == content(folder / "clean"), f"differs from a run in one go: {outcome}")


def overwriting(program: Program, folder: pathlib.Path) -> None:
    """A complete folder stays as it is until all that replaces it is complete, also when that is interrupted."""
    write_slow_input(folder)
    base = slow_parts(program)
    command = program.command(1, *base, "--output-dir", "out")
    check(run(command, folder).code == 0, "no folder")
    old = content(folder / "out")
    check_refused(run(command, folder), "out/manifest.json exists: --overwrite")
    outcome = run([*command, "--resume"], folder)
    check(outcome.code == 0 and "nothing is left to do" in outcome.stderr, str(outcome))
    more: list[Argument] = [*command, "--on-error", "skip", "--overwrite"]
    with started([str(each) for each in more], folder) as job:
        job.wait_until_writing("out/manifest.json.partial")
        job.process.kill()
        job.process.wait()
    check(all((folder / "out" / name).read_bytes() == rows for name, rows in old.items()), "what was complete has changed")
    merged(program, folder, "out", "-o", "old.jsonl")
    for ranks, name in ((2, "out"), (1, "other")):
        outcome = run(program.command(ranks, *base, "--output-dir", name, "--on-error", "skip", "--resume"), folder)
        check(outcome.code == 0, str(outcome))
    new, other = content(folder / "out"), content(folder / "other")
    check(all(name.startswith("part-b") for name in new if name.startswith("part-")), f"old parts are left: {sorted(new)}")
    check([new[name] for name in sorted(new)[1:]] == [other[name] for name in sorted(other)[1:]], "the new parts differ")
    merged(program, folder, "out", "-o", "new.jsonl")
    merged(program, folder, "other", "-o", "other.jsonl")
    check((folder / "new.jsonl").read_bytes() == (folder / "other.jsonl").read_bytes(), "the new rows differ")


def refusals(program: Program, folder: pathlib.Path) -> None:
    """Two runs never write one folder; and the parts of one are not read by the other that may replace them."""
    write_slow_input(folder)
    base = slow_parts(program)
    command = program.command(1, *base, "--output-dir", "out")
    with started(command, folder) as job:
        job.wait_until_writing("out/manifest.json.partial")
        job.process.send_signal(signal.SIGSTOP)
        outcome = run([*command, "--overwrite"], folder)
        job.process.send_signal(signal.SIGCONT)
        check_refused(outcome, "out/manifest.json.journal is being written by process")
        job.process.wait(timeout=30)
    part = "out/part-00000.jsonl"
    check_refused(run(program.command(1, "--model", program.model("slow.pt"), "--input", part, "--output-dir", "out", "--overwrite"), folder),
            f"--input {part} is called like a part of --output-dir out")
    check_refused(run([*command, "--output", "rows.jsonl"], folder), "give one of them")
    check_refused(run(program.command(1, *base, "--output-dir", "no/such"), folder), "make the one above it first")
    check_refused(run(program.command(1, *base, "--output-dir", "data.jsonl"), folder), "is no folder")
    check_refused(run(program.command(1, *base, "--output", "a.jsonl"), folder), "there is no --output-dir")


def another_folder(program: Program, folder: pathlib.Path) -> None:
    """A rank for which the name means another folder is found before any work."""
    write_slow_input(folder)
    (folder / "elsewhere" / "out").mkdir(parents=True)
    (folder / "elsewhere" / "data.jsonl").symlink_to(folder / "data.jsonl")
    base = slow_parts(program)
    own = [str(program.infer), *map(str, base), "--output-dir", "out"]
    command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-np", "1", *own, ":", "-np", "1", "-wdir",
               str(folder / "elsewhere"), *own]
    outcome = run(command, folder)
    check_refused(outcome, "rank 1", "is here another folder than on rank 0", "on a file system that all of them share")
    check(not list(folder.rglob("part-*")) and not list(folder.rglob("*.seen")), "something was written")


def disk_full(program: Program, folder: pathlib.Path) -> None:
    """A part that cannot be written ends the run with its name and how to go on."""
    write_slow_input(folder)
    base = slow_parts(program, "4000")
    command = program.command(1, *base, "--output-dir", "out")
    done = subprocess.run(["bash", "-c", 'ulimit -f 3; exec "$@"', "bash", *command], cwd=folder, env=environment(),
                          capture_output=True, timeout=60, check=False)
    text = done.stderr.decode()
    check(done.returncode == 3 and "cannot write out/part-0000" in text and "partial: File too large" in text, text)
    check("go on with: " in text and not (folder / "out" / "manifest.json").exists(), text)
    check(run([*command, "--resume"], folder).code == 0, "does not go on")


def dead_disk(program: Program, folder: pathlib.Path) -> None:
    """A part whose sync never ends, on whatever rank, ends the run in time with the rank, what it is at and the flag."""
    write_slow_input(folder)
    library = program.infer.with_name("libfile_faults.so")
    faults = {"LD_PRELOAD": str(library), "FAULT_NAME": "part-", "FAULT_SLOW_SYNC": "60000"}
    for ranks in (1, 2):
        with started(program.command(ranks, *slow_parts(program), "--output-dir", f"out{ranks}", "--stall-timeout", "1"), folder,
                     faults) as job:
            outcome = job.end(START + SOON)
        text = "has been writing the part with chunk "
        check(outcome.code == 3 and text in outcome.stderr and "for 1 s (--stall-timeout)" in outcome.stderr, str(outcome))


TESTS = [same_for_any_ranks, stream, no_records, merging, retry_after_merge, killed, overwriting, refusals, another_folder,
         disk_full, dead_disk]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
