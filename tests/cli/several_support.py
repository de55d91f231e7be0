"""What the tests of several models in one pass share: outputs, and what must come of them."""

import dataclasses
import json
import pathlib
import random

from cli_support import Argument, Program, check, run

EXACT = ("exact_sum.pt", "outputs")
IDENTITY = ("identity.pt", "embedding")
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
