"""Several models in one pass: every output is byte for byte what a run of its model alone makes, for any N, format and keys;
what cannot be done is refused.

    several_test.py INFER MODELS [NAME...]
"""

import json
import pathlib
import random
import sys

from cli_support import Argument, Outcome, Program, check, check_refused, run, run_tests
from resume_support import check_clean
from several_support import EXACT, IDENTITY, Target, check_same, score, score_alone, write

FORMS = ("jsonl", "jsonl.zst", "csv", "csv.gz", "npy", "parquet")


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
    for outputs in ([], both):
        check_refused(run(program.command(1, "bench", *models, *common, *outputs), folder), "infer bench measures one model")


def try_warnings(program: Program, folder: pathlib.Path) -> None:
    """Each says of which output it is."""
    write(folder, random.Random(6), 20)
    targets = [Target(*EXACT, "a.jsonl"), Target(*IDENTITY, "b.jsonl")]
    flags = ["--input", "data.jsonl", "--input-spec", "x:float32:[8]", "--max-errors", "100%", "--seed", "1"]
    outcome = run(program.command(2, *targets[0].flags(program), *targets[1].flags(program), *flags), folder)
    for target in targets:
        check(f"rank 0: {target.output}: --seed has no effect" in outcome.stderr, str(outcome))
    outcome = run(program.command(1, *targets[0].flags(program, "alone.jsonl"), *flags), folder)
    check("rank 0: --seed has no effect" in outcome.stderr, str(outcome))


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


TESTS = [try_random_passes, try_texts_are_tokenized_once, try_the_nightly_job, try_reports, try_refusals, try_warnings,
         try_check, try_ranks_that_differ]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
