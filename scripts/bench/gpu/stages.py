"""The stages of a check, in order, with their limits in seconds: on one H100 with 16 cores all of them are to take 8 minutes."""

from pathlib import Path

from check_setup import ROOT, Setup
from stage_runner import Stage

SIMULATED_S = 3  # for each second of a limit: a stage has few cores and other work beside it, and its time says nothing
NO_PACKAGE = "a .pt2 for CUDA takes a GPU to be made"
NO_SEARCH = "the fastest batch limits of a simulated GPU say nothing"


def tests(setup: Setup) -> list[str | Path]:
    """The C++ tests for a GPU; on simulated ones those that run the same programs there."""
    which = ["-R", r"^simulated_gpu\.(nccl_gather|model)"] if setup.simulated else ["-L", "gpu"]
    return ["ctest", "--test-dir", setup.infer.parents[1], *which, "--no-tests=error", "--output-on-failure", "--timeout", "60"]


def stages(setup: Setup, setup_file: Path) -> list[list[Stage]]:
    """Groups, one after the other; the stages of a group may run at the same time. Those that measure are alone, except on
    simulated GPUs, whose times say nothing.
    """
    def stage(name: str, script: str, limit_s: float, *arguments: str, why_not: str = "", late: str = "fails") -> Stage:
        command = [setup.python, ROOT / "scripts/bench/gpu" / script, setup_file, name, *arguments]
        return Stage(name, command, limit_s * (SIMULATED_S if setup.simulated else 1), why_not, late)

    shapes, no_package = setup.sizes.shapes, NO_PACKAGE if setup.simulated else ""
    models = [stage("models", "make_models.py", 60)]
    texts = [stage(f"texts-{name}", "make_texts.py", 90, name) for name in setup.sizes.sets]
    exports = [stage("export-pt", "export_models.py", 90, "pt"), stage("export-pt2", "export_models.py", 200, "pt2", why_not=no_package),
               Stage("tests", tests(setup), 120)]
    jobs = [stage("jobs-pt", "text_jobs.py", 150, "pt", "pairs"),
            stage("jobs-pt2", "text_jobs.py", 150, "pt2", "pairs", why_not=no_package)]
    beside = [stage("bound", "bound.py", 170),
              *(stage(f"peers-{shape}", "peer_runs.py", 140, shape) for shape in shapes)]
    more = [stage("faults", "faults.py", 120), stage("memory", "memory.py", 60), stage("cudnn", "cudnn.py", 120),
            stage("decoding", "decoding.py", 90, late="skipped"), stage("ranks", "ranks.py", 120)]
    optional = [stage("jobs-more-pt", "text_jobs.py", 90, "pt", "more_pairs", late="skipped"),
                stage("jobs-more-pt2", "text_jobs.py", 90, "pt2", "more_pairs", why_not=no_package, late="skipped"),
                stage("search", "search.py", 120, why_not=NO_SEARCH if setup.simulated else "", late="skipped")]
    last = [stage("exactness", "exactness.py", 30, late="run")]
    if setup.simulated:
        return [models, texts, exports + beside, jobs, more + optional, last]
    return [models, texts + exports, *([one] for one in jobs + beside + more + optional + last)]
