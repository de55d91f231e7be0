"""Jobs of several models in one pass, an output each: what they write, and which of the outputs an attempt is of."""

import dataclasses
import gzip
import json
import pathlib
import random
import re
from typing import Any

from cli_support import Argument, Program
from variants import BAD_RECORDS, PICTURES, STAGED, Variant, Wanted, draw_variant, write_photos

SLOW = ("slow_rows.pt", "slow_rows.pt2", STAGED, PICTURES)
QUICK = ("identity.pt", "raises_on_negative.pt", "bundle_text.pt")
ENDINGS = ("jsonl", "jsonl", "npy", "csv", "jsonl.zst", "parquet")
BUNDLES = (STAGED, PICTURES, "bundle_text.pt")
UNFIT = (PICTURES, "bundle_text.pt", "raises_on_negative.pt")  # for an array, which takes one vector for each record
THREE_SHARE = 0.25  # of the jobs
NEGATIVE_SHARE = 0.05  # of the records
ALONE_SHARE = 0.25  # of the attempts; they are of one output
LOST_SHARE = 0.2  # of the attempts before which an output's files are gone
TOUCHED_SHARE = 0.3  # of the attempts before which the input is as if it had been written again
ROWS_SHARE = 0.6  # of the moments; none of these is before the first row
SEVERAL_SHARE = 0.15  # of the jobs, unless all are to have several models
ROWS = re.compile(rb'"rows":(\d+),')
FOLDERS = ("one", "two", "three")
PACKED = 5  # bytes of a packed input are so many in it, about
COUNTED = (".jsonl", ".csv", ".npy")  # files whose rows can be counted while they are written
Record = dict[str, Any] | str  # that, or a broken line


@dataclasses.dataclass(frozen=True)
class Member:
    """One of the models, and where its rows go."""

    model: str
    output: str
    task: str

    @property
    def errors(self) -> str:
        return f"{self.output}.errors.jsonl"


@dataclasses.dataclass(frozen=True)
class SeveralVariant(Variant):
    """Fewer rows than those of one model; input and options are the same for all its outputs."""

    members: tuple[Member, ...]
    input_ending: str
    choice: tuple[str, ...]  # of records, as flags
    passes_note: bool

    @property
    def names(self) -> list[str]:
        return [member.output for member in self.members]

    @property
    def models(self) -> list[str]:
        return [member.model for member in self.members]

    def watched(self, names: list[str]) -> list[str]:
        return [name for name in names if name.endswith(COUNTED)] or names

    @property
    def inputs(self) -> list[str]:
        return [f"data{number}.{self.input_ending}" for number in range(self.files)]

    def files_of(self, name: str) -> list[str]:
        member = next(member for member in self.members if member.output == name)
        has_errors = self.errors or not member.output.endswith((".jsonl", ".zst"))
        return [name, *[member.errors] * has_errors, *[f"{name}.keys"] * self.keys]

    def arguments(self, program: Program, folder: pathlib.Path, into: str, names: list[str]) -> list[Argument]:
        size = sum((folder / name).stat().st_size for name in self.inputs) * (PACKED if self.input_ending.endswith("gz") else 1)
        flags: list[Argument] = [*program.waits, "--input", *self.inputs, "--threads", "1", "--chunk-bytes", str(max(16, size // self.chunks)),
                                 "--journal-interval", str(self.journal_interval), "--on-error", self.on_error, *self.choice]
        for member in self.members:
            if member.output in names:
                flags += ["--model", program.model(member.model), "--task", member.task, "--output", f"{into}/{member.output}"]
                flags += ["--errors", f"{into}/{member.errors}"] if self.errors else []
        flags += [*self.description(), *["--passthrough", "note"] * self.passes_note]
        flags += ["--keys"] * self.keys + ["--reuse", "before.jsonl"] * self.reuses
        return flags + ["--max-errors", "100%"] * self.tolerant

    def description(self) -> list[Argument]:
        """Of the models' inputs, where no model is a bundle."""
        return ["--input-spec", "x:float32:[4]"] * (not set(self.models) & set(BUNDLES))

    def earlier_arguments(self, program: Program) -> list[Argument]:
        first = self.members[0]
        return ["--model", program.model(first.model), *program.waits, "--input", *self.inputs, "--threads", "1", *self.description(),
                "--limit", str(self.rows // 4), "--output", "before.jsonl", "--keys", "--max-errors", "100%"]

    def rows_in(self, path: pathlib.Path) -> int:
        """Of a packed output, those that its journal has."""
        plain = path.with_suffix("") if path.suffix == ".partial" else path
        if path.suffix == ".partial" and not plain.name.endswith(COUNTED):
            journal = path.with_name(f"{plain.name}.journal")
            found = ROWS.findall(journal.read_bytes()) if journal.exists() else []
            return int(found[-1]) if found else 0
        if not plain.name.endswith(COUNTED):
            return self.rows if path.exists() else 0
        if plain.suffix == ".csv":
            return max(0, self.lines_in(path) - 1)
        return self.rows_in_array(path) if plain.suffix == ".npy" else self.lines_in(path)

    def __str__(self) -> str:
        members = ", ".join(f"{member.model} -> {member.output}" for member in self.members)
        more = [f"errors({self.on_error})" * self.errors, "keys" * self.keys, "earlier rows" * self.reuses, " ".join(self.choice)]
        return f"{members} of {self.input_ending} {' '.join(filter(None, more))} {self.rows} rows {self.chunks} chunks"


def draw_members(rng: random.Random, on_error: str) -> list[Member]:
    """One at least is slow. Each has a folder of its own, and a format that none of the others has."""
    count = 3 if rng.random() < THREE_SHARE else 2
    models = [rng.choice(SLOW), *(rng.choice(rng.choice([SLOW, QUICK])) for _ in range(count - 1))]
    rng.shuffle(models)
    has_bundle = bool(set(models) & set(BUNDLES))
    if has_bundle:
        models = ["slow_rows.pt" if model == "slow_rows.pt2" else model for model in models]
    members: list[Member] = []
    for model, folder in zip(models, FOLDERS, strict=False):
        endings = [ending for ending in ENDINGS if ending not in {member.output.partition(".")[2] for member in members}
                   and (ending != "npy" or (model not in UNFIT and has_bundle == (model == STAGED) and on_error == "record"))]
        ending = rng.choice(endings)
        members.append(Member(model, f"{folder}/out.{ending}", "embedding" if ending == "npy" else "auto"))
    return members


def draw_several(rng: random.Random, wanted: Wanted) -> SeveralVariant:
    plain = draw_variant(rng, dataclasses.replace(wanted, stages=False))
    on_error = rng.choice(["record", "record", "skip"])
    members = draw_members(rng, on_error)
    has_array = any(member.output.endswith(".npy") for member in members)
    common = {field.name: getattr(plain, field.name) for field in dataclasses.fields(plain)}
    common.update(rows=rng.randrange(600, 1000), model=members[0].model, npy=False, on_error=on_error, parts=False,
                  tolerant=plain.tolerant or any(member.model == "raises_on_negative.pt" for member in members))
    return SeveralVariant(**common, members=tuple(members), input_ending=rng.choice(["jsonl"] * 6 + ["jsonl.gz", "parquet"]),
                          choice=rng.choice([()] * 6 + [("--limit", "150"), ("--sample", "60%")]),
                          passes_note=not has_array or plain.errors)


def several_record(rng: random.Random, number: int, variant: SeveralVariant, photos: list[str]) -> Record:
    """The first is good: from it the inputs are learnt. A bad one is bad for all models, or for some."""
    is_bad = number > 0 and rng.random() < variant.bad_share
    if is_bad and variant.input_ending != "parquet" and rng.random() < 0.5:
        return rng.choice(BAD_RECORDS) % number
    least = -16 if number > 0 and rng.random() < NEGATIVE_SHARE else 0
    record: dict[str, Any] = {"id": number, "note": "n" * rng.randrange(60), "x": [rng.randrange(least, 17) / 2 for _ in range(4)],
                              "text": " ".join(rng.choices(["good", "bad", "film"], k=rng.randrange(1, 9)))}
    if photos:
        record["image"] = rng.choice(photos)
    if is_bad:
        record[rng.choice([name for name in record if name not in ("id", "note")])] = None
    return record


def touch_input(folder: pathlib.Path, rng: random.Random, variant: Variant) -> bool:
    """At times, unless records are chosen: these are gone on with by the input's name and time."""
    if not isinstance(variant, SeveralVariant) or variant.choice or rng.random() >= TOUCHED_SHARE:
        return False
    for name in variant.inputs:
        (folder / name).touch()
    return True


def write_records(path: pathlib.Path, records: list[Record]) -> None:
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet
        columns = {"id": pyarrow.int64(), "note": pyarrow.string(), "x": pyarrow.list_(pyarrow.float32()),
                   "text": pyarrow.string(), "image": pyarrow.string()}
        table = pyarrow.Table.from_pylist([record for record in records if isinstance(record, dict)], pyarrow.schema(columns))
        pyarrow.parquet.write_table(table, path, row_group_size=50)
        return
    lines = "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)


def write_several_input(folder: pathlib.Path, rng: random.Random, variant: SeveralVariant) -> None:
    """The rows split at random over the files, the first of which has some."""
    photos = write_photos(folder, rng, variant.bad_share) if PICTURES in variant.models else []
    records = [several_record(rng, number, variant, photos) for number in range(variant.rows)]
    cuts = sorted(rng.randrange(1, variant.rows + 1) for _ in range(variant.files - 1))
    for name, begin, end in zip(variant.inputs, [0, *cuts], [*cuts, variant.rows], strict=True):
        write_records(folder / name, records[begin:end])
