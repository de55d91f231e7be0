"""The output does not depend on ranks, replicas, schedule or chunk size: random inputs, compared with sums made in Python.

    invariance_test.py INFER MODELS [--inputs 8] [--seed 1]
"""

import argparse
import dataclasses
import itertools
import pathlib
import random
import shlex
import sys

from cli_support import Program, check, run, scratch

RANKS = (1, 2, 3, 4)
SCHEDULES = ("dynamic", "static")
CHUNK_BYTES = (None, 1, 2, 7, 64, 127, 1000, 4099, 65537, 1048577)
BOM_BYTES = 3  # smaller chunks than this have a golden case of their own: byte_order_mark
MOST_CHUNKS = 20_000  # more take seconds a run and show nothing new
ROW_COUNTS = (0, 1, 2, 3, 4, 5, 1000)  # all of 0, 1, N-1, N, N+1 for each N
LARGEST_ROW = 3_000_000
SPEC = "x:float32:[8]"


@dataclasses.dataclass(frozen=True)
class Layout:
    """How records are laid out in files."""

    rows: int
    row_bytes: str  # tiny, medium, large
    newline: bytes
    final_newline: bool
    blank_lines: bool
    byte_order_mark: bool
    files: int


@dataclasses.dataclass
class Sample:
    """Input files and what must come out of them."""

    layout: Layout
    names: list[str]
    bytes: int
    expected: bytes


def number_text(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def filler(rng: random.Random, layout: Layout, row: int) -> str:
    """An unused field that makes the row long; large rows are few."""
    size = 0
    if layout.row_bytes == "medium":
        size = rng.randrange(2000)
    elif layout.row_bytes == "large" and row % 337 == 0:
        size = rng.choice([70_000, 1_048_576, rng.randrange(LARGEST_ROW), LARGEST_ROW])
    return f'"fill":"{"ab}{" * (size // 4)}",' if size else ""


def make_record(rng: random.Random, layout: Layout, row: int) -> tuple[str, float | None]:
    """A record and the model's exact answer; none for a record without values."""
    if row > 0 and rng.random() < 0.05:
        return f'{{"id":{row}}}', None
    values = [rng.randrange(-16, 17) / 2 for _ in range(8)]
    if row == 0:
        values[0] = 0.5  # so that the type learnt from the first records is float
    text = ",".join(map(number_text, values))
    record = f'{{"id":{row},{filler(rng, layout, row)}"x":[{text}]}}'
    return record, sum(weight * value for weight, value in enumerate(values, start=1))


def expected_row(row: int, answer: float | None, place: tuple[str, int, int]) -> str:
    if answer is not None:
        return f'{{"id":{row},"outputs":{{"output0":{number_text(answer)}}}}}\n'
    name, line, offset = place
    return (f'{{"id":{row},"error":{{"code":"missing_field","message":"field \\"x\\" is missing",'
            f'"file":"{name}","line":{line},"offset":{offset}}}}}\n')


def blank_lines(rng: random.Random, layout: Layout) -> list[bytes]:
    if not layout.blank_lines or rng.random() < 0.5:
        return []
    return rng.choices([b"", b" ", b"\t \t", b"   \r"], k=rng.randrange(1, 4))


def make_sample(folder: pathlib.Path, rng: random.Random, layout: Layout) -> Sample:
    cuts = sorted(rng.randrange(layout.rows + 1) for _ in range(layout.files - 1))
    expected: list[str] = []
    names: list[str] = []
    total = 0
    for file, (begin, end) in enumerate(itertools.pairwise([0, *cuts, layout.rows])):
        names.append(f"part{file}.jsonl")
        content = bytearray(b"\xef\xbb\xbf" if layout.byte_order_mark else b"")
        line = 1
        for row in range(begin, end):
            for blank in blank_lines(rng, layout):
                content += blank + layout.newline
                line += 1
            record, answer = make_record(rng, layout, row)
            expected.append(expected_row(row, answer, (names[-1], line, len(content))))
            content += record.encode() + layout.newline
            line += 1
        if end > begin and not layout.final_newline:
            del content[-len(layout.newline):]
        else:
            content += b"".join(blank + layout.newline for blank in blank_lines(rng, layout))
        (folder / names[-1]).write_bytes(content)
        total += len(content)
    return Sample(layout, names, total, "".join(expected).encode())


def layouts(rng: random.Random) -> Layout:
    return Layout(
        rows=rng.choice(ROW_COUNTS),
        row_bytes=rng.choice(["tiny", "tiny", "medium", "large"]),
        newline=rng.choice([b"\n", b"\n", b"\r\n"]),
        final_newline=rng.random() < 0.5,
        blank_lines=rng.random() < 0.5,
        byte_order_mark=rng.random() < 0.3,
        files=rng.choice([1, 1, 2, 3]),
    )


def compare(program: Program, folder: pathlib.Path, sample: Sample, ranks: int, flags: list[str]) -> None:
    command = program.command(ranks, "-q", "--model", program.model("exact_sum.pt"), "--input", *sample.names,
                              "--output", "out.jsonl", "--overwrite", "--max-errors", "100%", *flags)
    outcome = run(command, folder)
    what = f"{sample.layout}\ncd {folder} && {shlex.join(command)}"
    check(outcome.code == 0, f"exit {outcome.code}, expected 0: {what}\n{outcome.stderr}")
    got = (folder / "out.jsonl").read_bytes()
    (folder / "out.jsonl").unlink()
    if got == sample.expected:
        return
    (folder / "expected.jsonl").write_bytes(sample.expected)
    (folder / "got.jsonl").write_bytes(got)
    check(False, f"the output differs (diff expected.jsonl got.jsonl): {what}")


def flags_of(rng: random.Random, sample: Sample, schedule: str) -> list[str]:
    flags = ["--schedule", schedule]
    least = BOM_BYTES + 1 if sample.layout.byte_order_mark else 1
    sizes = [size for size in CHUNK_BYTES if not size or (size >= least and sample.bytes / size <= MOST_CHUNKS)]
    chunk_bytes = rng.choice(sizes)
    if chunk_bytes:
        flags += ["--chunk-bytes", str(chunk_bytes)]
    if sample.layout.rows == 0 or rng.random() < 0.3:
        flags += ["--input-spec", SPEC]
    if rng.random() < 0.3:
        flags += ["--max-batch-size", str(rng.choice([1, 2, 7, 100]))]
    if rng.random() < 0.5:
        flags += ["--replicas", str(rng.choice([1, 2, 3]))]
    return flags


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--inputs", type=int, default=8, help="how many; three runs each")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    program = Program(args.infer.resolve(), args.models.resolve())
    rng = random.Random(args.seed)
    print(f"seed {args.seed}", flush=True)
    combinations = itertools.cycle(itertools.product(RANKS, SCHEDULES))  # every one comes as often as the others
    for _ in range(args.inputs):
        with scratch() as folder:
            sample = make_sample(folder, rng, layouts(rng))
            for ranks, schedule in itertools.islice(combinations, 3):
                compare(program, folder, sample, ranks, flags_of(rng, sample, schedule))
    print(f"{3 * args.inputs} runs over {args.inputs} inputs gave the bytes expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
