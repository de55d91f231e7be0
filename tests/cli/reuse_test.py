"""--keys and --reuse: after random edits a run takes over exactly the rows that it must, and writes the bytes of a full run,
for every format and any N; keys or outputs that are not as they were written are refused by name.

    reuse_test.py INFER MODELS [NAME...]
"""

import dataclasses
import json
import pathlib
import random
import signal
import sys

from cli_support import Argument, Program, check, check_refused, run, run_tests
from resume_support import check_clean, leave_unfinished, slow

Record = dict[str, object]
FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "npy", "parquet", "parts.jsonl", "parts.csv.zst", "parts.npy",
           "parts.parquet")
KEY_BYTES = 16


@dataclasses.dataclass
class Job:
    """A model whose rows are exact, so that no digit hangs on a batch."""

    program: Program
    folder: pathlib.Path
    form: str = "jsonl"
    flags: tuple[Argument, ...] = ()
    task: tuple[Argument, ...] = ()  # another model's

    def arguments(self, output: str, *more: Argument) -> list[Argument]:
        task: list[Argument] = ["--input-spec", "x:float32:[8]"]
        if self.task:
            task = [*self.task]
        elif self.form.endswith("npy"):
            task += ["--model", self.program.model("identity.pt"), "--task", "embedding"]
        else:
            task += ["--model", self.program.model("exact_sum.pt"), "--passthrough", "note"]
        place: list[Argument] = ["--output", output]
        if self.form.startswith("parts."):
            place = ["--output-dir", output, "--output-format", self.form.removeprefix("parts."), "--part-bytes", "6000"]
        return [*task, *place, "--input", "data.jsonl", "--overwrite",
                "--chunk-bytes", "2000", "--max-errors", "90%", *self.flags, *more]

    def score(self, output: str, *more: Argument, ranks: int = 1) -> dict[str, object]:
        """What it says at its end."""
        outcome = run(self.program.command(ranks, *self.arguments(output, "--log-format", "json", *more)), self.folder)
        check(outcome.code == 0, str(outcome))
        events = [json.loads(line) for line in outcome.stderr.splitlines() if line.startswith("{")]
        return next(event for event in events if event["event"] == "finished")

    def files(self, output: str) -> list[pathlib.Path]:
        """Of rows, in their order."""
        if not self.form.startswith("parts."):
            return [self.folder / output]
        manifest = json.loads((self.folder / output / "manifest.json").read_text())
        return [self.folder / output / part["part"] for part in manifest["parts"]]

    def bytes(self, output: str) -> list[bytes]:
        """Of the rows and their errors."""
        errors = [self.folder / f"{output}.errors.jsonl", self.folder / output / "errors.jsonl"]
        return [path.read_bytes() for path in [*self.files(output), *errors] if path.is_file()]

    def keys(self, output: str) -> list[bytes]:
        return [key for path in self.files(output) for key in keys_of(path.with_name(path.name + ".keys"))]


def random_record(rng: random.Random, number: int) -> Record:
    """Contents repeat; some fail."""
    record: Record = {"id": number, "x": [rng.randrange(2) for _ in range(8)]}
    if rng.random() < 0.3:
        record["note"] = rng.choice(["a", 'with "quotes", and a comma', "two\nlines", 'outputs":{"x":1}', 7, None])
    if rng.random() < 0.05:
        record["x"] = [1, 2]
    return record


def edited(rng: random.Random, records: list[Record], share: float) -> list[Record]:
    """Some are moved, removed or changed, others come in."""
    kept = [dict(record) for record in records if rng.random() > share / 4]
    if rng.random() < 0.5:
        rng.shuffle(kept)
    for record in kept:
        change = rng.random()
        if change < share / 3:
            record["id"] = rng.randrange(10**6)
        elif change < share / 2:
            record["note"] = rng.randrange(100)
        elif change < share:
            record["x"] = [*list(record["x"])[:-1], rng.randrange(5)]  # type: ignore[call-overload]
    for _ in range(int(share * len(records))):
        kept.insert(rng.randrange(len(kept) + 1), random_record(rng, rng.randrange(10**6)))
    return kept


def fitting(form: str, records: list[Record]) -> list[Record]:
    """A column of Parquet has values of one kind."""
    if not form.endswith("parquet"):
        return records
    return [record | {"note": str(record["note"])} if record.get("note") is not None else record for record in records]


def write(folder: pathlib.Path, records: list[Record]) -> None:
    (folder / "data.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def contents(records: list[Record]) -> list[str]:
    """What the model gets of each that is good."""
    return [json.dumps(record["x"]) for record in records if len(list(record["x"])) == 8]  # type: ignore[call-overload]


def keys_of(path: pathlib.Path) -> list[bytes]:
    """One for each row, as the file's description in lib/keys has them."""
    data = path.read_bytes()
    at, keys = int.from_bytes(data[12:16], "little"), []
    while at < len(data):
        rows = int.from_bytes(data[at:at + 8], "little")
        begin = at + 48
        keys += [data[begin + KEY_BYTES * row:begin + KEY_BYTES * (row + 1)] for row in range(rows)]
        at = begin + KEY_BYTES * rows
    return keys


def try_random_edits(program: Program, folder: pathlib.Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    rng = random.Random(seed)
    for number in range(2 * len(FORMATS)):
        form = FORMATS[number % len(FORMATS)]
        skips = not form.endswith("npy") and rng.random() < 0.3
        job = Job(program, folder, form, ("--on-error", "skip") if skips else ())
        records = fitting(form, [random_record(rng, number) for number in range(rng.randrange(1, 500))])
        outputs, known = [], set()
        for output in ("before." + form, "other." + form)[:rng.randrange(1, 3)]:
            some = records if not outputs else fitting(form, [random_record(rng, number) for number in range(60)])
            write(folder, some)
            job.score(output, "--keys")
            outputs += ["--reuse", output]
            known |= set(contents(some))
        share = rng.choice([0, 0.02, 0.3, 1])
        now = fitting(form, edited(rng, records, share))
        write(folder, now)
        where = f"seed {seed}, try {number}: {form}, {outputs}, {share}"
        full = job.score("full." + form, "--keys")
        ranks = rng.randrange(1, 4)
        done = job.score("now." + form, "--keys", *outputs, ranks=ranks)
        check(job.bytes("now." + form) == job.bytes("full." + form), f"other bytes than a full run's: {where}")
        check(job.keys("now." + form) == job.keys("full." + form), f"other keys: {where}")
        check(done["reused"] == sum(one in known for one in contents(now)), f"{done} with {where}")
        check(full["reused"] == 0 and done["failed"] == full["failed"], f"{full} and {done} with {where}")


def try_keys_are_of_rows(program: Program, folder: pathlib.Path) -> None:
    job = Job(program, folder)
    write(folder, [{"id": 1, "x": [1] * 8}, {"id": 2, "x": [0] * 8}, {"id": 3, "x": [1]}, {"id": 4, "x": [1.0] * 8}])
    job.score("out.jsonl", "--keys")
    keys = keys_of(folder / "out.jsonl.keys")
    check(len(keys) == 4 and keys[0] == keys[3] and keys[2] == bytes(KEY_BYTES), f"{keys}")
    check(len({*keys}) == 3, f"{keys}")
    check_clean(folder)


def try_any_number_of_ranks(program: Program, folder: pathlib.Path) -> None:
    rng = random.Random(3)
    write(folder, [random_record(rng, number) for number in range(900)])
    job = Job(program, folder)
    job.score("one.jsonl", "--keys")
    for ranks in (2, 3, 4):
        job.score("more.jsonl", "--keys", ranks=ranks)
        for ending in ("", ".keys"):
            same = (folder / f"one.jsonl{ending}").read_bytes() == (folder / f"more.jsonl{ending}").read_bytes()
            check(same, f"{ranks} ranks write another .jsonl{ending}")


def try_repeats(program: Program, folder: pathlib.Path) -> None:
    """Equal records are scored once in their chunk, and with a cache in a run; each has its row."""
    rng = random.Random(6)
    records: list[Record] = [random_record(rng, number) | {"x": [rng.randrange(3)] * 8} for number in range(400)]
    for form in ("jsonl", "csv.zst", "npy"):
        job = Job(program, folder, form)
        write(folder, records)
        plain = job.score("plain." + form)
        check(0 < int(str(plain["repeated"])) < 400 - 3, str(plain))
        for ranks in (1, 3):
            done = job.score("now." + form, "--repeat-cache", "1MiB", ranks=ranks)
            check(job.bytes("now." + form) == job.bytes("plain." + form), f"{form}: other bytes with a cache")
            check(int(str(done["repeated"])) > int(str(plain["repeated"])), f"{done} and {plain}")


def try_texts(program: Program, folder: pathlib.Path) -> None:
    """What a task gives has quotes, commas and lists in it."""
    (folder / "labels.txt").write_text('low\n6" high\n"two, words"]\n')
    task = ("--model", program.model("classifier.pt"), "--task", "classification", "--labels", "labels.txt", "--top-k", "2")
    for form in ("csv", "parquet"):
        job = Job(program, folder, form, task=task)
        records: list[Record] = [{"id": number, "x": [number % 7, 3 - number % 5, 0, number]} for number in range(90)]
        write(folder, records)
        job.score("before." + form, "--keys")
        write(folder, records[::-1])
        job.score("full." + form)
        done = job.score("now." + form, "--reuse", "before." + form)
        check(done["reused"] == 90, f"{form}: {done}")
        check(job.bytes("now." + form) == job.bytes("full." + form), f"{form}: other bytes than a full run's")


def try_in_its_own_place(program: Program, folder: pathlib.Path) -> None:
    """The nightly job: the output of yesterday gives way to today's, whose rows it has."""
    rng = random.Random(4)
    records = [random_record(rng, number) for number in range(300)]
    job = Job(program, folder)
    for _ in range(3):
        write(folder, records)
        reuse = ["--reuse", "out.jsonl"] if (folder / "out.jsonl").exists() else []
        done = job.score("out.jsonl", "--keys", *reuse, ranks=2)
        job.score("full.jsonl")
        check(job.bytes("out.jsonl") == job.bytes("full.jsonl"), str(done))
        records = edited(rng, records, 0.1)
    check(int(str(done["reused"])) > 200, str(done))


def try_other_options(program: Program, folder: pathlib.Path) -> None:
    write(folder, [{"id": 1, "x": [0.5] * 8}])
    job = Job(program, folder)
    job.score("out.jsonl", "--keys")
    changed = job.arguments("now.jsonl", "--reuse", "out.jsonl", "--non-finite", "string")
    outcome = run(program.command(2, *changed), folder)
    check(outcome.code == 0 and "--non-finite: null then, string now" in outcome.stderr, str(outcome))
    check(job.score("now.jsonl", "--reuse", "out.jsonl", "--non-finite", "string")["reused"] == 0, "another option's row")
    other = Job(program, folder, flags=("--id-field", "x", "--on-error", "fail", "--max-batch-size", "3"))
    check(other.score("now.jsonl", "--reuse", "out.jsonl")["reused"] == 1, "options that shape no value counted")


def try_check_tells(program: Program, folder: pathlib.Path) -> None:
    write(folder, [{"id": 1, "x": [0.5] * 8}])
    job = Job(program, folder)
    job.score("out.jsonl", "--keys")
    flags = job.arguments("now.jsonl", "--reuse", "out.jsonl")
    told = run(program.command(1, "check", *flags), folder)
    check(told.code == 0 and b"1 earlier file with the keys of 1 row" in told.stdout, f"{told}{told.stdout!r}")
    (folder / "out.jsonl.keys").unlink()
    told = run(program.command(1, "check", *flags), folder)
    check(told.code == 2 and b"out.jsonl has no keys" in told.stdout, f"{told}{told.stdout!r}")


def try_what_is_not_as_it_was(program: Program, folder: pathlib.Path) -> None:
    rng = random.Random(5)
    write(folder, [random_record(rng, number) for number in range(200)])
    job = Job(program, folder)
    job.score("out.jsonl", "--keys")
    (folder / "plain.jsonl").write_text("{}\n")
    good = (folder / "out.jsonl").read_bytes(), (folder / "out.jsonl.keys").read_bytes()

    def refused(text: str, *flags: Argument, reuse: str = "out.jsonl", ranks: int = 1) -> None:
        command = program.command(ranks, *job.arguments("now.jsonl", "--reuse", reuse, *flags))
        check_refused(run(command, folder), text)
        check(not list(folder.glob("now.jsonl*")), "a refused run left files")
        (folder / "out.jsonl").write_bytes(good[0])
        (folder / "out.jsonl.keys").write_bytes(good[1])

    refused("plain.jsonl has no keys", "--keys", reuse="plain.jsonl")
    refused("nothing.jsonl", reuse="nothing.jsonl")
    for cut in (0, 40, len(good[1]) // 2, len(good[1]) - 1):
        (folder / "out.jsonl.keys").write_bytes(good[1][:cut])
        refused("out.jsonl.keys")
    for _ in range(4):
        for name, content in zip(("out.jsonl", "out.jsonl.keys"), good, strict=True):
            changed = bytearray(content)
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
            (folder / name).write_bytes(changed)
            refused("out.jsonl")
    (folder / "out.jsonl").write_bytes(good[0] + b'{"id":1}\n')
    refused("out.jsonl", ranks=2)


def try_combinations(program: Program, folder: pathlib.Path) -> None:
    write(folder, [{"x": [1] * 8}])
    job = Job(program, folder)

    def refused(text: str, *flags: Argument, output: str = "out.jsonl") -> None:
        check_refused(run(program.command(1, *job.arguments(output, *flags)), folder), text)

    for flags in (["--stateful"], ["--seed", "1"], ["--allow-batch-effects"]):
        refused(flags[0], "--keys", *flags)
        refused(flags[0], "--reuse", "x.jsonl", *flags)
        refused(flags[0], "--repeat-cache", "1MiB", *flags)
    refused("standard output", "--keys", output="-")
    refused("--reuse FILE", "--keys", "--retry-errors")
    for form in ("jsonl", "parquet"):
        write(folder, [])
        job = Job(program, folder, form)
        job.score("empty." + form, "--keys")
        write(folder, [{"x": [1] * 8}])
        check(job.score("out." + form, "--keys", "--reuse", "empty." + form)["rows"] == 1, f"an empty {form}")


def try_a_killed_run(program: Program, folder: pathlib.Path) -> None:
    records: list[Record] = [{"id": number, "x": [number + 1000] * 4} for number in range(240)]
    write(folder, records)
    flags: list[Argument] = ["--chunk-bytes", "500", "--keys"]
    before = run(program.command(2, *slow(program, "--output", "before.jsonl", *flags)), folder)
    check(before.code == 0, str(before))
    write(folder, [record | {"x": [record["id"]] * 4} if number % 2 else record for number, record in enumerate(records)])
    flags += ["--reuse", "before.jsonl"]
    full = run(program.command(1, *slow(program, "--output", "full.jsonl", *flags)), folder)
    check(full.code == 0, str(full))
    command = slow(program, *flags)
    for ranks in (1, 3):
        leave_unfinished(program.command(2, *command), folder, signal.SIGKILL)
        resumed = run(program.command(ranks, *command, "--resume"), folder)
        check(resumed.code == 0, str(resumed))
        for ending in ("", ".keys"):
            same = (folder / f"out.jsonl{ending}").read_bytes() == (folder / f"full.jsonl{ending}").read_bytes()
            check(same, f"a killed run went on to another .jsonl{ending}")
        for path in folder.glob("out.jsonl*"):
            path.unlink()


TESTS = [try_random_edits, try_keys_are_of_rows, try_any_number_of_ranks, try_repeats, try_texts, try_in_its_own_place,
         try_other_options, try_check_tells, try_what_is_not_as_it_was, try_combinations, try_a_killed_run]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
