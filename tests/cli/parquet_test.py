"""Rows of Parquet and Arrow files are scored as the same records in JSON Lines are.

    parquet_test.py INFER MODELS [NAME...]
"""

import gzip
import json
import pathlib
import random
import sys

import pyarrow.parquet
from cli_support import Argument, Program, check, run, run_tests
from resume_support import leave_unfinished, slow

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from make_tables import COLUMNS, Row, json_lines, make_rows, pa, table_of, write_ipc

BAD_EVERY = 29


def records(rows: int, names: list[str]) -> tuple[list[Row], pa.Table]:
    """With an input `x` for the model, which now and then is missing or too short."""
    made = make_rows(random.Random(3), rows, names)
    for number, row in enumerate(made):
        row["x"] = {5: None, 7: [1.0]}.get(number % BAD_EVERY, [number % 7 + 0.5, 0.25, -1e-7, 3.0])
    table = table_of(made, names)
    return made, table.append_column("x", pa.array([row["x"] for row in made], pa.list_(pa.float32())))


def flags(program: Program, *more: Argument, model: str = "identity.pt") -> list[Argument]:
    return ["-q", "--model", program.model(model), "--output", "out.jsonl", "--max-errors", "100%", "--threads", "1", *more]


def score(program: Program, folder: pathlib.Path, ranks: int, *more: Argument, model: str = "identity.pt") -> bytes:
    outcome = run(program.command(ranks, *flags(program, "--overwrite", *more, model=model)), folder)
    check(outcome.code == 0, str(outcome))
    return (folder / "out.jsonl").read_bytes()


def without_places(rows: bytes) -> list[Row]:
    """Errors name files, and bytes in them, which differ; lines are the same."""
    parsed = [json.loads(line) for line in rows.splitlines()]
    for row in parsed:
        if "error" in row:
            check(row["error"].pop("file") != "" and row["error"].pop("offset") >= 0, f"no place: {row}")
    return parsed


def same_rows(program: Program, folder: pathlib.Path) -> None:
    """All types, however the file is made, on one rank or three, by either schedule: the rows of the JSON Lines."""
    names = [name for name, _, _ in COLUMNS]
    rows, table = records(400, names)
    (folder / "data.jsonl").write_text(json_lines(rows, table))
    carried = ["--passthrough", ",".join(names)]
    expected = without_places(score(program, folder, 1, "--input", "data.jsonl", *carried))
    write = pyarrow.parquet.write_table
    write(table, folder / "one.parquet", compression="zstd")
    write(table, folder / "many.parquet", row_group_size=23, data_page_version="2.0")
    write_ipc(table, folder / "batches.arrow", 60, compression="lz4")
    write_ipc(table, folder / "stream.arrow", 60, stream=True)
    for name, ranks, schedule in (("one.parquet", 1, "static"), ("one.parquet", 3, "dynamic"), ("one.parquet", 3, "static"),
                                  ("many.parquet", 3, "dynamic"), ("batches.arrow", 1, "dynamic"), ("stream.arrow", 3, "static")):
        got = score(program, folder, ranks, "--input", name, "--schedule", schedule, "--chunk-bytes", "30000", *carried)
        check(without_places(got) == expected, f"{name} on {ranks} ranks, {schedule}: other rows")


def raw_bytes(program: Program, folder: pathlib.Path) -> None:
    """Without errors the very bytes are the same, and paths reach into structs."""
    rows, table = records(300, ["text", "object", "wide", "double"])
    rows = [row for row in rows if row["x"] is not None and len(row["x"]) == 4 and row["object"] is not None]
    table = pa.Table.from_pylist([{name: row[name] for name in table.column_names} for row in rows], table.schema)
    (folder / "data.jsonl").write_text(json_lines(rows, table))
    pyarrow.parquet.write_table(table, folder / "data.parquet", row_group_size=50)
    for names in ("text,object.tags,object,wide,double", "wide,text,double"):
        carried = ["--passthrough", names]
        expected = score(program, folder, 1, "--input", "data.jsonl", *carried)
        for ranks, given in ((1, "auto"), (2, "parquet")):
            got = score(program, folder, ranks, "--input", "data.parquet", "--input-format", given, *carried)
            check(got == expected, "other bytes")


TEXTS = [b"plain words", b"", b'"quoted" \\ and \n\r\t\b\f', b"nul \0 and \x1f", "é 漢字 \U0001f600".encode(), b" ",
         b"a long one " * 60, b'"' * 300, "漢".encode() * 150]
NO_UTF_8 = [b"surrogate \xed\xa0\x80", b"cut \xe2\x82", b"overlong \xc0\x80"]


def texts_table(rows: int, odd: list[bytes]) -> tuple[bytes, pa.Table]:
    """A text for the model, now and then one of `odd`, beside columns to be copied; and their JSON Lines."""
    rng = random.Random(9)
    texts = [None if rng.random() < 0.1 else rng.choice(TEXTS + odd) for _ in range(rows)]
    numbers = [rng.choice([None, 0.5, -1e-7, 1e30, float("nan"), float("inf")]) if rng.random() < 0.2 else 2.0 for _ in range(rows)]
    marks = [rng.choice([b"a", "ü".encode(), b"b\n", None]) for _ in range(rows)]
    as_text = [pa.Array.from_buffers(pa.string(), rows, pa.array(column, pa.binary()).buffers()) for column in (texts, marks)]
    lines = b""
    for number, (text, value, mark) in enumerate(zip(texts, numbers, marks, strict=True)):
        members = [b'"n":%d' % number]
        members += [] if value is None else [b'"value":' + json.dumps(value).encode()]
        for name, item in ((b"text", text), (b"mark", mark)):
            members += [] if item is None else [b'"%s":' % name + json_string(item)]
        lines += b"{" + b",".join(members) + b"}\n"
    return lines, pa.table({"n": range(rows), "value": pa.array(numbers, pa.float64()), "text": as_text[0], "mark": as_text[1]})


def json_string(text: bytes) -> bytes:
    return json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False).encode("utf-8", "surrogateescape")


def odd_texts(program: Program, folder: pathlib.Path) -> None:
    """Copied in the table's order or another, also the model's text itself, and where records may not be long."""
    for name, odd in (("data.parquet", NO_UTF_8), ("data.arrow", [])):  # Arrow's reader takes no other texts
        lines, table = texts_table(500, odd)
        (folder / "data.jsonl").write_bytes(lines)
        if name == "data.parquet":
            pyarrow.parquet.write_table(table, folder / name, row_group_size=130)
        else:
            write_ipc(table, folder / name, 200)
        for more in (["n,value,mark"], ["mark,text,value"], ["value"], ["mark,value,n", "--max-record-bytes", "400"]):
            given = ["--passthrough", *more]
            expected = without_places(score(program, folder, 1, "--input", "data.jsonl", *given, model="bundle_text.pt"))
            rows = without_places(score(program, folder, 1, "--input", name, *given, model="bundle_text.pt"))
            wrong = next(((a, b) for a, b in zip(rows, expected, strict=True) if a != b), None)
            check(wrong is None, f"{name}, {more}: {wrong}")


def mixed(program: Program, folder: pathlib.Path) -> None:
    """Beside JSON Lines, and beside packed ones, which rank 0 reads alone; also of small and empty files."""
    rows, table = records(300, ["text", "int64"])
    lines = json_lines(rows, table).splitlines(keepends=True)
    (folder / "all.jsonl").write_text("".join(lines))
    (folder / "a.jsonl").write_text("".join(lines[:100]))
    pyarrow.parquet.write_table(table.slice(100, 100), folder / "b.parquet", row_group_size=30)
    pyarrow.parquet.write_table(table.slice(0, 0), folder / "none.parquet")
    (folder / "c.jsonl.gz").write_bytes(gzip.compress("".join(lines[200:]).encode()))
    (folder / "c.jsonl").write_text("".join(lines[200:]))
    expected = without_places(score(program, folder, 1, "--input", "all.jsonl"))
    for last in ("c.jsonl", "c.jsonl.gz"):
        for ranks in (1, 3):
            inputs = [each for name in ("a.jsonl", "none.parquet", "b.parquet", last) for each in ("--input", name)]
            got = without_places(score(program, folder, ranks, *inputs))
            for row, wanted in zip(got, expected, strict=True):
                own_line = "error" in row and row["error"].pop("line")
                check(own_line is False or 1 <= own_line <= 100, f"line {own_line}")
                wanted.get("error", {}).pop("line", None)
            check(got == expected, f"other rows with {last} on {ranks} ranks")
    check(score(program, folder, 2, "--input", "none.parquet", "--input-spec", "x:float32:[4]") == b"", "rows of nothing")


def resumed(program: Program, folder: pathlib.Path) -> None:
    """Killed, and gone on with by other ranks; also where the file was copied in between."""
    _, table = records(600, ["text", "double"])
    pyarrow.parquet.write_table(table, folder / "data.parquet", row_group_size=250)
    given = slow(program, "--input", "data.parquet", "--passthrough", "text")
    check(run(program.command(1, *given), folder).code == 0, "no first run")
    expected = (folder / "out.jsonl").read_bytes()
    (folder / "out.jsonl").unlink()
    leave_unfinished(program.command(2, *given), folder)
    (folder / "copy").write_bytes((folder / "data.parquet").read_bytes())
    (folder / "copy").rename(folder / "data.parquet")
    outcome = run(program.command(3, *given, "--resume"), folder)
    check(outcome.code == 0, str(outcome))
    check((folder / "out.jsonl").read_bytes() == expected, "other rows")


def retried(program: Program, folder: pathlib.Path) -> None:
    """--retry-errors finds the records that failed; of a repaired file by their numbers."""
    rows, table = records(300, ["text"])
    write = pyarrow.parquet.write_table
    whole = pa.array([[number % 7 + 0.5, 0.25, -1e-7, 3.0] for number in range(len(rows))], pa.list_(pa.float32()))
    repaired = table.set_column(table.column_names.index("x"), "x", whole)
    write(repaired, folder / "data.parquet", row_group_size=50)
    given: list[Argument] = ["--input", "data.parquet", "--input-spec", "x:float32:[4]"]
    expected = score(program, folder, 1, *given)
    write(table, folder / "data.parquet", row_group_size=70)
    before = score(program, folder, 1, *given, "--chunk-bytes", "4096")
    again = program.command(2, *flags(program, *given, "--retry-errors"))
    outcome = run(again, folder)
    check(outcome.code == 0, str(outcome))
    check((folder / "out.jsonl").read_bytes() == before, "other rows")
    write(repaired, folder / "data.parquet", row_group_size=50)
    outcome = run(again, folder)
    check(outcome.code == 0, str(outcome))
    check((folder / "out.jsonl").read_bytes() == expected, "not repaired")


def damaged(program: Program, folder: pathlib.Path) -> None:
    """A cut-off file is refused before any work; a page with a wrong checksum ends the run, with the rows before it."""
    rows = 2000
    values = pa.array([[number % 7 + 0.5, 0.25, 1.0, 3.0] for number in range(rows)], pa.list_(pa.float32()))
    table = pa.table({"x": values, "text": ["word " * 300] * rows})
    path = folder / "data.parquet"
    pyarrow.parquet.write_table(table, path, row_group_size=500, write_page_checksum=True, compression="none", use_dictionary=False)
    group = pyarrow.parquet.ParquetFile(path).metadata.row_group(2)
    page = group.column(0).data_page_offset + group.column(0).total_compressed_size // 2
    content = path.read_bytes()
    given = flags(program, "--input", "data.parquet", "--chunk-bytes", "65536", "--journal-interval", "0")
    path.write_bytes(content[:-100])
    outcome = run(program.command(2, *given), folder)
    check(outcome.code == 2 and "cannot read what the input data.parquet says of itself" in outcome.message(), str(outcome))
    path.write_bytes(content[:page] + bytes([content[page] ^ 1]) + content[page + 1:])
    outcome = run(program.command(2, *given), folder)
    check(outcome.code == 3 and "cannot read rows " in outcome.message() and "CRC checksum" in outcome.message(), str(outcome))
    kept = (folder / "out.jsonl.partial").read_bytes().splitlines()
    check(0 < len(kept) <= 1000, f"{len(kept)} rows are kept")
    path.write_bytes(content)
    outcome = run(program.command(2, *given, "--resume"), folder)
    check(outcome.code == 0, str(outcome))
    check(len((folder / "out.jsonl").read_bytes().splitlines()) == rows, "not all rows")


if __name__ == "__main__":
    sys.exit(run_tests([same_rows, raw_bytes, odd_texts, mixed, resumed, retried, damaged], __doc__))
