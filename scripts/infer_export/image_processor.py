"""What an image processor of transformers does, as a bundle says it: steps, and what each value of a byte becomes. A
processor is asked, and tried on pictures: one that does more is refused, whatever its name."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .errors import UsageError
from .pixels import CHANNELS, IN_ORDER, VALUES, PixelValues
from .plan import ImageSpec
from .repository import one_line
from .schema_image import FILTERS

NAMES = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")  # Pillow's filters by number
TRIALS = ((61, 97), (200, 131), (500, 375), (17, 400))  # heights and widths
FACTORY = "call it in a module of your own, and use --factory with --preprocess"

Step = dict[str, Any]


class _Unsayable(Exception):
    """The text says what infer cannot do."""


def load_processor(name: str, backend: str | None) -> Any:
    """`backend` None: as AutoImageProcessor chooses. Throws UsageError."""
    try:
        import PIL  # noqa: F401  that it is there
        import torchvision  # noqa: F401  likewise
        import transformers
        return transformers.AutoImageProcessor.from_pretrained(name, backend=backend, trust_remote_code=False)
    except ImportError as error:
        raise UsageError(f"pictures need pillow and torchvision here: {one_line(error)}; scripts/setup.sh installs both") from error
    except Exception as error:
        raise UsageError(f"--hf {name}: cannot load its image processor: {one_line(error)}; the folder needs a "
                         "preprocessor_config.json") from error


def read_processor(processor: Any, name: str) -> tuple[ImageSpec, PixelValues]:
    """Throws UsageError for what a bundle cannot say."""
    kind = type(processor).__name__
    try:
        steps = _steps(processor)
        values = _pixel_values(processor)
        spec = ImageSpec(processor.backend, tuple(steps))
        _try(processor, spec, values)
    except _Unsayable as error:
        raise UsageError(f"--hf {name}: its {kind} {error}") from error
    except Exception as error:
        raise UsageError(f"--hf {name}: its {kind} does not take pictures as others do: {one_line(error)}; {FACTORY}") from error
    return spec, values


def _steps(processor: Any) -> list[Step]:
    steps: list[Step] = []
    if processor.do_resize:
        named = next((one for one in type(processor).__mro__ if one.__name__.removesuffix("Pil") in RESIZES), None)
        resize = RESIZES[named.__name__.removesuffix("Pil")] if named else _plain
        steps += resize(processor, _sizes(processor.size), _filter(processor))
    if getattr(processor, "do_center_crop", None):
        steps.append(_crop(_sizes(processor.crop_size)))
    if not steps or steps[-1]["step"] == "resize_shortest":
        raise _Unsayable("gives pictures of different sizes: neither resized to one size nor cropped; give it a size with "
                         "height and width, or do_center_crop and a crop_size")
    return steps


def _sizes(size: Any) -> dict[str, int]:
    return {key: value for key, value in dict(size).items() if value is not None}


def _filter(processor: Any) -> str:
    number = int(getattr(processor.resample, "value", processor.resample))
    name = NAMES[number]
    if name not in FILTERS[processor.backend]:
        raise _Unsayable(f"resizes by {processor.backend}'s {name}, which infer has not: give --image-backend pil")
    return name


def _crop(size: dict[str, int]) -> Step:
    if size.keys() != {"height", "width"}:
        raise _Unsayable(f"crops to {size}, where infer needs height and width")
    return {"step": "center_crop", "size": [size["height"], size["width"]]}


def _plain(processor: Any, size: dict[str, int], name: str) -> list[Step]:
    if size.keys() == {"height", "width"}:
        return [{"step": "resize", "size": [size["height"], size["width"]], "filter": name}]
    if size.keys() == {"shortest_edge"}:
        return [_shortest(size["shortest_edge"], name)]
    raise _Unsayable(f"resizes to {size}: infer has height and width, or shortest_edge")


def _shortest(side: int, name: str) -> Step:
    return {"step": "resize_shortest", "size": side, "filter": name}


def _convnext(processor: Any, size: dict[str, int], name: str) -> list[Step]:
    side = size["shortest_edge"]
    square = {"height": side, "width": side}
    if side >= 384:  # the class's own number
        return _plain(processor, square, name)
    return [_shortest(int(side / processor.crop_pct), name), _crop(square)]


def _levit(processor: Any, size: dict[str, int], name: str) -> list[Step]:
    return [_shortest(int((256 / 224) * size["shortest_edge"]), name)] if "shortest_edge" in size else _plain(processor, size, name)


def _poolformer(processor: Any, size: dict[str, int], name: str) -> list[Step]:
    sides = set(size.values())
    if processor.crop_pct is None or len(sides) != 1:
        return _plain(processor, size, name)
    return [_shortest(int(sides.pop() / processor.crop_pct), name)]


RESIZES: dict[str, Callable[[Any, dict[str, int], str], list[Step]]] = {
    "ConvNextImageProcessor": _convnext, "LevitImageProcessor": _levit, "PoolFormerImageProcessor": _poolformer}


def _call(processor: Any, picture: Tensor, **others: Any) -> Tensor:
    """uint8 [height, width, 3] -> float32 [3, height, width]."""
    from PIL import Image
    result = processor(Image.fromarray(picture.numpy()), return_tensors="pt", **others)
    if set(result) != {"pixel_values"} or result["pixel_values"].shape[:2] != (1, CHANNELS):
        shapes = ", ".join(f"{key} {list(getattr(value, 'shape', ()))}" for key, value in result.items())
        raise _Unsayable(f"gives {shapes} for a picture, where infer makes pixel_values [1, 3, height, width]; {FACTORY}")
    return result["pixel_values"][0].float()


def _pixel_values(processor: Any) -> PixelValues:
    """The processor's own values: a picture of all bytes goes through it."""
    ramp = torch.arange(VALUES, dtype=torch.uint8).reshape(16, 16, 1).expand(16, 16, CHANNELS).contiguous()
    table = _call(processor, ramp, do_resize=False, do_center_crop=False).reshape(CHANNELS, VALUES)
    flips = getattr(processor, "do_flip_channel_order", None)
    return PixelValues(table, IN_ORDER[::-1] if flips else IN_ORDER)


def _try(processor: Any, spec: ImageSpec, values: PixelValues) -> None:
    """Whether steps and values give what the processor gives, bit for bit, of large, small and long pictures."""
    random = torch.Generator().manual_seed(20)
    for height, width in TRIALS:
        picture = torch.randint(0, VALUES, (height, width, CHANNELS), generator=random, dtype=torch.uint8)
        ours = values(apply_steps(spec, picture).unsqueeze(0))[0]
        theirs = _call(processor, picture)
        if ours.shape != theirs.shape:
            raise _Unsayable(f"gives pictures of {list(theirs.shape)} where its fields say {list(ours.shape)}; {FACTORY}")
        if not torch.equal(ours, theirs):
            raise _Unsayable("does more than its fields say: a picture differs by "
                             f"{float((ours - theirs).abs().max()):.2g} from resizing, cropping and normalising; {FACTORY}")


def apply_steps(spec: ImageSpec, picture: Tensor) -> Tensor:
    """The steps by the plain processor of the backend. uint8 [height, width, 3], in and out."""
    from transformers import image_processing_backends as backends
    from transformers.image_utils import SizeDict
    plain: Any = backends.PilBackend() if spec.backend == "pil" else backends.TorchvisionBackend()
    image: Any = picture.permute(2, 0, 1).contiguous()
    image = image.numpy() if spec.backend == "pil" else image
    for step in spec.steps:
        if step["step"] == "center_crop":
            image = plain.center_crop(image, SizeDict(height=step["size"][0], width=step["size"][1]))
            continue
        size = SizeDict(height=step["size"][0], width=step["size"][1]) if step["step"] == "resize" else \
            SizeDict(shortest_edge=step["size"])
        image = plain.resize(image, size, resample=NAMES.index(step["filter"]))
    return torch.as_tensor(image).permute(1, 2, 0)
