"""The layer that makes logits of a decoder's vectors, for a part of the vocabulary at a time."""

from typing import Any

import torch
from torch import Tensor, nn

from .errors import UsageError
from .repository import one_line

CAPS = ("final_logit_softcapping", "logits_soft_cap")  # of configurations: tanh keeps logits within these bounds
FACTORS = ("logit_scale", "lm_head_multiplier")
DIVISORS = ("logits_scaling",)
PROBE_SIZE = (2, 9)
TOLERANCE = 1e-4


class VocabularyLayer(nn.Module):
    """[..., width] -> float32 [..., tokens]."""

    def __init__(self, weight: Tensor, bias: Tensor | None, factor: float, cap: float | None):
        super().__init__()
        self.weight, self.bias, self.factor, self.cap = weight, bias, factor, cap

    def forward(self, hidden: Tensor, begin: int = 0, end: int | None = None) -> Tensor:
        """Of the tokens [begin, end)."""
        bias = None if self.bias is None else self.bias[begin:end]
        logits = nn.functional.linear(hidden, self.weight[begin:end], bias).float()
        if self.factor != 1.0:
            logits = logits * self.factor
        return logits if self.cap is None else torch.tanh(logits / self.cap) * self.cap

    def of(self, ids: list[int]) -> "VocabularyLayer":
        """Of these tokens alone."""
        bias = None if self.bias is None else nn.Parameter(self.bias.detach()[ids], requires_grad=False)
        return VocabularyLayer(nn.Parameter(self.weight.detach()[ids], requires_grad=False), bias, self.factor, self.cap)


def probe_ids(model: Any) -> Tensor:
    rows = model.get_input_embeddings().weight.shape[0]
    return torch.randint(0, rows, PROBE_SIZE, generator=torch.Generator().manual_seed(0))


def vocabulary_layer(model: Any, name: str) -> VocabularyLayer:
    """Of transformers' ...ForCausalLM; made to give what that gives. Throws UsageError where it does not."""
    config, own = model.config, model.get_output_embeddings()
    refusal = f"{name}: the model makes its logits in a way of its own, not by one linear layer"
    remedy = "; make the results in a module of your own, and use --factory"
    if own is None:
        raise UsageError(refusal + remedy)
    factor = 1.0
    for key in FACTORS + DIVISORS:
        value = float(getattr(config, key, None) or 1.0)
        factor *= 1 / value if key in DIVISORS else value
    cap = next((float(found) for key in CAPS if (found := getattr(config, key, None))), None)
    layer = VocabularyLayer(own.weight, getattr(own, "bias", None), factor, cap)
    ids = probe_ids(model)
    mask = torch.ones_like(ids)
    try:
        with torch.no_grad():
            theirs = model(input_ids=ids, attention_mask=mask).logits.float()
            ours = layer(model.base_model(input_ids=ids, attention_mask=mask)[0])
    except Exception as error:
        raise UsageError(f"{refusal} ({one_line(error)}){remedy}") from error
    if ours.shape != theirs.shape or not torch.allclose(ours, theirs, TOLERANCE, TOLERANCE):
        raise UsageError(refusal + remedy)
    return layer
