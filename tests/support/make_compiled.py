"""The small models that AOTInductor compiles, for make_models.py: a compiler run each."""

import json
import pathlib
import sys

import torch
from models import calls, exact, slow, unruly
from torch._inductor import aoti_compile_and_package, config

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from infer_export.formats import add_members
from infer_export.package_server import Package
from infer_export.stages import Stages, Wish
from infer_export.weights import weights_file, write_weights


def save_compiled(out):
    config.cpp.dynamic_threads = True  # else the thread count of this machine is compiled in
    batch = torch.export.Dim("batch", min=1, max=4096)
    cases = {
        "mlp": (exact.mlp(), (torch.ones(4, 64),)),
        "exact_sum": (exact.ExactSum().eval(), (torch.ones(4, 8),)),
        "greedy": (unruly.Greedy().eval(), (torch.ones(10, 8),)),
        "slow_rows": (slow.SlowRows().eval(), (torch.ones(4, 4),)),
        "two_inputs": (calls.TwoInputs().eval(), (torch.ones(4, 4), torch.zeros(4, 3, dtype=torch.int64))),
    }
    for name, (module, inputs) in cases.items():
        program = torch.export.export(module, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs), strict=False)
        aoti_compile_and_package(program, package_path=str(out / f"{name}.pt2"),
                                 inductor_configs={"aot_inductor.check_lowerbound": False})
    save_convolutions(exact.Convolutions().eval(), batch, out)
    save_outside(exact.TableSum().eval(), batch, out)
    save_staged(batch, out)


def save_convolutions(module, batch, out):
    """Frozen, as the exporter does it: what follows a convolution is a part of its call."""
    with torch.no_grad():
        program = torch.export.export(module, (torch.ones(4, 8),), dynamic_shapes=({0: batch},), strict=False)
        aoti_compile_and_package(program, package_path=str(out / "convolutions.pt2"),
                                 inductor_configs={"aot_inductor.check_lowerbound": False, "freezing": True})


def save_outside(module, batch, out):
    """exact_sum_outside.pt2, a bundle whose weights stand in exact_sum_outside.safetensors."""
    path = out / "exact_sum_outside.pt2"
    program = torch.export.export(module, (torch.ones(4, 8),), dynamic_shapes=({0: batch},), strict=False)
    aoti_compile_and_package(program, package_path=str(path), inductor_configs={
        "aot_inductor.check_lowerbound": False, "aot_inductor.package_constants_in_so": False})
    digest = write_weights(program.state_dict, weights_file(path))
    add_members(path, {"infer.json": json.dumps({
        "infer_bundle": 1, "task": "outputs", "inputs": [{"name": "x", "dtype": "float32", "shape": [8], "from": "field"}],
        "outputs": [{"name": "output0", "shape": []}], "weights": {"file": weights_file(path).name, "digest": digest}})})


def save_staged(batch, out):
    """staged.pt2 and staged3.pt2, bundles in two and three stages, and staged_outside.pt2, in two, whose weights stand in
    staged_outside.safetensors; slow_staged.pt2, another model in two."""
    quick, waits = ((torch.export.export(module.eval(), (torch.ones(4, width),), dynamic_shapes=({0: batch},), strict=False), width)
                    for module, width in ((exact.ExactLayers(), 8), (slow.SlowLayers(), 4)))
    for name, count in (("staged", 2), ("staged3", 3), ("staged_outside", 2)):
        save_in_stages(*quick, out / f"{name}.pt2", count, [])
    save_in_stages(*waits, out / "slow_staged.pt2", 2, [4])


def save_in_stages(program, width, path, count, result):
    outside = path.stem.endswith("outside")
    stages = Stages(Wish(count), ["x"], ["output0"])
    stages.compile(program, path, {
        "aot_inductor.check_lowerbound": False, "aot_inductor.package_constants_in_so": not outside,
        "aot_inductor.compile_wrapper_opt_level": "O0"})
    document = {"infer_bundle": 1, "task": "embedding" if result else "outputs",
                "inputs": [{"name": "x", "dtype": "float32", "shape": [width], "from": "field"}],
                "outputs": [{"name": "output0", "shape": result}], "stages": stages.entries}
    if outside:
        wanted = Package(path, "cpu").wanted()
        document["weights"] = {"file": weights_file(path).name,
                               "digest": write_weights({name: program.state_dict[name] for name in wanted}, weights_file(path))}
    add_members(path, {"infer.json": json.dumps(document)})
