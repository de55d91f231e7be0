"""Draws small modules of all the kinds that break what scoring in batches takes for granted, as source text that both
torch.jit.script and torch.jit.trace take."""

import dataclasses
import importlib.util
import pathlib
import random
from typing import Any

HEADER = """from typing import Dict, List, Optional, Tuple
import torch
from torch import Tensor, nn


class Drawn(nn.Module):
"""

CORES = {  # name: (lines of __init__, expression of x [b, width] -> y [b, width])
    "double": ([], "x * 2"),
    "linear": (["self.layer = nn.Linear({w}, {w})"], "self.layer(x)"),
    "normed": (["self.layer = nn.Sequential(nn.Linear({w}, {w}), nn.BatchNorm1d({w}))",
                "self.layer[1].running_mean = torch.arange(float({w}))"], "self.layer(x)"),
    "mlp": (["self.layer = nn.Sequential(nn.Linear({w}, 8), nn.ReLU(), nn.Linear(8, {w}))"], "self.layer(x)"),
    "dropout": (["self.layer = nn.Sequential(nn.Linear({w}, {w}), nn.Dropout(0.5))"], "self.layer(x)"),
    "layer_norm": (["self.layer = nn.LayerNorm({w})"], "self.layer(x)"),
    "remainder": ([], "(x * 7919.0) % 1000.0"),
}
NEIGHBOURS = {  # rows that depend on others: of y
    "range": "(y - y.min()) / (y.max() - y.min() + 1e-6)",
    "softmax": "torch.softmax(y, dim=0)",
    "mean": "y - y.mean(dim=0, keepdim=True)",
    "sum": "y.cumsum(dim=0)",
    "sorted": "torch.sort(y, dim=0)[0]",
    "count": "y + float(y.shape[0])",
    "largest": "y / (y.abs().max() + 1.0)",
}
STATES = {  # lines of __init__, lines of forward over y, whether a row depends on what came before
    "counter": (['self.register_buffer("n", torch.zeros(1))'], ["self.n += float(y.shape[0])", "y = y + self.n"], True),
    "largest": (['self.register_buffer("top", torch.zeros(1))'],
                ["self.top.copy_(torch.maximum(self.top, y.abs().max()))", "y = y * self.top"], True),
    "scratch": (['self.register_buffer("buf", torch.zeros(4096, {w}))'],
                ["n = y.shape[0]", "self.buf[:n].copy_(y)", "y = self.buf[:n]"], False),
}
CHANCES = {
    "noise": "y + torch.randn_like(y)",
    "mask": "y * torch.bernoulli(torch.full_like(y, 0.5))",
    "dropout": "torch.dropout(y, 0.5, True)",
}
RETURNS = {  # expression of y, return type
    "tensor": ("y", "Tensor"),
    "tuple": ("(y, y.sum(dim=1))", "Tuple[Tensor, Tensor]"),
    "list": ("[y, y * 2]", "List[Tensor]"),
    "dict": ('{"first": y, "second": y.t().contiguous().t()}', "Dict[str, Tensor]"),
    "float_dict": ("{0.5: y, 1.5: y + 1}", "Dict[float, Tensor]"),
    "twice": ("(y, y)", "Tuple[Tensor, Tensor]"),
    "view": ("y[:, :1]", "Tensor"),
    "squeezed": ("y[:, :1].squeeze()", "Tensor"),
    "squeezed_all": ("y.squeeze()", "Tensor"),
    "rows": ("[row for row in y]", "List[Tensor]"),
    "input": ("x", "Tensor"),
    "constant": ("(y, self.fixed.expand(y.shape[0], 3))", "Tuple[Tensor, Tensor]"),
    "imaginary": ("torch.fft.fft(y, dim=1)[:, -1:].conj().imag", "Tensor"),
    "integers": ("y.round().to(torch.int64)", "Tensor"),
}
SCALARS = {"scale": ("float", "1.0", "y = y * scale", 3), "shift": ("int", "0", "y = y + float(shift)", 2),
           "negate": ("bool", "False", "y = -y if negate else y", True)}


@dataclasses.dataclass
class Variation:
    """What was drawn; the names say what must not be silent."""

    seed: int
    width: int = 3
    core: str = "double"
    neighbours: str | None = None
    state: str | None = None
    chance: str | None = None
    returns: str = "tensor"
    scalar: str | None = None
    optional: bool = False  # an Optional[Tensor] argument, after the scalar
    how: str = "script"  # script, trace or compile
    training: bool = False  # saved in training mode
    records: int = 20
    use_scalar: bool = False  # records have a value for it
    use_optional: str = "none"  # of the records: none, all or late
    flags: tuple[str, ...] = ()

    def name(self) -> str:
        parts = [f"{field.name}={value}" for field in dataclasses.fields(self)
                 if (value := getattr(self, field.name)) != field.default and field.name != "seed"]
        return f"seed {self.seed}: " + " ".join(parts)


def draw(seed: int) -> Variation:
    chance = random.Random(seed)
    one = Variation(seed, width=chance.choice([1, 2, 3, 5]), core=chance.choice(list(CORES)),
                    returns=chance.choice(list(RETURNS)), records=chance.choice([1, 2, 3, 17, 60, 300]))
    breaks = chance.choice(["nothing", "nothing", "neighbours", "state", "chance", "arguments", "training"])
    if breaks == "neighbours":
        one.neighbours = chance.choice(list(NEIGHBOURS))
    if breaks == "state":
        one.state = chance.choice(list(STATES))
    if breaks == "chance":
        one.chance = chance.choice(list(CHANCES))
    if breaks == "training":
        one.training = True
        one.core = chance.choice(["dropout", "normed", "linear"])
    one.how = chance.choice(["script", "script", "trace"])
    if breaks == "arguments":
        one.how = "script"
        one.scalar = chance.choice([None, *SCALARS])
        one.optional = one.scalar is None or chance.random() < 0.5
        one.use_scalar = one.scalar is not None and chance.random() < 0.5
        one.use_optional = chance.choice(["none", "all", "late"]) if one.optional else "none"
    if one.how == "trace" and one.neighbours == "count":  # a trace has the number of rows as a constant
        one.neighbours = "sum"
    if one.how == "trace" and one.returns in ("float_dict", "rows"):
        one.returns = "tensor"
    if one.returns in ("squeezed_all", "imaginary") and one.width == 1 and chance.random() < 0.5:
        one.returns = "tensor"
    one.flags = chance.choice([(), (), (), ("--max-batch-size", "1"), ("--max-batch-size", "2"), ("--stateful",),
                               ("--seed", "7"), ("--allow-batch-effects",), ("--replicas", "3", "--max-batch-size", "4")])
    return one


def source_of(one: Variation) -> str:
    init, expression = CORES[one.core]
    lines = list(init) + ["self.fixed = nn.Parameter(torch.arange(3.0), requires_grad=False)"]
    forward = [f"y = {expression}"]
    if one.neighbours:
        forward.append(f"y = {NEIGHBOURS[one.neighbours]}")
    if one.chance:
        forward.append(f"y = {CHANCES[one.chance]}")
    arguments = "self, x: Tensor"
    if one.scalar:
        kind, default, use, _ = SCALARS[one.scalar]
        arguments += f", {one.scalar}: {kind} = {default}"
        forward.append(use)
    if one.optional:
        arguments += ", weight: Optional[Tensor] = None"
        forward += ["if weight is not None:", "    y = y * weight"]
    if one.state:
        more, body, _ = STATES[one.state]
        lines += more
        forward += body
    result, kind = RETURNS[one.returns]
    body = ["    def __init__(self):", "        super().__init__()", *(f"        {line}" for line in lines), "",
            f"    def forward({arguments}) -> {kind}:", *(f"        {line}" for line in forward),
            f"        return {result}"]
    return HEADER + "\n".join(body).replace("{w}", str(one.width)) + "\n"


def module_of(one: Variation, folder: pathlib.Path) -> Any:
    """A fresh module with the same weights each time."""
    import torch
    path = folder / f"drawn_{one.seed}.py"
    path.write_text(source_of(one))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    torch.manual_seed(one.seed)
    return loaded.Drawn()


def records_of(one: Variation) -> list[dict[str, Any]]:
    chance = random.Random(one.seed + 1)
    whole = chance.random() < 0.3
    records = []
    for i in range(one.records):
        values = [chance.randint(-20, 20) if whole else round(chance.uniform(-5, 5), 3) for _ in range(one.width)]
        record: dict[str, Any] = {"id": i, "x": values}
        if one.use_scalar:
            record[one.scalar] = SCALARS[one.scalar][3]
        if one.use_optional == "all":
            record["weight"] = [float(chance.randint(1, 3))] * one.width
        records.append(record)
    if one.use_optional == "late":  # beyond what is looked at before the run
        filler = "x" * 1000
        records = [dict(record, note=filler) for record in records * (1200 // len(records) + 1)]
        for i, record in enumerate(records):
            record["id"] = i
        records[-1]["weight"] = [2.0] * one.width
    return records
