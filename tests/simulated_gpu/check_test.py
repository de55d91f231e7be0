"""scripts/gpu_check.sh on simulated GPUs, from models to tables; and that its stages do not hide one another.

    check_test.py INFER MODELS [NAME ...]

on_simulated_gpus lies beside INFER.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GPU = ROOT / "scripts/bench/gpu"
sys.path[:0] = [str(ROOT / "tests/cli"), str(GPU)]
from cli_support import Program, check, run, run_tests
from stage_runner import Stage, run_all, table

CHECK_S = 400  # a busy machine takes 160; alone it is 54
# What a simulated GPU cannot do, and `cudnn`, which a program without the flag skips.
MAY_BE_SKIPPED = {"export-pt2", "jobs-pt2", "jobs-more-pt2", "search", "cudnn"}


def stages_do_not_hide_one_another(_program: Program, folder: pathlib.Path) -> None:
    def python(text: str) -> list[str]:
        return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(GPU)!r})\n{text}"]
    stages = [Stage("fails", python("sys.exit('the reason')"), 20), Stage("hangs", python("import time; time.sleep(60)"), 0.5),
              Stage("lacks", python("import stage; stage.need_packages('no_such_package')"), 20),
              Stage("works", python("print(1)"), 20), Stage("cannot", [], 20, "takes a real one")]
    told: list[str] = []
    outcomes = run_all([[stage] for stage in stages], lambda name: folder / f"{name}.txt", 60, lambda one: told.append(one.name))
    expected = {"fails": "FAILED: exit 1: the reason", "hangs": "FAILED: over its limit of 0.5 s", "lacks": "skipped: ", "works": "passed",
                "cannot": "skipped: takes a real one"}
    check(told == list(expected), str(told))
    for one, beginning in zip(outcomes, expected.values(), strict=True):
        check(str(one).startswith(beginning), f"{one.name}: {one}")
    check("no_such_package" in outcomes[2].reason and outcomes[1].seconds < 10, table(outcomes))


def no_time_is_no_success(_program: Program, folder: pathlib.Path) -> None:
    stages = [Stage(late, [sys.executable, "-c", ""], 20, late=late) for late in ("fails", "skipped", "run")]
    outcomes = run_all([stages], lambda name: folder / name, 0, lambda _: None)
    check([one.verdict for one in outcomes] == ["FAILED", "skipped", "passed"], table(outcomes))
    check("--limit" in outcomes[0].reason, str(outcomes[0]))


def all_of_it(program: Program, folder: pathlib.Path) -> None:
    command = ["env", f"INFER_PYTHON={sys.executable}", str(ROOT / "scripts/gpu_check.sh"), "--simulated", "--infer", str(program.infer),
               "--scratch", str(folder / "scratch"), "--results", str(folder), "--limit", str(CHECK_S), "--without", "tests"]
    done = run(command, timeout=CHECK_S + 10)
    check(done.code == 0, f"{done}\n{done.stdout.decode()}")
    found = json.loads((folder / "gpu_check.json").read_text())
    for stage in found["stages"]:
        allowed = ("passed", "skipped") if stage["name"] in MAY_BE_SKIPPED else ("passed",)
        check(stage["verdict"] in allowed, f"{stage}\n{done}")
    rows = [row for some in found["findings"].values() for row in some]
    check_rows(rows)
    text = (folder / "gpu_check.txt").read_text()
    check(text.encode() == done.stdout and "infer .pt is " in text and "kill -9, then --resume: right" in text, text)


def check_rows(rows: list[dict]) -> None:
    """Everybody is there, with a pace, and has the same vectors; pictures were decoded in both ways."""
    timed = {row["who"].partition(" ")[0] for row in rows if row.get("tokens_per_s", 0) > 0}
    check(timed == {"infer", "bound:", "sentence-transformers", "transformers"}, str(timed))
    compared = {row["vectors"]: row["least_cosine"] for row in rows if "least_cosine" in row and "vectors" in row}
    check({"pt", "bound_packed", "bound_padded", "transformers"} <= compared.keys(), str(compared))
    apart = [row["largest_difference"] for row in rows if "largest_difference" in row]
    check(apart == [1.0], f"the simulated nvJPEG adds 1 to red: {apart}")
    check(min(compared.values()) > 0.9999, f"on a CPU in float32: {compared}")


if __name__ == "__main__":
    sys.exit(run_tests([stages_do_not_hide_one_another, no_time_is_no_success, all_of_it], __doc__))
