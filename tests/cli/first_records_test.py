"""An input that the model cannot be meant for is refused before any row, and told what it looks like.

    first_records_test.py INFER MODELS [NAME ...]
"""

import bz2
import gzip
import io
import json
import pathlib
import sys
import tarfile

from cli_support import Argument, Outcome, Program, check, run, run_tests

RECORDS = [f'{{"id":{i},"sentence":"good"}}' for i in range(300)]
TEXT_MODEL = "bundle_text.pt"
IRISES = [("k7", "setosa", 5.1), ("k8", "virginica", 4.9)]


def write(folder: pathlib.Path, content: str | bytes, name: str = "in.jsonl") -> pathlib.Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def score(program: Program, folder: pathlib.Path, *arguments: Argument, model: str = TEXT_MODEL, name: str = "in.jsonl",
          ranks: int = 1) -> Outcome:
    return run(program.command(ranks, "-q", "-m", program.model(model), "-i", name, "-o", "out.jsonl", *arguments), folder)


def expect_refused(outcome: Outcome, folder: pathlib.Path, *parts: str) -> None:
    check(outcome.code == 2, f"expected exit 2: {outcome}")
    for part in parts:
        check(part in outcome.message(), f"no word of {part!r}: {outcome}")
    left = sorted(path.name for path in folder.iterdir() if path.name.startswith("out"))
    check(not left, f"{left} were left: {outcome}")


def wrong_field(program: Program, folder: pathlib.Path) -> None:
    write(folder, "\n".join(RECORDS))
    for ranks in (1, 2):
        expect_refused(score(program, folder, ranks=ranks), folder, "in.jsonl: none of the first 300 records",
                       'line 1: field "text" is missing', '"id", "sentence"', "--field text=sentence")
    check(score(program, folder, "--field", "text=sentence").code == 0, "the advice does not help")


def wrong_field_of_numbers(program: Program, folder: pathlib.Path) -> None:
    """The field proposed is one that fits; a field mapped to nothing keeps its name."""
    write(folder, '{"a":"text","b":[1,2],"c":[1,2,3]}\n' * 2)
    spec = ("--input-spec", "x:float32:[3]")
    expect_refused(score(program, folder, *spec, model="double.pt"), folder, "--field x=c", '"a", "b", "c"')
    expect_refused(score(program, folder, *spec, "--field", "x=y.z", model="double.pt"), folder,
                   'field "y.z" is missing', "--field x=c")
    expect_refused(score(program, folder, model="double.pt"), folder, "--field x=b")
    write(folder, '{"x":"text","c":[1,2,3]}\n')
    expect_refused(score(program, folder, *spec, model="double.pt"), folder, "found a string", "--field x=c")
    write(folder, '{"a":"text"}\n')
    expect_refused(score(program, folder, *spec, model="double.pt"), folder, "--field x=json.path")


def names_with_dots(program: Program, folder: pathlib.Path) -> None:
    """As R names columns: the message has the flag that helps, and the rows have the column's name."""
    write(folder, "row.id,Sepal.Length,Species.Name\nk7,5.1,setosa\nk8,4.9,virginica\n", "iris.csv")
    write(folder, "".join(f'{{"row.id": "{row}", "Sepal.Length": {length}, "Species.Name": "{name}"}}\n'
                          for row, name, length in IRISES), "iris.jsonl")
    copied = ["--input-spec", "x:float64:[]", "--passthrough", r"Species\.Name", "--id-field", r"row\.id"]
    for name in ("iris.csv", "iris.jsonl"):
        refused = score(program, folder, *copied, model="identity.pt", name=name)
        expect_refused(refused, folder, r"name the right one with --field 'x=Sepal\.Length'")
        outcome = score(program, folder, *copied, "--field", r"x=Sepal\.Length", model="identity.pt", name=name)
        check(outcome.code == 0, str(outcome))
        rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
        wanted = [{"row.id": row, "Species.Name": name, "outputs": {"output0": length}} for row, name, length in IRISES]
        check(rows == wanted, f"{name}: {rows}")
        for path in folder.glob("out.jsonl*"):
            path.unlink()


def wrong_shape(program: Program, folder: pathlib.Path) -> None:
    write(folder, '{"x":[1,2,3,4,5,6]}\n')
    expect_refused(score(program, folder, "--input-spec", "x:float32:[2,3]", model="double.pt"), folder, "shape [6]",
                   "reshape(values, [2,3])")


def one_good_record(program: Program, folder: pathlib.Path) -> None:
    """It is what was meant then, and the others are single failures."""
    write(folder, "\n".join([*RECORDS, '{"text":"good"}']))
    check(score(program, folder).code == 1, "refused beside a good record")
    write(folder, 'bad\n{"text":"good"}\nbad\n')
    check(score(program, folder, "--overwrite").code == 1, "plain text, refused beside a good record")
    write(folder, '{"text":"good"},\n{"text":"good"}\n')
    check(score(program, folder, "--overwrite", "--max-errors", "1").code == 0, "one failure was allowed")


def failures_allowed(program: Program, folder: pathlib.Path) -> None:
    """--max-errors decides: who allows as many failures as there are first records wants the run."""
    write(folder, "\n".join(RECORDS))
    for allowed, code in (("300", 0), ("100%", 0), ("299", 2), ("99%", 2)):
        outcome = score(program, folder, "--max-errors", allowed, "--overwrite")
        check(outcome.code == code, f"--max-errors {allowed}: {outcome}")
    for how in ("skip", "fail"):
        check(score(program, folder, "--on-error", how, "--overwrite").code == 2, f"--on-error {how}")


def tar_of(name: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return content.getvalue()


LIKENESSES: list[tuple[str, str | bytes, tuple[str, ...]]] = [
    ("in.jsonl.bz2", bz2.compress("\n".join(RECORDS).encode()), ("bzip2", "bzip2 -dc in.jsonl.bz2 > records.jsonl")),
    ("in.gz", gzip.compress(tar_of("a.jsonl")), ("a tar file", "give --input-format tar, or its files: tar -xf in.gz")),
    ("in.json", '[\n  {"text": "good"},\n  {"text": "bad"}\n]\n', ("a JSON array of records", "jq -c '.[]' in.json")),
    ("in.json", '[{"text": "good"}]', ("a JSON array of records", "jq -c '.[]' in.json")),
    ("in.json", '{\n  "text": "good"\n}\n', ("several lines", "jq -c . in.json")),
    ("in.json", '[\n  {"text": "good"},\n  {"text": "bad"}\n]', ("a JSON array of records",)),
    ("in.jsonl", '{"text": "good"},\n{"text": "bad"}', ("commas between them",)),
    ("in.jsonl", '{"text": "good"},\n{"text": "bad"},\n', ("commas between them", "sed 's/,[[:space:]]*$//' in.jsonl")),
    ("in.jsonl", '{"text": "good"} {"text": "bad"}\n', ("several JSON objects on a line", "jq -c . in.jsonl")),
    ("in.jsonl", "{'text': 'good'}\n", ("Python's own notation", "json.dumps")),
    ("in.txt", 'id,text\n1,good\n2,"bad, bad"\n', ("CSV", "give --input-format csv")),
    ("in.txt", "id\ttext\n1\tgood\n", ("tab-separated", "give --input-format tsv")),
    ("in.txt", "id;text\n1;good\n", ("CSV with semicolons", 'pandas.read_csv("in.txt", sep=";")')),
    ("in.txt", "a good film\na bad one, and long\n", ("plain text", "jq -cR '{\"text\": .}' in.txt")),
    ("my in.txt", "good\nbad\n", ("plain text", "'my in.txt' > records.jsonl")),
    ("records.jsonl", '"good"\n"bad"\n', ("JSON strings", "jq -c '{\"text\": .}' records.jsonl > new_records.jsonl")),
    ("in.jsonl", '{"text":"good"}\r\n'.encode("utf-16"), ("UTF-16", "iconv -f UTF-16 -t UTF-8 in.jsonl")),
    ("in.jsonl", '{"text":"good"}\r\n'.encode("utf-16-le"), ("UTF-16LE", "iconv -f UTF-16LE")),
    ("in.jsonl", '{"text":"good"}\r\n'.encode("utf-16-be"), ("UTF-16BE",)),
    ("in.npy", b"\x93NUMPY\x01\x00\n", ("a NumPy array", "json.dumps")),
    ("in.jsonl", "\x01\x02\x03\n", ("each line must be a JSON object", '{"text": ...}')),
]


def what_it_looks_like(program: Program, folder: pathlib.Path) -> None:
    for name, content, parts in LIKENESSES:
        write(folder, content, name)
        expect_refused(score(program, folder, name=name), folder, f"{name}: ", ": line 1: not a ", *parts)


def looks_for_a_learner(program: Program, folder: pathlib.Path) -> None:
    """The same where the inputs are learnt from the records, which no --max-errors makes possible."""
    write(folder, "1,2,3\n4,5,6\n", "in.txt")
    for more in ((), ("--max-errors", "100%")):
        expect_refused(score(program, folder, *more, model="double.pt", name="in.txt"), folder, "in.txt: ", "CSV", "line 1")


def remedies_work(program: Program, folder: pathlib.Path) -> None:
    """The commands without a program that may be missing, typed as they stand."""
    for name, content in (("in.jsonl", '{"text":"good"},\n'), ("in.txt", '{"text":"good"}\n'.encode("utf-16-le"))):
        write(folder, content, name)
        message = score(program, folder, name=name).message()
        command = message.split("; make JSON lines of it: ")[-1].split("; unpack it: ")[-1].split("; to score")[0]
        check(run(["sh", "-c", command], folder).code == 0, f"cannot run: {command}")
        outcome = score(program, folder, "--overwrite", name="records.jsonl")
        check(outcome.code == 0, f"after {command}: {outcome}")
        (folder / "out.jsonl").unlink()
        (folder / "out.jsonl.run").unlink()


TESTS = [wrong_field, wrong_field_of_numbers, names_with_dots, wrong_shape, one_good_record, failures_allowed, what_it_looks_like,
         looks_for_a_learner, remedies_work]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
