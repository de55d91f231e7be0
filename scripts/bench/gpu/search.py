"""A stage: the batch limits that infer bench finds, and a whole run with them. search.py SETUP NAME"""

from typing import Any

from check_setup import Setup
from infer_runs import job, program, rates, run
from stage import Findings, need_files, run_stage

SEARCH_S, LIMIT_S = 80, 60


def search(setup: Setup, findings: Findings, _arguments: list[str]) -> None:
    shape, name = setup.sizes.pairs[0]
    need_files(setup.bundle(shape, "pt"), setup.texts(name))
    advice = setup.scratch / "bench.toml"

    def ask() -> dict[str, Any]:
        command = program(setup, "bench", "--model", setup.bundle(shape, "pt"), "--input", setup.texts(name), "--device", "cuda:0")
        advice.write_text(run(command, SEARCH_S).printed)
        return {"advice": [line for line in advice.read_text().splitlines() if not line.startswith("#")]}

    def follow() -> dict[str, Any]:
        return rates(run(job(setup, setup.bundle(shape, "pt"), setup.texts(name), setup.vectors("pt_advised", shape, name),
                             "--overwrite", "--config", str(advice)), LIMIT_S))

    findings.attempt(ask, search=name, shape=shape)
    findings.attempt(follow, who="infer .pt as infer bench advises", vectors="pt_advised", shape=shape, set=name)


if __name__ == "__main__":
    run_stage(search)
