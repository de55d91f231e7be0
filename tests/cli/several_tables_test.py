"""Passes of several models over tables: each reads the columns of its own model, and goes on with what runs alone began of them.

    several_tables_test.py INFER MODELS [NAME...]
"""

import json
import math
import pathlib
import random
import re
import signal
import sys

import pyarrow
import pyarrow.parquet
from cli_support import Argument, Program, check, check_refused, run, run_tests
from resume_support import ROWS, leave_unfinished
from several_support import Target, check_same, files, score, score_alone

DIGEST = re.compile('"input_digest":"([0-9a-f]{16})"')


def write_tables(folder: pathlib.Path) -> list[str]:
    """Some values are odd, and some are not there; a file of lines beside them."""
    rng = random.Random(8)
    names = ["rows.parquet", "more.arrow", "lines.jsonl"]
    for name in names:
        rows: list[dict[str, object]] = [{
            "id": number, "x": rng.choice([None] + [[0.5, math.nan, 1, 2]] + [[number, 0.5, 1, 2]] * 30),
            "text": rng.choice([None] + ["good film", 'a "bad" one', ""] * 10), "note": rng.choice(["n", None])}
            for number in range(300)]
        columns = {"id": pyarrow.int64(), "x": pyarrow.list_(pyarrow.float32()), "text": pyarrow.string(), "note": pyarrow.string()}
        table = pyarrow.Table.from_pylist(rows, pyarrow.schema(columns))
        if name.endswith("parquet"):
            pyarrow.parquet.write_table(table, folder / name, row_group_size=70)
        elif name.endswith("arrow"):
            with pyarrow.OSFile(str(folder / name), "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table, max_chunksize=90)
        else:
            (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return names


def try_tables(program: Program, folder: pathlib.Path) -> None:
    """Each model's columns are read as if it were alone: what is odd in one is no matter to those that do not read it."""
    names = write_tables(folder)
    targets = [Target("identity.pt", "embedding", "numbers.jsonl"), Target("bundle_text.pt", "auto", "class.csv"),
               Target("bundle_embedding.pt", "auto", "vector.jsonl"), Target("bundle_left.pt", "auto", "left.parquet")]
    for ranks, chunk_bytes in ((1, "2000"), (2, "40000")):
        flags: list[Argument] = ["--input", *names, "--max-errors", "50%", "--keys", "--passthrough", "note",
                                 "--chunk-bytes", chunk_bytes]
        score(program, folder, [*(flag for one in targets for flag in one.flags(program)), *flags, "--overwrite"], ranks)
        for target in targets:
            score_alone(program, folder, target, flags)
            check_same(folder, target, f"of tables, {ranks} rank(s)")
            digests = [DIGEST.findall((folder / f"{name}.run").read_text()) for name in (target.output, target.alone())]
            check(len(digests[0]) == 1 and digests[0] == digests[1], f"{target.output}: {digests}")


def write_columns(folder: pathlib.Path, form: str, text: str = "good") -> str:
    """Numbers for one model and texts for the other; as many bytes, whatever the text of four letters."""
    rows: list[dict[str, object]] = [{"id": number, "x": [number + 0.5] * 4, "text": text if number == 3 else "a bad film"}
                                     for number in range(ROWS)]
    path = folder / f"data.{form}"
    if form == "csv":
        cells = [f'{row["id"]},"{row["x"]}",{row["text"]}\n' for row in rows]
        path.write_text("id,x,text\n" + "".join(cells))
    else:
        columns = {"id": pyarrow.int64(), "x": pyarrow.list_(pyarrow.float32()), "text": pyarrow.string()}
        table = pyarrow.Table.from_pylist(rows, pyarrow.schema(columns))
        pyarrow.parquet.write_table(table, path, compression="none", use_dictionary=False, write_statistics=False)
    return path.name


def columns_targets(program: Program, name: str) -> tuple[list[Target], list[Argument], list[Argument]]:
    """Their flags in one pass, and the flags of their input."""
    targets = [Target("slow.pt", "outputs", "out.jsonl"), Target("bundle_text.pt", "auto", "class.csv")]
    common: list[Argument] = [*program.waits, "--input", name, "--chunk-bytes", "1000", "--threads", "1", "--journal-interval", "0"]
    return targets, [*(flag for one in targets for flag in one.flags(program)), *common], common


def resumed_after_touch(program: Program, folder: pathlib.Path, name: str, targets: list[Target], *runs: list[Argument]) -> str:
    """What they say that, one after the other, complete all outputs."""
    (folder / name).touch()
    outcomes = [run(program.command(1, *each, "--resume"), folder) for each in runs]
    for outcome in outcomes:
        check(outcome.code == 0, f"{name} was touched: {outcome}")
    for target in targets:
        check_same(folder, target, f"{name} was touched: {outcomes}")
    return "".join(outcome.stderr for outcome in outcomes)


def remove(folder: pathlib.Path, targets: list[Target]) -> None:
    for target in targets:
        (folder / target.output).unlink()


def try_a_touched_input(program: Program, folder: pathlib.Path) -> None:
    """Of a table each output is compared by the columns that its own model reads: a pass and runs alone go on with what the
    other one began."""
    for form in ("parquet", "csv"):
        name = write_columns(folder, form)
        targets, whole, common = columns_targets(program, name)
        alone = [[*one.flags(program), *common] for one in targets]
        for target in targets:
            score_alone(program, folder, target, common)
        leave_unfinished(program.command(1, *whole), folder, signal.SIGTERM)
        resumed_after_touch(program, folder, name, targets, *alone)
        said = resumed_after_touch(program, folder, name, targets, whole)
        check(said.count("is complete;") == 2, f"what runs alone made is not complete for a pass: {said}")
        check(said.count("reading it to see whether it is the same") == (form == "parquet"), f"it is read once for all: {said}")
        remove(folder, targets)
        leave_unfinished(program.command(1, *alone[0]), folder, signal.SIGTERM)
        said = resumed_after_touch(program, folder, name, targets, whole)
        check("out.jsonl: " in said, f"a pass does not go on with what was begun alone: {said}")
        said = resumed_after_touch(program, folder, name, targets, *alone)
        check(said.count("is complete;") == 2, f"what a pass made is not complete for runs alone: {said}")
        remove(folder, targets)
        leave_unfinished(program.command(1, *alone[0]), folder, signal.SIGTERM)
        score(program, folder, alone[1])
        check("class.csv is complete" in resumed_after_touch(program, folder, name, targets, whole), "one was complete")
        remove(folder, targets)


def try_a_changed_column(program: Program, folder: pathlib.Path) -> None:
    """Who does not read it does not mind. Of a CSV all is compared."""
    for form in ("parquet", "csv"):
        name = write_columns(folder, form)
        targets, whole, common = columns_targets(program, name)
        score(program, folder, whole)
        before, size = files(folder, "class.csv"), (folder / name).stat().st_size
        write_columns(folder, form, "evil")
        check((folder / name).stat().st_size == size, "it shows by its size")
        numbers, texts, both = (run(program.command(1, *flags, "--resume"), folder) for flags in (
            [*targets[0].flags(program), *common], [*targets[1].flags(program), *common], whole))
        if form == "csv":
            for outcome in (numbers, texts, both):
                check_refused(outcome, "bytes of it (unpacked) differ")
        else:
            check(numbers.code == 0 and "out.jsonl is complete" in numbers.stderr, str(numbers))
            for outcome in (texts, both):
                check_refused(outcome, "class.csv is complete, but it was made of something else: "
                                       "--input: another file, or written again since, and it is not the same")
        check(files(folder, "class.csv") == before, "a refused run changed an output")
        remove(folder, targets)


TESTS = [try_tables, try_a_touched_input, try_a_changed_column]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
