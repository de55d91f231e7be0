"""What is really exported: the model inside a module that takes the bundle's inputs and returns finished tensors."""

import contextlib
import dataclasses
import inspect
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .poolings import pool
from .sentence_layers import UnitLength

class EmbeddingHead(nn.Module):
    """Token vectors to one vector per text: pooling, then `layers` in float32, of whose result the first `dimensions`
    values stay, then length 1 if asked for; to logits where there is a classifier."""

    def __init__(self, pooling: str | Sequence[str], layers: Sequence[nn.Module] = (), normalize: bool = False,
                 dimensions: int | None = None, skipped: int = 0):
        """Of each text, the first `skipped` tokens are not pooled. Without a pooling, vectors of texts come in."""
        super().__init__()
        self.pooling = (pooling,) if isinstance(pooling, str) else tuple(pooling)
        self.layers = nn.Sequential(*layers)
        self.dimensions, self.normalize, self.skipped = dimensions, normalize, skipped
        self.classifier: nn.Module = nn.Identity()

    def has_unit_length(self) -> bool:
        return self.normalize or (self.dimensions is None and bool(len(self.layers)) and
                                  isinstance(self.layers[-1], UnitLength))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """[batch, length, width] or [batch, width], [batch, length] -> [batch, width of the vector, or labels]."""
        if self.skipped > 0:
            mask = mask * (torch.arange(mask.shape[1], device=mask.device) >= self.skipped)
        return self.finish(pool(self.pooling, hidden, mask) if self.pooling else hidden)

    def finish(self, pooled: Tensor) -> Tensor:
        """[batch, width] -> [batch, width of the vector, or labels]."""
        vector = self.layers(pooled)
        if self.dimensions is not None:
            vector = vector[:, : self.dimensions]
        return self.classifier(nn.functional.normalize(vector, p=2.0, dim=1) if self.normalize else vector)


class PlainHead(nn.Module):
    """Logits and token vectors leave as they are."""

    def forward(self, result: Tensor, mask: Tensor) -> Tensor:
        return result


@dataclasses.dataclass
class Precision:
    """Mutable, shared by name: the reference is computed before it is lowered."""

    autocast: torch.dtype | None = None  # on the CPU: float32 weights, half precision where it is safe
    inputs: torch.dtype | None = None  # on CUDA: what floating-point inputs are cast to

    def context(self) -> contextlib.AbstractContextManager:
        if self.autocast is None:
            return contextlib.nullcontext()
        # Without the cache: a trace would keep the cast weights as constants.
        return torch.autocast("cpu", dtype=self.autocast, cache_enabled=False)


class TextModel(nn.Module):
    """input_ids, attention_mask: int64 [batch, length] -> float32, by the head. The names are Hugging Face's."""

    def __init__(self, body: nn.Module, head: nn.Module, output: str | None):
        """`output` names the field of the body's result, None for a body that returns a tensor."""
        super().__init__()
        self.body, self.head, self.output, self.precision = body, head, output, Precision()

    def _run(self, input_ids: Tensor, attention_mask: Tensor, **others: Tensor) -> Tensor:
        with self.precision.context():
            result = self.body(input_ids=input_ids, attention_mask=attention_mask, **others)
        tensor = result if self.output is None else getattr(result, self.output)
        return self.head(tensor.float(), attention_mask)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self._run(input_ids, attention_mask)


class TypedTextModel(TextModel):
    """The same with token_type_ids [batch, length]: 0, and 1 for the second text of a pair."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        return self._run(input_ids, attention_mask, token_type_ids=token_type_ids)


def flatten(result: object) -> dict[str, Tensor]:
    """The tensors of a module's result by name: keys of dicts, fields of named tuples, else output0, output1, ... Throws TypeError."""
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, Tensor):
        return {"output0": result}
    if isinstance(result, dict) and result and all(isinstance(value, Tensor) for value in result.values()):
        return {str(name): value for name, value in result.items()}
    if isinstance(result, (tuple, list)) and result and all(isinstance(value, Tensor) for value in result):
        return {f"output{i}": value for i, value in enumerate(result)}
    raise TypeError("the module must return a tensor, a list or tuple of tensors, or a dict of tensors")


class TensorModel(nn.Module):
    """Any module: tensors in call order -> a tensor or a tuple; half-precision results become float32."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body, self.precision = body, Precision()

    def raw(self, *inputs: Tensor) -> object:
        """As the body gives it, names and precision included."""
        if self.precision.inputs is not None:
            inputs = tuple(one.to(self.precision.inputs) if one.is_floating_point() else one for one in inputs)
        with self.precision.context():
            return self.body(*inputs)

    def _run(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        results = flatten(self.raw(*inputs)).values()
        plain = tuple(one.float() if one.dtype in (torch.float16, torch.bfloat16) else one for one in results)
        return plain if len(plain) > 1 else plain[0]


def tensor_model(body: nn.Module, names: Sequence[str]) -> TensorModel:
    """A TensorModel whose forward has arguments of these names, for exporters and `infer inspect` to see."""

    def forward(self: TensorModel, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self._run(*inputs)

    arguments = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", *names)]
    forward.__signature__ = inspect.Signature(arguments)
    return type("TensorModel", (TensorModel,), {"forward": forward})(body)


def text_model(body: nn.Module, head: nn.Module, output: str | None, types: bool) -> TextModel:
    return (TypedTextModel if types else TextModel)(body, head, output)


def lower_precision(model: TextModel | TensorModel, dtype: torch.dtype, device: str, outside: bool = False) -> None:
    """From float32 to `dtype`, in place. On the CPU by autocast: more exact than half-precision weights, as fast, once
    compiling has cast them; weights that are to stand `outside` are cast themselves."""
    if dtype == torch.float32:
        return
    if device == "cpu" and not outside:
        model.precision.autocast = dtype
    else:
        _cast(model.body, dtype)
        model.precision.inputs = dtype


def _cast(body: nn.Module, dtype: torch.dtype) -> None:
    """All but the frequencies of rotary positions: in half precision, those of far tokens would be off by whole turns, and
    transformers keeps them in float32."""
    kept = [(part, name, value) for part in body.modules() for name, value in part.named_buffers(recurse=False)
            if name.endswith("inv_freq")]
    body.to(dtype)
    for part, name, value in kept:
        part._buffers[name] = value
