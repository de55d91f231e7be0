"""Bad records of every kind among good ones: each costs exactly itself, with its code, line and byte offset.

    bad_records_test.py INFER MODELS [--seed 1]
"""

import argparse
import dataclasses
import json
import pathlib
import random
import sys
from collections.abc import Callable

from cli_support import Outcome, Program, check, run, scratch

MAX_RECORD_BYTES = 2000
LAST_ID = 9  # of the table in two_inputs.pt


@dataclasses.dataclass(frozen=True)
class Record:
    """One record, where it lies, and what must come of it."""

    number: int
    file: str
    line: int
    offset: int
    code: str  # empty: scored
    answer: str


@dataclasses.dataclass
class Input:
    """Files with a bad record in every hundred."""

    records: list[Record]
    files: list[str]

    def bad(self) -> list[Record]:
        return [record for record in self.records if record.code]


Maker = Callable[[int, random.Random], bytes]


def two_inputs(number: int, a: str = "1,2,3,4", ids: str = "0,1,2", more: str = "") -> bytes:
    return f'{{"id":{number},"a":[{a}],{more}"ids":[{ids}]}}'.encode()


# For two_inputs.pt: what is wrong → its code and how to make it.
BAD_TWO_INPUTS: dict[str, tuple[str, Maker]] = {
    "no JSON": ("invalid_json", lambda n, r: f"record {n}".encode()),
    "another JSON value": ("invalid_json", lambda n, r: f"[{n}]".encode()),
    "a missing comma": ("invalid_json", lambda n, r: two_inputs(n, a="1,2 3,4")),
    "a trailing comma": ("invalid_json", lambda n, r: two_inputs(n)[:-1] + b",}"),
    "cut off": ("invalid_json", lambda n, r: two_inputs(n)[: r.randrange(1, 40)]),
    "two objects": ("invalid_json", lambda n, r: two_inputs(n) + two_inputs(n)),
    "no UTF-8": ("invalid_json", lambda n, r: two_inputs(n, more='"t":"?",').replace(b"?", r.choice([b"\xff", b"\xc3"]))),
    "a NUL byte": ("invalid_json", lambda n, r: two_inputs(n, more='"t":"?",').replace(b"?", b"\0")),
    "a NaN token": ("invalid_json", lambda n, r: two_inputs(n, a="NaN,2,3,4")),
    "an unused field that is broken": ("invalid_json", lambda n, r: two_inputs(n, more='"t":tru,')),
    "no fields": ("missing_field", lambda n, r: b"{}"),
    "a missing field": ("missing_field", lambda n, r: f'{{"id":{n},"a":[1,2,3,4]}}'.encode()),
    "text for numbers": ("wrong_type", lambda n, r: two_inputs(n, a='"1","2","3","4"')),
    "null": ("wrong_type", lambda n, r: two_inputs(n, ids="0,null,1")),
    "a fraction for an index": ("wrong_type", lambda n, r: two_inputs(n, ids="0,1.5,2")),
    "too few values": ("wrong_shape", lambda n, r: two_inputs(n, a="1,2,3")),
    "too many values": ("wrong_shape", lambda n, r: two_inputs(n, ids="0,1,2,3")),
    "an empty array": ("wrong_shape", lambda n, r: two_inputs(n, a="")),
    "a number too large": ("out_of_range", lambda n, r: two_inputs(n, a="1,2,3,1e39")),
    "an index too large": ("out_of_range", lambda n, r: two_inputs(n, ids=f"0,1,{LAST_ID + 1}")),
    "a negative index": ("out_of_range", lambda n, r: two_inputs(n, ids="-1,1,2")),
    "too long": ("too_long", lambda n, r: two_inputs(n, more='"t":"' + "x" * r.randrange(2000, 90_000) + '",')),
}


def good_two_inputs(number: int, rng: random.Random) -> tuple[bytes, str]:
    """A record and its answer: sum over j of a[j] + the table's column sums of the ids; row i is 4i ... 4i + 3."""
    a = [rng.randrange(-40, 40) / 2 for _ in range(4)]
    ids = [rng.randrange(LAST_ID + 1) for _ in range(3)]
    answer = sum(a) + sum(16 * i + 6 for i in ids)
    return two_inputs(number, ",".join(map(str, a)), ",".join(map(str, ids))), f"{answer:g}"


def good_not_negative(number: int, rng: random.Random) -> tuple[bytes, str]:
    x = [rng.randrange(100) / 2 for _ in range(4)]
    return f'{{"x":{json.dumps(x)},"id":{number}}}'.encode(), f"{sum(x):g}"


# For raises_on_negative.pt.
BAD_NEGATIVE: dict[str, tuple[str, Maker]] = {
    "the model throws": ("model_error", lambda n, r: f'{{"x":[1,2,3,-{r.randrange(1, 9)}],"id":{n}}}'.encode()),
}


def write_input(folder: pathlib.Path, rng: random.Random, rows: int, good: Callable[[int, random.Random], tuple[bytes, str]],
                bad: dict[str, tuple[str, Maker]]) -> Input:
    """Two files with some blank lines and CRLF; exactly one bad record in a hundred, some of them neighbours."""
    made = Input([], ["one.jsonl", "two.jsonl"])
    wrong = set(rng.sample(range(2, rows - 1, 3), rows // 100 - 3)) | {1, rows - 1, rows - 2}
    wrong |= set(rng.sample(sorted(set(range(1, rows)) - wrong), rows // 100 - len(wrong)))
    kinds = list(bad.values())
    for file, numbers in zip(made.files, (range(rows // 3), range(rows // 3, rows)), strict=True):
        content = bytearray()
        line = 1
        for number in numbers:
            if rng.random() < 0.01:
                content += rng.choice([b"\n", b"  \n", b"\r\n"])
                line += 1
            code, answer = "", ""
            if number in wrong:
                code, maker = kinds[number % len(kinds)]
                text = maker(number, rng)
            else:
                text, answer = good(number, rng)
            made.records.append(Record(number, file, line, len(content), code, answer))
            content += text + rng.choice([b"\n", b"\n", b"\r\n"])
            line += 1
        (folder / file).write_bytes(content)
    return made


def check_rows(output: bytes, wanted: list[Record]) -> list[dict[str, object]]:
    """Every record once, in order; returns the error rows in the form of --errors."""
    lines = output.split(b"\n")
    check(lines.pop() == b"", "the last row has no newline")
    check(len(lines) == len(wanted), f"{len(lines)} rows out, {len(wanted)} records in")
    errors: list[dict[str, object]] = []
    for place, (line, record) in enumerate(zip(lines, wanted, strict=True)):
        if not record.code:
            expected = f'{{"id":{record.number},"outputs":{{"output0":{record.answer}}}}}'
            check(line.decode() == expected, f"expected {expected}\ngot {line.decode()}\nfor {record}")
            continue
        row = json.loads(line)
        check(row.get("id", record.number) == record.number, f"another id in {line.decode()}\nfor {record}")
        error = row["error"]
        got = (error["code"], error["file"], error["line"], error["offset"])
        check(got == (record.code, record.file, record.line, record.offset), f"got {line.decode()}\nfor {record}")
        check(bool(error["message"]), f"no message in {line.decode()}")
        check("outputs" not in row, f"an output beside an error: {line.decode()}")
        errors.append({name: row[name] for name in ("id",) if name in row} | error | {"row": place})
    return errors


def check_errors_file(path: pathlib.Path, errors: list[dict[str, object]]) -> None:
    got = [json.loads(line) for line in path.read_text().splitlines()]
    check(got == errors, f"{path} has {len(got)} rows and differs from the {len(errors)} error rows of the output")


def check_summary(outcome: Outcome, made: Input) -> None:
    rows, bad = len(made.records), made.bad()
    for text in (f"{rows:,} rows in, {rows - len(bad):,} ok, {len(bad):,} failed",
                 f"first failure: {bad[0].file}:{bad[0].line}: "):
        check(text in outcome.stderr, f"no \"{text}\" in the summary of {outcome}")


def check_model(program: Program, folder: pathlib.Path, made: Input, model: str, spec: list[str]) -> None:
    """N = 1 and N = 3 with different --max-errors: the same bytes, and exit codes by what is allowed."""
    failed = len(made.bad())
    outputs = []
    for ranks, allowed, code in ((1, "0", 1), (3, str(failed), 0), (3, str(failed - 1), 1), (2, "1%", 0), (1, "0.99%", 1)):
        name = f"out{len(outputs)}.jsonl"
        outcome = run(program.command(ranks, "--model", program.model(model), "--input", *made.files, "--input-spec", *spec,
                                      "--max-record-bytes", str(MAX_RECORD_BYTES), "--output", name, "--errors",
                                      f"errors-{name}", "--max-errors", allowed), folder)
        check(outcome.code == code, f"expected exit {code}: {outcome}")
        check_summary(outcome, made)
        verdict = f"{failed} of {len(made.records)} records failed, more than --max-errors {allowed} allows: exit code 1"
        check((verdict in outcome.stderr) == (code == 1), f"not told why, or told for nothing: {outcome}")
        outputs.append((folder / name).read_bytes())
        check(outputs[-1] == outputs[0], f"other bytes than with one rank: {outcome}")
        check_errors_file(folder / f"errors-{name}", check_rows(outputs[-1], made.records) if len(outputs) == 1 else
                          [json.loads(line) for line in (folder / "errors-out0.jsonl").read_text().splitlines()])
    print(f"{model}: {len(made.records)} rows, {failed} failed, as expected", flush=True)


def check_skip(program: Program, folder: pathlib.Path, made: Input, model: str, spec: list[str]) -> None:
    outcome = run(program.command(3, "-q", "--model", program.model(model), "--input", *made.files, "--input-spec", *spec,
                                  "--max-record-bytes", str(MAX_RECORD_BYTES), "--output", "skip.jsonl", "--on-error", "skip"),
                  folder)
    check(outcome.code == 1, f"expected exit 1: {outcome}")
    lines = outcome.message().splitlines()
    check(len(lines) == 1 and "more than --max-errors 0 allows: exit code 1; first failure: " in lines[0], f"not one line: {outcome}")
    check_rows((folder / "skip.jsonl").read_bytes(), [record for record in made.records if not record.code])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infer", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=100_000)
    args = parser.parse_args()
    program = Program(args.infer.resolve(), args.models.resolve())
    rng = random.Random(args.seed)
    with scratch() as folder:
        spec = ["a:float32:[4]", f"ids:int64:[3]:0..{LAST_ID}"]
        made = write_input(folder, rng, args.rows, good_two_inputs, BAD_TWO_INPUTS)
        missing = {code for code, _ in BAD_TWO_INPUTS.values()} - {record.code for record in made.bad()}
        check(not missing, f"no record of kind {missing}; use more rows")
        check_model(program, folder, made, "two_inputs.pt", spec)
        check_skip(program, folder, made, "two_inputs.pt", spec)
    with scratch() as folder:
        made = write_input(folder, rng, args.rows, good_not_negative, BAD_NEGATIVE)
        check_model(program, folder, made, "raises_on_negative.pt", ["x:float32:[4]"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
