"""What the image processors of transformers do to a picture, told in a bundle's steps."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps_client import center_crop, center_square, resize, resize_shortest

Size = tuple[int, int]


@dataclass(frozen=True)
class Family:
    """A processor with arguments that make pictures of `size`, and the steps that do the same."""

    folder: str  # in transformers.models
    name: str
    arguments: Mapping[str, Any]
    steps: tuple[str, ...]
    size: Size
    plain: bool = True  # rescales and normalises as all do, and nothing more

    def make(self, backend: str) -> Any:
        """The processor of a backend, pil or torchvision."""
        pil = backend == "pil"
        module = importlib.import_module(f"transformers.models.{self.folder}.image_processing_{'pil_' if pil else ''}{self.folder}")
        return getattr(module, self.name + ("Pil" if pil else ""))(**self.arguments)


def sides(size: Size) -> dict[str, int]:
    return {"height": size[0], "width": size[1]}


def square(side: int) -> Size:
    return (side, side)


def shortest_then_crop(folder: str, name: str, shortest: int, crop: Size, kind: str, **arguments: object) -> Family:
    """What CLIP's processor and most others do."""
    given = {"size": {"shortest_edge": shortest}, "crop_size": sides(crop), **arguments}
    plain = name != "MobileViTImageProcessor"  # it changes the order of colors
    return Family(folder, name, given, (resize_shortest(shortest, kind), center_crop(crop)), crop, plain)


def to_size(folder: str, name: str, size: Size, kind: str, plain: bool = True) -> Family:
    return Family(folder, name, {"size": sides(size)}, (resize(size, kind),), size, plain)


def to_size_then_crop(folder: str, name: str, size: Size, crop: Size, kind: str) -> Family:
    given = {"size": sides(size), "crop_size": sides(crop), "do_center_crop": True}
    return Family(folder, name, given, (resize(size, kind), center_crop(crop)), crop, folder != "efficientnet")


def scaled_shortest(folder: str, name: str, size: int, shortest: int, **arguments: object) -> Family:
    """Those that resize to more than they crop."""
    given = {"size": {"shortest_edge": size}, **arguments}
    return Family(folder, name, given, (resize_shortest(shortest, "bicubic"), center_crop(square(size))), square(size))


FAMILIES = (
    to_size("vit", "ViTImageProcessor", square(224), "bilinear"),
    Family("vit", "ViTImageProcessor", {"size": sides((61, 47)), "resample": 0}, (resize((61, 47), "nearest"),), (61, 47)),
    Family("vit", "ViTImageProcessor", {"size": sides((97, 181)), "resample": 0}, (resize((97, 181), "nearest"),), (97, 181)),
    Family("vit", "ViTImageProcessor", {"size": sides((97, 181)), "resample": 1}, (resize((97, 181), "lanczos"),), (97, 181)),
    to_size_then_crop("deit", "DeiTImageProcessor", square(256), square(224), "bicubic"),
    to_size_then_crop("beit", "BeitImageProcessor", square(256), (223, 225), "bicubic"),
    to_size("siglip", "SiglipImageProcessor", square(384), "bicubic"),
    to_size("pvt", "PvtImageProcessor", square(224), "bicubic"),
    to_size("efficientnet", "EfficientNetImageProcessor", square(346), "bicubic", plain=False),
    to_size_then_crop("efficientnet", "EfficientNetImageProcessor", square(346), square(289), "bicubic"),
    shortest_then_crop("clip", "CLIPImageProcessor", 224, square(224), "bicubic"),
    shortest_then_crop("bit", "BitImageProcessor", 256, square(224), "bicubic"),  # DINOv2's, too
    shortest_then_crop("mobilenet_v1", "MobileNetV1ImageProcessor", 256, square(224), "bilinear"),
    shortest_then_crop("mobilenet_v2", "MobileNetV2ImageProcessor", 256, square(223), "bilinear"),
    shortest_then_crop("mobilevit", "MobileViTImageProcessor", 224, square(256), "bicubic"),
    shortest_then_crop("mobilevit", "MobileViTImageProcessor", 224, square(255), "bicubic"),
    shortest_then_crop("clip", "CLIPImageProcessor", 160, (191, 150), "bicubic"),
    scaled_shortest("convnext", "ConvNextImageProcessor", 224, 256, crop_pct=224 / 256),  # ResNet's, too
    Family("convnext", "ConvNextImageProcessor", {"size": {"shortest_edge": 384}}, (resize(square(384), "bicubic"),), square(384)),
    scaled_shortest("levit", "LevitImageProcessor", 224, 256),
    scaled_shortest("poolformer", "PoolFormerImageProcessor", 224, 248, crop_pct=0.9),
    Family("perceiver", "PerceiverImageProcessor", {"size": sides(square(224)), "crop_size": sides(square(256))},
           (center_square(224, 256), resize(square(224), "bicubic")), square(224)),
)
