"""Peak memory does not grow with the input: every rank's peak RSS for 20 MB and for 500 MB of records, and for
--retry-errors of 20,000 and of 400,000 failures. And that of large tensors is mapped once, not for each batch.

The input is read with pread, so its page cache counts in no rank's RSS.

    memory_test.py INFER MODELS [--small MB] [--large MB]
"""

import argparse
import os
import pathlib
import random
import sys

from cli_support import MPIRUN, Argument, Program, check, run, scratch

RANKS = 2
MOST_GROWTH = 1.3
MOST_FOR_FAILURES = 24 << 10  # KiB more for many of them
WIDE_BATCHES = 40
MB = 1_000_000


def measure(report: pathlib.Path, command: list[str]) -> int:
    """Runs one rank's command and leaves its peak RSS in KiB and its page faults in REPORT.RANK."""
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    report.with_suffix("." + os.environ["OMPI_COMM_WORLD_RANK"]).write_text(f"{usage.ru_maxrss} {usage.ru_minflt}")
    return os.waitstatus_to_exitcode(status)


def write_input(path: pathlib.Path, megabytes: int) -> int:
    """Repeats one block of 1000 random records of about 200 bytes; returns the number of rows."""
    rng = random.Random(1)
    rows = [f'{{"id":{row},"x":{[rng.randrange(-20, 20) / 2 for _ in range(8)]},"text":"{"word " * rng.randrange(10, 40)}"}}\n'
            for row in range(1000)]
    block = "".join(rows).encode()
    copies = megabytes * MB // len(block)
    with path.open("wb") as file:
        for _ in range(copies):
            file.write(block)
    return copies * len(rows)


def measured(program: Program, folder: pathlib.Path, model: str, *arguments: Argument) -> list[tuple[int, int]]:
    """Of a run that must succeed, peak RSS in KiB and page faults by rank."""
    report = folder / "measured"
    infer = program.command(1, "-q", "--model", program.model(model), *arguments)
    outcome = run([*MPIRUN, "-np", str(RANKS), sys.executable, __file__, "--measure", str(report), *infer], folder, timeout=200)
    check(outcome.code == 0, str(outcome))
    by_rank = [report.with_suffix(f".{rank}").read_text().split() for rank in range(RANKS)]
    return [(int(peak), int(faults)) for peak, faults in by_rank]


def peaks(program: Program, folder: pathlib.Path, *arguments: Argument) -> list[int]:
    return [peak for peak, _ in measured(program, folder, "exact_sum.pt", *arguments)]


def peaks_of_input(program: Program, folder: pathlib.Path, megabytes: int) -> list[int]:
    data, output = folder / "data.jsonl", folder / "out.jsonl"
    rows = write_input(data, megabytes)
    by_rank = peaks(program, folder, "--input", data, "--output", output)
    with output.open("rb") as file:
        check(sum(1 for _ in file) == rows, f"not {rows} rows out")
    data.unlink()
    output.unlink()
    for rank, peak in enumerate(by_rank):
        print(f"{megabytes} MB, {rows} rows: rank {rank} peak RSS {peak / 1024:.0f} MiB", flush=True)
    return by_rank


def peaks_of_retry(program: Program, folder: pathlib.Path, failures: int) -> list[int]:
    """Every second record fails, and fails again."""
    (folder / "data.jsonl").write_text('{"x":[1]}\n{"x":[1,2]}\n' * failures)
    arguments = ["--input", "data.jsonl", "--output", "out.jsonl", "--input-spec", "x:float32:[1]", "--max-errors", "100%"]
    peaks(program, folder, *arguments, "--overwrite")
    before = (folder / "out.jsonl").read_bytes()
    check(before.count(b'"error"') == failures, "other failures than meant")
    by_rank = peaks(program, folder, *arguments, "--retry-errors")
    check((folder / "out.jsonl").read_bytes() == before, "other rows than before")
    (folder / "out.jsonl").unlink()
    print(f"{failures} failures scored again: peak RSS {', '.join(f'{peak / 1024:.0f}' for peak in by_rank)} MiB", flush=True)
    return by_rank


def faults_of_large_tensors(program: Program, folder: pathlib.Path) -> int:
    """All ranks'. A batch of 64 rows has two tensors of 64 MiB, 32,768 pages."""
    rng = random.Random(2)
    (folder / "wide.jsonl").write_text("".join(f'{{"x":{[rng.random() for _ in range(8)]}}}\n' for _ in range(WIDE_BATCHES * 64)))
    batches = ["--max-batch-size", "64", "--replicas", "1", "--chunk-bytes", "1MiB"]
    by_rank = measured(program, folder, "wide_sum.pt", "--input", "wide.jsonl", "--output", "wide.out", *batches)
    print(f"{WIDE_BATCHES} batches of large tensors: {[faults for _, faults in by_rank]} page faults by rank")
    return sum(faults for _, faults in by_rank)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--small", type=int, default=20, help="MB")
    parser.add_argument("--large", type=int, default=500, help="MB")
    args = parser.parse_args()
    program = Program(args.infer.resolve(), args.models.resolve())
    with scratch(keep_on_failure=False) as folder:
        few, many = (peaks_of_retry(program, folder, failures) for failures in (20_000, 400_000))
        faults = faults_of_large_tensors(program, folder)
        small, large = (peaks_of_input(program, folder, megabytes) for megabytes in (args.small, args.large))
    ratios = [after / before for before, after in zip(small, large, strict=True)]
    print("growth by rank: " + ", ".join(f"{ratio:.2f}x" for ratio in ratios))
    check(max(ratios) <= MOST_GROWTH, f"peak memory grows with the input: {ratios}, allowed {MOST_GROWTH}")
    check(all(after < before + MOST_FOR_FAILURES for before, after in zip(few, many, strict=True)),
          f"failures take memory: {few} KiB for few, {many} for many")
    check(faults < WIDE_BATCHES * 32768 // 2, f"the memory of large tensors is mapped anew for each batch: {faults} page faults")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        sys.exit(measure(pathlib.Path(sys.argv[2]), sys.argv[3:]))
    sys.exit(main())
