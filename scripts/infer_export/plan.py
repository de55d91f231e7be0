"""What is to be exported, as plain data: from here infer.json, the example inputs and the checks are made."""

import dataclasses
from typing import Any

WILDCARD = "*"  # a variable length in a shape

Shape = tuple[int | str, ...]


@dataclasses.dataclass(frozen=True)
class ModelInput:
    """One input of the model, in call order; `shape` is per record, without the batch dimension."""

    name: str
    dtype: str  # PyTorch's name: "int64"
    shape: Shape
    source: str = "field"  # or token_ids, token_mask, token_types, token_count, image
    range: tuple[int, int] | None = None  # inclusive
    pad: float | int | None = None
    ends: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())  # the ids that any text begins and ends with
    packed: bool = False  # records one after the other in the first dimension, in place of a batch dimension


@dataclasses.dataclass(frozen=True)
class ModelOutput:
    name: str
    shape: Shape


@dataclasses.dataclass(frozen=True)
class TextSpec:
    fields: tuple[str, ...]
    max_length: int  # tokens, special ones included
    truncation_side: str = "right"
    prompt: str = ""  # put before each text


@dataclasses.dataclass(frozen=True)
class ImageSpec:
    backend: str  # pil or torchvision
    steps: tuple[dict[str, Any], ...]  # infer.json's; the last one has the size
    orient: bool = True

    @property
    def size(self) -> tuple[int, int]:
        """Height and width that the model sees."""
        height, width = self.steps[-1]["size"]
        return height, width


@dataclasses.dataclass(frozen=True)
class Classes:
    labels: tuple[str, ...]
    activation: str  # softmax, sigmoid or none
    threshold: float | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """The signature of a bundle. `task` is infer.json's: outputs, classification, embedding or entities."""

    task: str
    inputs: tuple[ModelInput, ...]
    outputs: tuple[ModelOutput, ...]
    text: TextSpec | None = None
    image: ImageSpec | None = None
    classes: Classes | None = None
    max_batch: int = 4096
    origin: dict[str, Any] = dataclasses.field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """infer.json, version 1."""
        document: dict[str, Any] = {"infer_bundle": 1, "task": self.task}
        document["inputs"] = [_input_document(one) for one in self.inputs]
        if self.text:
            document["text"] = {"fields": list(self.text.fields), "max_length": self.text.max_length,
                                "truncation_side": self.text.truncation_side}
            if self.text.prompt:
                document["text"]["prompt"] = self.text.prompt
        if self.image:
            document["image"] = {"backend": self.image.backend, "orient": self.image.orient, "steps": list(self.image.steps)}
        document["outputs"] = [{"name": one.name, "shape": list(one.shape)} for one in self.outputs]
        if self.classes:
            document["classes"] = _classes_document(self.classes)
        return document | {"max_batch": self.max_batch, "origin": self.origin}


def _input_document(one: ModelInput) -> dict[str, Any]:
    document: dict[str, Any] = {"name": one.name, "dtype": one.dtype, "shape": list(one.shape), "from": one.source}
    if one.range is not None:
        document["range"] = list(one.range)
    if one.pad is not None:
        document["pad"] = one.pad
    if one.packed:
        document["packed"] = True
    return document


def _classes_document(classes: Classes) -> dict[str, Any]:
    document: dict[str, Any] = {"labels": list(classes.labels), "activation": classes.activation}
    if classes.threshold is not None:
        document["threshold"] = classes.threshold
    return document
