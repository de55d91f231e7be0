"""Inputs as people have them: folders and patterns of files, and CSV, give the rows of one JSONL file.

    inputs_test.py INFER MODELS [NAME...]
"""

import csv
import gzip
import io
import json
import pathlib
import random
import signal
import sys

from cli_support import Argument, Program, check, run, run_tests
from feeding import piped, run_fed
from resume_support import BAD_EVERY, check_same, clean_run, leave_unfinished, rows_in, slow

SEED = 20261129
ROWS = 2000
ODD_TEXTS = ("", "plain", 'say "hi"', "a, b\r\nand more\n", "  blanks ", "{", "007", "1e999", "Zoë\t\\")


def scored(program: Program, *more: Argument) -> list[Argument]:
    return ["-q", "--model", program.model("identity.pt"), "--output", "out.jsonl", "--threads", "1", "--overwrite", "--passthrough",
            "note,n", *more]


def records(rows: int, seed: int = SEED, largest: int = 3000) -> list[dict]:
    """Of 10 B to `largest`; `note` is a text that no CSV reader may take for a number."""
    choose = random.Random(seed)
    made = []
    for row in range(rows):
        note = choose.choice(ODD_TEXTS) + "y\n" * choose.choice([0, 0, 0, choose.randrange(50), choose.randrange(largest // 2)])
        made.append({"id": row, "x": [row % 7 + 0.5, -1, 2e3, row], "note": note, "n": choose.choice([None, row, -0.25])})
    return made


def as_lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(rows: list[dict], delimiter: str = ",", line_end: str = "\n", mark: str = "") -> bytes:
    """An empty string is quoted, and what is missing is not."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(["n", "id", "x", "note"])
    for row in rows:
        cells = ["" if row["n"] is None else json.dumps(row["n"]), row["id"], json.dumps(row["x"]), row["note"] or "empty cell"]
        writer.writerow(cells)
    return (mark + text.getvalue().replace("empty cell", '""')).encode()


def folders(program: Program, folder: pathlib.Path) -> None:
    """Their files, empty ones and packed ones among them, in the order of their names' bytes, on any number of ranks."""
    rows = records(300)
    (folder / "data.jsonl").write_bytes(as_lines(rows))
    for part in range(60):
        path = folder / f"in/day={part // 20}/part-{part % 20:02}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = as_lines(rows[part * 5:part * 5 + 5]) if part % 3 else b""
        path.write_bytes(content)
        (path.parent / "_SUCCESS").touch()
        (path.parent / f".{path.name}.crc").write_bytes(b"crc")
    kept = [row for number, row in enumerate(rows) if number // 5 % 3]
    (folder / "kept.jsonl").write_bytes(as_lines(kept))
    expected = clean_run(program, folder, scored(program, "--input", "kept.jsonl"), ["out.jsonl"])
    for ranks, inputs in ((1, ["in"]), (3, ["in/day=*/*.jsonl"]), (1, ["in/day=0", "in/day=[12]/"])):
        check_same(folder, expected, run(program.command(ranks, *scored(program, "--input", *inputs)), folder))
    (folder / "names").write_text("in/day=0/*\nin/day=1\nin/day=2\n")
    outcome = run(program.command(1, *scored(program, "--input-list", "names", "--input-format", "jsonl")), folder)
    check_same(folder, expected, outcome)
    (folder / "in/day=1/part-08.jsonl").write_bytes(b"")
    with gzip.open(folder / "in/day=1/part-08.jsonl.gz", "wb") as packed:
        packed.write(as_lines(rows[140:145]))
    check_same(folder, expected, run(program.command(2, *scored(program, "--input", "in/")), folder))


def changed_folder(program: Program, folder: pathlib.Path) -> None:
    """A run goes on with the files that it began with, and with no others."""
    (folder / "in").mkdir()
    for part in range(4):
        rows = [{"id": row, "x": "broken" if row % BAD_EVERY == 5 else [row, 1, 2, 3]} for row in range(part * 100, part * 100 + 100)]
        (folder / f"in/{part}.jsonl").write_bytes("".join(json.dumps(row) + "\n" for row in rows).encode())
    arguments = slow(program, "--input", "in/*.jsonl")
    expected = clean_run(program, folder, arguments, ["out.jsonl"])
    leave_unfinished(program.command(1, *arguments), folder, signal.SIGKILL)
    (folder / "in/4.jsonl").write_bytes(b"")
    outcome = run(program.command(1, *arguments, "--resume"), folder)
    check(outcome.code == 2 and "4 files then, 5 now" in outcome.stderr, f"another file is not refused: {outcome}")
    (folder / "in/4.jsonl").unlink()
    check_same(folder, expected, run(program.command(3, *arguments, "--resume"), folder))


def csv_as_lines(program: Program, folder: pathlib.Path) -> None:
    """The same bytes from CSV, however it is written, packed, cut and read."""
    rows = records(ROWS)
    (folder / "data.jsonl").write_bytes(as_lines(rows))
    expected = clean_run(program, folder, scored(program, "--input", "data.jsonl"), ["out.jsonl"])
    (folder / "a.csv").write_bytes(as_csv(rows))
    (folder / "b.csv").write_bytes(as_csv(rows, line_end="\r\n", mark="\ufeff")[:-2])
    (folder / "c.tsv.gz").write_bytes(gzip.compress(as_csv(rows, delimiter="\t")))
    (folder / "first.csv").write_bytes(as_csv(rows[:700]))
    (folder / "rest.jsonl").write_bytes(as_lines(rows[700:]))
    ways: list[tuple[int, list[Argument]]] = [
        (1, ["--input", "a.csv"]), (3, ["--input", "a.csv", "--schedule", "static", "--chunk-bytes", "1000"]),
        (1, ["--input", "b.csv", "--chunk-bytes", "1"]), (3, ["--input", "c.tsv.gz"]), (1, ["--input", "first.csv", "rest.jsonl"])]
    for ranks, more in ways:
        check_same(folder, expected, run(program.command(ranks, *scored(program, *more)), folder))
    from_input = scored(program, "--input", "-", "--input-format", "csv", "--chunk-bytes", "5000")
    check_same(folder, expected, run_fed(program.command(3, *from_input), folder, as_csv(rows)))
    with piped(folder / "pipe.csv", as_csv(rows)):
        check_same(folder, expected, run(program.command(1, *scored(program, "--input", "pipe.csv")), folder))


def large_cells(program: Program, folder: pathlib.Path) -> None:
    """Of 10 B to 3 MB, with line breaks; those longer than --max-record-bytes fail alone."""
    choose = random.Random(SEED)
    sizes = [choose.choice([10, 1000, 100_000]) for _ in range(30)] + [3_000_000]
    choose.shuffle(sizes)
    rows = [{"id": row, "x": [row, 1, 2, 3], "note": "y \n" * (size // 3), "n": 1} for row, size in enumerate(sizes)]
    (folder / "data.jsonl").write_bytes(as_lines(rows))
    (folder / "data.csv").write_bytes(as_csv(rows))
    expected = clean_run(program, folder, scored(program, "--input", "data.jsonl"), ["out.jsonl"])
    check_same(folder, expected, run(program.command(3, *scored(program, "--input", "data.csv")), folder))
    rows = [{"id": row, "x": [row, 1, 2, 3], "note": "y" * size, "n": 1} for row, size in enumerate(sizes)]
    (folder / "data.csv").write_bytes(as_csv(rows))
    outcome = run(program.command(2, *scored(program, "--input", "data.csv", "--max-record-bytes", "200000", "--max-errors", "1")), folder)
    got = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    failed = {index: row["error"]["code"] for index, row in enumerate(got) if "error" in row}
    check(outcome.code == 0 and len(got) == len(rows) and failed == {sizes.index(3_000_000): "too_long"}, f"{failed}: {outcome}")


BAD = ('1,"open', '2', '3,"[1,2,3,4]",x,y,z', '4,"a"b,c', '5,"[1,2]x",c')


def bad_records(program: Program, folder: pathlib.Path) -> None:
    """Each costs itself, and is told by its line in the file, for any number of ranks."""
    lines = ["id,x,note"]
    wanted: list[tuple[int, str]] = []
    for row in range(400):
        if row % 50 == 7:
            lines.append(BAD[row // 50 % len(BAD)])
            wanted.append((len(lines), "wrong_type" if row // 50 % len(BAD) == 4 else "invalid_csv"))
        lines += [f'{row},"[{row},1,2,3]","two', 'lines"', ""]
    (folder / "data.csv").write_text("\n".join(lines))
    arguments = scored(program, "--input", "data.csv", "--max-errors", "50%", "--chunk-bytes", "700", "--errors", "failed.jsonl")
    expected = clean_run(program, folder, arguments, ["out.jsonl", "failed.jsonl"])
    told = [json.loads(line) for line in expected["failed.jsonl"].decode().splitlines()]
    check([(row["line"], row["code"]) for row in told] == wanted, f"{told} instead of {wanted}")
    rows = [json.loads(line) for line in expected["out.jsonl"].decode().splitlines()]
    good = [row for row in rows if "error" not in row]
    check([row["id"] for row in good] == list(range(400)), "good records are not all there")
    for ranks, schedule in ((3, "static"), (2, "dynamic")):
        check_same(folder, expected, run(program.command(ranks, *arguments, "--schedule", schedule), folder))


def texts_and_numbers(program: Program, folder: pathlib.Path) -> None:
    """A text field has the cell's text, whatever it looks like; a row gives numbers back as they were spelt, and all else as strings."""
    cells = ["1.50", "007", "[1,2]", "true", "1e999", "-0", "good film"]
    (folder / "a.csv").write_text("id,text,note\n" + "".join(f'{cell},"{cell}",\n' for cell in cells if "," not in cell) + '9,"[1,2]",""\n')
    kept = [cell for cell in cells if "," not in cell]
    lines = [json.dumps({"text": cell}) for cell in [*kept, "[1,2]"]]
    (folder / "a.jsonl").write_text("\n".join(lines))
    flags: list[Argument] = ["-q", "--model", program.model("bundle_text.pt"), "--output", "out.jsonl", "--overwrite"]
    expected = clean_run(program, folder, [*flags, "--input", "a.jsonl"], ["out.jsonl"])["out.jsonl"].decode().splitlines()
    outcome = run(program.command(1, *flags, "--input", "a.csv", "--passthrough", "text,note"), folder)
    check(outcome.code == 0, str(outcome))
    spelt = ["1.50", '"007"', '"true"', '"1e999"', "-0", '"good film"', '"[1,2]"']
    got = (folder / "out.jsonl").read_text().splitlines()
    for row, plain, text in zip(got, expected, spelt, strict=True):
        id_text, note = ("9", '""') if text == '"[1,2]"' else (text, "null")
        check(row == f'{{"id":{id_text},"text":{text},"note":{note},{plain[1:]}', f"{row} of {text}, not {plain}")


def gone_on_with(program: Program, folder: pathlib.Path) -> None:
    """A killed run of a CSV, and the records of it that failed, once it is repaired."""
    rows = []
    for row in range(ROWS):
        values = "broken" if row % BAD_EVERY == 5 else json.dumps([row, 1, 2, 3])
        rows.append([row, values, "two\nlines" if row % 3 else "one"])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["id", "x", "note"], *rows])
    (folder / "data.csv").write_text(text.getvalue())
    arguments = slow(program, "--input", "data.csv")
    expected = clean_run(program, folder, arguments, ["out.jsonl"])
    leave_unfinished(program.command(1, *arguments), folder, signal.SIGKILL)
    check(rows_in(folder / "out.jsonl.partial") > 0, "nothing was kept")
    (folder / "data.csv").rename(folder / "data")
    outcome = run(program.command(1, *slow(program, "--input", "data", "--resume")), folder)
    check(outcome.code == 2 and (folder / "out.jsonl.partial").exists(), f"another format: {outcome}")
    (folder / "data").rename(folder / "data.csv")
    check_same(folder, expected, run(program.command(3, *arguments, "--resume", "--input-format", "csv", "--schedule", "static"), folder))
    (folder / "data.csv").write_text(text.getvalue().replace("broken", '"[1,1,1,1]"'))
    outcome = run(program.command(2, *arguments, "--retry-errors"), folder)
    repaired = (folder / "out.jsonl").read_bytes()
    check(outcome.code == 0 and b'"error"' not in repaired and rows_in(folder / "out.jsonl") == ROWS, f"not repaired: {outcome}")
    check_same(folder, {"out.jsonl": repaired}, run(program.command(1, *arguments, "--overwrite"), folder))


REFUSED: list[tuple[str, bytes, list[str], str]] = [
    ("a.csv", b"id,x,id\n1,2,3\n", [], 'its column 3 is called "id" as an earlier one is'),
    ("a.csv", b"id,\n1,2\n", [], "its column 2 has no name"),
    ("a.csv", b'{"x": [1,2,3,4]}\n', [], "give --input-format jsonl, or name it .jsonl"),
    ("a.csv", b"id;x\n1;2\n", [], "separated by semicolons"),
    ("a.txt", b"id,x\n1,2\n3,4\n", [], "This looks like CSV; give --input-format csv"),
    ("a.jsonl", b"PAR1\0\0\0\0PAR1", [], "cannot read what the input a.jsonl says of itself"),
    ("a.feather", b"ARROW1\0\0", [], "it does not end as an Arrow file does: its end is missing"),
    ("a.jsonl", b'{"x": [1]}\n', ["--input-format", "parquet"], "the input a.jsonl is: it does not begin as Parquet does"),
    ("-", b"", ["--input-format", "arrow"], "the input standard input is: Arrow is read from regular files alone"),
    ("a.bin", b"PAR1\0\0\0\0PAR1", ["--input-format", "arrow"], "it is Parquet; give --input-format parquet, or auto"),
    ("a.bin", b"ARROW1\0\0", ["--input-format", "csv"], "--input-format csv is not what the input a.bin is: by its first bytes it is Arrow"),
    ("a.csv", b"id,x\n1,2\n", ["--input-format", "xml"], "choose one of auto, jsonl, csv, tsv, parquet, arrow"),
]


def refused(program: Program, folder: pathlib.Path) -> None:
    for name, content, more, text in REFUSED:
        (folder / name).write_bytes(content)
        outcome = run(program.command(1, *scored(program, "--input", name, *more)), folder)
        check(outcome.code == 2 and text in outcome.stderr, f'no "{text}": {outcome}')
    (folder / "good.csv").write_text('x\n"[1,2,3,4]"\n')
    (folder / "a.csv").write_text("x,x\n")
    outcome = run(program.command(2, *scored(program, "--input", "good.csv", "a.csv")), folder)
    check(outcome.code == 2 and "a.csv cannot be read as CSV" in outcome.stderr, f"found before any work: {outcome}")
    (folder / "good.jsonl").write_text('{"x": [1,2,3,4]}\n')
    checked = run([str(program.infer), "check", "--model", str(program.model("identity.pt")), "--input", "good.*"], folder)
    check("2 files (1 of CSV), " in checked.stdout.decode() and checked.code == 0, f"check: {checked} {checked.stdout!r}")
    (folder / "a.csv").write_bytes(b"")
    check_same(folder, {}, run(program.command(1, *scored(program, "--input", "a.csv")), folder))
    check((folder / "out.jsonl").read_bytes() == b"", "rows of an empty file")


TESTS = [folders, changed_folder, csv_as_lines, large_cells, bad_records, texts_and_numbers, gone_on_with, refused]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
