"""--prompts: texts that make a classifier of a model of pictures and texts, as CLIP and SigLIP are used."""

import pathlib
from typing import Any

import torch
from torch import Tensor, nn

from .errors import UsageError
from .image_models import PromptHead
from .repository import one_line

LONGEST = 64  # tokens: what SigLIP was trained with, and transformers pads its texts to


def read_prompts(path: str) -> tuple[tuple[str, ...], list[list[str]]]:
    """Labels in the order in which they first come, and the prompts of each. Throws UsageError."""
    try:
        lines = [line for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"--prompts {path}: cannot read it: {one_line(error)}") from error
    prompts: dict[str, list[str]] = {}
    for line in lines:
        label, tab, prompt = line.partition("\t")
        prompts.setdefault(label, []).append(prompt if tab else label)
    if not prompts:
        raise UsageError(f"--prompts {path}: is empty: give a prompt a line, or label<TAB>prompt")
    return tuple(prompts), list(prompts.values())


def prompt_head(model: Any, name: str, prompts: list[list[str]]) -> tuple[nn.Module, str]:
    """And what turns its logits into scores. Of several prompts for a label the mean of their directions counts. Throws
    UsageError."""
    if not hasattr(model, "get_text_features") or not hasattr(model, "logit_scale"):
        raise UsageError(f"--prompts: {name} holds a {type(model).__name__}, which has no texts: it is for CLIP, SigLIP and others "
                         "with get_text_features() and a logit_scale")
    pairwise = "siglip" in model.config.model_type  # as transformers' pipeline tells them
    if not pairwise and len(prompts) < 2:
        raise UsageError(f"--prompts: has one label, and {type(model).__name__} says which of several fits best: give two or more")
    bias = getattr(model, "logit_bias", torch.zeros(1))
    try:
        import transformers
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        with torch.no_grad():
            vectors = [_features(model, tokenizer, texts, pairwise).mean(dim=0, keepdim=True) for texts in prompts]
            head = PromptHead(_direction(torch.cat(vectors)), model.logit_scale.exp().reshape(1), bias.detach().reshape(1).clone())
    except Exception as error:
        raise UsageError(f"--prompts: {name} cannot read them: {one_line(error)}") from error
    return head, "sigmoid" if pairwise else "softmax"


def _direction(vectors: Tensor) -> Tensor:
    return vectors / vectors.norm(p=2, dim=-1, keepdim=True)


def _features(model: Any, tokenizer: Any, texts: list[str], padded: bool) -> Tensor:
    """Of length 1. [texts, width]."""
    how = {"padding": "max_length", "max_length": LONGEST, "truncation": True} if padded else {"padding": True}
    features = model.get_text_features(**tokenizer(texts, return_tensors="pt", **how))
    return _direction(features if isinstance(features, Tensor) else features.pooler_output)
