"""Makes the small models that unit and command-line tests use: make_models.py OUT_DIR [--aoti].

Without --aoti: TorchScript models and the files that must be refused (seconds). With --aoti: the same modules
compiled with AOTInductor (a compiler run each). Does nothing when OUT_DIR is up to date.
"""

import argparse
import json
import pathlib
import sys
import warnings
import zipfile

import make_bundles
from made_once import make_once


def define_modules():
    """Imports torch late: an up-to-date folder must cost no import."""
    import torch
    from typing import Dict, Optional, Tuple

    class ExactSum(torch.nn.Module):
        """Integer weights: exact for small integers and halves, so equal bits in any batch."""

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.arange(1.0, 9.0))

        def forward(self, x):
            return (x * self.weight).sum(dim=1)

    class TableSum(torch.nn.Module):
        """As ExactSum, but too large a weight for the compiler to write it into the code."""

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter((torch.arange(1.0, 9.0) / 512)[:, None].repeat(1, 512))

        def forward(self, x):
            return (x * self.weight.sum(dim=1)).sum(dim=1)

    class ExactLayers(torch.nn.Module):
        """Small whole numbers for weights: exact for small integers and halves. Three layers, for up to three stages;
        products alone, so that there is one file to compile."""

        def __init__(self):
            super().__init__()
            sizes = ((8, 16), (16, 8), (8, 1))
            self.layers = torch.nn.Sequential(*(torch.nn.Linear(*one, bias=False) for one in sizes))
            for layer in self.layers:
                layer.weight = torch.nn.Parameter((torch.arange(layer.weight.numel()) * 3 % 7 - 2.0).clamp(-1, 2).view_as(layer.weight))

        def forward(self, x):
            return self.layers(x).squeeze(1)

    class TwoInputs(torch.nn.Module):
        """Throws for an id outside [0, 10)."""

        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding.from_pretrained(torch.arange(40.0).reshape(10, 4))

        def forward(self, a, ids):
            return (a + self.table(ids).sum(dim=1)).sum(dim=1)

    class DictOutputs(torch.nn.Module):
        """Keys that are not in alphabetical order; different types."""

        def forward(self, x) -> Dict[str, torch.Tensor]:
            return {"total": x.sum(dim=1), "best": x.argmax(dim=1), "also": (x * 2).half()}

    class TupleOutputs(torch.nn.Module):
        def forward(self, x) -> Tuple[torch.Tensor, Tuple[torch.Tensor, torch.Tensor]]:
            return x.sum(dim=1), (x > 0, x.t().contiguous().t())

    class Classifier(torch.nn.Module):
        """Logits [b, 3] of x [b, 4]: sums of the first one, two and three values."""

        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 3, bias=False)
            self.linear.weight = torch.nn.Parameter(torch.tensor([[1.0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]))

        def forward(self, x):
            return self.linear(x)

    class RaggedSum(torch.nn.Module):
        def forward(self, x):
            return x.sum(dim=1)

    class RaisesOnNegative(torch.nn.Module):
        def forward(self, x):
            if bool((x < 0).any()):
                raise RuntimeError("a value is negative")
            return x.sum(dim=1)

    class Slow(torch.nn.Module):
        """Exact, and about 0.2 s for 64 rows on one core of November 2026; `work` scales it. Jobs that are to be struck are made of it:
        where it is faster, they are over before."""

        def __init__(self, work: int = 600):
            super().__init__()
            self.work = work

        def forward(self, x):
            state = x.sum(dim=1, keepdim=True).expand(-1, 4096) + torch.arange(4096.0)
            for _ in range(self.work):
                state = torch.remainder(state * 3 + 1, 1024.0)
            return state.sum(dim=1)

    class Greedy(torch.nn.Module):
        """Exact. From 40 numbers on it asks for memory that no address space has."""

        def forward(self, x):
            absurd = x.new_zeros(((x.numel() // 40) * (1 << 45) + 2,)).sort()[0]
            return x.sum(dim=1) + absurd.sum()

    class Hungry(torch.nn.Module):
        """Exact. Takes as many MiB of its device's memory as the first numbers of the rows say, for some 10 ms: it sorts."""

        def forward(self, x):
            scratch = torch.empty([int(x[:, 0].sum()), 262144], device=x.device)
            meanwhile = torch.remainder(torch.arange(131072.0, device=x.device) * 7.0, 1009.0).sort().values
            return x.sum(dim=1) + meanwhile[0] + scratch.numel() * 0

    class SlowRows(torch.nn.Module):
        """Exact [b, 4] of x [b, 4], another one for every x; about 3 ms a row on one core, also compiled: it sorts."""

        def forward(self, x):
            state = torch.remainder(x.sum(dim=1, keepdim=True) * torch.arange(32768.0), 1009.0)
            return x + state.sort(dim=1).values[:, -1:]

    class SlowLayers(torch.nn.Module):
        """SlowRows between two layers of small whole numbers: for two stages."""

        def __init__(self):
            super().__init__()
            self.first, self.second = torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False)
            for layer in (self.first, self.second):
                layer.weight = torch.nn.Parameter((torch.arange(16.0) * 3 % 5 - 2).view(4, 4))

        def forward(self, x):
            hidden = self.first(x)
            state = torch.remainder(hidden.sum(dim=1, keepdim=True) * torch.arange(32768.0), 1009.0)
            return self.second(hidden + state.sort(dim=1).values[:, -1:])

    class HangsOnNegative(torch.nn.Module):
        def forward(self, x):
            while bool((x < 0).any()):
                x = x * 1.0
            return x.sum(dim=1)

    class OptionalArg(torch.nn.Module):
        def forward(self, x, mask: Optional[torch.Tensor] = None):
            if mask is not None:
                x = x * mask
            return x.sum(dim=1)

    class NoBatchDim(torch.nn.Module):
        def forward(self, x):
            return x.sum()

    class InPlace(torch.nn.Module):
        """Writes into its input; a wrapper must not let that reach the caller's bytes."""

        def forward(self, x):
            return x.add_(1.0).sum(dim=1)

    class CountsCalls(torch.nn.Module):
        """Adds the number of calls so far: no model for infer, but it must not be torn apart by threads."""

        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.zeros(1))

        def forward(self, x):
            self.calls = self.calls + 1
            return x + self.calls

    class Identity(torch.nn.Module):
        def forward(self, x):
            return x

    class ScaleArg(torch.nn.Module):
        """The second argument is no tensor, but may be left out."""

        def forward(self, x, scale: int = 2):
            return x.sum(dim=1) * scale

    class TextArg(torch.nn.Module):
        def forward(self, x, unit: str):
            return x.sum(dim=1) * len(unit)

    class ReturnsText(torch.nn.Module):
        def forward(self, x) -> Dict[str, str]:
            return {"verdict": "good"}

    class Prints(torch.nn.Module):
        """Exact, and says what it does, in a line per batch."""

        def forward(self, x):
            print("scoring", x.size(0), "rows", '{"id":0}')
            return x.sum(dim=1)

    class Double(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.full((2,), 1.0 / 3.0, dtype=torch.float64))

        def forward(self, x):
            return (x * self.weight).sum(dim=1)

    class Convolutions(torch.nn.Module):
        """Layers as a ResNet's block has them, on a picture made of 8 numbers."""

        def __init__(self):
            super().__init__()
            generator = torch.Generator().manual_seed(3)
            self.register_buffer("planes", torch.randn(8, 14, 14, generator=generator))
            self.first = torch.nn.Conv2d(8, 32, 1)
            self.second = torch.nn.Conv2d(32, 48, 3, padding=1)
            self.third = torch.nn.Conv2d(48, 32, 3, padding=1)
            with torch.no_grad():
                for weight in self.parameters():
                    weight.copy_(torch.randn(weight.shape, generator=generator) / weight[0].numel() ** 0.5)

        def forward(self, x):
            picture = (x[:, :, None, None] * self.planes).contiguous(memory_format=torch.channels_last)
            wide = torch.relu(self.first(picture))
            return torch.relu(self.third(torch.relu(self.second(wide))) + wide).mean(dim=(2, 3))

    torch.manual_seed(0)
    mlp = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
    modules = {kind.__name__: kind() for kind in (
        ExactSum, TableSum, ExactLayers, TwoInputs, DictOutputs, TupleOutputs, Classifier, RaggedSum, RaisesOnNegative, Slow, SlowRows, SlowLayers,
        HangsOnNegative, Greedy, Hungry, OptionalArg, NoBatchDim, InPlace, CountsCalls, Identity, ScaleArg, TextArg, ReturnsText, Prints, Double,
        Convolutions)}
    return torch, {name: module.eval() for name, module in modules.items()}, mlp.eval()


def example_two_inputs(torch):
    return torch.ones(2, 4), torch.zeros(2, 3, dtype=torch.int64)


def save_torchscript(torch, modules, mlp, out):
    def trace(module, *inputs):
        return torch.jit.trace(module, inputs, strict=False, check_trace=False)

    saved = {
        "exact_sum": trace(modules["ExactSum"], torch.ones(2, 8)),
        "mlp": trace(mlp, torch.ones(2, 64)),
        "mlp_bfloat16": trace(torch.nn.Sequential(torch.nn.Linear(64, 1)).bfloat16(), torch.ones(2, 64).bfloat16()),
        "two_inputs": trace(modules["TwoInputs"], *example_two_inputs(torch)),
        "tuple_outputs": trace(modules["TupleOutputs"], torch.ones(2, 4)),
        "classifier": trace(modules["Classifier"], torch.ones(2, 4)),
        "ragged_sum": trace(modules["RaggedSum"], torch.ones(2, 5)),
        "no_batch_dim": trace(modules["NoBatchDim"], torch.ones(2, 4)),
        "convolutions": trace(modules["Convolutions"], torch.ones(4, 8)),
        "in_place": trace(modules["InPlace"], torch.ones(2, 4)),
        "counts_calls": torch.jit.script(modules["CountsCalls"]),
        "double": trace(modules["Double"], torch.ones(2, 2, dtype=torch.float64)),
        "frozen": torch.jit.freeze(trace(mlp, torch.ones(2, 64))),
        "identity": trace(modules["Identity"], torch.ones(2, 4)),
        "scale_arg": torch.jit.script(modules["ScaleArg"]),
        "text_arg": torch.jit.script(modules["TextArg"]),
        "returns_text": torch.jit.script(modules["ReturnsText"]),
        "prints": torch.jit.script(modules["Prints"]),
        "dict_outputs": torch.jit.script(modules["DictOutputs"]),
        "raises_on_negative": torch.jit.script(modules["RaisesOnNegative"]),
        "slow": torch.jit.script(modules["Slow"]),
        "greedy": torch.jit.script(modules["Greedy"]),
        "hungry": torch.jit.script(modules["Hungry"]),
        "slow_rows": torch.jit.script(modules["SlowRows"]),
        "hangs_on_negative": torch.jit.script(modules["HangsOnNegative"]),
        "optional_arg": torch.jit.script(modules["OptionalArg"]),
    }
    for name, module in saved.items():
        module.save(str(out / f"{name}.pt"))


def save_refused(torch, modules, mlp, out):
    torch.save(mlp.state_dict(), out / "state_dict.pt")
    torch.save({"epoch": 3, "model_state_dict": mlp.state_dict(), "loss": 0.5}, out / "checkpoint.pt")
    torch.save(mlp, out / "pickled_module.pt")
    torch.save(torch.ones(3), out / "tensor.pt")
    torch.save(mlp.state_dict(), out / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.export.save(torch.export.export(modules["Classifier"], (torch.ones(2, 4),)), out / "exported.pt2")
    with zipfile.ZipFile(out / "other.zip", "w") as other:
        other.writestr("report.txt", "no model")
        other.writestr("a/b.txt", "no model")
    whole = (out / "mlp.pt").read_bytes()
    (out / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    (out / "damaged.pt").write_bytes(whole.replace(b"__torch__.torch", b"__t\x00\x00\x00\x00__.torch"))
    (out / "empty.pt").write_bytes(b"")
    (out / "text.pt").write_text("this is no model\n")
    (out / "weights.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")


def save_aoti(torch, modules, mlp, out):
    from torch._inductor import aoti_compile_and_package, config

    config.cpp.dynamic_threads = True  # else the thread count of this machine is compiled in
    batch = torch.export.Dim("batch", min=1, max=4096)
    cases = {
        "mlp": (mlp, (torch.ones(4, 64),)),
        "exact_sum": (modules["ExactSum"], (torch.ones(4, 8),)),
        "greedy": (modules["Greedy"], (torch.ones(10, 8),)),
        "slow_rows": (modules["SlowRows"], (torch.ones(4, 4),)),
        "two_inputs": (modules["TwoInputs"], (torch.ones(4, 4), torch.zeros(4, 3, dtype=torch.int64))),
    }
    for name, (module, inputs) in cases.items():
        program = torch.export.export(module, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs), strict=False)
        aoti_compile_and_package(program, package_path=str(out / f"{name}.pt2"),
                                 inductor_configs={"aot_inductor.check_lowerbound": False})
    save_convolutions(torch, modules["Convolutions"], batch, out)
    save_outside(torch, modules["TableSum"], batch, out)
    save_staged(torch, modules, batch, out)


def save_convolutions(torch, module, batch, out):
    """Frozen, as the exporter does it: what follows a convolution is a part of its call."""
    from torch._inductor import aoti_compile_and_package
    with torch.no_grad():
        program = torch.export.export(module, (torch.ones(4, 8),), dynamic_shapes=({0: batch},), strict=False)
        aoti_compile_and_package(program, package_path=str(out / "convolutions.pt2"),
                                 inductor_configs={"aot_inductor.check_lowerbound": False, "freezing": True})


def save_outside(torch, module, batch, out):
    """exact_sum_outside.pt2, a bundle whose weights stand in exact_sum_outside.safetensors."""
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
    from infer_export.formats import add_members
    from infer_export.weights import weights_file, write_weights
    from torch._inductor import aoti_compile_and_package

    path = out / "exact_sum_outside.pt2"
    program = torch.export.export(module, (torch.ones(4, 8),), dynamic_shapes=({0: batch},), strict=False)
    aoti_compile_and_package(program, package_path=str(path), inductor_configs={
        "aot_inductor.check_lowerbound": False, "aot_inductor.package_constants_in_so": False})
    digest = write_weights(program.state_dict, weights_file(path))
    add_members(path, {"infer.json": json.dumps({
        "infer_bundle": 1, "task": "outputs", "inputs": [{"name": "x", "dtype": "float32", "shape": [8], "from": "field"}],
        "outputs": [{"name": "output0", "shape": []}], "weights": {"file": weights_file(path).name, "digest": digest}})})


def save_staged(torch, modules, batch, out):
    """staged.pt2 and staged3.pt2, bundles in two and three stages, and staged_outside.pt2, in two, whose weights stand in
    staged_outside.safetensors; slow_staged.pt2, another model in two."""
    exact, slow = ((torch.export.export(modules[name], (torch.ones(4, width),), dynamic_shapes=({0: batch},), strict=False), width)
                   for name, width in (("ExactLayers", 8), ("SlowLayers", 4)))
    for name, count in (("staged", 2), ("staged3", 3), ("staged_outside", 2)):
        save_in_stages(*exact, out / f"{name}.pt2", count, [])
    save_in_stages(*slow, out / "slow_staged.pt2", 2, [4])


def save_in_stages(program, width, path, count, result):
    from infer_export.formats import add_members
    from infer_export.package_server import Package
    from infer_export.stages import Stages, Wish
    from infer_export.weights import weights_file, write_weights

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


def make(out, aoti):
    warnings.simplefilter("ignore")
    torch, modules, mlp = define_modules()
    with torch.no_grad():
        if aoti:
            save_aoti(torch, modules, mlp, out)
            make_bundles.save_aoti_bundle(torch, out)
        else:
            save_torchscript(torch, modules, mlp, out)
            save_refused(torch, modules, mlp, out)
            make_bundles.save_bundles(torch, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out_dir", type=pathlib.Path)
    parser.add_argument("--aoti", action="store_true", help="the AOTInductor packages instead")
    args = parser.parse_args()
    stamp = args.out_dir / ("made_aoti" if args.aoti else "made")
    make_once(stamp, ["torch", "tokenizers"], [__file__, make_bundles.__file__],
              lambda: make(args.out_dir, args.aoti))
    return 0


if __name__ == "__main__":
    sys.exit(main())
