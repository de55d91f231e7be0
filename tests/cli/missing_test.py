"""Values that Python's json writes and JSON has not: named, and taken where --missing nan asks for it.

    missing_test.py INFER MODELS [NAME ...]
"""

import json
import pathlib
import sys

from cli_support import Argument, Program, check, run, run_tests

SPEC = ("--input-spec", "x:float32:[2]")


def rows(program: Program, folder: pathlib.Path, lines: list[str], *arguments: Argument) -> list[dict]:
    (folder / "in.jsonl").write_text("\n".join(lines))
    outcome = run(program.command(1, "-q", "-m", program.model("double.pt"), "-i", "in.jsonl", *arguments), folder)
    check(outcome.code in (0, 1), str(outcome))

    def refuse(literal: str) -> None:
        raise AssertionError(f"{literal} in the output: {outcome.stdout!r}")

    return [json.loads(line, parse_constant=refuse) for line in outcome.stdout.splitlines()]


def named(program: Program, folder: pathlib.Path) -> None:
    """With the record's id, also where it comes after them, and where nobody wants them."""
    lines = ['{"x":[1,NaN],"id":1}', '{"x":[-Infinity,1],"id":2}', '{"x":[1,null],"id":3}', '{"y":{"a":[NaN,{}]},"x":[1,2],"id":4}',
             '{"x":[1,None],"id":5}', '{"id":6,"x":[1,2]}']
    made = rows(program, folder, lines, *SPEC)
    check([row.get("id") for row in made] == [1, 2, 3, 4, 5, 6], str(made))
    for row, part in zip(made, ("found NaN", "found -Infinity", "found null; --missing nan", "it has NaN", '"None" is no JSON'),
                         strict=False):
        check(part in row["error"]["message"], f"no word of {part!r}: {row}")
    check("error" not in made[5], str(made))


def taken(program: Program, folder: pathlib.Path) -> None:
    """By a model whose results they show in; learnt or said, and carried as null."""
    lines = ['{"id":1,"x":[1,null],"y":[NaN,"NaN"]}', '{"x":[NaN,1],"id":2,"y":-Infinity}', '{"id":3,"x":[1,2],"y":Infinity}',
             '{"id":4,"x":null}', '{"id":NaN,"x":[1,2]}']
    for spec in (SPEC, ()):
        made = rows(program, folder, lines, *spec, "--missing", "nan", "--non-finite", "string", "--passthrough", "y")
        check([row["id"] for row in made] == [1, 2, 3, 4, None], str(made))
        check([row.get("y") for row in made] == [[None, "NaN"], None, None, None, None], str(made))
        check(["error" in row for row in made] == [False, False, False, True, False], str(made))
        check("NaN" in json.dumps(made[0]["outputs"]) and "NaN" not in json.dumps(made[2]["outputs"]), str(made))


TESTS = [named, taken]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
