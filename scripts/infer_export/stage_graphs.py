"""An exported model as the graphs of its stages: each with the steps that are its own, those that every stage computes for
itself, and inputs of the model or values that earlier stages give."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch._subclasses import FakeTensor
from torch._prims_common import is_contiguous_or_false
from torch.utils import _pytree as pytree

from .functional_graph import SIZE, is_size_of_input, symbols_of
from .graph_cut import Anatomy, tensor_bytes, tensors_read

CLONE = torch.ops.aten.clone.default


@dataclasses.dataclass
class StageGraph:
    """`module` has the weights under the model's names, takes and gives tensors by place, and knows its example's sizes:
    its placeholders' "val"."""

    module: fx.GraphModule
    takes: list[str]
    gives: list[str]

    def example(self) -> tuple[Tensor, ...]:
        return tuple(node.meta["val"] for node in self.module.graph.find_nodes(op="placeholder"))

    def weight_bytes(self) -> int:
        """Of what it has itself, each name once."""
        return sum(map(tensor_bytes, tensors_read(self.module).values()))


def split(module: fx.GraphModule, anatomy: Anatomy, cuts: Sequence[int], inputs: Sequence[str],
          outputs: Sequence[str]) -> list[StageGraph]:
    """At these own steps. `inputs` and `outputs` name those of the module, in order."""
    bounds = [0, *cuts, len(anatomy.own)]
    stage_of = {node: k for k in range(len(bounds) - 1) for node in anatomy.own[bounds[k] : bounds[k + 1]]}
    last = len(bounds) - 2
    crossing = [node for node in anatomy.own if anatomy.last_use(node) >= bounds[stage_of[node] + 1]]
    names = dict(zip(crossing, _carried_names(len(crossing), {*inputs, *outputs}), strict=True))
    names |= dict(zip(module.graph.find_nodes(op="placeholder"), inputs, strict=True))
    parts = _Parts(module, anatomy, stage_of, names)
    return [parts.stage(k, outputs if k == last else None) for k in range(last + 1)]


def _carried_names(count: int, taken: set[str]) -> list[str]:
    free = (name for i in range(count + len(taken)) if (name := f"carried{i}") not in taken)
    return [next(free) for _ in range(count)]


class _Parts:
    """What the stages are made of. `names`: of what a stage may take."""

    def __init__(self, module: fx.GraphModule, anatomy: Anatomy, stage_of: Mapping[fx.Node, int], names: Mapping[fx.Node, str]):
        self.module, self.anatomy, self.stage_of, self.names = module, anatomy, stage_of, names
        self.results: Any = module.graph.output_node().args[0]
        self.handed_on = {node: _fresh(node.meta["val"]) for node in stage_of if node in names}

    def stage(self, k: int, outputs: Sequence[str] | None) -> StageGraph:
        """`outputs`: of the last one."""
        own = [node for node in self.anatomy.own if self.stage_of[node] == k]
        given = [node for node in own if node in self.names] if outputs is None else list(self.results)
        needed = self._needed(k, [*own, *given])
        taken = self._taken(k, needed)
        graph = fx.Graph()
        copies = {node: self._placeholder(graph, node) for node in taken}
        for node in self.module.graph.nodes:
            if node in needed and node not in copies:
                copies[node] = self._copy(graph, node, copies)
        graph.output(tuple(self._result(graph, copies[node], is_last=outputs is not None) for node in given))
        stage = StageGraph(fx.GraphModule(self.module, graph), [self.names[node] for node in taken],
                           list(outputs or (self.names[node] for node in given)))
        _, stage.module._in_spec = pytree.tree_flatten((stage.example(), {}))
        _, stage.module._out_spec = pytree.tree_flatten(tuple(given))
        return stage

    def _is_taken(self, node: fx.Node, k: int) -> bool:
        return node.op == "placeholder" or self.stage_of.get(node, k) < k

    def _needed(self, k: int, wanted: Iterable[fx.Node]) -> set[fx.Node]:
        """The wanted ones, and what they are made of; but not what those are made of that the stage takes, nor what a size is read from."""
        found: set[fx.Node] = set()
        open_nodes = list(wanted)
        while open_nodes:
            node = open_nodes.pop()
            if node in found:
                continue
            found.add(node)
            if not self._is_taken(node, k) and not is_size_of_input(node):
                open_nodes += node.all_input_nodes
        return found | {node for node in self.module.graph.nodes if self._is_check(node) and found.issuperset(node.all_input_nodes)}

    def _is_check(self, node: fx.Node) -> bool:
        """Of what each stage computes for itself."""
        return node.op == "call_function" and not node.users and node not in self.stage_of

    def _taken(self, k: int, needed: set[fx.Node]) -> list[fx.Node]:
        """Values of earlier stages, then inputs; more of these where a size stands in no other."""
        values = sorted((node for node in needed if node in self.handed_on and self._is_taken(node, k)), key=self.anatomy.number.__getitem__)
        inputs = self.module.graph.find_nodes(op="placeholder")
        taken = {node for node in inputs if node in needed}
        symbols = {symbol for node in needed for symbol in _symbols(node)}
        for node in inputs:
            missing = symbols - {symbol for one in (*values, *taken) for _, symbol in symbols_of(one)}
            if missing & {symbol for _, symbol in symbols_of(node)}:
                taken.add(node)
        return [*values, *(node for node in inputs if node in taken)]

    def _placeholder(self, graph: fx.Graph, node: fx.Node) -> fx.Node:
        copy = graph.placeholder(self.names[node])
        copy.meta["val"] = self.handed_on.get(node, node.meta["val"])
        return copy

    def _copy(self, graph: fx.Graph, node: fx.Node, copies: Mapping[fx.Node, fx.Node]) -> fx.Node:
        if not is_size_of_input(node):
            return graph.node_copy(node, copies.__getitem__)
        where = ((copy, dim) for copy in copies.values() if copy.op == "placeholder" for dim, symbol in symbols_of(copy)
                 if symbol == node.meta["val"].node.expr)
        copy = graph.call_function(SIZE, next(where))
        copy.meta["val"] = node.meta["val"]
        return copy


    def _result(self, graph: fx.Graph, node: fx.Node, is_last: bool) -> fx.Node:
        """A value that is handed on is contiguous; none is what came in."""
        value = node.meta["val"]
        if node.op != "placeholder" and (is_last or (is_contiguous_or_false(value) and value.storage_offset() == 0)):
            return node
        copy = graph.call_function(CLONE, (node,), {"memory_format": torch.contiguous_format})
        copy.meta["val"] = _fresh(value)
        return copy


def _symbols(node: fx.Node) -> set[object]:
    value = node.meta.get("val")
    sizes = value.shape if isinstance(value, Tensor) else (value,)
    return {symbol for one in sizes if isinstance(one, torch.SymInt) for symbol in one.node.expr.free_symbols}


def _fresh(value: Tensor) -> Tensor:
    """As it is handed on: contiguous, and no part of another."""
    assert isinstance(value, FakeTensor)
    with value.fake_mode:
        return torch.empty(value.shape, dtype=value.dtype, device=value.device)
