"""Input made to break things: JSON bombs, misleading model files, names with control characters. Each costs one record,
or ends the run before any work with one line; memory stays bounded.

    hostile_test.py INFER MODELS
"""

import io
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable

from cli_support import Outcome, Program, check, environment, run, scratch

MILLION = 1_000_000
GOOD = b'{"id":"good","x":[1,0,0,0,0,0,0,0]}\n'
# Of one process that meets a line of 1 GiB: --max-record-bytes of text, what the parser needs for it, LibTorch.
MOST_RESIDENT_BYTES = 600_000_000
SANITIZED = "ASAN_OPTIONS" in os.environ


def record(more: str = "", x: str = "2,0,0,0,0,0,0,0", number: str = "1") -> bytes:
    return f'{{"id":{number},{more}"x":[{x}]}}\n'.encode()


# What is hostile → the record, its error code (empty: it is scored), the id in its row (None: there is none).
RECORDS: dict[str, tuple[bytes, str, object]] = {
    "nested deep in a field that nobody wants": (record('"y":' + "[" * MILLION + "]" * MILLION + ","), "invalid_json", 1),
    "nested deep, not closed": (record('"y":' + '{"a":' * MILLION), "invalid_json", 1),
    "nested deep in the input": (record(x="[" * MILLION + "]" * MILLION), "wrong_type", 1),
    "nested deep in the id": (record(number="[" * MILLION + "]" * MILLION), "invalid_json", None),
    "a million keys": (record("".join(f'"k{i}":{i},' for i in range(MILLION))), "", 1),
    "a million times the same key": (record('"x":1,' * MILLION), "", 1),
    "a million digits": (record(x="1" * MILLION + ",0,0,0,0,0,0,0"), "out_of_range", 1),
    "a million digits after the point": (record(x="2." + "0" * MILLION + ",0,0,0,0,0,0,0"), "", 1),
    "an exponent that overflows": (record(x="1e999999,0,0,0,0,0,0,0"), "out_of_range", 1),
    "a long exponent": (record(x="1e" + "9" * MILLION + ",0,0,0,0,0,0,0"), "out_of_range", 1),
    "an exponent that underflows": (record(x="2,1e-999999,0,0,0,0,0,0"), "", 1),
    "a lone surrogate in the id": (record(number='"\\ud800"'), "invalid_json", None),
    "a lone surrogate in a key": (record('"\\udc00":1,'), "invalid_json", 1),
    "an id of ten megabytes": (record(number='"' + "i" * 10 * MILLION + '"'), "", "i" * 10 * MILLION),
    "two ids": (record('"id":3,'), "", 3),
    "two inputs": (record('"x":[9,9,9,9,9,9,9,9],'), "", 1),
    "two inputs, the first one wrong": (record('"x":"no",'), "", 1),
    "two inputs, the first one no JSON": (record('"x":tru,'), "invalid_json", 1),
}


def check_one_line(outcome: Outcome) -> None:
    """Every line of stderr is infer's own, and nothing in it moves a cursor."""
    lines = outcome.stderr.split("\n")
    check(lines.pop() == "", f"the last line has no end: {outcome}")
    for line in lines:
        check(line.startswith("infer: "), f"a line of its own: {line[:300]!r}")
        check(re.search(r"[\x00-\x1f\x7f-\x9f]", line) is None, f"control characters in {line[:300]!r}")


def check_refused(outcome: Outcome, *wanted: str) -> None:
    check(outcome.code == 2, f"expected exit 2: {outcome}")
    check_one_line(outcome)
    check(outcome.stderr.count("\n") == 1, f"expected one line: {outcome}")
    for text in wanted:
        check(text in outcome.stderr, f"no {text!r} in {outcome}")


def resident_peak(command: list[str], folder: pathlib.Path) -> int:
    """Bytes; the command must end with 0 or 1."""
    child = subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    check(child.returncode in (0, 1), f"exit {child.returncode}: {command}")
    return usage.ru_maxrss * 1024


def test_records(program: Program, folder: pathlib.Path) -> None:
    with (folder / "data.jsonl").open("wb") as file:
        for text, _, _ in RECORDS.values():
            file.write(GOOD + text)
        file.write(GOOD)
    outcome = run(program.command(1, "-m", program.model("exact_sum.pt"), "-i", "data.jsonl", "--input-spec", "x:float32:[8]",
                                  "-o", "out.jsonl"), folder)
    check(outcome.code == 1, f"expected exit 1: {outcome}")
    check_one_line(outcome)
    rows = (folder / "out.jsonl").read_bytes().splitlines()
    check(len(rows) == 2 * len(RECORDS) + 1, f"{len(rows)} rows out, {2 * len(RECORDS) + 1} in")
    for row in rows[::2]:
        check(row == b'{"id":"good","outputs":{"output0":1}}', f"a good record gave {row[:200]!r}")
    for (name, (_, code, number)), text in zip(RECORDS.items(), rows[1::2], strict=True):
        row = json.loads(text)
        got = row.get("error", {}).get("code", "")
        check(got == code, f"{name}: expected {code!r}, got {text[:300]!r}")
        check(row.get("id") == number, f"{name}: another id in {text[:300]!r}")
        check(code != "" or row["outputs"] == {"output0": 2}, f"{name}: {text[:300]!r}")
        check(len(text) < 1000 or code == "", f"{name}: an error of {len(text)} bytes")


def test_gigabyte_line(program: Program, folder: pathlib.Path) -> None:
    """The line is a hole in the file: zero bytes without end."""
    with (folder / "long.jsonl").open("wb") as file:
        file.write(GOOD + b'{"id":2,"x":"')
        file.seek(1 << 30, io.SEEK_CUR)
        file.write(b'"}\n' + GOOD)
    peak = resident_peak(program.command(1, "-q", "-m", program.model("exact_sum.pt"), "-i", "long.jsonl", "-o", "long.out"),
                         folder)
    rows = [json.loads(line) for line in (folder / "long.out").read_text().splitlines()]
    check([row.get("error", {}).get("code") for row in rows] == [None, "too_long", None], f"got {rows}")
    check(SANITIZED or peak < MOST_RESIDENT_BYTES, f"{peak} bytes resident")


def test_names(program: Program, folder: pathlib.Path) -> None:
    """Names of files and classes with everything a file system allows."""
    name = b'a\n"b\\\x1b[31m\xff\xc2\x9b.jsonl'
    pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b'{"id":1,"x":[1,2,3,4]}\n{"id":2}\n')
    (folder / "labels.txt").write_bytes(b'one\x1b[31m\nt"w\\o\x00\x7f\n\xff\xe2\x80\xa8\tthree\n')
    command = program.command(1, "-m", program.model("classifier.pt"), "-i", os.fsdecode(name), "-o", "names.jsonl", "--errors",
                              "errors.jsonl", "--task", "classification", "--labels", "labels.txt", "--scores", "all")
    outcome = run(command, folder)
    check(outcome.code == 1, f"expected exit 1: {outcome}")
    check_one_line(outcome)
    for file in ("names.jsonl", "errors.jsonl"):
        text = (folder / file).read_bytes().decode()  # must be UTF-8
        check(re.search(r"[\x00-\x09\x0b-\x1f]", text) is None, f"control characters in {file}: {text!r}")
        rows = [json.loads(line) for line in text.split("\n")[:-1]]
        shown = rows[-1].get("error", rows[-1])["file"]
        check(shown == name.decode(errors="replace"), f"the file's name became {shown!r}")
    scores = json.loads((folder / "names.jsonl").read_bytes().split(b"\n")[0])["scores"]
    check(list(scores) == ["one\x1b[31m", 't"w\\o\x00\x7f', "\ufffd\u2028\tthree"], f"the labels became {scores}")
    check_refused(run(program.command(1, "-m", program.model("classifier.pt"), "-i", "no\nfile\x1b[0m\x07"), folder), "no\\nfile")
    check_refused(run(program.command(1, "-m", "x" * 300 + "\n", "-i", os.fsdecode(name)), folder))


Members = dict[str, bytes]


def members_of(model: pathlib.Path) -> Members:
    with zipfile.ZipFile(model) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Members, compressed: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED)
    return file.getvalue()


def renamed(members: Members, name: bytes) -> bytes:
    """The model with one more member of this name, which Python's zipfile would not write."""
    placeholder = b"#" * len(name)
    return zipped(members | {placeholder.decode(): b"content"}).replace(placeholder, name)


def patched_entry(archive: bytes, index: int, offset: int, number: int) -> bytes:
    """Another 32-bit number at `offset` of entry `index` of the table of contents (PKWARE's APPNOTE.TXT, 4.3.12)."""
    at = archive.index(b"PK\x01\x02")
    for _ in range(index):
        at = archive.index(b"PK\x01\x02", at + 4)
    return archive[: at + offset] + struct.pack("<I", number) + archive[at + offset + 4 :]


def hostile_archives(members: Members) -> dict[str, tuple[bytes, str]]:
    """What is hostile → the file and what the message must say."""
    root = next(iter(members)).split("/")[0].encode()
    plain = zipped(members)
    packed = zipped(members | {f"{root.decode()}/code/bomb.py": bytes(100_000)}, compressed=True)
    last = len(members) - 1
    names = {
        "climbs out": (root + b"/../../../tmp/x", 'a part ".."'),
        "absolute": (b"/tmp/infer_hostile", "absolute"),
        "a backslash": (root + b"\\..\\x", "backslash"),
        "a NUL": (root + b"/a\0b", "control character"),
        "a line end": (root + b"/a\nb", "control character"),
        "an escape": (root + b"/\x1b[2J", "control character"),
        "a dot": (root + b"/./x", 'a part "."'),
        "an empty part": (root + b"//x", 'a part ""'),
        "too long": (root + b"/" + b"n" * 600, "longer than 511 bytes"),
        "comes twice": (root + b"/version", "comes twice"),
    }
    files = {what: (renamed(members, name), message) for what, (name, message) in names.items()}
    return files | {
        "unpacks to gigabytes": (patched_entry(packed, last + 1, 24, 0xF0000000), "unpack to more than"),
        "stored with two sizes": (patched_entry(plain, 0, 24, 0xF0000000), "two sizes"),
        "a place outside": (patched_entry(plain, 0, 42, 0xF0000000), "lies outside"),
        "a size outside": (patched_entry(patched_entry(plain, 0, 20, 1 << 30), 0, 24, 1 << 30), "unpack to more than"),
        "the place of another": (patched_entry(plain, 1, 42, 0), "differs"),
        "overlapping": (overlapping(members), "overlap"),
        "something after its end": (plain + b"\0", "follows its end"),
    }


def overlapping(members: Members) -> bytes:
    """The first member's bytes hold the header of the last one."""
    inner = zipped({"last": b"x"})
    header = inner[: inner.index(b"PK\x01\x02")]
    first, last = next(iter(members)).split("/")[0] + "/first", "last"
    archive = zipped({first: header, last: b"x"})
    return patched_entry(archive, 1, 42, archive.index(header[:10], 10))


def test_archives(program: Program, folder: pathlib.Path) -> None:
    members = members_of(program.model("exact_sum.pt"))
    (folder / "data.jsonl").write_bytes(GOOD)
    (folder / "same.pt").write_bytes(zipped(members))
    check(run(program.command(1, "-q", "-m", "same.pt", "-i", "data.jsonl"), folder).code == 0, "the model zipped again fails")
    for what, (content, message) in hostile_archives(members).items():
        (folder / "hostile.pt").write_bytes(content)
        outcome = run(program.command(1, "inspect", "hostile.pt"), folder)
        print(f"{what}: {outcome.stderr.strip()}", flush=True)
        check_refused(outcome, "hostile.pt: ", message)
    check_refused(run(program.command(1, "-m", "hostile.pt", "-i", "data.jsonl"), folder), "hostile.pt: ")
    check(not pathlib.Path("/tmp/infer_hostile").exists(), "a member was written to its absolute name")


def test_tensors(program: Program, folder: pathlib.Path) -> None:
    """A TorchScript file whose one tensor claims more than is there: LibTorch refuses it, and says why in one line."""
    if program.has_torch("2.11"):
        print("test_tensors: LibTorch 2.11 believes what a tensor claims")
        return
    (folder / "data.jsonl").write_bytes(GOOD)
    members = members_of(program.model("exact_sum.pt"))
    name = next(name for name in members if name.endswith("/data.pkl"))
    pickle = members[name]
    huge = b"\x8a\x08" + struct.pack("<q", 2**62)
    claims = {
        "a storage of 2^62": pickle.replace(b"K\x08tQ", huge + b"tQ"),
        "a size of 2^62": pickle.replace(b"(K\x08t(", b"(" + huge + b"t("),
        "a size of 1000": pickle.replace(b"(K\x08t(", b"(M\xe8\x03t("),
        "a negative size": pickle.replace(b"(K\x08t(", b"(J\xff\xff\xff\xfft("),
    }
    for what, claim in claims.items():
        check(claim != pickle, f"{what}: the pickle is written in another way now")
        (folder / "claims.pt").write_bytes(zipped(members | {name: claim}))
        check_refused(run(program.command(1, "-m", "claims.pt", "-i", "data.jsonl"), folder), "claims.pt: ")


def test_code(program: Program, folder: pathlib.Path) -> None:
    """Code that LibTorch's parser, which recurses, cannot read without an end of its stack."""
    (folder / "data.jsonl").write_bytes(GOOD)
    members = members_of(program.model("exact_sum.pt"))
    name = next(name for name in members if name.endswith(".py"))
    head = b"class ExactSum(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  def forward(self, x: Tensor) -> Tensor:\n    return "
    expressions = {"(x)": b"(" * 100_000 + b"x" + b")" * 100_000, "-x": b"-" * 100_000 + b"x", "x + x": b"x" + b" + x" * 100_000,
                   "just over the limit": b"(" * 1001 + b"x" + b")" * 1001}
    for what, expression in expressions.items():
        for compressed in (False, True):
            (folder / "nested.pt").write_bytes(zipped(members | {name: head + expression + b"\n"}, compressed))
            print(f"{what}, compressed: {compressed}", flush=True)
            check_refused(run(program.command(1, "-m", "nested.pt", "-i", "data.jsonl"), folder), "nested.pt: its code is nested 1", " deep (code/")
    check_refused(run(program.command(1, "inspect", "nested.pt"), folder), "nested.pt: its code is nested 1")
    depth = 990  # what the limit lets through must not end the process either
    (folder / "deep.pt").write_bytes(zipped(members | {name: head + b"(" * depth + b"x.sum(1)" + b")" * depth + b"\n"}))
    outcome = run(program.command(1, "-q", "-m", "deep.pt", "-i", "data.jsonl"), folder)
    check(outcome.code == 0 and outcome.stdout.count(b"outputs") == 1, f"refused, or worse: {outcome}")


def with_signature(members: Members, change: Callable[[dict], None]) -> bytes:
    name = next(name for name in members if name.endswith("extra/infer.json"))
    signature = json.loads(members[name])
    change(signature)
    return zipped(members | {name: json.dumps(signature).encode()})


# What is absurd → the change to infer.json, and what the message must say.
def numbers_changes() -> dict[str, tuple[Callable[[dict], None], str]]:
    def shape(*sizes: int) -> Callable[[dict], None]:
        return lambda signature: signature["inputs"][0].update(shape=list(sizes))

    def thousands(signature: dict) -> None:
        signature["inputs"] = [signature["inputs"][0] | {"name": f"x{i}", "field": f"x{i}"} for i in range(5000)]

    return {
        "one dimension of 2^62": (shape(2**62), "values per record"),
        "a product of 2^64": (shape(2**32, 2**32), "values per record"),
        "a negative dimension": (shape(-1), "whole numbers from 1 up"),
        "no dimension": (shape(0), "whole numbers from 1 up"),
        "a dimension beyond 64 bits": (shape(2**64), "no valid JSON"),
        "thousands of inputs": (thousands, "describes 5000 inputs, but the model takes 1"),
        "an output of 2^62": (lambda s: s["outputs"][0].update(shape=[2**62]), "values per record"),
        "a fill value beyond the type": (lambda s: s["inputs"][0].update(dtype="int8", pad=300), "is no int8"),
        "control characters": (lambda s: s.update({"\n\x1b[31m": 1}), "\\n\\x1b[31m"),
    }


def test_bundles(program: Program, folder: pathlib.Path) -> None:
    (folder / "data.jsonl").write_bytes(b'{"x":[1,2,3,4]}\n')
    members = members_of(program.model("bundle_numbers.pt"))
    for what, (change, message) in numbers_changes().items():
        (folder / "absurd.pt").write_bytes(with_signature(members, change))
        outcome = run(program.command(1, "-m", "absurd.pt", "-i", "data.jsonl"), folder)
        print(f"{what}: {outcome.stderr.strip()[:300]}", flush=True)
        check_refused(outcome, message)


def test_text_length(program: Program, folder: pathlib.Path) -> None:
    """A length beyond any text limits nothing."""
    (folder / "data.jsonl").write_bytes(b'{"text":"a b"}\n')
    members = members_of(program.model("bundle_text.pt"))
    (folder / "long.pt").write_bytes(with_signature(members, lambda s: s["text"].update(max_length=2**63 - 1)))
    outcome = run(program.command(1, "-q", "-m", "long.pt", "-i", "data.jsonl"), folder)
    if "without a tokenizer" not in outcome.stderr:  # INFER_ENABLE_RUST=OFF
        check(outcome.code == 0 and outcome.stdout.count(b"\n") == 1, f"expected a row: {outcome}")


def main() -> int:
    program = Program(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
    for test in (test_records, test_gigabyte_line, test_names, test_archives, test_code, test_tensors, test_bundles,
                 test_text_length):
        with scratch() as folder:
            test(program, folder)
        print(f"{test.__name__}: as expected", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
