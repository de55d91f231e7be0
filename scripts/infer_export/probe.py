"""What a model returns: seen in two runs of different length."""

import torch

from .errors import UsageError
from .examples import can_pad, make_batch
from .modules import TensorModel, TextModel, flatten
from .plan import WILDCARD, ModelInput, ModelOutput, Shape
from .repository import one_line

CALL_IT_YOURSELF = "; where it wants other inputs, call it in a module of your own, and use --factory"
PROBE_LENGTHS = (12, 7)


def probe(model: TextModel | TensorModel, inputs: tuple[ModelInput, ...], max_length: int | None,
           name: str | None) -> tuple[ModelOutput, ...]:
    """Names and shapes of the results, seen in two runs: what changes with the length is variable."""
    lengths = probe_lengths(max_length)
    runs = [run(model, inputs, length) for length in lengths]
    names = [name] if name else list(runs[0])
    results = list(zip(names, *(run.values() for run in runs), strict=False))  # parity tells of a number that changes
    outputs = tuple(ModelOutput(name, _shape(name, one, two)) for name, one, two in results)
    for output, (_, *tensors) in zip(outputs, results, strict=True):
        if can_pad(inputs):
            _check_cuttable(output, [tuple(tensor.shape[1:]) for tensor in tensors], lengths)
    return outputs


def _check_cuttable(output: ModelOutput, shapes: list[Shape], lengths: tuple[int, int]) -> None:
    """infer cuts off what padding made of a record's result; so it must be known how much of it that is."""
    for dim, size in enumerate(output.shape):
        seen = tuple(shape[dim] for shape in shapes)
        if size == WILDCARD and seen != lengths:
            raise UsageError(f"the output {output.name} has {seen[0]} and {seen[1]} values for records of {lengths[0]} and "
                             f"{lengths[1]}: where shorter records are padded, it must have as many as the record, so that "
                             "infer can cut off the rest; leave --pad away, or let it be of one size")


def probe_lengths(max_length: int | None) -> tuple[int, int]:
    longest, other = (min(length, max_length or length) for length in PROBE_LENGTHS)
    return longest, max(1, min(other, longest - 1))


def run(model: TextModel | TensorModel, inputs: tuple[ModelInput, ...], length: int) -> dict[str, torch.Tensor]:
    batch = make_batch(inputs, (2, length))
    callee = model.raw if isinstance(model, TensorModel) else model
    try:
        with torch.no_grad():
            return {name: one.clone() for name, one in flatten(callee(*batch.tensors)).items()}
    except Exception as error:
        sizes = ", ".join(f"{one.name} {list(tensor.shape)}" for one, tensor in zip(inputs, batch.tensors, strict=True))
        raise UsageError(f"the model cannot be run with {sizes}: {type(error).__name__}: {one_line(error)}"
                         f"{'' if isinstance(model, TensorModel) else CALL_IT_YOURSELF}") from error


def _shape(name: str, one: torch.Tensor, two: torch.Tensor) -> Shape:
    if one.dim() == 0 or one.dim() != two.dim() or one.shape[0] != 2 or two.shape[0] != 2:
        raise UsageError(f"the output {name} has the shape {list(one.shape)} for 2 records: the batch must be its "
                         "first dimension")
    return tuple(a if a == b else WILDCARD for a, b in zip(one.shape[1:], two.shape[1:], strict=True))
