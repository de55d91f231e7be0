"""Models whose weights stand in a file beside them: the same rows, one copy in memory for all ranks, and what is wrong with
the file told by name.

    outside_weights_test.py INFER MODELS [NAME...]
"""

import pathlib
import re
import shutil
import sys

from cli_support import MPIRUN, Argument, Program, check, check_refused, run, run_tests
from job import started, write_rows
from resume_support import check_same, clean_run

MODEL, WEIGHTS = "exact_sum_outside.pt2", "exact_sum_outside.safetensors"


def scored(model: object, *more: Argument) -> list[Argument]:
    return ["-q", "--model", str(model), "--input", "data.jsonl", "--output", "out.jsonl", "--overwrite", "--threads", "1", *more]


def copied(program: Program, folder: pathlib.Path) -> pathlib.Path:
    """The model and its weights in a folder of their own."""
    (folder / "models").mkdir()
    for name in (MODEL, WEIGHTS):
        shutil.copy(program.model(name), folder / "models" / name)
    return folder / "models" / MODEL


def same_rows(program: Program, folder: pathlib.Path) -> None:
    """As with the weights inside, for any ranks and schedule; also by a link to the model."""
    write_rows(folder / "data.jsonl", 3000, 8)
    inside = clean_run(program, folder, scored(program.model("exact_sum.pt2"), "--input-spec", "x:float32:[8]"), ["out.jsonl"])
    model = copied(program, folder)
    (folder / "link.pt2").symlink_to(model)
    for ranks, more in ((1, []), (3, []), (3, ["--schedule", "static"]), (2, ["--replicas", "2"])):
        check_same(folder, inside, run(program.command(ranks, *scored(model, *more)), folder))
    check_same(folder, inside, run(program.command(1, *scored("link.pt2")), folder))


def shared(program: Program, folder: pathlib.Path) -> None:
    """Every rank has mapped the file, and none has written to its pages."""
    write_rows(folder / "data.jsonl", 300_000, 8)
    model = copied(program, folder)
    with started(program.command(2, *scored(model, "--max-batch-size", "1")), folder) as job:
        job.wait_until_writing()
        for pid in job.ranks.values():
            mapped = pathlib.Path(f"/proc/{pid}/smaps").read_text().split(str(folder / "models" / WEIGHTS))
            check(len(mapped) == 2, f"rank of process {pid} has not mapped the weights once: {len(mapped) - 1}")
            dirty = re.search(r"Private_Dirty:\s+(\d+) kB", mapped[1])
            check(dirty is not None and dirty[1] == "0", f"pages of its own: {dirty and dirty[0]}")
        job.kill()


def refusals(program: Program, folder: pathlib.Path) -> None:
    """Missing, damaged, of another model, missing on one rank; inspect and check say so too."""
    write_rows(folder / "data.jsonl", 10, 8)
    model = copied(program, folder)
    weights = folder / "models" / WEIGHTS
    good = weights.read_bytes()

    def refused(*texts: str) -> None:
        for command in (program.command(2, *scored(model)), [str(program.infer), "inspect", str(model)]):
            check_refused(run(command, folder), WEIGHTS, *texts)
        looked = run([str(program.infer), "check", *map(str, scored(model))], folder)
        check(looked.code == 2 and all(text in looked.stdout.decode() for text in texts), f"infer check: {looked}")

    weights.unlink()
    refused("cannot open the model's weights", "copy both")
    weights.write_bytes(good[:-3])
    refused("damaged", "lies outside the file")
    digest = re.search(rb'"infer_weights":"(\w)', good)
    assert digest is not None
    weights.write_bytes(good[: digest.start(1)] + (b"1" if digest[1] != b"1" else b"2") + good[digest.end(1):])
    refused("not the weights of this model", "export the model again")
    weights.write_bytes(good.replace(b'"weight"', b'"wEight"'))
    refused_rank = run(program.command(1, *scored(model)), folder)
    check_refused(refused_rank, "have no tensor weight", "export it again")
    weights.write_bytes(good)
    apart = folder / "apart"
    apart.mkdir()
    shutil.copy(model, apart / MODEL)
    own = [str(program.infer), *map(str, scored(model))]
    other = [str(program.infer), *map(str, scored(apart / MODEL))]
    one_lacks = run([*MPIRUN, "-np", "1", *own, ":", "-np", "1", *other], folder)
    check(one_lacks.code == 2 and "rank 1" in one_lacks.stderr and "copy both" in one_lacks.stderr, f"rank 1 is not named: {one_lacks}")


def trained_again(model: pathlib.Path) -> None:
    """Other weights, and a model that is for them; the second time as it was."""
    weights = model.with_name(WEIGHTS)
    digest = re.search(rb'"infer_weights":"(\w+)', weights.read_bytes())
    assert digest is not None
    for path in (model, weights):
        path.write_bytes(path.read_bytes().replace(digest[1], digest[1][::-1]))


def unfinished(model: pathlib.Path) -> list[Argument]:
    return [one for one in scored(model, "--max-batch-size", "1") if one != "--overwrite"]


def no_resume_with_others(program: Program, folder: pathlib.Path) -> None:
    """Weights of another training make another model: what was begun is not gone on with."""
    write_rows(folder / "data.jsonl", 300_000, 8)
    model = copied(program, folder)
    with started(program.command(1, *scored(model, "--max-batch-size", "1")), folder) as job:
        job.wait_until_writing()
        job.kill()
    trained_again(model)
    changed = run([*program.command(1, *unfinished(model)), "--resume"], folder)
    check(changed.code == 2 and "model" in changed.stderr, f"gone on with another model: {changed}")
    trained_again(model)
    check(run([*program.command(2, *unfinished(model)), "--resume"], folder).code == 0, "does not go on with its own")


TESTS = [same_rows, shared, refusals, no_resume_with_others]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
