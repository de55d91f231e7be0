"""What the system refuses or takes away while infer runs: memory, open files, disk, the input itself.

    limits_test.py INFER MODELS [NAME...]
"""

import contextlib
import os
import pathlib
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator

from cli_support import MPIRUN, Argument, Outcome, Program, Test, check, run, run_tests
from fault_test import SLOW_ROWS, check_end, slow_arguments
from job import SOON, Job, started, write_rows
from small_places import MIB, memory_disk, memory_group, quota_disk

GIB = 1 << 30


def exact_sum(program: Program, *inputs: str, output: str = "out.jsonl") -> list[Argument]:
    return ["-q", "--model", program.model("exact_sum.pt"), "--output", output, "--overwrite", "--threads", "1", "--input", *inputs]


def limited(program: Program, ranks: int, limit: str, arguments: list[Argument]) -> list[str]:
    """infer under a limit of the shell's ulimit, which the launcher does not share."""
    own = ["bash", "-c", f'ulimit {limit} && exec "$0" "$@"', str(program.infer), *map(str, arguments)]
    return own if ranks == 1 else [*MPIRUN, "-np", str(ranks), *own]


def check_complete_or_failed(outcome: Outcome, folder: pathlib.Path, rows: int) -> None:
    """Under a limit that hits anywhere, also in libraries before main: all rows, or an error that is told."""
    output = folder / "out.jsonl"
    if outcome.code == 0:
        check(len(output.read_text().splitlines()) == rows, f"exit 0 without all rows: {outcome}")
    else:
        check(not output.exists(), f"there is an output that looks finished: {outcome}")
        check(bool(outcome.stderr.strip()), f"no message: {outcome}")
    for name in ("out.jsonl", "out.jsonl.partial"):
        (folder / name).unlink(missing_ok=True)


# --- memory


def model_out_of_memory(program: Program, folder: pathlib.Path) -> None:
    """From 40 numbers on, the model asks for memory that does not exist; every rank must learn that by itself."""
    rows = 1000
    write_rows(folder / "data.jsonl", rows, 8)
    # A compiled model of LibTorch 2.11 does not say why it failed: its batches are halved each time anew.
    for name in ("greedy.pt",) if program.has_torch("2.11") else ("greedy.pt", "greedy.pt2"):
        outputs = []
        for ranks in (1, 2):
            outcome = run(program.command(ranks, "--model", program.model(name), "--input", "data.jsonl", "--input-spec",
                                          "x:float32:[8]", "--output", "out.jsonl", "--overwrite", "--threads", "1"), folder)
            check(outcome.code == 0, f"expected exit 0: {outcome}")
            check(f"{rows:,} rows in, {rows:,} ok" in outcome.stderr, f"not all scored: {outcome}")
            advice = re.search(r"halved; --max-batch-size ([345]) avoids the retries", outcome.stderr)
            check(advice is not None, f"no advice: {outcome}")
            outputs.append((folder / "out.jsonl").read_bytes())
        check(outputs[0] == outputs[1], f"{name}: the rows depend on the number of ranks")
        advised = run(program.command(1, "--model", program.model(name), "--input", "data.jsonl", "--input-spec", "x:float32:[8]",
                                      "--output", "out.jsonl", "--overwrite", "--max-batch-size", advice[1]), folder)
        check("out of memory" not in advised.stderr, f"the advice does not help: {advised}")


def reader_out_of_memory(program: Program, folder: pathlib.Path) -> None:
    """A line of 2 GiB, all zeros and no disk, in a process that may have 1."""
    write_rows(folder / "data.jsonl", 20_000, 8)
    with (folder / "data.jsonl").open("ab") as file:
        file.truncate(file.tell() + 2 * GIB)
    arguments = [*exact_sum(program, "data.jsonl"), "--max-record-bytes", str(8 * GIB)]
    for ranks in (1, 2):
        outcome = run(limited(program, ranks, f"-v {GIB // 1024}", arguments), folder)
        check_end(outcome, folder, 3, "out of memory while reading the input; lower --chunk-bytes, --max-record-bytes")
        (folder / "out.jsonl.partial").unlink(missing_ok=True)


def little_memory(program: Program, folder: pathlib.Path) -> None:
    """Whatever fails first, threads, libraries or buffers: an end with a message, and none that hangs. One rank only: Open
    MPI itself may wait for ever in its start when one of its ranks cannot map shared memory and another can."""
    rows = 2000
    write_rows(folder / "data.jsonl", rows, 8)
    codes = set()
    for megabytes in range(360, 600, 20):
        outcome = run(limited(program, 1, f"-v {megabytes * 1000}", exact_sum(program, "data.jsonl")), folder, SOON)
        check_complete_or_failed(outcome, folder, rows)
        by_library = re.search("^(libgomp|Fatal glibc error): .*out of memory", outcome.stderr, re.IGNORECASE | re.MULTILINE)
        check(outcome.code in (0, 3, 127) or by_library is not None, f"an end of its own kind: {outcome}")  # 127: the dynamic linker's
        codes.add(outcome.code)
        check("Resource temporarily unavailable" not in outcome.message() or "ulimit -u" in outcome.message(),
              f"no remedy: {outcome}")
    check(len(codes) > 1, f"the limits hit nothing, or everything: {codes}")


def killed_for_memory(program: Program, folder: pathlib.Path) -> None:
    """One rank in a control group that is too small: the kernel kills it, and the job must end."""
    write_rows(folder / "data.jsonl", SLOW_ROWS)
    own = [str(program.infer), *map(str, slow_arguments(program))]
    with memory_group(32 * MIB) as members:
        small = ["bash", "-c", f'echo $$ >{members} && exec "$0" "$@"', *own]
        outcome = run([*MPIRUN, "-np", "1", *own, ":", "-np", "1", *small], folder, 3 * SOON)
    check(outcome.code != 0 and "signal 9" in outcome.stderr, f"not killed: {outcome}")
    check(not (folder / "out.jsonl").exists(), f"there is an output that looks finished: {outcome}")


# --- the input


@contextlib.contextmanager
def running(program: Program, folder: pathlib.Path, ranks: int, *names: str) -> Iterator[Job]:
    """A slow run over these files, in the middle of the first one."""
    for name in names:
        write_rows(folder / name, SLOW_ROWS)
    rest = [part for name in names[1:] for part in ("--input", name)]
    with started(program.command(ranks, *slow_arguments(program, names[0]), *rest), folder) as job:
        job.wait_until_writing()
        yield job
    (folder / "out.jsonl.partial").unlink(missing_ok=True)


def changed(program: Program, folder: pathlib.Path, change: Callable[[pathlib.Path], object], *texts: str) -> None:
    for ranks in (1, 2):
        with running(program, folder, ranks, "data.jsonl") as job:
            change(folder / "data.jsonl")
            outcome = job.end()
            messages = len(set(outcome.message().splitlines()))  # both ranks may find it before one ends the other
            check_end(outcome, folder, 3, "the input data.jsonl changed during the run: at the start it had", *texts,
                      messages=messages)
            check(1 <= messages <= ranks, f"{messages} messages: {outcome}")


def append(path: pathlib.Path) -> None:
    with path.open("a") as file:
        file.write('{"x": [1, 2, 3, 4]}\n')


def overwrite(path: pathlib.Path) -> None:
    with path.open("r+b") as file:
        file.write(b'{"x"')


def input_grows(program: Program, folder: pathlib.Path) -> None:
    changed(program, folder, append, "leave it alone until the run is over")


def input_shrinks(program: Program, folder: pathlib.Path) -> None:
    changed(program, folder, lambda path: os.truncate(path, 100), "now it has 100 bytes")


def input_overwritten(program: Program, folder: pathlib.Path) -> None:
    changed(program, folder, overwrite, "last written")


def input_replaced_or_removed(program: Program, folder: pathlib.Path) -> None:
    """The file that is open is read to its end; one that is still to come must be the planned one."""
    def replace(path: pathlib.Path) -> None:
        write_rows(path.with_suffix(".new"), 10)
        path.with_suffix(".new").rename(path)

    for ranks, change, text in ((1, replace, "the input later.jsonl changed during the run"),
                                (2, replace, "the input later.jsonl changed during the run"),
                                (1, pathlib.Path.unlink, "cannot open the input later.jsonl any more: No such file")):
        write_rows(folder / "first.jsonl", 4000)  # more than may be read ahead of the first row written
        write_rows(folder / "later.jsonl", SLOW_ROWS)
        arguments = [*slow_arguments(program, "first.jsonl"), "--input", "later.jsonl", "--schedule", "static"]
        with started(program.command(ranks, *arguments), folder) as job:
            job.wait_until_writing()
            change(folder / "first.jsonl")
            change(folder / "later.jsonl")
            outcome = job.end(3 * SOON)
            check_end(outcome, folder, 3, text, messages=len(set(outcome.message().splitlines())))
            check("the input first.jsonl" not in outcome.message(), f"the open file was not read on: {outcome}")
        (folder / "out.jsonl.partial").unlink(missing_ok=True)


def one_input_missing(program: Program, folder: pathlib.Path) -> None:
    names = [f"data{number}.jsonl" for number in range(200)]
    for name in names:
        write_rows(folder / name, 1, 8)
    (folder / names[150]).unlink()
    for ranks in (1, 2):
        outcome = run(program.command(ranks, *exact_sum(program, *names)), folder, SOON)
        check_end(outcome, folder, 2, "cannot open the input data150.jsonl: No such file or directory")
    (folder / names[150]).mkdir()
    (folder / names[151]).unlink()
    (folder / names[151]).symlink_to(names[151])
    outcome = run(program.command(1, *exact_sum(program, *names[151:])), folder, SOON)
    check_end(outcome, folder, 2, "cannot open the input data151.jsonl: Too many levels of symbolic links")


# --- files and disks


def few_open_files(program: Program, folder: pathlib.Path) -> None:
    rows = 500
    write_rows(folder / "data.jsonl", rows, 8)
    codes = set()
    for ranks, model, limits in ((1, "exact_sum.pt", (3, 4, 5, 6, 8)), (1, "exact_sum.pt2", (4, 6, 8, 12)),
                                 (2, "exact_sum.pt", (8, 12, 16, 32))):
        for limit in limits:
            arguments = ["-q", "--model", program.model(model), "--input", "data.jsonl", "--input-spec", "x:float32:[8]",
                         "--output", "out.jsonl", "--overwrite", "--threads", "1"]
            outcome = run(limited(program, ranks, f"-n {limit}", arguments), folder, SOON)
            check_complete_or_failed(outcome, folder, rows)
            codes.add(outcome.code)
            if "Too many open files" in outcome.message():
                check("ulimit -n" in outcome.message() or "LibTorch" in outcome.message(), f"no remedy: {outcome}")
    check({0, 3} <= codes, f"the limits hit nothing, or everything: {codes}")


def file_size_limit(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 50_000, 8)
    for ranks in (1, 2):
        outcome = run(limited(program, ranks, "-f 64", exact_sum(program, "data.jsonl")), folder, SOON)
        check_end(outcome, folder, 3, "cannot write out.jsonl.partial: File too large (after 65536 bytes)")
        (folder / "out.jsonl.partial").unlink()


def read_only_folder(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 10, 8)
    with memory_disk(folder / "disk", "ro"):
        for ranks in (1, 2):
            outcome = run(program.command(ranks, *exact_sum(program, "data.jsonl", output="disk/out.jsonl")), folder, SOON)
            check_end(outcome, folder / "disk", 2, "cannot create the output disk/out.jsonl: Read-only file system")


def quota(program: Program, folder: pathlib.Path) -> None:
    """Used up in mid-run; with more room the run goes on where it was."""
    rows = 200_000
    write_rows(folder / "data.jsonl", rows, 8)
    for ranks in (1, 2):
        with quota_disk(folder / f"disk{ranks}", kib=1024) as disk:
            arguments = exact_sum(program, "data.jsonl", output=str(disk / "out.jsonl")) + ["--journal-interval", "0.01"]
            outcome = run(program.command(ranks, *arguments), folder, SOON)
            check_end(outcome, disk, 3, "out.jsonl.partial: Disk quota exceeded (after ")
            lifted = run(["btrfs", "qgroup", "limit", "none", str(disk)])
            check(lifted.code == 0, f"the quota cannot be lifted: {lifted}")
            resume = ["--resume" if argument == "--overwrite" else argument for argument in arguments if argument != "-q"]
            outcome = run(program.command(2, *resume), folder, SOON)
            check(outcome.code == 0 and " rows were done before" in outcome.stderr, f"not resumed: {outcome}")
            check_complete_or_failed(outcome, disk, rows)


# --- what a model leaves in the temporary folder


@contextlib.contextmanager
def own_tmpdir(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """The children's TMPDIR."""
    own = folder / "tmp"
    own.mkdir()
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(own)
    try:
        yield own
    finally:
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before


def left_in(folder: pathlib.Path) -> list[str]:
    """Open MPI's session folders are its own business."""
    return [entry.name for entry in folder.iterdir() if not entry.name.startswith(("ompi.", "pmix", "prte."))]


def compiled(program: Program, input_name: str = "data.jsonl", output: str = "out.jsonl") -> list[Argument]:
    return ["-q", "--model", program.model("exact_sum.pt2"), "--input", input_name, "--input-spec", "x:float32:[8]", "--overwrite", "--output", output,
            "--threads", "1", "--max-batch-size", "1"]


def package_leaves_nothing(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 1000, 8)
    with own_tmpdir(folder) as tmp:
        check(run([str(program.infer), "inspect", str(program.model("exact_sum.pt2"))], folder).code == 0, "inspect fails")
        for ranks in (1, 2):
            for arguments, code in ((compiled(program), 0), (compiled(program, output="/dev/full"), 3),
                                    (compiled(program, "nowhere.jsonl"), 2)):
                outcome = run(program.command(ranks, *arguments), folder, SOON)
                check(outcome.code == code, f"expected exit {code}: {outcome}")
                check(not left_in(tmp), f"left in TMPDIR: {left_in(tmp)} by {outcome}")


def killed_with_package(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 300_000, 8)
    with own_tmpdir(folder) as tmp:
        for ranks in (1, 2):
            with started(program.command(ranks, *compiled(program)), folder) as job:
                job.wait_until_writing()
                check(not left_in(tmp), f"in TMPDIR while the run is on: {left_in(tmp)}")
                for pid in [*job.ranks.values()] or [job.process.pid]:
                    os.kill(pid, signal.SIGKILL)
                check(job.end().code != 0, "ended well in spite of the kill")
                check(not left_in(tmp), f"left in TMPDIR: {left_in(tmp)}")
            (folder / "out.jsonl.partial").unlink()


def killed_while_loading(program: Program, folder: pathlib.Path) -> None:
    """What a kill in the middle of unpacking leaves, the next run on this host removes."""
    write_rows(folder / "data.jsonl", 10, 8)
    with own_tmpdir(folder) as tmp:
        faults = ["env", f"LD_PRELOAD={program.infer.with_name('libfile_faults.so')}", "FAULT_NAME=c", "FAULT_KILL_AT=2"]  # a package's files
        outcome = run([*faults, *program.command(1, *compiled(program))], folder)
        check(outcome.code == -signal.SIGKILL and len(left_in(tmp)) == 1, f"not killed while unpacking: {outcome}")
        (tmp / "infer-model-other-host-abcdef").mkdir()
        for name in ("out.jsonl.partial", "out.jsonl"):
            (folder / name).unlink(missing_ok=True)
        check(run(program.command(1, *compiled(program)), folder).code == 0, "the next run fails")
        check(left_in(tmp) == ["infer-model-other-host-abcdef"], f"left in TMPDIR: {left_in(tmp)}")


def no_room_to_unpack(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 10, 8)
    with memory_disk(folder / "disk", "size=64k"):
        before = os.environ.get("TMPDIR", tempfile.gettempdir())
        os.environ["TMPDIR"] = str(folder / "disk")
        try:
            outcome = run(program.command(1, *compiled(program)), folder, SOON)
        finally:
            os.environ["TMPDIR"] = before
        check_end(outcome, folder, 2, "needs", "bytes there, but", "set TMPDIR to a folder with more")


@contextlib.contextmanager
def tmpdir_on(disk: pathlib.Path) -> Iterator[None]:
    before = os.environ.get("TMPDIR", tempfile.gettempdir())
    os.environ["TMPDIR"] = str(disk)
    try:
        yield
    finally:
        os.environ["TMPDIR"] = before


def unpacked_once(program: Program, folder: pathlib.Path) -> None:
    """Room for the model and a half, which is enough for all ranks of a host; LibTorch 2.11 unpacks for each."""
    write_rows(folder / "data.jsonl", 10, 8)
    kib = program.model("exact_sum.pt2").stat().st_size * 3 // 2 // 1024
    with memory_disk(folder / "disk", f"size={kib}k"):
        with tmpdir_on(folder / "disk"):
            check(run(program.command(1, *compiled(program)), folder, SOON).code == 0, "there is no room for one")
            (folder / "out.jsonl").unlink()
        own = ["env", f"TMPDIR={folder / 'disk'}", str(program.infer), *map(str, compiled(program))]  # mpirun needs room of its own
        outcome = run([*MPIRUN, "-np", "3", *own], folder, 3 * SOON)
        if program.has_torch("2.11"):
            check_end(outcome, folder, 2, "bytes there, but", "set TMPDIR to a folder with more")
        else:
            check(outcome.code == 0, f"room for the model does not do: {outcome}")
        check(not left_in(folder / "disk"), f"left in TMPDIR: {left_in(folder / 'disk')}")


def unpacked_out_of_sight(program: Program, folder: pathlib.Path) -> None:
    """A rank that does not see what the first of its host unpacked, as in a container of its own, does it for itself."""
    write_rows(folder / "data.jsonl", 10, 8)
    with memory_disk(folder / "disk", "mode=0700"):
        own = ["env", f"TMPDIR={folder / 'disk'}", str(program.infer), *map(str, compiled(program))]
        apart = ["unshare", "--mount", "bash", "-c", f'mount -t tmpfs tmpfs {folder / "disk"} && exec "$0" "$@"', *own]
        outcome = run([*MPIRUN, "-np", "1", *own, ":", "-np", "1", *apart], folder, 3 * SOON)
        check(outcome.code == 0 and len((folder / "out.jsonl").read_text().splitlines()) == 10, f"not scored: {outcome}")


def nothing_may_be_executed(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 10, 8)
    with memory_disk(folder / "disk", "noexec"), tmpdir_on(folder / "disk"):
        outcome = run(program.command(1, *compiled(program)), folder, SOON)
        check_end(outcome, folder, 2, f"nothing may be executed in {folder / 'disk'}", "set TMPDIR")
        check("compile it again" not in outcome.stderr, f"advice that cannot help: {outcome}")


TESTS: list[Test] = [
    model_out_of_memory, reader_out_of_memory, little_memory, killed_for_memory,
    input_grows, input_shrinks, input_overwritten, input_replaced_or_removed, one_input_missing,
    few_open_files, file_size_limit, read_only_folder, quota,
    package_leaves_nothing, killed_with_package, killed_while_loading, no_room_to_unpack,
    unpacked_once, unpacked_out_of_sight, nothing_may_be_executed,
]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
