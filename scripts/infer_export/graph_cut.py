"""Where a model's graph may be cut into stages: what each of its steps depends on, which weights it reads, and what would
cross."""

import dataclasses
import enum
from collections.abc import Mapping
from operator import attrgetter

from torch import Tensor, fx

SMALL = 1 / 1000  # of all weights: a buffer of up to that is read by each stage that needs what is made of it
ALWAYS_SMALL = 64 << 10  # bytes
FEW = 1 / 10  # of all weights, that such buffers may be together: else they are the weights


class Kind(enum.Enum):
    """What a step of the graph depends on."""

    CONSTANT = enum.auto()  # on nothing, or small buffers
    INPUT = enum.auto()  # on the model's inputs too, as masks and positions: each stage computes it for itself
    WEIGHT = enum.auto()  # on weights, not on inputs: a cast, a transposition
    OWN = enum.auto()  # on both: it belongs to one stage


@dataclasses.dataclass(frozen=True)
class Place:
    """A cut before the own step of this number."""

    step: int
    crossing: int  # bytes, with the example's sizes


class Anatomy:
    """A functional graph's steps by kind, and what each reads."""

    def __init__(self, module: fx.GraphModule):
        self.module, self.read = module, tensors_read(module)
        self.small = _small_buffers(module, self.read)
        self.kinds = self._find_kinds()
        self.own = [node for node in module.graph.nodes if node.op == "call_function" and self.kinds[node] is Kind.OWN]
        self.number = {node: i for i, node in enumerate(self.own)}
        self.weights = [self._weights_of(node) for node in self.own]

    def _find_kinds(self) -> dict[fx.Node, Kind]:
        kinds: dict[fx.Node, Kind] = {}
        for node in self.module.graph.nodes:
            if node.op == "placeholder":
                kinds[node] = Kind.INPUT
            elif node.op == "get_attr":
                kinds[node] = Kind.WEIGHT if node.target in self.read.keys() - self.small else Kind.CONSTANT
            else:
                kinds[node] = _joined({kinds[one] for one in node.all_input_nodes})
        return kinds

    def _weights_of(self, node: fx.Node) -> dict[str, int]:
        """Name to bytes, of those that the step reads, cast or not, and small buffers."""
        found: dict[str, int] = {}
        open_nodes = list(node.all_input_nodes)
        while open_nodes:
            one = open_nodes.pop()
            if self.kinds[one] in (Kind.WEIGHT, Kind.CONSTANT):
                if one.target in self.read:
                    found[one.target] = tensor_bytes(self.read[one.target])
                open_nodes += one.all_input_nodes
        return found

    def last_use(self, node: fx.Node) -> int:
        """Of an own step: the number of the last step that reads it; that of the output is one more than the steps'."""
        return max((self.number.get(user, len(self.own)) for user in node.users), default=-1)


def tensors_read(module: fx.GraphModule) -> dict[str, Tensor]:
    """By name; a graph may read modules too."""
    found = {node.target: attrgetter(node.target)(module) for node in module.graph.find_nodes(op="get_attr")}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def tensor_bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _small_buffers(module: fx.GraphModule, read: Mapping[str, Tensor]) -> set[str]:
    parameters = {id(one) for one in module.parameters()}
    total = sum(map(tensor_bytes, read.values()))
    small = {name: tensor_bytes(one) for name, one in read.items()
             if id(one) not in parameters and tensor_bytes(one) <= max(ALWAYS_SMALL, SMALL * total)}
    return set(small) if sum(small.values()) <= FEW * total else set()


def _joined(kinds: set[Kind]) -> Kind:
    if Kind.OWN in kinds or {Kind.WEIGHT, Kind.INPUT} <= kinds:
        return Kind.OWN
    return next((one for one in (Kind.WEIGHT, Kind.INPUT) if one in kinds), Kind.CONSTANT)


def _hinted_bytes(value: object) -> int | None:
    """With the example's sizes; None of what cannot be handed from stage to stage: a number, a list, a tensor whose size
    depends on values."""
    if not isinstance(value, Tensor):
        return None
    size = value.element_size()
    for one in value.shape:
        hint = one if isinstance(one, int) else one.node.hint
        if hint is None:
            return None
        size *= int(hint)
    return size


def places(anatomy: Anatomy) -> list[Place]:
    """The narrowest between each two steps that read weights; the last of equals, after a layer's final sum."""
    crossing: dict[fx.Node, int | None] = {}
    ends = [anatomy.last_use(node) for node in anatomy.own]
    found: list[Place] = []
    best: Place | None = None
    for step in range(1, len(anatomy.own)):
        before = anatomy.own[step - 1]
        crossing[before] = _hinted_bytes(before.meta.get("val"))
        crossing = {node: size for node, size in crossing.items() if ends[anatomy.number[node]] >= step}
        sizes = list(crossing.values())
        if None not in sizes and (best is None or sum(filter(None, sizes)) <= best.crossing):
            best = Place(step, sum(filter(None, sizes)))
        if anatomy.weights[step] and best is not None:
            found.append(best)
            best = None
    return found
