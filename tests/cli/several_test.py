"""Several models in one pass: every output is byte for byte what a run of its model alone makes, for any N, format, keys and
earlier state; what cannot be done is refused.

    several_test.py INFER MODELS [NAME...]
"""

import dataclasses
import json
import os
import pathlib
import random
import signal
import sys

import pyarrow
import pyarrow.parquet
from cli_support import Argument, Outcome, Program, check, check_refused, run, run_tests
from feeding import run_fed
from job import started
from resume_support import check_clean, leave_unfinished, slow, wait_for_rows, write_slow_input

EXACT = ("exact_sum.pt", "outputs")
IDENTITY = ("identity.pt", "embedding")
FORMS = ("jsonl", "jsonl.zst", "csv", "csv.gz", "npy", "parquet")
ENDINGS = ("", ".keys", ".errors.jsonl")


@dataclasses.dataclass(frozen=True)
class Target:
    """An output and what makes it."""

    model: str
    task: str
    output: str

    def flags(self, program: Program, output: str = "") -> list[Argument]:
        return ["--model", program.model(self.model), "--task", self.task, "--output", output or self.output]

    def alone(self) -> str:
        return "alone." + self.output


def files(folder: pathlib.Path, output: str) -> dict[str, bytes]:
    """Of one output, by their endings."""
    paths = {ending: folder / (output + ending) for ending in ENDINGS}
    return {ending: path.read_bytes() for ending, path in paths.items() if path.exists()}


def score(program: Program, folder: pathlib.Path, arguments: list[Argument], ranks: int = 1) -> list[dict[str, object]]:
    """What it says at the end of each output."""
    outcome = run(program.command(ranks, *arguments, "--log-format", "json"), folder)
    check(outcome.code == 0, str(outcome))
    events = [json.loads(line) for line in outcome.stderr.splitlines() if line.startswith("{")]
    return [event for event in events if event["event"] == "finished"]


def score_alone(program: Program, folder: pathlib.Path, target: Target, flags: list[Argument]) -> None:
    score(program, folder, [*target.flags(program, target.alone()), *flags, "--overwrite"])


def check_same(folder: pathlib.Path, target: Target, where: str) -> None:
    own, alone = files(folder, target.output), files(folder, target.alone())
    check(own.keys() == alone.keys(), f"{own.keys()}, alone {alone.keys()}: {where}")
    for ending, content in own.items():
        check(content == alone[ending], f"{target.output}{ending} is not what its model alone makes: {where}")


def write(folder: pathlib.Path, rng: random.Random, rows: int) -> None:
    """Some are broken, some come again."""
    with (folder / "data.jsonl").open("w") as file:
        for number in range(rows):
            values: object = "broken" if rng.random() < 0.03 else [rng.randrange(3) for _ in range(8)]
            file.write(json.dumps({"id": number, "x": values, "note": rng.choice("ab")}) + "\n")


def random_targets(rng: random.Random) -> list[Target]:
    targets = []
    for number in range(rng.randrange(2, 4)):
        form = rng.choice(FORMS)
        model, task = IDENTITY if form == "npy" else rng.choice([EXACT, IDENTITY])
        targets.append(Target(model, task, f"out{number}.{form}"))
    return targets


def try_random_passes(program: Program, folder: pathlib.Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    rng = random.Random(seed)
    for number in range(5):
        for path in folder.iterdir():
            path.unlink()
        write(folder, rng, rng.randrange(1, 700))
        targets = random_targets(rng)
        flags: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--max-errors", "50%",
                                 "--chunk-bytes", str(rng.randrange(100, 9000)), "--schedule", rng.choice(["static", "dynamic"])]
        flags += ["--keys"] if rng.random() < 0.6 else []
        flags += ["--limit", str(rng.randrange(1, 500))] if rng.random() < 0.3 else []
        ranks = rng.randrange(1, 4)
        where = f"seed {seed}, try {number}: {targets}, {flags}, {ranks} rank(s)"
        ends = score(program, folder, [*(flag for one in targets for flag in one.flags(program)), *flags], ranks)
        check([end["output"] for end in ends] == [one.output for one in targets], f"{ends}: {where}")
        for target in targets:
            score_alone(program, folder, target, flags)
            check_same(folder, target, where)
        check_clean(folder)


def write_texts(folder: pathlib.Path) -> None:
    rng = random.Random(1)
    words = ["good", "bad", "film", "a", "the", "unseen"]
    with (folder / "data.jsonl").open("w") as file:
        for number in range(900):
            text: object = 7 if number % 97 == 5 else " ".join(rng.choices(words, k=rng.randrange(1, 12)))
            file.write(json.dumps({"id": number, "text": text, "x": [number % 5] * 4}) + "\n")


def try_texts_are_tokenized_once(program: Program, folder: pathlib.Path) -> None:
    """By models of one tokenizer; one that cuts them otherwise, or takes something else, has a decoder of its own."""
    write_texts(folder)
    targets = [Target("bundle_text.pt", "auto", "class.jsonl"), Target("bundle_embedding.pt", "auto", "vector.npy"),
               Target("bundle_left.pt", "auto", "left.csv"), Target("identity.pt", "embedding", "numbers.npy")]
    flags: list[Argument] = ["--input", "data.jsonl", "--max-errors", "50%", "--keys"]
    ends = score(program, folder, [*(flag for one in targets for flag in one.flags(program)), *flags], ranks=2)
    decoding = [float(str(end["decode_s"])) > 0 for end in ends]
    check(decoding == [True, False, True, True], f"{decoding}: {ends}")
    for target in targets:
        score_alone(program, folder, target, flags)
        check_same(folder, target, "texts")


def slow_targets(program: Program) -> tuple[list[Target], list[Argument]]:
    """A pass that lasts about two seconds, and its flags."""
    targets = [Target("slow.pt", "outputs", "out.jsonl"), Target("identity.pt", "embedding", "out.npy")]
    arguments = slow(program, *(flag for one in targets for flag in one.flags(program)))
    return targets, [*arguments, "--keys"]


def try_a_killed_pass(program: Program, folder: pathlib.Path) -> None:
    """Goes on as a pass, as runs of one model each, and where one output has to begin anew."""
    write_slow_input(folder)
    targets, arguments = slow_targets(program)
    common: list[Argument] = ["--input", "data.jsonl", "--chunk-bytes", "1000", "--max-errors", "50%", "--keys", "--threads", "1"]
    for target in targets:
        score_alone(program, folder, target, common)

    def go_on(how: str, *commands: list[str]) -> None:
        for command in commands:
            resumed = run(command, folder)
            check(resumed.code == 0, f"{how}: {resumed}")
        for target in targets:
            check_same(folder, target, how)
            for path in folder.glob(target.output + "*"):
                path.unlink()

    whole = program.command(3, *arguments, "--resume")
    leave_unfinished(program.command(2, *arguments), folder, signal.SIGKILL)
    go_on("as a pass", whole)
    leave_unfinished(program.command(2, *arguments), folder, signal.SIGTERM)
    go_on("alone", *(program.command(1, *one.flags(program), *common, "--resume", "-q") for one in targets))
    leave_unfinished(program.command(1, *arguments), folder, signal.SIGKILL)
    for path in folder.glob("out.npy*"):
        path.unlink()
    go_on("one of them anew", whole)


def try_what_is_complete(program: Program, folder: pathlib.Path) -> None:
    write(folder, random.Random(2), 300)
    targets = [Target(*EXACT, "sum.jsonl"), Target(*IDENTITY, "same.npy")]
    flags: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--max-errors", "50%"]
    for target in targets:
        score_alone(program, folder, target, flags)
    score(program, folder, [*targets[0].flags(program), *flags])
    before = (folder / "sum.jsonl").stat()
    whole = [*(flag for one in targets for flag in one.flags(program)), *flags, "--resume"]
    for ranks in (2, 1):
        outcome = run(program.command(ranks, *whole), folder)
        check(outcome.code == 0 and "sum.jsonl is complete" in outcome.stderr, str(outcome))
        for target in targets:
            check_same(folder, target, "one was complete")
    now = (folder / "sum.jsonl").stat()
    check((now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "a complete output was touched")
    (folder / "same.npy").unlink()
    outcome = run(program.command(1, *whole, "--non-finite", "string"), folder)
    check(outcome.code == 2, f"complete, but with another option: {outcome}")
    check(not (folder / "same.npy").exists(), "a refused pass left an output")


def try_a_touched_table(program: Program, folder: pathlib.Path) -> None:
    """It is compared by the columns that all models of the pass read: one of them alone cannot tell that it is the same."""
    values = pyarrow.array([[1, 2, 3, 4]] * 2, pyarrow.list_(pyarrow.float32()))
    table = pyarrow.table({"id": [1, 2], "x": values, "text": ["good", "bad"]})
    pyarrow.parquet.write_table(table, folder / "data.parquet")
    targets = [Target("classifier.pt", "outputs", "out.jsonl"), Target("bundle_text.pt", "auto", "class.csv")]
    whole: list[Argument] = [*(flag for one in targets for flag in one.flags(program)), "--input", "data.parquet"]
    score(program, folder, whole)
    (folder / "data.parquet").touch()
    outcome = run(program.command(1, *whole, "--resume"), folder)
    check(outcome.code == 0 and "class.csv is complete" in outcome.stderr, str(outcome))
    check_refused(run(program.command(1, *targets[1].flags(program), "--input", "data.parquet", "--resume"), folder),
                  "it is not the same, or other columns of it were read then, for the models of another pass")


def try_a_slow_pipe(program: Program, folder: pathlib.Path) -> None:
    """Its chunks end where nothing more had come. A pass that begins before these goes on behind them, if the bytes are the same."""
    lines = [json.dumps({"id": number, "x": [number, 1, 2, 3]}).encode() + b"\n" for number in range(90)]
    targets = [Target("identity.pt", "outputs", "out.jsonl"), Target("classifier.pt", "embedding", "out.npy")]
    flags: list[Argument] = ["--input-spec", "x:float32:[4]", "--journal-interval", "0", "--chunk-bytes", "1500"]
    os.mkfifo(folder / "pipe")
    command = program.command(1, "-q", *targets[0].flags(program), *flags, "--input", "pipe")
    with started(command, folder) as job, (folder / "pipe").open("wb", buffering=0) as pipe:
        for begin in (0, 10):
            pipe.write(b"".join(lines[begin:begin + 10]))
            wait_for_rows(job, begin + 9)
        job.process.send_signal(signal.SIGTERM)
        check(job.end().code == 4, job.stderr())
    (folder / "stderr").unlink()
    content = b"".join(lines)
    whole = program.command(1, *(flag for one in targets for flag in one.flags(program)), *flags, "--input", "-", "--resume")
    before = (folder / "out.jsonl.partial").read_bytes()
    outcome = run_fed(whole, folder, content.replace(b"[3,", b"[4,"))
    check(outcome.code == 3 and "bytes of it (unpacked) differ: go on with each of them in a run of its own" in outcome.message()
          and "what was written is kept" not in outcome.stderr, f"the input is another: {outcome}")
    check((folder / "out.jsonl.partial").read_bytes() == before, "rows of another input were added")
    for path in folder.glob("out.npy*"):
        path.unlink()
    outcome = run_fed(whole, folder, content)
    check(outcome.code == 0 and "out.jsonl: 20 rows are done already" in outcome.stderr, str(outcome))
    (folder / "data.jsonl").write_bytes(content)
    for target in targets:
        score_alone(program, folder, target, [*flags, "--input", "data.jsonl"])
        check_same(folder, target, "of a slow pipe")


def try_the_nightly_job(program: Program, folder: pathlib.Path) -> None:
    """Each output takes over rows of its own model's earlier output, whatever the order and form."""
    rng = random.Random(3)
    write(folder, rng, 400)
    targets = [Target(*EXACT, "sum.jsonl"), Target(*IDENTITY, "same.npy")]
    flags: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--max-errors", "50%", "--keys"]
    whole = [*(flag for one in targets for flag in one.flags(program)), *flags]
    score(program, folder, whole)
    lines = (folder / "data.jsonl").read_text().splitlines(keepends=True)[20:]
    rng.shuffle(lines)
    (folder / "data.jsonl").write_text("".join(lines) + '{"id":"new","x":[9,9,9,9,9,9,9,9]}\n')
    for target in targets:
        score_alone(program, folder, target, flags)
    reuse: list[Argument] = ["--reuse", "same.npy", "--reuse", "sum.jsonl", "--overwrite"]
    outcome = run(program.command(2, *whole, *reuse, "--log-format", "json"), folder)
    check(outcome.code == 0 and "taken over" not in outcome.stderr, f"the other model's file is no news: {outcome}")
    events = [json.loads(line) for line in outcome.stderr.splitlines() if line.startswith("{")]
    for end in (event for event in events if event["event"] == "finished"):
        check(end["reused"] == int(str(end["ok"])) - 1, str(end))
    for target in targets:
        check_same(folder, target, "reused")


def try_reports(program: Program, folder: pathlib.Path) -> None:
    """Of each output its own, with the exit code of that output."""
    write(folder, random.Random(4), 200)
    flags: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--trace", "trace.json"]
    whole = [*Target(*EXACT, "sum.jsonl").flags(program), *Target(*IDENTITY, "same.npy").flags(program), *flags,
             "--report", "sum.json", "--report", "same.json"]
    outcome = run(program.command(2, *whole), folder)
    check(outcome.code == 1, f"records failed: {outcome}")
    for name, output in (("sum", "sum.jsonl"), ("same", "same.npy")):
        report = json.loads((folder / f"{name}.json").read_text())
        text = json.dumps(report)
        check(output in text and str(program.model("exact_sum.pt" if name == "sum" else "identity.pt")) in text, text[:2000])
    check(outcome.stderr.count("200 rows in") == 2 and outcome.stderr.count("trace trace.json") == 1, str(outcome))


def try_refusals(program: Program, folder: pathlib.Path) -> None:
    write(folder, random.Random(5), 20)
    models: list[Argument] = ["--model", program.model("exact_sum.pt"), "--model", program.model("identity.pt")]
    common: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]"]

    def refused(text: str, *flags: Argument, ranks: int = 1) -> None:
        check_refused(run(program.command(ranks, *models, *common, *flags), folder), text)
        check(sorted(path.name for path in folder.iterdir()) == ["data.jsonl"], "a refused run left files")

    both: list[Argument] = ["--output", "a.jsonl", "--output", "b.jsonl"]
    refused("--output is given once and --model 2 times", "--output", "a.jsonl")
    refused("give each --model an --output FILE")
    refused("give each --model an --output FILE", "--output", "a.jsonl", "--output", "-")
    refused("--output is given 3 times", *both, "--output", "c.jsonl")
    refused("--errors is given once", *both, "--errors", "e.jsonl")
    refused("--report is given once", *both, "--report", "r.json")
    refused("--task is given 3 times", *both, *["--task", "outputs"] * 3)
    refused("--output-dir with several models", "--output-dir", "parts")
    refused("--retry-errors with several models", *both, "--retry-errors")
    refused("--pipeline-ranks with several models", *both, "--pipeline-ranks", "2", ranks=2)
    refused("a.jsonl: --truncate and --max-length need a model", *both, "--max-length", "6")
    refused("--output a.jsonl is also --output a.jsonl", "--output", "a.jsonl", "--output", "a.jsonl")
    refused("--output data.jsonl is the file of --input data.jsonl", "--output", "a.jsonl", "--output", "data.jsonl")
    refused("does_not_exist.pt", *both[:2], "--model", "does_not_exist.pt", "--output", "b.jsonl", "--output", "c.jsonl")
    check_refused(run(program.command(1, "bench", *models, *common, *both), folder), "infer bench measures one model")


def try_check(program: Program, folder: pathlib.Path) -> None:
    """A table for each output; the worst of them counts."""
    write(folder, random.Random(7), 40)
    flags: list[Argument] = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--max-errors", "50%"]
    targets = [Target(*EXACT, "sum.jsonl"), Target(*IDENTITY, "same.npy")]
    command: list[Argument] = ["check", *(flag for one in targets for flag in one.flags(program)), *flags]
    told = run(program.command(2, *command), folder)
    text = told.stdout.decode()
    check(told.code == 0 and text.count("scored") == 2, f"{told}{text}")
    check(text.index("sum.jsonl, by ") < text.index("same.npy, by "), text)
    (folder / "same.npy").write_bytes(b"something")
    told = run(program.command(1, *command), folder)
    check(told.code == 2 and "same.npy" in told.stdout.decode(), f"{told}{told.stdout!r}")
    (folder / "same.npy").unlink()
    check_refused(run(program.command(1, *command, "--errors", "e", "--errors", "e"), folder), "is also --errors e")


def try_ranks_that_differ(program: Program, folder: pathlib.Path) -> None:
    """In the number of models, of which some ranks would wait for the others for ever."""
    write(folder, random.Random(6), 20)
    one = [*Target(*EXACT, "a.jsonl").flags(program), "--input", "data.jsonl", "--input-spec", "x:float32:[8]"]
    two = [*one, *Target(*IDENTITY, "b.npy").flags(program)]
    command = program.command(2, *two)
    at = command.index("2")
    command[at] = "1"
    outcome: Outcome = run([*command, ":", "-np", "1", str(program.infer), *map(str, one)], folder)
    check_refused(outcome, "the number of models (--model) is 2")


TESTS = [try_random_passes, try_texts_are_tokenized_once, try_a_killed_pass, try_what_is_complete, try_a_touched_table,
         try_a_slow_pipe, try_the_nightly_job, try_reports, try_refusals, try_check, try_ranks_that_differ]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
