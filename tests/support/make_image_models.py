"""Writes a tiny folder of a family of models of pictures: random weights that make unlike pictures unlike, and its own
image processor, for pictures of 32 by 32. Nothing is downloaded.
"""

import dataclasses
import pathlib
import zlib
from typing import Any

SIDE = 32
LABELS = ("cat", "dog", "espresso", "rocket", "palace")
TASKS = ("image-classification", "image-embedding", "prompts")
SQUARE = {"height": SIDE, "width": SIDE}
TRANSFORMER = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "image_size": SIDE,
               "patch_size": 8}
LEVELS = {"embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4, "image_size": SIDE, "patch_size": 4}
STAGES = {"hidden_sizes": [8, 16, 16, 24], "depths": [1, 1, 1, 1]}
TEXTS = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64}


@dataclasses.dataclass(frozen=True)
class Family:
    processor: str  # its class, without ImageProcessor
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)  # of the configuration
    sizes: dict[str, Any] = dataclasses.field(default_factory=lambda: {"size": SQUARE})  # of the processor
    vision: dict[str, Any] | None = None  # of a model of pictures and texts


SHORTEST = {"size": {"shortest_edge": SIDE}, "crop_size": SQUARE}
LARGER = {"size": {"shortest_edge": SIDE + 5}, "crop_size": SQUARE}
FAMILIES = {
    "vit": Family("ViT", TRANSFORMER),
    "deit": Family("DeiT", TRANSFORMER, {"size": {"height": SIDE + 6, "width": SIDE + 6}, "crop_size": SQUARE}),
    "swin": Family("ViT", LEVELS),
    "convnext": Family("ConvNext", STAGES, {"size": {"shortest_edge": SIDE}}),
    "resnet": Family("ConvNext", STAGES | {"embedding_size": 8}, {"size": {"shortest_edge": SIDE}}),
    "efficientnet": Family("EfficientNet", {"width_coefficient": 0.25, "depth_coefficient": 0.2, "hidden_dim": 320, "image_size": SIDE}),
    "mobilenet_v2": Family("MobileNetV2", {"depth_multiplier": 0.25, "image_size": SIDE}, LARGER),
    "beit": Family("Beit", TRANSFORMER),
    "dinov2": Family("Bit", TRANSFORMER, LARGER),
    "clip": Family("CLIP", {"projection_dim": 16}, SHORTEST, TRANSFORMER),
    "siglip": Family("Siglip", {}, vision=TRANSFORMER),
    # Others that come for nothing.
    "bit": Family("Bit", STAGES | {"embedding_size": 8, "num_groups": 2}, SHORTEST),
    "convnextv2": Family("ConvNext", STAGES, {"size": {"shortest_edge": SIDE}}),
    "dinov2_with_registers": Family("Bit", TRANSFORMER, LARGER),
    "focalnet": Family("Bit", {"embed_dim": 16, "depths": [1, 1], "focal_levels": [2, 2], "focal_windows": [3, 3],
                               "hidden_sizes": [16, 32], "image_size": SIDE}, SHORTEST),
    "levit": Family("Levit", {"image_size": SIDE, "hidden_sizes": [32, 48, 64], "num_attention_heads": [2, 3, 4], "depths": [1, 1, 1],
                              "key_dim": [8, 8, 8]}, SHORTEST),
    "mobilenet_v1": Family("MobileNetV1", {"depth_multiplier": 0.25, "image_size": SIDE}, LARGER),
    "mobilevit": Family("MobileViT", {"hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 16, 16, 24, 24, 32], "image_size": SIDE,
                                      "num_attention_heads": 2}, LARGER),
    "poolformer": Family("PoolFormer", STAGES | {"hidden_sizes": [8, 16, 24, 32]}, SHORTEST),
    "pvt": Family("Pvt", STAGES | {"image_size": SIDE, "num_attention_heads": [1, 1, 2, 2], "hidden_sizes": [8, 16, 24, 32]}),
    "regnet": Family("ConvNext", STAGES | {"embedding_size": 8, "groups_width": 4}, {"size": {"shortest_edge": SIDE}}),
    "swinv2": Family("ViT", LEVELS),
    "vit_msn": Family("ViT", TRANSFORMER),
}


def make_config(family: str) -> Any:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    one = FAMILIES[family]
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}
    if one.vision is None:
        return CONFIG_MAPPING[family](**one.settings, **names)
    import make_small_models
    tokenizer = make_small_models.make_tokenizer()
    tokens = {"vocab_size": len(tokenizer), **{f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}}
    return CONFIG_MAPPING[family](text_config=TEXTS | tokens, vision_config=one.vision, **one.settings)


def enliven(model: Any) -> None:
    """As initialised, all pictures would be much the same to it."""
    import torch
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=1.0 / max(1, parameter[0].numel()) ** 0.5)
        elif parameter.dim() == 1 and parameter.numel() > 1:
            parameter.data += 0.2 * torch.randn_like(parameter)


def settle(model: Any, values: Any) -> None:
    """Batch normalisation takes the means and variances of these pictures, as training leaves it: else nothing of a picture
    is left after some layers."""
    import torch
    norms = [part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d)]
    if not norms:
        return
    for part in norms:
        part.reset_running_stats()
        part.momentum = None  # the mean of all calls, of which there is one
    with torch.no_grad():
        model.train()(pixel_values=values)
    model.eval()
    for part in norms:  # weak channels stay weak: else rounding errors grow with each layer
        part.running_var.clamp_(min=0.8 * float(part.running_var.mean()))


def make_model(family: str, task: str) -> Any:
    import transformers
    from transformers.models.auto import modeling_auto
    names = modeling_auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES if task == "image-classification" else modeling_auto.MODEL_MAPPING_NAMES
    name = names[family] if isinstance(names[family], str) else names[family][0]
    return getattr(transformers, name)(make_config(family)).eval()


def tasks_of(family: str) -> tuple[str, ...]:
    return TASKS[:2] if FAMILIES[family].vision is None else TASKS[1:]


def make_folder(family: str, task: str, out_dir: str | pathlib.Path) -> pathlib.Path:
    """Writes model, processor and, for prompts, a tokenizer into out_dir, which is returned. The same weights each time."""
    import torch
    import transformers
    one = FAMILIES[family]
    torch.manual_seed(zlib.crc32(f"{family} {task}".encode()))
    model = make_model(family, task)
    with torch.no_grad():
        enliven(model)
    processor = getattr(transformers, one.processor + "ImageProcessor")(**one.sizes)
    settle(model, torch.cat([processor(picture, return_tensors="pt")["pixel_values"] for picture in make_pictures(16, seed=4)]))
    model.save_pretrained(out_dir)
    processor.save_pretrained(out_dir)
    if one.vision is not None:
        import make_small_models
        make_small_models.make_tokenizer().save_pretrained(out_dir)
    return pathlib.Path(out_dir)


def make_pictures(count: int, seed: int = 5) -> list[Any]:
    """Pillow's, smooth and noisy, of many shapes; the same each time."""
    import torch
    from PIL import Image
    random = torch.Generator().manual_seed(seed)
    pictures = []
    for _ in range(count):
        height, width = (int(side) for side in torch.randint(20, 150, (2,), generator=random))
        smooth = torch.nn.functional.interpolate(torch.rand((1, 3, 5, 5), generator=random), (height, width), mode="bicubic")[0]
        noisy = 255 * (smooth + 0.1 * torch.randn((3, height, width), generator=random))
        pictures.append(Image.fromarray(noisy.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()))
    return pictures
