"""A model that takes pictures, before it is decided how: from a Hugging Face folder, or from a function of the user's."""

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from .classifier import read_head
from .errors import UsageError
from .factory import load_module, reload_module
from .hugging_face import check_architecture, check_weights, load_config, load_with_info
from .image_models import FEATURES, ImageModel, Logits, PictureVector
from .image_processor import load_processor, read_processor
from .modules import EmbeddingHead
from .options import Options
from .pixels import CHANNELS, PixelValues
from .plan import ImageSpec, ModelInput
from .preprocess_file import read_preprocess
from .prompts import prompt_head, read_prompts
from .quiet import say, silence
from .repository import check_exists, one_line
from .text_source import head_origin

NAME = "image"  # of the input, and so of the record's field


@dataclasses.dataclass
class ImageSource:
    """`make`: the model, each time anew where that is needed."""

    spec: ImageSpec
    body: nn.Module
    head: nn.Module | None
    pixels: PixelValues
    reload: Callable[[], nn.Module]  # the body anew
    config: Any = None
    labels: tuple[str, ...] | None = None  # of the prompts
    activation: str | None = None  # of the prompts
    origin: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def input(self) -> ModelInput:
        return ModelInput(NAME, "uint8", (*self.spec.size, CHANNELS), "image")

    def model(self, body: nn.Module) -> ImageModel:
        return ImageModel(body, self.pixels, self.head)


def load_image_source(options: Options) -> ImageSource:
    """Throws UsageError."""
    if options.preprocess is not None:
        spec, table = read_preprocess(options.preprocess)
        body = load_module(options.factory)
        return ImageSource(spec, body, None, PixelValues(table), lambda: reload_module(options.factory, body))
    check_exists(options.hf, "--hf")
    silence()
    config = load_config(options.hf, "")
    spec, pixels = read_processor(load_processor(options.hf, options.image_backend), options.hf)
    source = ImageSource(spec, nn.Identity(), None, pixels, lambda: _load_body(options, config, []))
    notes = [f"pictures as transformers' {spec.backend} processor prepares them: {_steps_text(spec)}"]
    source.body = _load_body(options, config, notes)
    source.config = source.body.model.config
    if isinstance(source.body, PictureVector):
        _finish_vector(options, source)
    for note in notes:
        say(note)
    return source


def _steps_text(spec: ImageSpec) -> str:
    return ", ".join(" ".join(str(value) for value in step.values()) for step in spec.steps)


def _load_body(options: Options, config: Any, notes: list[str]) -> Logits | PictureVector:
    """Throws UsageError. `notes`: what there is to say of it."""
    if options.prompts is None and options.loaded_for.has_own_head:
        check_architecture(options, config)
        model, info = load_with_info(options, "", _class("AutoModelForImageClassification"), torch.float32)
        check_weights(options, info)
        return Logits(model.eval())
    stated = (getattr(config, "architectures", None) or [""])[0]
    projected = stated.endswith("VisionModelWithProjection")
    model, info = load_with_info(options, "", _class(stated if projected else "AutoModel"), torch.float32)
    if options.pooling is not None:
        model = getattr(model, "vision_model", model)
    pooling = options.pooling or ("image_embeds" if projected else _default_pooling(model.eval(), info))
    check_weights(options, info, unused=pooling != "pooler")
    if options.pooling is None and options.prompts is None:
        notes.append(f"vectors: {_reason(pooling)}; --pooling gives others")
    return PictureVector(model.eval(), pooling)


def _class(name: str) -> Any:
    import transformers
    return getattr(transformers, name)


def _default_pooling(model: nn.Module, info: dict[str, Any]) -> str:
    """What the model has been trained to give: a pooler whose weights are not in the folder was not."""
    if hasattr(model, "get_image_features"):
        return FEATURES
    trained = not any("pooler." in key for key in info["missing_keys"])
    size = getattr(model.config, "image_size", None) or 224
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    try:
        with torch.no_grad():
            result = model(pixel_values=torch.zeros(1, CHANNELS, height, width))
    except Exception as error:
        raise UsageError(f"a {type(model).__name__} cannot be called with a picture alone: {one_line(error)}; call it in a "
                         "module of your own, and use --factory") from error
    if trained and getattr(result, "pooler_output", None) is not None:
        return "pooler"
    return "cls" if result.last_hidden_state.dim() == 3 else "mean"


def _reason(pooling: str) -> str:
    return {FEATURES: "as get_image_features() gives them", "image_embeds": "image_embeds, as the model projects them",
            "pooler": "the model's pooler_output", "cls": "the first place of last_hidden_state, as the folder has no "
            "pooler", "mean": "the mean of last_hidden_state, as the folder has no pooler"}[pooling]


def _finish_vector(options: Options, source: ImageSource) -> None:
    """The head on the vector, and its names. Throws UsageError."""
    body = source.body
    if options.prompts is not None:
        source.labels, prompts = read_prompts(options.prompts)
        source.head, source.activation = prompt_head(body.model, options.hf, prompts)
        source.origin = {"head": "prompts"}
    else:
        head = EmbeddingHead((), normalize=bool(options.normalize), dimensions=options.dimensions)
        width = _width(options, source)
        head.classifier = read_head(options.head, options.dimensions or width) if options.head else nn.Identity()
        source.head = VectorHead(head).eval()
        source.origin = head_origin(head) | {"pooling": body.pooling}
    drop_texts(body.model)


def _width(options: Options, source: ImageSource) -> int:
    with torch.no_grad():
        width = source.body(torch.zeros(1, CHANNELS, *source.spec.size)).shape[-1]
    if options.dimensions and options.dimensions > width:
        raise UsageError(f"--dimensions {options.dimensions}: the vectors have {width} values; give at most {width}")
    return width


class VectorHead(nn.Module):
    """Of a vector that is pooled already."""

    def __init__(self, head: EmbeddingHead):
        super().__init__()
        self.head = head

    def forward(self, vector: torch.Tensor) -> torch.Tensor:
        return self.head.finish(vector)


def drop_texts(model: nn.Module) -> None:
    """What is there for texts only: their weights are not needed."""
    for name in ("text_model", "text_projection"):
        if isinstance(getattr(model, name, None), nn.Module):
            setattr(model, name, nn.Identity())
