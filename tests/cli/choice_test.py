"""--limit and --sample score some records, whose rows are those of a run over all of them.

    choice_test.py INFER MODELS [NAME ...]
"""

import gzip
import json
import pathlib
import sys
from collections.abc import Iterable

import pyarrow
import pyarrow.parquet
from cli_support import Argument, Program, check, check_refused, run, run_tests
from resume_support import check_same, clean_run, leave_unfinished, slow, write_slow_input

ROWS = 3000
BAD_EVERY = 97
BITS = (1 << 64) - 1


def mixed(bits: int) -> int:
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & BITS
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & BITS
    return bits ^ (bits >> 31)


def is_taken(number: int, share: float, seed: int) -> bool:
    """As lib/record/record_choice.hpp has it, written once more."""
    golden = 0x9E3779B97F4A7C15
    bits = mixed((mixed((seed + golden) & BITS) + (number + 1) * golden) & BITS)
    return (bits >> 11) * 2.0**-53 < share


def write_input(folder: pathlib.Path) -> None:
    """Two files with blank lines, and some records that are broken."""
    half = ROWS // 2
    for name, numbers in (("a.jsonl", range(half)), ("b.jsonl", range(half, ROWS))):
        with (folder / name).open("w") as file:
            for number in numbers:
                values = "broken" if number % BAD_EVERY == 5 else [number, 0.5, -1, 2]
                file.write("\n" * (number % 50 == 7) + json.dumps({"id": number, "x": values}) + "\n")


def scored(program: Program, folder: pathlib.Path, *more: Argument, ranks: int = 1, errors: bool = False) -> list[str]:
    """The rows, or the errors."""
    outcome = run(program.command(ranks, "-q", "--model", program.model("identity.pt"), "--output", "out.jsonl",
                                  "--overwrite", "--errors", "errors.jsonl", "--max-errors", "50%", *more), folder)
    check(outcome.code == 0, str(outcome))
    return (folder / ("errors.jsonl" if errors else "out.jsonl")).read_text().splitlines()


def check_rows(got: list[str], all_rows: list[str], numbers: Iterable[int], what: str) -> None:
    wanted = [all_rows[number] for number in numbers]
    check(got == wanted, f"{what}: {len(got)} rows, not those {len(wanted)} of a run over all records")


def test_a_limit_takes_the_first_records_and_a_sample_some(program: Program, folder: pathlib.Path) -> None:
    write_input(folder)
    files = ["--input", "a.jsonl", "b.jsonl"]
    whole = scored(program, folder, *files)
    errors = {json.loads(line)["row"]: line for line in (folder / "errors.jsonl").read_text().splitlines()}
    of_three = [number for number in range(ROWS) if is_taken(number, 0.03, 0)]
    cases: list[tuple[list[Argument], list[int]]] = [
        (["--limit", "1"], [0]),
        (["--limit", "1600", "--chunk-bytes", "700"], list(range(1600))),
        (["--limit", "100000"], list(range(ROWS))),
        (["--sample", "3%"], of_three),
        (["--sample", "3%", "--chunk-bytes", "700"], of_three),
        (["--sample", "50%", "--sample-seed", "9", "--limit", "200"], [n for n in range(200) if is_taken(n, 0.5, 9)]),
        (["--sample", "0.000001%"], []),
    ]
    for number, (arguments, numbers) in enumerate(cases):
        ranks = 3 if number in (1, 4) else 1
        what = " ".join(map(str, arguments))
        check_rows(scored(program, folder, *files, *arguments, ranks=ranks), whole, numbers, what)
        got = (folder / "errors.jsonl").read_text().splitlines()
        check(got == [errors[each] for each in numbers if each in errors], f"{what}: other errors: {got}")


def test_packed_files_tables_and_parts_are_sampled_alike(program: Program, folder: pathlib.Path) -> None:
    records = [{"id": number, "x": [number, 0.5, -1.0, 2.0]} for number in range(ROWS)]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "data.jsonl").write_text(lines)
    (folder / "data.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 1))
    table = pyarrow.table({"id": [r["id"] for r in records],
                           "x": pyarrow.array([r["x"] for r in records], pyarrow.list_(pyarrow.float32()))})
    pyarrow.parquet.write_table(table, folder / "data.parquet", row_group_size=500)
    numbers = [number for number in range(1000) if is_taken(number, 0.1, 4)]
    choice: list[Argument] = ["--limit", "1000", "--sample", "10%", "--sample-seed", "4"]
    whole = scored(program, folder, "--input", "data.jsonl")
    for name in ("data.jsonl", "data.jsonl.gz", "data.parquet"):
        check_rows(scored(program, folder, "--input", name, *choice), whole, numbers, name)
    outcome = run(program.command(2, "-q", "--model", program.model("identity.pt"), "--output-dir", "parts",
                                  "--input", "data.jsonl", "--chunk-bytes", "4000", *choice), folder)
    check(outcome.code == 0, str(outcome))
    merged = run(program.command(1, "merge", "parts"), folder)
    check_rows(merged.stdout.decode().splitlines(), whole, numbers, "parts")


def test_a_run_over_some_records_is_resumed_with_the_same_choice_alone(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, 1000)
    choice: list[Argument] = ["--sample", "60%", "--sample-seed", "1"]
    arguments = slow(program, *choice)
    expected = clean_run(program, folder, arguments, ["out.jsonl"])
    numbers = [number for number in range(1000) if is_taken(number, 0.6, 1)]
    ids = [json.loads(line).get("id") for line in expected["out.jsonl"].decode().splitlines()]
    check(ids == numbers, f"other records than those of the sample: {ids[:20]}")
    leave_unfinished(program.command(1, *arguments), folder)
    for other in (["--sample", "61%", "--sample-seed", "1"], ["--sample", "60%"], [*choice, "--limit", "9"], []):
        check_refused(run(program.command(1, *slow(program, *other), "--resume"), folder), "was another one: ",
                      "--sample" if "9" not in other else "--limit")
    outcome = run(program.command(1, *arguments, "--resume"), folder)
    check_same(folder, expected, outcome)
    check_refused(run(program.command(1, *slow(program), "--retry-errors"), folder), "--sample: 60% then, none now")


def test_what_cannot_be_chosen_is_refused(program: Program, folder: pathlib.Path) -> None:
    write_slow_input(folder, 5)
    model: list[Argument] = ["--model", program.model("identity.pt"), "--input"]
    check_refused(run(program.command(1, *model, "-", "--limit", "1"), folder), "--limit and --sample count records",
                  "standard input", "give that as --input")
    file: list[Argument] = [*model, "data.jsonl", "--output", "out.jsonl"]
    check_refused(run(program.command(1, *file, "--limit", "1", "--retry-errors"), folder), "--retry-errors",
                  "--overwrite")
    for share in ("0%", "101%", "5", "x%"):
        check_refused(run(program.command(1, *file, "--sample", share), folder), "--sample")
    check_refused(run(program.command(1, *file, "--limit", "0"), folder), "--limit 0: give at least 1")


TESTS = [
    test_a_limit_takes_the_first_records_and_a_sample_some,
    test_packed_files_tables_and_parts_are_sampled_alike,
    test_a_run_over_some_records_is_resumed_with_the_same_choice_alone,
    test_what_cannot_be_chosen_is_refused,
]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
