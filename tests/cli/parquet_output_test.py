"""A Parquet output has the values that JSON Lines have, in typed columns, whoever made it and however often it was
interrupted.

    parquet_output_test.py INFER MODELS [NAME...]
"""

import json
import math
import pathlib
import signal
import struct
import sys
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq
from cli_support import Argument, Program, check, run, run_tests
from formats_test import write_records
from resume_support import check_same, clean_run, leave_unfinished, slow, write_slow_input

Row = dict[str, object]


def rows_of(path: pathlib.Path) -> list[Row]:
    """Without what is null."""
    table: list[Row] = pq.read_table(path).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in table]


def as_float32(value: object) -> object:
    if isinstance(value, list):
        return [as_float32(each) for each in value]
    return struct.unpack("f", struct.pack("f", value))[0] if isinstance(value, (int, float)) else value


def flat(line: str, types: dict[str, pa.DataType]) -> Row:
    """A row of JSON Lines as that of a table with such columns."""
    cells: Row = {}
    for key, value in json.loads(line).items():
        if key == "error":
            cells |= {"error_code": value["code"], "error_message": value["message"]}
        elif key in ("outputs", "scores"):
            cells |= {f"{key}_{name}": each for name, each in value.items()}
        else:
            cells[key] = value
    return {name: typed(value, types[name]) for name, value in cells.items() if value is not None}


def with_json_read(row: Row, names: Iterable[str]) -> Row:
    """What stands as text for a value that is none."""
    return {name: json.loads(str(value)) if name in names else value for name, value in row.items()}


def typed(value: object, kind: pa.DataType) -> object:
    item = kind.value_type if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) else kind
    if pa.types.is_float32(item):
        return as_float32(value)
    return value


def check_table(path: pathlib.Path, lines: list[str]) -> dict[str, str]:
    """Its rows are those of JSON Lines. Returns the types of its columns."""
    schema = pq.read_schema(path)
    types = {field.name: field.type for field in schema}
    found = rows_of(path)
    check(len(found) == len(lines), f"{len(found)} rows, not {len(lines)}")
    for row, line in zip(found, lines, strict=True):
        expected = flat(line, types)
        as_json = [name for name, value in expected.items() if pa.types.is_string(types[name]) and not isinstance(value, str)]
        check(with_json_read(row, as_json) == expected, f"{row}, not {expected}")
    return {name: str(kind) for name, kind in types.items()}


def check_types(found: dict[str, str], expected: dict[str, str]) -> None:
    check(found == expected, f"columns {found}, not {expected}")


ERRORS = {"error_code": "string", "error_message": "string"}
CARRIED = {"id": "int64", "note": "string", "more": "string"}


def same_values(program: Program, folder: pathlib.Path) -> None:
    write_records(folder)
    floats = "fixed_size_list<element: float>[4]"
    forms: list[tuple[list[Argument], dict[str, str]]] = [
        (["--task", "embedding"], {"embedding": floats}), (["--on-error", "skip"], {"outputs_output0": "list<element: float>"})]
    for form, columns in forms:
        base = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--passthrough", "note,more", "--chunk-bytes", "2000",
                "--threads", "1", "--max-errors", "50%", "--overwrite", *form]
        check(run(program.command(1, *base, "--output", "rows.jsonl"), folder).code == 0, "no rows to compare with")
        written: set[bytes] = set()
        for ranks, schedule in ((1, "dynamic"), (3, "dynamic"), (3, "static")):
            outcome = run(program.command(ranks, *base, "--output", "out.parquet", "--schedule", schedule), folder)
            check(outcome.code == 0, str(outcome))
            written.add((folder / "out.parquet").read_bytes())
        check(len(written) == 1, "other bytes for another number of ranks or schedule")
        found = check_table(folder / "out.parquet", (folder / "rows.jsonl").read_text().splitlines())
        check_types(found, {**CARRIED, **columns, **ERRORS})


def classes(program: Program, folder: pathlib.Path) -> None:
    (folder / "labels.txt").write_text('no\n"may, be"\nyes\n')
    base: list[Argument] = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--task", "classification",
                            "--max-errors", "1", "--overwrite", "--input-spec", "x:float32:[3]", "--top-k", "2", "--scores", "all"]
    with (folder / "data.jsonl").open("w") as file:
        for number in range(40):
            file.write(json.dumps({"id": f"r {number} ", "x": [] if number == 9 else [number % 5, 1, 2.5]}) + "\n")
    for labels, kind, names in ([], "int64", ("0", "1", "2")), (["--labels", "labels.txt"], "string", ("no", '"may, be"', "yes")):
        for name in ("rows.jsonl", "out.parquet"):
            outcome = run(program.command(1, *base, *labels, "--output", name), folder)
            check(outcome.code == 0, str(outcome))
        found = check_table(folder / "out.parquet", (folder / "rows.jsonl").read_text().splitlines())
        scores = {f"scores_{name}": "float" for name in names}
        check_types(found, {"id": "string", "label": kind, "score": "float", "top_k": "string", **scores, **ERRORS})


def likelihoods(program: Program, folder: pathlib.Path) -> None:
    base: list[Argument] = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--task", "likelihood", "--per-token",
                            "--max-errors", "1", "--overwrite"]
    with (folder / "data.jsonl").open("w") as file:
        for number in range(40):
            file.write(json.dumps({"id": number, "x": "" if number == 9 else [1] + [-0.1 * number] * (number % 5)}) + "\n")
    for name in ("rows.jsonl", "out.parquet"):
        outcome = run(program.command(2, *base, "--output", name), folder)
        check(outcome.code == 0, str(outcome))
    found = check_table(folder / "out.parquet", (folder / "rows.jsonl").read_text().splitlines())
    check_types(found, {"id": "int64", "logprob": "float", "tokens": "int64", "perplexity": "float",
                        "token_logprobs": "list<element: float>", **ERRORS})


def carried_types(program: Program, folder: pathlib.Path) -> None:
    """A copied field has the type that it has in the first records; what does not fit later is that record's error."""
    filler = "y" * 100_000  # more than is read beforehand
    values = [(1, 2), (None, 0.5), (-3, 2**53), *[(7, 1)] * 30, ("text", 1), (2**63, 1), (1.0, 2**53 + 1), (True, [1])]
    with (folder / "data.jsonl").open("w") as file:
        for whole, real in values:
            file.write(json.dumps({"id": whole, "real": real, "x": [1, 2], "filler": filler}) + "\n")
    outcome = run(program.command(2, "-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--output", "out.parquet",
                                  "--passthrough", "real", "--chunk-bytes", "300000"), folder)
    check(outcome.code == 1, f"expected exit 1: {outcome}")
    types = {field.name: str(field.type) for field in pq.read_schema(folder / "out.parquet")}
    check(types["id"] == "int64" and types["real"] == "double", f"types {types}")
    rows = rows_of(folder / "out.parquet")
    good = [({"id": whole} if whole is not None else {}) | {"real": float(real)} for whole, real in values[:33]]
    check([{key: row[key] for key in ("id", "real") if key in row} for row in rows[:33]] == good, f"{rows[:33]}")
    left = [(row.get("id"), row.get("real"), row["error_code"]) for row in rows[33:]]
    check(left == [(None, 1, "wrong_type"), (None, 1, "wrong_type"), (None, None, "wrong_type"), (None, None, "wrong_type")], str(left))
    check("whole numbers of 64 bits as in the first records" in str(rows[33]["error_message"]), f"{rows[33]}")


def not_finite(program: Program, folder: pathlib.Path) -> None:
    (folder / "data.jsonl").write_text('{"x": [1, 3e38]}\n{"x": [-1e38, 1e38]}\n{"x": [1, 2]}\n')
    arguments: list[Argument] = ["-q", "--model", program.model("double.pt"), "--input", "data.jsonl", "--output", "out.parquet", "--overwrite"]
    check(run(program.command(1, *arguments), folder).code in (0, 1), "no run")
    arguments = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--output", "out.parquet", "--overwrite",
                 "--missing", "nan", "--non-finite", "string", "--task", "embedding"]
    (folder / "data.jsonl").write_text('{"x": [1, NaN]}\n{"x": [-Infinity, Infinity]}\n{"x": [null, 2]}\n')
    outcome = run(program.command(1, *arguments), folder)
    check(outcome.code == 0, str(outcome))
    found = [row["embedding"] for row in rows_of(folder / "out.parquet")]
    check(str(found) == str([[1.0, math.nan], [-math.inf, math.inf], [math.nan, 2.0]]), f"{found}")


def nothing_in(program: Program, folder: pathlib.Path) -> None:
    (folder / "data.jsonl").write_text("")
    outcome = run(program.command(1, "-q", "--model", program.model("exact_sum.pt"), "--input", "data.jsonl", "--output", "out.parquet"), folder)
    check(outcome.code == 0, str(outcome))
    table = pq.read_table(folder / "out.parquet")
    check(table.num_rows == 0 and table.column_names == ["id", *ERRORS], f"{table}")


def interrupted(program: Program, folder: pathlib.Path) -> None:
    """Killed or stopped, and gone on with by another number of ranks: the bytes of a run in one go."""
    write_slow_input(folder)
    for number, ranks in ((signal.SIGKILL, 2), (signal.SIGTERM, 1)):
        arguments = slow(program, "--output", "out.parquet", "--errors", "failed.jsonl")
        expected = clean_run(program, folder, arguments, ["out.parquet", "failed.jsonl"])
        leave_unfinished(program.command(1, *arguments), folder, number, "out.parquet.partial")
        check_same(folder, expected, run(program.command(ranks, *arguments, "--resume"), folder))
        for each in expected:
            (folder / each).unlink()


def in_parts(program: Program, folder: pathlib.Path) -> None:
    """Each part is a table by itself; merged, they are the file that the run would have written."""
    write_records(folder)
    base: list[Argument] = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--chunk-bytes", "2000", "--threads", "1",
                            "--max-errors", "50%"]
    check(run(program.command(1, *base, "--output", "single.parquet"), folder).code == 0, "no file to compare with")
    contents: list[dict[str, bytes]] = []
    for ranks in (1, 3):
        name = f"parts{ranks}"
        outcome = run(program.command(ranks, *base, "--output-dir", name, "--output-format", "parquet", "--part-bytes", "5000"), folder)
        check(outcome.code == 0, str(outcome))
        contents.append({path.name: path.read_bytes() for path in (folder / name).glob("part-*")})
        outcome = run([str(program.infer), "merge", name, "-o", f"merged{ranks}.parquet"], folder)
        check(outcome.code == 0, str(outcome))
        check((folder / f"merged{ranks}.parquet").read_bytes() == (folder / "single.parquet").read_bytes(), "merged differs from single")
    check(contents[0] == contents[1] and len(contents[0]) > 3, f"other parts: {[sorted(each) for each in contents]}")
    rows = [row for name in sorted(contents[0]) for row in rows_of(folder / "parts1" / name)]
    check(rows == rows_of(folder / "single.parquet"), "the parts have other rows")
    outcome = run([str(program.infer), "merge", "parts1"], folder)
    check(outcome.code == 2 and "give --output the name of a file" in outcome.stderr, str(outcome))


def refused(program: Program, folder: pathlib.Path) -> None:
    """What cannot be: in a pipe, packed once more."""
    write_records(folder, 20)
    base: list[Argument] = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--output"]
    for name, more, text in (("out.parquet.gz", [], "name it out.parquet"),
                             ("pipe.parquet", [], "pipe.parquet")):
        if name.startswith("pipe"):
            run(["mkfifo", name], folder)
        outcome = run(program.command(1, *base, name, *more), folder)
        check(outcome.code == 2 and text in outcome.stderr, f"{name}: {outcome}")


TESTS = [same_values, classes, likelihoods, carried_types, not_finite, nothing_in, interrupted, in_parts, refused]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
