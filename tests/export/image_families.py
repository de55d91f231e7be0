"""What transformers says of pictures, what an exported model says of them, and how far apart that is."""

import atexit
import functools
import pathlib
import tempfile
from typing import Any

import export_support
import make_image_models
import torch
from infer_export import image_processor, prompts
from infer_export.plan import ImageSpec
from torch import Tensor

LINES = "cat\ta photo of a cat\nplane\ta plane\nsea\tthe wide sea\n"
LEAST_COSINE = 1 - 5e-4  # in half precision
_scratch = tempfile.TemporaryDirectory(prefix="image_families.")
atexit.register(_scratch.cleanup)


@functools.cache
def folder(family: str, task: str) -> pathlib.Path:
    """Made once; not to be changed."""
    return make_image_models.make_folder(family, task, pathlib.Path(_scratch.name) / f"{family}-{task}")


def pixel_values(folder: pathlib.Path, pictures: list[Any], backend: str | None = None) -> Tensor:
    import transformers
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend=backend)
    return torch.cat([processor(one, return_tensors="pt")["pixel_values"] for one in pictures])


def as_bundle_says(path: pathlib.Path, pictures: list[Any]) -> Tensor:
    """uint8 [pictures, height, width, 3], by the bundle's steps, as Pillow and torchvision carry them out."""
    import numpy as np
    image = export_support.signature(path)["image"]
    spec = ImageSpec(image["backend"], tuple(image["steps"]), image["orient"])
    return torch.stack([image_processor.apply_steps(spec, torch.from_numpy(np.array(one))) for one in pictures])


def load(path: pathlib.Path) -> Any:
    if path.suffix == ".pt2":
        return export_support.load(path)
    loaded = torch.jit.freeze(torch.jit.load(str(path)))

    def run(*inputs):
        with torch.no_grad():
            return loaded(*inputs)
    return run


def ours(path: pathlib.Path, pictures: list[Any]) -> Tensor:
    result = load(path)(as_bundle_says(path, pictures))
    return result[0] if isinstance(result, (list, tuple)) else result


@functools.cache
def model_of(folder: pathlib.Path, task: str, dtype: torch.dtype) -> Any:
    import transformers
    loader = transformers.AutoModelForImageClassification if task == "image-classification" else transformers.AutoModel
    return loader.from_pretrained(folder, dtype=dtype).eval()


def truth(folder: pathlib.Path, task: str, pictures: list[Any], dtype: torch.dtype = torch.float32) -> Tensor:
    """transformers' own: logits, the vector that it calls the picture's, or logits_per_image."""
    values = pixel_values(folder, pictures).to(dtype)
    model = model_of(folder, task, dtype)
    with torch.no_grad():
        if task == "image-classification":
            return model(pixel_values=values).logits.float()
        if task == "prompts":
            return _logits_per_image(folder, model, values).float()
        if hasattr(model, "get_image_features"):
            return model.get_image_features(pixel_values=values).pooler_output.float()
        result = model(pixel_values=values)
        if getattr(result, "pooler_output", None) is not None:
            return result.pooler_output.flatten(1).float()
        hidden = result.last_hidden_state.float()
        return hidden[:, 0] if hidden.dim() == 3 else hidden.mean(dim=(2, 3))


def _logits_per_image(folder: pathlib.Path, model: Any, values: Tensor) -> Tensor:
    import transformers
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = [line.split("\t")[1] for line in LINES.splitlines()]
    siglip = model.config.model_type == "siglip"
    padding = {"padding": "max_length", "max_length": prompts.LONGEST} if siglip else {"padding": True}
    return model(pixel_values=values, **tokenizer(texts, return_tensors="pt", **padding)).logits_per_image


def scores(task: str, values: Tensor, activation: str) -> Tensor:
    return values if task == "image-embedding" else values.sigmoid() if activation == "sigmoid" else values.softmax(dim=1)


def difference(task: str, ours: Tensor, theirs: Tensor, activation: str = "softmax") -> float:
    """Of the worst picture: of a vector 1 - cosine, of scores the greatest."""
    if task == "image-embedding":
        return float((1 - torch.cosine_similarity(ours.double(), theirs.double(), dim=1)).max().clamp(min=0))
    return float((scores(task, ours.double(), activation) - scores(task, theirs.double(), activation)).abs().max())


def of_largest(ours: Tensor, theirs: Tensor) -> float:
    """By how much a value differs at most, as a part of the largest of all."""
    return float((ours.double() - theirs.double()).abs().max() / theirs.double().abs().max())


def spread(task: str, values: Tensor, activation: str) -> float:
    """How far the most unlike of the pictures are apart."""
    if task == "image-embedding":
        unit = torch.nn.functional.normalize(values.double(), dim=1)
        return float(1 - (unit @ unit.t()).min())
    found = scores(task, values, activation)
    return float((found.max(dim=0).values - found.min(dim=0).values).max())


def export(folder: pathlib.Path, task: str, out: pathlib.Path, *more: str) -> None:
    """Throws AssertionError with what the exporter says."""
    flags = list(more)
    if task == "prompts":
        file = folder / "prompts.txt"
        file.write_text(LINES)
        flags += ["--prompts", str(file)]
    name = "image-classification" if task == "prompts" else task
    code, said = export_support.run("--hf", folder, "--task", name, "--out", out, "--overwrite", *flags)
    assert code == 0, said.splitlines()[-1]
