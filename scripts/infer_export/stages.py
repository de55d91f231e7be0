"""A model as several packages in one file, one per stage, to be run one after another on a device each."""

import dataclasses
import gc
import pathlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from .formats import compile_whole
from .functional_graph import functional_graph
from .graph_cut import Anatomy, places
from .quiet import say
from .shares import Shares
from .stage_graphs import StageGraph, split


@dataclasses.dataclass(frozen=True)
class Wish:
    """How many stages; None: as few as keep each one's weights at `limit` bytes."""

    count: int | None
    limit: int | None = None


@dataclasses.dataclass
class Stages:
    """Compiles a program in stages, and then knows what they are. `inputs` and `outputs`: their names, in order."""

    wish: Wish
    inputs: Sequence[str]
    outputs: Sequence[str]
    entries: list[dict[str, Any]] = dataclasses.field(default_factory=list)  # of infer.json; none where the whole is one stage
    summaries: list[str] = dataclasses.field(default_factory=list)

    def compile(self, program: ExportedProgram, path: pathlib.Path, settings: dict[str, Any]) -> None:
        """As formats.compile_whole does. Throws ExportError for what cannot be cut so."""
        from torch._inductor.package import package_aoti
        parts = self._parts(program)
        if len(parts) == 1:
            compile_whole(program, path, settings)
            return
        self.entries = [{"name": f"stage{k}", "takes": one.takes, "gives": one.gives} for k, one in enumerate(parts)]
        self.summaries = [f"stage{k} {_summary(one)}{_carried(one) if one is not parts[-1] else ''}" for k, one in enumerate(parts)]
        files = {}
        for entry in self.entries:
            say(f"compiling {entry['name']} of {len(self.entries)}")
            files[entry["name"]] = _compiled(parts.pop(0), settings)
            gc.collect()  # what a compilation knew of its weights goes before the next begins
        package_aoti(str(path), files)

    def _parts(self, program: ExportedProgram) -> list[StageGraph]:
        module = functional_graph(program)
        anatomy = Anatomy(module)
        shares = Shares(anatomy, places(anatomy))
        count = self.wish.count or shares.fewest_stages(self.wish.limit or 0)
        return split(module, anatomy, shares.cut(count, None if self.wish.count else self.wish.limit), self.inputs, self.outputs)


def _compiled(stage: StageGraph, settings: dict[str, Any]) -> list[Any]:
    """The files of its package."""
    files = torch._inductor.aot_compile(stage.module, stage.example(), options=settings | {"aot_inductor.package": True})
    assert isinstance(files, list)
    return files


def _summary(stage: StageGraph) -> str:
    size = stage.weight_bytes()
    return f"{size / 2**20:.1f} MiB of weights" if size >= 2**20 else f"{size / 2**10:.1f} KiB of weights"


def _carried(stage: StageGraph) -> str:
    results: Any = stage.module.graph.output_node().args[0]
    given = [_form(node.meta["val"]) for node in results]
    return f", carries {len(given)} value{'s' * (len(given) > 1)} of {' and '.join(given)}"


def _form(value: Tensor) -> str:
    sizes = ", ".join(str(size) if isinstance(size, int) else "*" for size in value.shape)
    return f"{str(value.dtype).removeprefix('torch.')} [{sizes}]"
