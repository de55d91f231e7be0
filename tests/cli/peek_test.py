"""infer peek: its numbers are those that Python finds in the same result, of every form, and its rows are the result's.

    peek_test.py INFER MODELS [NAME...]
"""

import collections
import functools
import gzip
import json
import math
import os
import pathlib
import pty
import random
import subprocess
import sys
from collections.abc import Sequence

import numpy as np

from cli_support import Argument, Outcome, Program, check, check_refused, environment, run, run_tests
from resume_support import leave_unfinished, slow, write_slow_input

ROWS = 600
WIDTH = 8
NO_RUST = b"no tokenizer in this build"  # nor tables
CLOSE = 1e-6  # float32 as text and as a double
Summary = dict


def write_vectors(folder: pathlib.Path) -> None:
    """Random ones, with rows of zeros, equal rows, two constant dimensions, and records that fail for two reasons."""
    rng = random.Random(5)
    with (folder / "data.jsonl").open("w") as file:
        for number in range(ROWS):
            values: list[float] | str = [round(rng.gauss(0, 3), 4) for _ in range(WIDTH - 2)] + [0.5, -2]
            if number % 50 == 7:
                values = [1, 2, 3, 4, 5, 6, 0.5, -2]
            if number == 99:
                values = [3e38] * WIDTH if number % 2 == 0 else "text"
            record = {"id": number, "x": values} if number % 61 != 3 else {"id": number}
            file.write(json.dumps(record) + "\n")


def embed(program: Program, folder: pathlib.Path, *more: Argument) -> None:
    outcome = run(program.command(1, "-q", "--model", program.model("identity.pt"), "--task", "embedding", "--input",
                                  "data.jsonl", "--max-errors", "90%", "--chunk-bytes", "5000", "--overwrite", *more), folder)
    check(outcome.code == 0, str(outcome))


def peek(program: Program, folder: pathlib.Path, *arguments: Argument) -> Outcome:
    return run(program.command(1, "peek", *arguments), folder)


def summary(program: Program, folder: pathlib.Path, *arguments: Argument) -> Summary:
    outcome = peek(program, folder, "--json", *arguments)
    check(outcome.code == 0 and not outcome.stderr, str(outcome))
    look = json.loads(outcome.stdout)
    check(look["schema"] == "infer-peek" and look["version"] == 1, str(look)[:200])
    check(isinstance(look, dict), "no object")
    return dict(look)


def close(found: float, expected: float, what: str) -> None:
    check(math.isclose(found, expected, rel_tol=CLOSE, abs_tol=CLOSE), f"{what} is {found}, not {expected}")


def check_failures(look: Summary, rows: Sequence[dict], has_places: bool) -> None:
    failed = [row["error"] for row in rows if "error" in row]
    check(look["rows"]["rows"] == len(rows), f"{look['rows']} of {len(rows)}")
    check(look["rows"]["failed"] == len(failed) and look["rows"]["ok"] == len(rows) - len(failed), str(look["rows"]))
    check(look["rows"]["unreadable"] == 0, str(look["rows"]))
    counts = collections.Counter(error["code"] for error in failed)
    found = {each["code"]: each["rows"] for each in look["rows"]["failed_by_code"]}
    check(found == counts, f"{found} is not {counts}")
    for each in look["rows"]["failed_by_code"] if has_places else ():
        places = [f"{error['file']}:{error['line']}: {error['message']}" for error in failed if error["code"] == each["code"]]
        check(each["first"] == places[:3], f"{each['first']} is not {places[:3]}")


def check_vectors(look: Summary, rows: Sequence[dict]) -> None:
    vectors = np.array([row["embedding"] for row in rows if "error" not in row], dtype=np.float32).astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1)
    _, counts = np.unique(vectors, axis=0, return_counts=True)
    (found,) = look["vectors"]
    check(found["count"] == len(vectors) and found["least_width"] == found["most_width"] == WIDTH, str(found))
    for name, value in (("min", norms.min()), ("mean", norms.mean()), ("max", norms.max())):
        close(found["norm"][name], value, f"norm's {name}")
    check(found["repeated"] == counts[counts > 1].sum() and found["different"] == len(counts) and found["exact"], str(found))
    check(found["constant"] == list(np.flatnonzero((vectors == vectors[0]).all(axis=0))) == [WIDTH - 2, WIDTH - 1], str(found))
    check(found["zero"] == found["non_finite"] == 0, str(found))
    check(look["task"] == "embedding", str(look["task"]))


def vectors_of_every_form(program: Program, folder: pathlib.Path) -> None:
    """The same records, in all forms, are the same to peek, and to numpy."""
    write_vectors(folder)
    embed(program, folder, "--output", "rows.jsonl")
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    names = ["rows.jsonl", "rows.jsonl.gz", "rows.csv", "rows.csv.zst", "rows.npy", "parts"]
    names += ["rows.parquet"] if has_tables(program) else []
    for name in names[1:]:
        where = ["--output-dir", name, "--part-bytes", "9000"] if name == "parts" else ["--output", name]
        embed(program, folder, *where)
        look = summary(program, folder, name)
        check(look["finished"] and look["files"] == (len(list(folder.glob("parts/part-*"))) if name == "parts" else 1), name)
        check_failures(look, rows, has_places=name not in ("rows.csv", "rows.csv.zst", "rows.parquet"))
        check_vectors(look, rows)
        check(look["copied_fields"] == ([] if name.endswith(".npy") else ["id"]), f"{name}: {look['copied_fields']}")
    check_vectors(summary(program, folder, "rows.jsonl"), rows)
    embed(program, folder, "--output", "half.npy", "--npy-dtype", "float16")
    look = summary(program, folder, "half.npy")
    half = np.load(folder / "half.npy").astype(np.float64)
    norms = np.linalg.norm(half[~np.isnan(half).all(axis=1)], axis=1)
    close(look["vectors"][0]["norm"]["mean"], float(norms.mean()), "mean norm of float16")
    check(look["dtype"] == "float16", str(look["dtype"]))


@functools.cache
def has_tables(program: Program) -> bool:
    return NO_RUST not in run(program.command(1, "--version")).stdout


def arrays_of_numpy(program: Program, folder: pathlib.Path) -> None:
    """What infer would not write: zeros, NaN and infinities in a row, float64, no rows."""
    vectors = np.random.default_rng(3).normal(size=(3000, 5))
    vectors[7] = 0
    vectors[8, 2] = np.nan
    vectors[9, 1] = -np.inf
    vectors[10] = np.nan
    np.save(folder / "all.npy", vectors)
    look = summary(program, folder, "all.npy")
    found = look["vectors"][0]
    check(look["rows"]["failed"] == 1 and found["count"] == 2999 and found["zero"] == 1 and found["non_finite"] == 2, str(look))
    finite = vectors[np.isfinite(vectors).all(axis=1)]
    close(found["norm"]["mean"], float(np.linalg.norm(finite, axis=1).mean()), "mean norm")
    shown = peek(program, folder, "all.npy", "--row", "20:23").stdout.decode().splitlines()
    check([json.loads(line) for line in shown] == vectors[20:23].tolist(), str(shown))
    check(json.loads(peek(program, folder, "all.npy", "--tail", "1").stdout) == vectors[-1].tolist(), "another last row")
    np.save(folder / "none.npy", vectors[:0])
    check(summary(program, folder, "none.npy")["rows"]["rows"] == 0, "rows of an array without any")
    (folder / "cut.npy").write_bytes((folder / "all.npy").read_bytes()[:-40])
    check(peek(program, folder, "cut.npy").code == 3, "an array that is cut off")
    np.save(folder / "whole.npy", np.arange(6).reshape(2, 3))
    check_refused(peek(program, folder, "whole.npy"), "whole.npy", "no floats")


def classify(program: Program, folder: pathlib.Path, name: str) -> None:
    words = ("good", "bad", "paris", "the")
    rng = random.Random(8)
    with (folder / "data.jsonl").open("w") as file:
        for number in range(300):
            record = {"id": number, "text": " ".join(rng.choices(words, k=rng.randrange(1, 9)))} if number % 40 else {}
            file.write(json.dumps(record) + "\n")
    outcome = run(program.command(1, "-q", "--model", program.model("bundle_text.pt"), "--input", "data.jsonl", "--output",
                                  name, "--max-errors", "90%", "--scores", "all"), folder)
    check(outcome.code == 0, str(outcome))


def labels_and_scores(program: Program, folder: pathlib.Path) -> str | None:
    """Shares of labels, quartiles and histogram are Python's; rows by label, code, number; all forms alike."""
    if not has_tables(program):
        return "a build without Rust, which has no tokenizer"
    classify(program, folder, "rows.jsonl")
    lines = (folder / "rows.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    ok = [row for row in rows if "error" not in row]
    classify(program, folder, "rows.csv.gz")
    for name in ("rows.jsonl", "rows.csv.gz"):
        look = summary(program, folder, name)
        check_failures(look, rows, has_places=name == "rows.jsonl")
        check(look["task"] == "classification", str(look["task"]))
        found = {each["label"]: each["count"] for each in look["labels"][0]["most_frequent"]}
        check(found == collections.Counter(row["label"] for row in ok), str(found))
        scores = np.array([row["score"] for row in ok])
        column = look["numbers"][0]
        check(column["field"] == "score" and column["count"] == len(ok) and not column["sampled"], str(column))
        for found_one, expected in zip(column["quartiles"], np.quantile(scores, [0.25, 0.5, 0.75]), strict=True):
            close(found_one, expected, "quartile")
        shares, _ = np.histogram(scores, bins=len(column["histogram"]))
        check(np.allclose([each["share"] for each in column["histogram"]], shares / len(scores)), str(column))
    check_rows(program, folder, lines, rows)
    return None


def check_rows(program: Program, folder: pathlib.Path, lines: Sequence[str], rows: Sequence[dict]) -> None:
    label = next(row["label"] for row in rows if "label" in row)
    wanted: list[tuple[list[Argument], list[str]]] = [
        (["--head", "3"], list(lines[:3])), (["--tail", "2"], list(lines[-2:])), (["--row", "7"], [lines[7]]),
        (["--row", "297:"], list(lines[297:])), (["--failed"], [line for line, row in zip(lines, rows, strict=True) if "error" in row]),
        (["--failed", "missing_field", "--head", "2"], [line for line, row in zip(lines, rows, strict=True) if "error" in row][:2]),
        (["--label", label], [line for line, row in zip(lines, rows, strict=True) if row.get("label") == label]),
    ]
    for flags, expected in wanted:
        outcome = peek(program, folder, "rows.jsonl", *flags)
        check(outcome.code == 0 and outcome.stdout.decode().splitlines() == expected, f"{flags}: {outcome} {outcome.stdout[:500]!r}")
    packed = peek(program, folder, "rows.csv.gz", "--row", "7").stdout
    table = gzip.decompress((folder / "rows.csv.gz").read_bytes()).decode().splitlines()
    check(list(json.loads(packed)) == table[0].split(","), f"{packed!r} against {table[0]}")
    check(peek(program, folder, "rows.jsonl", "rows.jsonl", "--tail", "1", "--row", "5:305").stdout.decode() == lines[4] + "\n",
          "two files are not one result")
    check(peek(program, folder, "rows.jsonl", "rows.jsonl", "--tail", "301").stdout.decode().splitlines() == [lines[-1], *lines],
          "the last rows of two files")
    nothing = peek(program, folder, "rows.jsonl", "--label", "nonesuch")
    check(not nothing.stdout and label in nothing.message(), str(nothing))


def terminal(program: Program, folder: pathlib.Path) -> None:
    """Rows are as wide as the terminal and no wider; whole in a pipe, whatever reads no more of it."""
    row = json.dumps({"id": 1, "embedding": [0.25] * 500}, separators=(",", ":"))
    (folder / "rows.jsonl").write_text((row + "\n") * 2000)
    check(peek(program, folder, "rows.jsonl", "--head", "2").stdout.decode() == (row + "\n") * 2, "not whole in a pipe")
    leader, follower = pty.openpty()
    with subprocess.Popen(program.command(1, "peek", "rows.jsonl", "--head", "2"), cwd=folder, stdout=follower,
                          env=environment() | {"COLUMNS": "50"}) as process:
        os.close(follower)
        text = os.read(leader, 10_000).decode()
        check(process.wait(30) == 0, "failed on a terminal")
    os.close(leader)
    lines = text.splitlines()
    check(all(len(line) <= 50 and line.startswith('{"id":1,"embedding":[0.25,0.25,') and "more]}" in line for line in lines), text)
    closed = subprocess.run(f"{program.infer} peek rows.jsonl --tail 2000 | head -n 1", shell=True, cwd=folder, check=False,
                            capture_output=True, env=environment())
    check(closed.stdout.decode() == row + "\n" and not closed.stderr, f"{closed.stderr!r}")


def unfinished(program: Program, folder: pathlib.Path) -> None:
    """What a killed run leaves, up to its last checkpoint, by either name."""
    write_slow_input(folder)
    leave_unfinished(program.command(1, *slow(program)), folder)
    for given in ("out.jsonl", "out.jsonl.partial"):
        look = summary(program, folder, given)
        lines = (folder / "out.jsonl.partial").read_bytes().count(b"\n")
        check(not look["finished"] and "not finished" in look["notes"][0], str(look["notes"]))
        check(0 < look["rows"]["rows"] <= lines and look["rows"]["unreadable"] == 0, f"{look['rows']}, {lines} lines")
    shown = peek(program, folder, "out.jsonl", "--head", "1")
    check(b'"id":0' in shown.stdout and "not finished" in shown.message(), str(shown))


def torn(program: Program, folder: pathlib.Path) -> None:
    """Files as they are at any moment before their end, without a journal: all whole rows, and nothing else."""
    write_vectors(folder)
    for name in ("rows.csv", "rows.jsonl.gz", "rows.npy", "rows.parquet")[: 4 if has_tables(program) else 3]:
        embed(program, folder, "--output", name)
        whole = summary(program, folder, name)
        data = (folder / name).read_bytes()
        footer = 8 + int.from_bytes(data[-8:-4], "little") if name.endswith(".parquet") else 0
        seen = []
        for size in (len(data) // 2, len(data) - footer):
            (folder / "torn").mkdir(exist_ok=True)
            (folder / "torn" / (name + ".partial")).write_bytes(data[:size])
            look = summary(program, folder, f"torn/{name}")
            check(look["rows"]["unreadable"] == 0 and not look["finished"], f"{name}, {size} bytes: {look['rows']}")
            seen.append(look["rows"]["rows"])
        check(0 < seen[0] < seen[1] == ROWS, f"{name}: {seen}")
        check(look["rows"]["failed"] == whole["rows"]["failed"] and look["vectors"] == whole["vectors"], f"{name}: {look}")


def left_out_rows(program: Program, folder: pathlib.Path) -> None:
    """Failed records without a row, and rows that are missing, show by what the run has recorded."""
    write_vectors(folder)
    embed(program, folder, "--output", "rows.jsonl", "--on-error", "skip")
    look = summary(program, folder, "rows.jsonl")
    check(look["rows"]["rows"] == ROWS - 11 and f"{ROWS} records, 11 failed, which have no row" in look["notes"][0], str(look))
    (folder / "rows.jsonl").write_text("".join((folder / "rows.jsonl").read_text().splitlines(keepends=True)[1:]))
    check("not as the run left it" in summary(program, folder, "rows.jsonl")["notes"][0], "a missing row is not told")
    embed(program, folder, "--output", "again.jsonl")
    retried = run(program.command(1, "-q", "--model", program.model("identity.pt"), "--task", "embedding", "--input", "data.jsonl",
                                  "--max-errors", "90%", "--output", "again.jsonl", "--retry-errors"), folder)
    look = summary(program, folder, "again.jsonl")
    check(retried.code == 0 and not look["notes"] and look["rows"]["rows"] == ROWS, f"{retried} {look['notes']}")


def parts_under_way(program: Program, folder: pathlib.Path) -> None:
    """Of a folder that is not finished its finished parts, and one that is begun by its name."""
    write_slow_input(folder)
    command = program.command(1, *slow(program, "--output-dir", "parts", "--part-bytes", "4000"))
    del command[command.index("--output") : command.index("--output") + 2]
    leave_unfinished(command, folder, name="parts/manifest.json.partial")
    look = summary(program, folder, "parts")
    finished = [path for path in (folder / "parts").glob("part-*") if path.suffix == ".jsonl"]
    check(not look["finished"] and look["files"] <= len(finished), f"{look} of {finished}")
    check(look["rows"]["rows"] == sum(path.read_bytes().count(b"\n") for path in sorted(finished)[: look["files"]]), str(look["rows"]))
    for begun in (folder / "parts").glob("part-*.partial"):
        look = summary(program, folder, begun)
        check(look["rows"]["unreadable"] == 0, str(look["rows"]))


def odd_inputs(program: Program, folder: pathlib.Path) -> None:
    """What is no result is said, and costs no more than its lines."""
    (folder / "odd.jsonl").write_bytes(b'{"label":"a"}\n\n[1]\nx\n{"label":"a","score":1e400}\n\xff\xfe\n{"label":"a"}')
    look = summary(program, folder, "odd.jsonl")
    check(look["rows"]["rows"] == 6 and look["rows"]["unreadable"] >= 3, str(look["rows"]))
    piped = subprocess.run(program.command(1, "peek", "-", "--json"), input=b'{"score":2}\n{"score":4}', cwd=folder, check=True,
                           capture_output=True, env=environment())
    check(json.loads(piped.stdout)["numbers"][0]["mean"] == 3, str(piped.stdout))
    (folder / "empty.jsonl").write_bytes(b"")
    check(summary(program, folder, "empty.jsonl")["rows"]["rows"] == 0, "rows of an empty file")
    check_refused(peek(program, folder, "gone.jsonl"), "gone.jsonl")
    check_refused(peek(program, folder), "needs a result")
    check_refused(peek(program, folder, "."), "manifest.json")
    check_refused(peek(program, folder, "odd.jsonl", "--row", "a"), "--row a")
    check_refused(peek(program, folder, "odd.jsonl", "--failed", "nonesuch"), "missing_field")
    check_refused(peek(program, folder, "odd.jsonl", "--head", "1", "--json"), "--json")
    ranks = run(program.command(2, "peek", "odd.jsonl"), folder)
    check(ranks.code == 0 and ranks.stdout.count(b"odd.jsonl:") == 1, str(ranks))


if __name__ == "__main__":
    sys.exit(run_tests([vectors_of_every_form, arrays_of_numpy, labels_and_scores, terminal, unfinished, torn, left_out_rows,
                        parts_under_way, odd_inputs], __doc__))
