"""How linear layers reach Inductor, so that it takes each for one product of matrices."""

import torch
from torch import fx
from torch._prims_common import is_contiguous_or_false

LINEAR = torch.ops.aten.linear.default
CLONE = torch.ops.aten.clone.default


def contiguous_inputs(program: fx.GraphModule) -> None:
    """In place. A linear layer's transposed input, as attention layers have, is written out first: else it becomes a
    batch of products, one for each token, whose weight is not packed."""
    for module in program.modules():  # what autocast holds for is a module of its own
        if isinstance(module, fx.GraphModule):
            for node in module.graph.find_nodes(op="call_function", target=LINEAR):
                _write_out_input(module.graph, node)
            module.recompile()


def _write_out_input(graph: fx.Graph, linear: fx.Node) -> None:
    before = linear.args[0]
    assert isinstance(before, fx.Node)
    value = before.meta["val"]
    if value.dim() < 3 or is_contiguous_or_false(value):
        return
    with graph.inserting_before(linear):
        copy = graph.call_function(CLONE, (before,), {"memory_format": torch.contiguous_format})
    copy.meta["val"] = value.clone(memory_format=torch.contiguous_format)
    linear.replace_input_with(before, copy)
