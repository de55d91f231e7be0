"""A stage: whole runs of infer, texts to a .npy of embeddings. text_jobs.py SETUP NAME pt|pt2 pairs|more_pairs"""

from functools import partial
from typing import Any

from check_setup import Setup
from infer_runs import job, rates, run
from stage import Findings, need_files, run_stage

LIMIT_S = 75  # of one run


def score(setup: Setup, kind: str, shape: str, name: str) -> dict[str, Any]:
    out = setup.vectors(kind, shape, name)
    out.parent.mkdir(exist_ok=True)
    found = rates(run(job(setup, setup.bundle(shape, kind), setup.texts(name), out, "--overwrite"), LIMIT_S))
    if found["failed"]:
        raise RuntimeError(f"{found['failed']:.0f} of {found['rows']:.0f} texts failed: see {out}.errors.jsonl")
    return found


def text_jobs(setup: Setup, findings: Findings, arguments: list[str]) -> None:
    kind, which = arguments
    pairs = getattr(setup.sizes, which)
    ready = [(shape, name) for shape, name in pairs if setup.bundle(shape, kind).exists() and setup.texts(name).exists()]
    if not ready:
        need_files(*(setup.bundle(shape, kind) for shape, _ in pairs), *(setup.texts(name) for _, name in pairs))
    for shape, name in pairs:
        findings.attempt(partial(score, setup, kind, shape, name), who=f"infer .{kind}", vectors=kind, shape=shape, set=name)


if __name__ == "__main__":
    run_stage(text_jobs)
