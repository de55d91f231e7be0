"""An output of any format has the values that JSON Lines have, whoever made it and however often it was interrupted.

    formats_test.py INFER MODELS [NAME...]
"""

import csv
import ctypes
import gzip
import io
import json
import pathlib
import random
import shutil
import signal
import sys
from collections.abc import Callable

from cli_support import Argument, Program, check, run, run_tests
from resume_support import check_same, clean_run, leave_unfinished, slow, write_slow_input

FORMATS = (".csv", ".jsonl.gz", ".jsonl.zst", ".csv.gz", ".csv.zst")
TRICKY = ('"', ",", "\n", "\r", " ", "\t", ";", "\\", "\U0001F600", "é", "a", "null", "1", "=")
Row = dict[str, object]


def unzstd(packed: bytes) -> bytes:
    """All frames of it."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(1 << 24)
    size = library.ZSTD_decompress(room, ctypes.c_size_t(len(room)), packed, ctypes.c_size_t(len(packed)))
    check(size <= len(room), "not what zstd packs")
    return room.raw[:size]


UNPACK: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".zst": unzstd}


def text_in(path: pathlib.Path) -> str:
    unpack = UNPACK.get(path.suffix, bytes)
    return unpack(path.read_bytes()).decode()


def write_records(folder: pathlib.Path, rows: int = 300) -> None:
    """With texts that are hard to quote, fields that lack, and records that fail; also in the file's first chunk."""
    rng = random.Random(11)
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            record: Row = {"x": "broken" if number % 29 == 3 else [number % 7 + 0.1] * 4}
            if number % 5:
                record["id"] = number
            if number % 3:
                record["note"] = "".join(rng.choices(TRICKY, k=rng.randrange(6)))
            record["more"] = rng.choice([None, True, 1e-7, [1, "a,b"], {"k": '"'}, ""])
            file.write(json.dumps(record, ensure_ascii=number % 2 == 0) + "\n")


def cell(value: object) -> str:
    """What stands in a cell for a JSON value whose numbers are text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def flat(row: Row, header: list[str]) -> list[object]:
    """A row of JSON Lines as the cells of a CSV row; lists and objects stay values."""
    cells: Row = {}
    for key, value in row.items():
        if key == "error" and isinstance(value, dict):
            cells |= {"error_code": value["code"], "error_message": value["message"]}
        elif key == "embedding" and isinstance(value, list):
            cells |= {f"embedding_{i}": each for i, each in enumerate(value)}
        elif key in ("outputs", "scores") and isinstance(value, dict):
            cells |= {f"{key}_{name}": each for name, each in value.items()}
        else:
            cells[key] = value
    check(not cells.keys() - set(header), f"no column for {cells.keys() - set(header)}")
    return [cells.get(name) for name in header]


def check_csv(text: str, rows: list[str]) -> None:
    """The same values as rows of JSON Lines, number for number as they are spelt."""
    table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    header = table[0]
    check(len(table) == len(rows) + 1, f"{len(table) - 1} rows, not {len(rows)}")
    for line, found in zip(rows, table[1:], strict=True):
        expected = flat(json.loads(line, parse_float=str, parse_int=str), header)
        for name, value, text_there in zip(header, expected, found, strict=True):
            if isinstance(value, (list, dict)):
                same = json.loads(text_there, parse_float=str, parse_int=str) == value
            else:
                same = text_there == cell(value)
            check(same, f"{name} is {text_there!r}, not {value!r}")


def same_values(program: Program, folder: pathlib.Path) -> None:
    """Every format, read back, is the JSON Lines that the run would have written, for any number of ranks and either
    schedule."""
    write_records(folder)
    forms: list[tuple[tuple[str, ...], list[Argument]]] = [
        (FORMATS, ["--model", program.model("identity.pt"), "--task", "embedding"]),
        ((".csv",), ["--model", program.model("identity.pt"), "--on-error", "skip"]),
    ]
    for formats, form in forms:
        base = ["-q", "--input", "data.jsonl", "--passthrough", "note,more", "--chunk-bytes", "2000", "--threads", "1",
                "--max-errors", "50%", "--overwrite", *form]
        check(run(program.command(1, *base, "--output", "rows.jsonl"), folder).code == 0, "no rows to compare with")
        rows = (folder / "rows.jsonl").read_text().splitlines()
        for ending in formats:
            written: set[bytes] = set()
            name = "out" + ending
            for ranks, schedule in ((1, "dynamic"), (3, "dynamic"), (3, "static")):
                outcome = run(program.command(ranks, *base, "--output", name, "--schedule", schedule), folder)
                check(outcome.code == 0, str(outcome))
                written.add((folder / name).read_bytes())
            check(len(written) == 1, f"{name}: other bytes for another number of ranks or schedule")
            text = text_in(folder / name)
            if ".csv" in ending:
                check_csv(text, rows)
            else:
                check(text.splitlines() == [row.replace("rows.jsonl", name) for row in rows], f"{name}: other rows")
    check_tools(folder)


def check_tools(folder: pathlib.Path) -> None:
    for tool, ending in (("gzip", ".gz"), ("zstd", ".zst")):
        if shutil.which(tool):
            for path in folder.glob("*" + ending):
                outcome = run([tool, "-t", str(path)])
                check(outcome.code == 0, str(outcome))


def classes(program: Program, folder: pathlib.Path) -> None:
    """What a classifier says has columns that are known before the first row, with labels and without."""
    (folder / "labels.txt").write_text('no\n"may, be"\nyes\n')
    base: list[Argument] = ["-q", "--model", program.model("identity.pt"), "--input", "data.jsonl", "--task", "classification",
                            "--max-errors", "1", "--overwrite", "--input-spec", "x:float32:[3]", "--top-k", "2", "--scores", "all"]
    with (folder / "data.jsonl").open("w") as file:
        for number in range(40):
            file.write(json.dumps({"id": f"r {number} ", "x": [] if number == 9 else [number % 5, 1, 2.5]}) + "\n")
    for labels in ([], ["--labels", "labels.txt"]):
        for name in ("rows.jsonl", "out.csv"):
            outcome = run(program.command(1, *base, *labels, "--output", name), folder)
            check(outcome.code == 0, str(outcome))
        check_csv(text_in(folder / "out.csv"), (folder / "rows.jsonl").read_text().splitlines())


def nothing_in(program: Program, folder: pathlib.Path) -> None:
    """No record gives a header or nothing, packed as is promised, and the whole program reads it so."""
    (folder / "data.jsonl").write_text("")
    for ending in FORMATS:
        outcome = run(program.command(1, "-q", "--model", program.model("exact_sum.pt"), "--input", "data.jsonl", "--output",
                                      "out" + ending), folder)
        check(outcome.code == 0, str(outcome))
        expected = "id,error_code,error_message\n" if ".csv" in ending else ""
        check(text_in(folder / ("out" + ending)) == expected, f"{ending}: not empty")
    check_tools(folder)


def interrupted(program: Program, folder: pathlib.Path) -> None:
    """Killed or stopped, and gone on with by another number of ranks: the bytes of a run in one go."""
    write_slow_input(folder)
    for name, number, ranks in (("out.csv.gz", signal.SIGKILL, 2), ("out.jsonl.zst", signal.SIGTERM, 1)):
        arguments = slow(program, "--output", name, "--errors", "failed.jsonl")
        expected = clean_run(program, folder, arguments, [name, "failed.jsonl"])
        leave_unfinished(program.command(1, *arguments), folder, number, name + ".partial")
        check_same(folder, expected, run(program.command(ranks, *arguments, "--resume"), folder))
        for each in expected:
            (folder / each).unlink()


def overwritten(program: Program, folder: pathlib.Path) -> None:
    """--overwrite knows all that a run writes by its first bytes, also where nothing is beside it that tells of the run."""
    write_records(folder, 40)
    form = ["-q", "--model", program.model("identity.pt"), "--task", "embedding", "--input", "data.jsonl", "--max-errors", "50%", "--overwrite"]
    tables = (".parquet",) if "parquet" in run(program.command(1, "--help-all"), folder).stdout.decode().lower() else ()
    for ending in (".jsonl", ".csv", ".npy", ".jsonl.gz", ".csv.zst", *tables):
        names = {"--output": f"rows{ending}", "--errors": "failed.jsonl", "--report": "report.html", "--trace": "trace.json",
                 "--metrics-file": "infer.prom"}
        before = None
        for _ in range(2):
            outcome = run(program.command(1, *form, "--keys", *(word for pair in names.items() for word in pair)), folder)
            check(outcome.code == 0, f"{ending}: {outcome}")
            written = (folder / names["--output"]).read_bytes()
            check(before in (None, written), f"{ending}: other rows")
            before = written
            (folder / f"rows{ending}.run").unlink()


TESTS = [same_values, classes, nothing_in, interrupted, overwritten]


if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
