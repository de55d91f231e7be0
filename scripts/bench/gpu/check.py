"""Checks and measures the GPU path of a built infer, stage by stage; called by scripts/gpu_check.sh, which builds it.

Each stage has a limit of its own, and none hides another: what fails, or cannot run here, is in the table at the end, and the
exit code is 1 when anything failed. Writes gpu_check.txt and gpu_check.json into --results
(default: scripts/bench/results/<date>-<gpu>; of simulated GPUs the scratch folder).
"""

import argparse
import dataclasses
import datetime
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from check_setup import REAL, ROOT, SIMULATED, SIMULATED_GPUS, Setup
from machine_facts import facts, gpu_names, gpus_text
from stage_runner import Outcome, Stage, end_all, run_all, table
from stages import stages
from tables import page


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gpu_check.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", action="store_true", help="everything small, on simulated GPUs; the Python programs use the CPU")
    parser.add_argument("--infer", type=Path, default=ROOT / "build/release/bin/infer", help="a built program, its tests beside it")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build/gpu_check", help="is emptied first")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--limit", type=float, default=480, metavar="S", help="seconds for all stages together (480)")
    parser.add_argument("--only", nargs="+", default=[], metavar="STAGE", help="these, with what earlier calls left in --scratch")
    parser.add_argument("--without", nargs="+", default=[], metavar="STAGE")
    return parser.parse_args()


def make_setup(args: argparse.Namespace, names: Sequence[str]) -> Setup:
    """Given the GPUs' names. Ends the program where there is neither a GPU nor --simulated."""
    if not names and not args.simulated:
        sys.exit("gpu_check: torch finds no CUDA device here: run this on a machine with one, or with --simulated")
    if not args.infer.exists():
        sys.exit(f"gpu_check: no program {args.infer}: build it with scripts/build.sh")
    gpus = SIMULATED_GPUS if args.simulated else len(names)
    return Setup(args.scratch.resolve(), args.infer.resolve(), Path(sys.executable), gpus, args.simulated,
                 SIMULATED if args.simulated else REAL)


def results_folder(args: argparse.Namespace, names: Sequence[str]) -> Path:
    if args.results or args.simulated:
        return args.results or args.scratch
    name = re.sub(r"[^A-Za-z0-9]+", "-", names[0]).strip("-").lower()
    return ROOT / "scripts/bench/results" / f"{datetime.date.today().isoformat()}-{name}"


def chosen(groups: Sequence[Sequence[Stage]], args: argparse.Namespace) -> list[list[Stage]]:
    """By --only and --without; ends the program at a name that no stage has."""
    names = {stage.name for group in groups for stage in group}
    if unknown := [name for name in args.only + args.without if name not in names]:
        sys.exit(f"gpu_check: no stage {', '.join(unknown)}; there are {', '.join(sorted(names))}")
    kept = [[stage for stage in group if (not args.only or stage.name in args.only) and stage.name not in args.without]
            for group in groups]
    return [group for group in kept if group]


def with_earlier(outcomes: Sequence[Outcome], path: Path) -> list[Outcome]:
    """Those of stages that earlier calls ran and this one did not, before these; remembers them in `path`."""
    earlier = [Outcome(**one) for one in json.loads(path.read_text())] if path.exists() else []
    names = {one.name for one in outcomes}
    all_outcomes = [*(one for one in earlier if one.name not in names), *outcomes]
    path.write_text(json.dumps([dataclasses.asdict(one) for one in all_outcomes]))
    return all_outcomes


def findings(setup: Setup) -> dict[str, list[dict[str, Any]]]:
    """By stage."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(setup.scratch.glob("findings/*.json"))}


def failures(outcomes: Sequence[Outcome], setup: Setup) -> str:
    """The ends of the logs of failed stages."""
    texts = []
    for outcome in outcomes:
        if outcome.verdict == "FAILED" and setup.log(outcome.name).exists():
            lines = setup.log(outcome.name).read_text(errors="replace").splitlines()[-30:]
            texts.append("\n".join([f"end of the log of '{outcome.name}':", *(f"  | {line[:300]}" for line in lines), ""]))
    return "\n".join(texts)


def head(about: dict[str, str], simulated: bool) -> list[str]:
    lines = [f"{name}: {value}" for name, value in about.items()]
    return [*lines, "", *(["These GPUs are simulated: what follows says that all of it runs, and not how fast.", ""] if simulated else [])]


def file_results(setup: Setup, outcomes: Sequence[Outcome], folder: Path) -> None:
    """Prints the text, too."""
    about = facts(setup.infer, gpus_text(setup.gpus if setup.simulated else 0)) | {"command": "scripts/gpu_check.sh " + " ".join(sys.argv[1:])}
    found = findings(setup)
    rows = [row for some in found.values() for row in some]
    text = "\n".join([*head(about, setup.simulated), page(rows), failures(outcomes, setup), table(outcomes)]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gpu_check.txt").write_text(text)
    stages_told = [dataclasses.asdict(one) for one in outcomes]
    (folder / "gpu_check.json").write_text(json.dumps({"machine": about, "stages": stages_told, "findings": found}, indent=1) + "\n")
    print(text, end="")
    print(f"gpu_check: wrote {folder}/gpu_check.txt and .json; logs are in {setup.log('x').parent}", file=sys.stderr)


def empty(scratch: Path) -> None:
    """Of what an earlier check left. Ends the program where something else is there."""
    if scratch.exists() and any(scratch.iterdir()) and not (scratch / "setup.json").exists():
        sys.exit(f"gpu_check: --scratch {scratch}: holds files that are not of a check, and would be emptied: name another folder")
    shutil.rmtree(scratch, ignore_errors=True)


def stop(number: int, _frame: object) -> None:
    end_all()
    os._exit(128 + number)


def main() -> int:
    """Returns the exit code."""
    args = arguments()
    names = [] if args.simulated else gpu_names()
    setup = make_setup(args, names)
    groups = chosen(stages(setup, args.scratch / "setup.json"), args)
    if not args.only:
        empty(setup.scratch)
    setup.scratch.mkdir(parents=True, exist_ok=True)
    setup.save(setup.scratch / "setup.json")
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"} | ({"OMP_NUM_THREADS": "1"} if args.simulated else {})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    outcomes = run_all(groups, setup.log, args.limit,
                       lambda one: print(f"gpu_check: {one.name} ({one.seconds:.1f} s): {one}", file=sys.stderr, flush=True))
    outcomes = with_earlier(outcomes, setup.scratch / "outcomes.json")
    file_results(setup, outcomes, results_folder(args, names))
    return 1 if any(one.verdict == "FAILED" for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
