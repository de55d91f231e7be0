"""An exported model as a graph that can be cut: without steps that write to tensors, and without sizes that steps hand on."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx
from torch.export import ExportedProgram
from torch.utils._sympy.interp import sympy_interp
from torch.utils._sympy.reference import PythonReferenceAnalysis

from .errors import ExportError
from .graph_cut import tensors_read

METADATA_CHECK = torch.ops.aten._assert_tensor_metadata.default
WRITE_BACK = torch.ops.aten.copy_.default  # into an input that the model changes: all that a functional graph writes to
SIZE = torch.ops.aten.sym_size.int


def functional_graph(program: ExportedProgram) -> fx.GraphModule:
    """The model's steps, none of which writes to a tensor, autocast and the like resolved; weights that are one tensor
    have one name, and sizes are read from inputs. Throws ExportError for a model that changes itself."""
    functional = program.run_decompositions({})
    if changed := sorted(functional.graph_signature.buffers_to_mutate.values()):
        raise ExportError(f"--stages: a call changes the model ({', '.join(changed[:3])})")
    module = functional.module(check_guards=False)
    for target in (METADATA_CHECK, WRITE_BACK):
        for node in module.graph.find_nodes(op="call_function", target=target):
            module.graph.erase_node(node)
    _one_name_each(module)
    _sizes_from_inputs(module)
    module.graph.eliminate_dead_code()
    return module


def _one_name_each(module: fx.GraphModule) -> None:
    read, names = tensors_read(module), dict[tuple[object, ...], str]()
    for node in module.graph.find_nodes(op="get_attr"):
        value = read.get(node.target)
        if value is not None and value.numel() > 0:
            place = (value.untyped_storage().data_ptr(), value.storage_offset(), value.dtype, value.shape, value.stride())
            node.target = names.setdefault(place, node.target)


def symbols_of(node: fx.Node) -> Iterator[tuple[int, object]]:
    """The dimensions of a tensor that are a symbol, with it."""
    value = node.meta.get("val")
    if isinstance(value, Tensor):
        for dim, size in enumerate(value.shape):
            if isinstance(size, torch.SymInt) and size.node.expr.is_symbol:
                yield dim, size.node.expr


def is_size_of_input(node: fx.Node) -> bool:
    return node.target is SIZE and node.all_input_nodes[0].op == "placeholder" and node.meta["val"].node.expr.is_symbol


def _sizes_from_inputs(module: fx.GraphModule) -> None:
    """A size of a step's result is computed from sizes of inputs, where it can be: numbers do not cross from stage to stage."""
    graph = module.graph
    inputs = graph.find_nodes(op="placeholder")
    known: dict[Any, fx.Proxy] = {}
    with graph.inserting_after(inputs[-1]):
        for node in inputs:
            for dim, symbol in symbols_of(node):
                if symbol not in known:
                    size = graph.call_function(SIZE, (node, dim))
                    size.meta["val"] = node.meta["val"].shape[dim]
                    known[symbol] = fx.Proxy(size)
    ours = {proxy.node for proxy in known.values()}
    for node in list(graph.nodes):
        value = node.meta.get("val")
        if isinstance(value, torch.SymInt) and node not in ours and value.node.expr.free_symbols <= known.keys():
            with graph.inserting_before(node):
                same = sympy_interp(PythonReferenceAnalysis, known, value.node.expr)
            same.node.meta.setdefault("val", value)
            node.replace_all_uses_with(same.node)
