"""What goes wrong on one rank ends the whole job soon, with one clear message, and leaves nothing that looks finished.

    fault_test.py INFER MODELS [NAME...]
"""

import fcntl
import json
import os
import pathlib
import shutil
import signal
import struct
import sys
import termios
import time

from cli_support import MPIRUN, Argument, Outcome, Program, Test, check, run, run_tests
from job import SOON, START, started, write_rows

SLOW_ROWS = 6000  # tens of seconds of slow.pt


def slow_arguments(program: Program, input_name: str = "data.jsonl") -> list[Argument]:
    return ["-q", "--model", program.model("slow.pt"), *program.waits, "--input", input_name, "--output", "out.jsonl", "--overwrite", "--chunk-bytes", "1500",
            "--threads", "1", "--journal-interval", "0"]


def per_rank(program: Program, arguments: list[list[Argument]]) -> list[str]:
    """mpirun with other arguments for every rank."""
    command = list(MPIRUN)
    for number, own in enumerate(arguments):
        command += [":"] * (number > 0) + ["-np", "1", str(program.infer), *map(str, own)]
    return command


def in_folders(program: Program, arguments: list[Argument], folders: list[pathlib.Path]) -> list[str]:
    """mpirun with the same arguments for every rank, each in a folder of its own, as hosts without a shared disk are."""
    command = list(MPIRUN)
    for number, folder in enumerate(folders):
        command += [":"] * (number > 0) + ["-np", "1", "-wdir", str(folder), str(program.infer), *map(str, arguments)]
    return command


def check_end(outcome: Outcome, folder: pathlib.Path, code: int | None, *texts: str, messages: int = 1) -> None:
    """`code` None: any but 0. `messages`: different lines of infer's own; several ranks may see the same at once."""
    check(outcome.code == code if code else outcome.code != 0, f"expected exit {code or 'other than 0'}: {outcome}")
    for text in texts:
        check(text in outcome.stderr, f"no \"{text}\" in the messages: {outcome}")
    # While mpirun ends a job it sends SIGTERM to the ranks that are left, and rank 0 says so.
    count = len({line for line in outcome.message().splitlines() if "stopping because of SIGTERM" not in line})
    check(count == messages, f"{count} messages, expected {messages}: {outcome}")
    check(not (folder / "out.jsonl").exists(), f"there is an output that looks finished: {outcome}")


def killed(program: Program, folder: pathlib.Path, rank: int) -> None:
    write_rows(folder / "data.jsonl", SLOW_ROWS)
    with started(program.command(3, *slow_arguments(program)), folder) as job:
        job.wait_until_writing()
        os.kill(job.ranks[rank], signal.SIGKILL)
        check_end(job.end(), folder, None, f"rank {rank} ", "signal 9", messages=0)


def rank_0_killed(program: Program, folder: pathlib.Path) -> None:
    killed(program, folder, 0)


def rank_2_killed(program: Program, folder: pathlib.Path) -> None:
    killed(program, folder, 2)


def interrupted(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", SLOW_ROWS)
    with started(program.command(2, *slow_arguments(program)), folder) as job:
        job.wait_until_writing()
        job.process.send_signal(signal.SIGINT)
        outcome = job.end()
        check(outcome.code != 0 and not (folder / "out.jsonl").exists(), str(outcome))


def model_missing_on_one_rank(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 10, 8)
    rest = ["--input", "data.jsonl", "--output", "out.jsonl", "-q"]
    good = ["--model", program.model("exact_sum.pt"), *rest]
    outcome = run(per_rank(program, [good, ["--model", "nowhere.pt", *rest], good]), folder, SOON)
    check_end(outcome, folder, 2, "infer: rank 1 (", "cannot open the model nowhere.pt: No such file or directory")


def rank_0_leaves_last(program: Program, folder: pathlib.Path) -> None:
    """mpirun asks the others to stop as soon as one has left with an error: rank 0 has no more to say by then."""
    write_rows(folder / "data.jsonl", 10, 8)
    rest = ["--input", "data.jsonl", "--output", "out.jsonl", "-q"]
    first, *others = per_rank(program, [["--model", program.model("exact_sum.pt"), *rest], ["--model", "nowhere.pt", *rest]])
    at = others.index(str(program.infer))
    late = f"LD_PRELOAD={program.infer.with_name('liblate_finalize.so')}"
    outcome = run([first, *others[:at], "env", late, *others[at:]], folder, SOON)
    check_end(outcome, folder, 2, "infer: rank 1 (", "cannot open the model nowhere.pt: No such file or directory")


def input_missing_on_one_rank(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 10, 8)
    (folder / "other").mkdir()
    arguments = ["--model", program.model("exact_sum.pt"), "--output", "out.jsonl", "-q", "--input", "data.jsonl"]
    outcome = run(in_folders(program, arguments, [folder, folder / "other"]), folder, SOON)
    check_end(outcome, folder, 2, "infer: rank 1 (", "cannot open the input data.jsonl: No such file or directory")


def input_different_on_one_rank(program: Program, folder: pathlib.Path) -> None:
    arguments = ["--model", program.model("exact_sum.pt"), "--output", "out.jsonl", "-q", "--input", "data.jsonl"]
    write_rows(folder / "data.jsonl", 10, 8)
    for name, rows, reason in (("longer", 11, "bytes here"), ("later", 10, "changed at different times")):
        (folder / name).mkdir()
        write_rows(folder / name / "data.jsonl", rows, 8)
        os.utime(folder / name / "data.jsonl", (1, 1))
        outcome = run(in_folders(program, arguments, [folder, folder / name]), folder, SOON)
        check_end(outcome, folder, 2, "infer: rank 1 (", "the input data.jsonl is not the same file as on rank 0", reason)


def input_cut_on_one_rank(program: Program, folder: pathlib.Path, victim: int) -> None:
    folders = [folder, folder / "1", folder / "2"]
    write_rows(folder / "data.jsonl", SLOW_ROWS)
    for other in folders[1:]:
        other.mkdir()
        shutil.copy2(folder / "data.jsonl", other / "data.jsonl")
    with started(in_folders(program, slow_arguments(program), folders), folder) as job:
        job.wait_until_writing()
        os.truncate(folders[victim] / "data.jsonl", 100)
        check_end(job.end(), folder, 3, f"infer: rank {victim} (", "the input data.jsonl changed during the run")


def input_cut_on_rank_0(program: Program, folder: pathlib.Path) -> None:
    input_cut_on_one_rank(program, folder, 0)


def input_cut_on_rank_1(program: Program, folder: pathlib.Path) -> None:
    input_cut_on_one_rank(program, folder, 1)


def stopped(program: Program, folder: pathlib.Path, rank: int) -> None:
    timeout = 3
    write_rows(folder / "data.jsonl", SLOW_ROWS)
    with started(program.command(3, *slow_arguments(program), "--comm-timeout", str(timeout)), folder) as job:
        job.wait_until_writing()
        os.kill(job.ranks[rank], signal.SIGSTOP)
        check_end(job.end(timeout + SOON), folder, 3, f" rank {rank} (", f" {timeout} s")


def rank_0_stopped(program: Program, folder: pathlib.Path) -> None:
    stopped(program, folder, 0)


def rank_1_stopped(program: Program, folder: pathlib.Path) -> None:
    stopped(program, folder, 1)


def finishes(program: Program, folder: pathlib.Path, timeout: int) -> None:
    """Two batches, one per rank, each of which takes about 4 s."""
    rows = 2400
    write_rows(folder / "data.jsonl", rows)
    half = (folder / "data.jsonl").stat().st_size // 2 + 1
    outcome = run(program.command(2, "-q", "--model", program.model("slow.pt"), *program.waits, "--input", "data.jsonl", "--output", "out.jsonl",
                                  "--comm-timeout", str(timeout), "--max-batch-size", "2000", "--chunk-bytes", str(half),
                                  "--threads", "1"), folder)
    check(outcome.code == 0, f"expected exit 0: {outcome}")
    check(len((folder / "out.jsonl").read_text().splitlines()) == rows, f"not {rows} rows: {outcome}")


def slow_batch_is_no_silence(program: Program, folder: pathlib.Path) -> None:
    finishes(program, folder, timeout=3)


def shortest_timeout(program: Program, folder: pathlib.Path) -> None:
    """The shortest --comm-timeout that is taken must leave time for the signs of life."""
    finishes(program, folder, timeout=1)


def own_pause_is_no_stall(program: Program, folder: pathlib.Path) -> None:
    """Batches of a second, and a process that is stopped in the middle of one for longer than a batch may take."""
    limit = 6
    write_rows(folder / "data.jsonl", 2400)
    chunks = ["10000" if word == "1500" else word for word in slow_arguments(program)]
    for ranks in (1, 2):
        with started(program.command(ranks, *chunks, "--stall-timeout", str(limit)), folder) as job:
            job.wait_until_writing()
            processes = [*job.ranks.values()] or [job.process.pid]
            for each in processes:
                os.kill(each, signal.SIGSTOP)
            time.sleep(limit + 1)
            for each in processes:
                os.kill(each, signal.SIGCONT)
            outcome = job.end(6 * SOON)
        check(outcome.code == 0, f"{ranks} ranks: expected exit 0: {outcome}")


def launcher_stopped_at_the_end(program: Program, folder: pathlib.Path) -> None:
    """mpirun is stopped (Ctrl-Z) while its ranks come to the end, which they cannot without it."""
    limit = 2
    write_rows(folder / "data.jsonl", 1200)
    with started(program.command(2, *slow_arguments(program), "--comm-timeout", str(limit)), folder) as job:
        job.wait_until_writing()
        job.process.send_signal(signal.SIGSTOP)
        job.wait_until((folder / "out.jsonl").exists, "output", 6 * SOON)
        time.sleep(2 * limit)
        check(len(job.left()) == 2, f"ended without mpirun: {job.stderr()}")
        job.process.send_signal(signal.SIGCONT)
        outcome = job.end()
    check(outcome.code == 0 and not outcome.message(), f"expected exit 0: {outcome}")


def time_without_end(program: Program, folder: pathlib.Path) -> None:
    """Times beyond what a clock can count."""
    write_rows(folder / "data.jsonl", 10, 8)
    flags = ["--comm-timeout", "--stall-timeout", "--drain-timeout", "--time-limit", "--journal-interval"]
    for ranks, value in ((1, "9999999999"), (2, "9999999999"), (2, "1e300d")):
        times = [word for flag in flags for word in (flag, value)]
        outcome = run(program.command(ranks, "-q", "--model", program.model("exact_sum.pt"), "--input", "data.jsonl", "--output", "out.jsonl",
                                      "--overwrite", *times), folder)
        check(outcome.code == 0 and len((folder / "out.jsonl").read_text().splitlines()) == 10, f"{value}: {outcome}")


def disk_full(program: Program, folder: pathlib.Path) -> str | None:
    disk = folder / "disk"
    disk.mkdir()
    mount = run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)])
    if mount.code != 0:
        return f"cannot mount a small disk: {mount.stderr.strip()}"
    try:
        write_rows(folder / "data.jsonl", 50_000, 8)
        for ranks in (1, 2):
            outcome = run(program.command(ranks, "-q", "--model", program.model("exact_sum.pt"), "--input", "data.jsonl",
                                          "--output", "disk/out.jsonl", "--overwrite"), folder, SOON)
            check_end(outcome, disk, 3, "cannot write disk/out.jsonl.partial: No space left on device (after ")
            (disk / "out.jsonl.partial").unlink()
    finally:
        run(["umount", str(disk)])
    return None


def device_full(program: Program, folder: pathlib.Path) -> None:
    write_rows(folder / "data.jsonl", 1000, 8)
    for ranks in (1, 3):
        outcome = run(program.command(ranks, "-q", "--model", program.model("exact_sum.pt"), "--input", "data.jsonl",
                                      "--output", "/dev/full"), folder, SOON)
        check_end(outcome, folder, 3, "cannot write /dev/full: No space left on device (after 0 bytes)")
    check(pathlib.Path("/dev/full").is_char_device(), "/dev/full is no device any more")


def pipe_arguments(program: Program) -> list[Argument]:
    return ["--model", program.model("identity.pt"), "--input", "data.jsonl", "--output", "pipe", "--input-spec", "x:float32:[4]"]


def stuck_pipe(program: Program, folder: pathlib.Path, ranks: int, *first: Argument) -> None:
    """A pipe whose reader does not read ends the run as its limits say, also where it is not the first output."""
    write_rows(folder / "data.jsonl", SLOW_ROWS)
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with started(program.command(ranks, "-q", *first, *pipe_arguments(program), "--stall-timeout", "2"), folder) as job:
            outcome = job.end(START + SOON)
            check_end(outcome, folder, 3, "has been writing pipe for 2 s (--stall-timeout)", "is it read?")
        check("--resume" not in outcome.stderr, f"a pipe's rows cannot be taken up again: {outcome}")
        os.read(reader, bytes_in(reader))
        with started(program.command(1, *first, *pipe_arguments(program), "--drain-timeout", "1"), folder) as job:
            job.wait_until(lambda: is_full(reader), "full pipe", START)
            job.process.send_signal(signal.SIGTERM)
            outcome = job.end()
        check(outcome.code == 4 and "pipe takes no more" in outcome.stderr, f"not stopped: {outcome}")
    finally:
        os.close(reader)


def is_full(pipe: int) -> bool:
    """Whether its writer waits: much lies in it, and nothing is added. Pages that are not full may be left."""
    before = bytes_in(pipe)
    time.sleep(0.3)
    return before > 20_000 and bytes_in(pipe) == before


def bytes_in(pipe: int) -> int:
    return int(struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0])


def stuck_pipe_alone(program: Program, folder: pathlib.Path) -> None:
    stuck_pipe(program, folder, 1)


def stuck_pipe_of_two(program: Program, folder: pathlib.Path) -> None:
    stuck_pipe(program, folder, 2, "--model", program.model("identity.pt"), "--output", "first.jsonl", "--overwrite")


def model_hangs_in_the_start(program: Program, folder: pathlib.Path) -> None:
    """A record that the trial takes never comes back from the model."""
    (folder / "data.jsonl").write_text('{"x": [-1, 1]}\n' * 3)
    for ranks in (1, 2):
        outcome = run(program.command(ranks, "--model", program.model("hangs_on_negative.pt"), "--input", "data.jsonl", "--output",
                                      "out.jsonl", "--input-spec", "x:float32:[2]", "--stall-timeout", "1"), folder, START + SOON)
        check_end(outcome, folder, 3, "rank 0 ", "has been in the model with the first records for 1 s (--stall-timeout)")
        left = [path.name for path in folder.iterdir()]
        check(left == ["data.jsonl"], f"left behind: {left}")


def pipe_without_reader(program: Program, folder: pathlib.Path) -> None:
    """A pipe that nobody opens ends the run; who opens it after the run has begun gets all rows."""
    write_rows(folder / "data.jsonl", 20)
    os.mkfifo(folder / "pipe")
    with started(program.command(1, "-q", *pipe_arguments(program), "--stall-timeout", "2"), folder) as job:
        check_end(job.end(START + SOON), folder, 3, "has been writing pipe for 2 s (--stall-timeout)")
    with started(program.command(1, *pipe_arguments(program)), folder) as job:
        job.wait_until(lambda: "chunk" in job.stderr(), "header", START)
        rows = (folder / "pipe").read_bytes().count(b"\n")
        check(job.end().code == 0 and rows == 20, f"{rows} rows: {job.stderr()}")


def compiled_model_aborts(program: Program, folder: pathlib.Path) -> None:
    """An index outside the table, with no range declared: the process dies, and must not take the output with it."""
    with (folder / "data.jsonl").open("w") as file:
        for number in range(5000):
            file.write(json.dumps({"id": number, "a": [1] * 4, "ids": [0, 1, 10 if number == 4000 else 2]}) + "\n")
    for ranks in (1, 2):
        outcome = run(program.command(ranks, "-q", "--model", program.model("two_inputs.pt2"), "--input", "data.jsonl",
                                      "--output", "out.jsonl", "--overwrite", "--input-spec", "a:float32:[4]",
                                      "ids:int64:[3]"), folder, SOON)
        check_end(outcome, folder, 3, "index out of bounds", "give indices their range", *["infer: rank "] * (ranks > 1))
        check("frame #" not in outcome.stderr, f"LibTorch's stack: {outcome}")


TESTS: list[Test] = [
    rank_0_killed, rank_2_killed, interrupted, model_missing_on_one_rank, rank_0_leaves_last, input_missing_on_one_rank,
    input_different_on_one_rank, input_cut_on_rank_0, input_cut_on_rank_1, rank_0_stopped, rank_1_stopped,
    stuck_pipe_alone, stuck_pipe_of_two, model_hangs_in_the_start, pipe_without_reader,
    slow_batch_is_no_silence, shortest_timeout, own_pause_is_no_stall, launcher_stopped_at_the_end,
    time_without_end, disk_full, device_full, compiled_model_aborts,
]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
