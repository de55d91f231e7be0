"""--preload-lib: models that use operators of a library, in both formats, run with it and are refused clearly without.

    preload_test.py INFER MODELS [NAME...]
"""

import pathlib
import re
import shutil
import subprocess
import sys

from cli_support import Argument, Program, check, check_refused, run, run_tests
from job import write_rows
from resume_support import check_same, clean_run

SPEC = ("--input-spec", "x:float32:[8]")
MAKE = """
import sys
import torch
from custom import TwicePlus

torch.ops.load_library(sys.argv[1])
model = TwicePlus().eval()
torch.jit.trace(model, torch.ones(2, 8)).save("ops.pt")
batch = torch.export.Dim("batch", min=1, max=4096)
program = torch.export.export(model, (torch.ones(2, 8),), dynamic_shapes=({0: batch},))
torch._inductor.aoti_compile_and_package(program, package_path="ops.pt2", inductor_configs={"aot_inductor.check_lowerbound": False})
"""
FACTORY = """
import torch


class TwicePlus(torch.nn.Module):
    def forward(self, x):
        return torch.ops.infer_test.twice_plus(x, 0.5).sum(dim=1)
"""


def library(program: Program) -> pathlib.Path:
    return program.infer.with_name("libcustom_ops.so")


def make_models(program: Program, folder: pathlib.Path) -> None:
    """By hand, and by the exporter."""
    (folder / "custom.py").write_text(FACTORY)
    subprocess.run([sys.executable, "-W", "ignore", "-c", MAKE, str(library(program))], cwd=folder, check=True)
    exporter = pathlib.Path(__file__).parents[2] / "scripts/export_model.py"
    outcome = run([sys.executable, str(exporter), "--factory", "custom:TwicePlus", "--task", "outputs", "--input-spec", "x:float32:[8]",
                   "--preload-lib", str(library(program)), "--out", "bundle.pt"], folder)
    check(outcome.code == 0, f"not exported: {outcome}")
    write_rows(folder / "data.jsonl", 3000, 8)


def scored(model: str, *more: Argument) -> list[Argument]:
    return ["-q", "--model", model, "--input", "data.jsonl", "--output", "out.jsonl", "--overwrite", "--threads", "1", *more]


def with_and_without(program: Program, folder: pathlib.Path) -> None:
    """The same rows in both formats, for any ranks; without the library its operator and the flag are named."""
    make_models(program, folder)
    expected = clean_run(program, folder, scored("ops.pt", *SPEC, "--preload-lib", library(program)), ["out.jsonl"])
    first = (folder / "data.jsonl").read_text().splitlines()[0]
    total = 2 * sum(float(value) for value in re.findall(r"-?[\d.]+", first.split("[")[1])) + 8 * 0.5
    check(f":{total:g}}}" in next(iter(expected.values())).decode().splitlines()[0], f"not what the operator gives: {total}")
    for model in ("ops.pt", "ops.pt2"):
        for ranks in (1, 3):
            check_same(folder, expected, run(program.command(ranks, *scored(model, *SPEC, "--preload-lib", library(program))), folder))
        unknown = ("infer_test::twice_plus", "--preload-lib FILE")
        for command in (program.command(2, *scored(model, *SPEC)), [str(program.infer), "inspect", model]):
            check_refused(run(command, folder), *unknown)
        looked = run([str(program.infer), "check", *map(str, scored(model, *SPEC))], folder)
        check(looked.code == 2 and all(text in looked.stdout.decode() for text in unknown), f"infer check: {looked}")
        shown = run([str(program.infer), "inspect", model, "--preload-lib", str(library(program))], folder)
        check(shown.code == 0, f"infer inspect: {shown}")
    looked = run([str(program.infer), "check", *map(str, scored("ops.pt", *SPEC, "--preload-lib", library(program)))], folder)
    check(looked.code == 0, f"infer check: {looked}")
    needed_by_a_bundle(program, folder, expected)
    wrong_libraries(program, folder)


def needed_by_a_bundle(program: Program, folder: pathlib.Path, expected: dict[str, bytes]) -> None:
    """From beside the bundle, or by the flag; what it needs and nobody gives is named."""
    check_refused(run(program.command(1, *scored("bundle.pt")), folder), "libcustom_ops.so", "--preload-lib")
    check_same(folder, expected, run(program.command(2, *scored("bundle.pt", "--preload-lib", library(program))), folder))
    shutil.copy(library(program), folder)
    check_same(folder, expected, run(program.command(3, *scored("bundle.pt")), folder))
    check_same(folder, expected, run(program.command(1, *scored("ops.pt", *SPEC, "--preload-lib", "libcustom_ops.so")), folder))
    inspected = run([str(program.infer), "inspect", "bundle.pt"], folder)
    check("needs    libcustom_ops.so" in inspected.stdout.decode(), f"infer inspect: {inspected}")
    (folder / "libcustom_ops.so").unlink()


def wrong_libraries(program: Program, folder: pathlib.Path) -> None:
    """None, no library, the model itself, others on one rank, another one when gone on with."""
    check_refused(run(program.command(2, *scored("ops.pt", *SPEC, "--preload-lib", "none.so")), folder), "none.so", "No such file", "LibTorch 2.")
    (folder / "text.so").write_text("words")
    check_refused(run(program.command(1, *scored("ops.pt", *SPEC, "--preload-lib", "text.so")), folder), "text.so", "built for LibTorch")
    own = ["bash", "-c", f'if [[ $OMPI_COMM_WORLD_RANK == 1 ]]; then set -- "$@" --preload-lib "{library(program)}"; fi; exec "$0" "$@"',
           *program.command(1, *scored("ops.pt", *SPEC, "--preload-lib", library(program)))]
    differs = run([*program.command(2)[:-1], *own], folder)
    check_refused(differs, "not started alike", "--preload-lib is libcustom_ops.so")


TESTS = [with_and_without]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS, __doc__))
