"""The small TorchScript models, and files that are none, for make_models.py."""

import zipfile

import torch
from models import calls, exact, slow, unruly


def traced(module, *inputs):
    return torch.jit.trace(module.eval(), inputs, strict=False, check_trace=False)


def scripted(kind):
    return torch.jit.script(kind().eval())


def save_torchscript(out):
    mlp = exact.mlp()
    saved = {
        "exact_sum": traced(exact.ExactSum(), torch.ones(2, 8)),
        "mlp": traced(mlp, torch.ones(2, 64)),
        "mlp_bfloat16": traced(torch.nn.Sequential(torch.nn.Linear(64, 1)).bfloat16(), torch.ones(2, 64).bfloat16()),
        "two_inputs": traced(calls.TwoInputs(), torch.ones(2, 4), torch.zeros(2, 3, dtype=torch.int64)),
        "tuple_outputs": traced(calls.TupleOutputs(), torch.ones(2, 4)),
        "classifier": traced(exact.Classifier(), torch.ones(2, 4)),
        "wide_sum": scripted(exact.WideSum),
        "ragged_sum": traced(exact.RaggedSum(), torch.ones(2, 5)),
        "no_batch_dim": traced(unruly.NoBatchDim(), torch.ones(2, 4)),
        "convolutions": traced(exact.Convolutions(), torch.ones(4, 8)),
        "in_place": traced(unruly.InPlace(), torch.ones(2, 4)),
        "counts_calls": scripted(unruly.CountsCalls),
        "double": traced(exact.Double(), torch.ones(2, 2, dtype=torch.float64)),
        "frozen": torch.jit.freeze(traced(mlp, torch.ones(2, 64))),
        "identity": traced(exact.Identity(), torch.ones(2, 4)),
        "scale_arg": scripted(calls.ScaleArg),
        "text_arg": scripted(calls.TextArg),
        "returns_text": scripted(calls.ReturnsText),
        "prints": scripted(unruly.Prints),
        "named_outputs": scripted(calls.NamedOutputs),
        "dict_outputs": scripted(calls.DictOutputs),
        "raises_on_negative": scripted(unruly.RaisesOnNegative),
        "slow": scripted(slow.Slow),
        "greedy": scripted(unruly.Greedy),
        "hungry": scripted(unruly.Hungry),
        "slow_rows": scripted(slow.SlowRows),
        "hangs_on_negative": scripted(unruly.HangsOnNegative),
        "optional_arg": scripted(calls.OptionalArg),
    }
    for name, module in saved.items():
        module.save(str(out / f"{name}.pt"))


def save_refused(out):
    mlp = exact.mlp()
    torch.save(mlp.state_dict(), out / "state_dict.pt")
    torch.save({"epoch": 3, "model_state_dict": mlp.state_dict(), "loss": 0.5}, out / "checkpoint.pt")
    torch.save(mlp, out / "pickled_module.pt")
    torch.save(torch.ones(3), out / "tensor.pt")
    torch.save(mlp.state_dict(), out / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.export.save(torch.export.export(exact.Classifier().eval(), (torch.ones(2, 4),)), out / "exported.pt2")
    with zipfile.ZipFile(out / "other.zip", "w") as other:
        other.writestr("report.txt", "no model")
        other.writestr("a/b.txt", "no model")
    whole = (out / "mlp.pt").read_bytes()
    (out / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    (out / "damaged.pt").write_bytes(whole.replace(b"__torch__.torch", b"__t\x00\x00\x00\x00__.torch"))
    (out / "empty.pt").write_bytes(b"")
    (out / "text.pt").write_text("this is no model\n")
    (out / "weights.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
