"""How probable a decoder finds each token of a text, without the logits of all tokens over the whole vocabulary."""

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn

from .errors import UsageError
from .vocabulary import TOLERANCE, VocabularyLayer, probe_ids, vocabulary_layer

PIECE = 8192  # tokens of the vocabulary at a time: small enough for caches, and memory
UNSCORED = 1.0  # in place of what has no probability: a probability's logarithm is never above 0


@dataclasses.dataclass
class Likelihood:
    """What a body's result has."""

    logprobs: Tensor


class LikelihoodModel(nn.Module):
    """input_ids, attention_mask -> float32 [batch, length]: of each token the logarithm of its probability after those
    before it."""

    def __init__(self, model: Any, layer: VocabularyLayer):
        super().__init__()
        self.base, self.layer, self.config = model.base_model, layer, model.config
        self.architecture, self.piece = type(model).__name__, PIECE

    def get_input_embeddings(self) -> nn.Module:
        return self.base.get_input_embeddings()

    def set_attn_implementation(self, name: str) -> None:
        self.base.set_attn_implementation(name)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, **others: Any) -> Likelihood:
        return Likelihood(self._run(input_ids, attention_mask, None, others))

    def _run(self, input_ids: Tensor, attention_mask: Tensor | None, types: Tensor | None, others: dict[str, Any]) -> Tensor:
        """With position_ids, texts follow one another, and the mask is no mask of padding."""
        hidden = self.base(input_ids=input_ids, attention_mask=attention_mask, **others)[0]
        places = others.get("position_ids")
        if places is None:
            scored = (torch.arange(input_ids.shape[1], device=input_ids.device) > 0) & (attention_mask > 0)
        else:
            scored = places > 0
        if types is not None:
            scored = scored & (types > 0)
        # The first token of all gets what the last one's place gives, and is not scored.
        logprobs = torch.roll(self._of_next(hidden, torch.roll(input_ids, -1, dims=1)), 1, dims=1)
        return torch.where(scored, logprobs, UNSCORED)

    def _of_next(self, hidden: Tensor, following: Tensor) -> Tensor:
        """[batch, length, width], [batch, length] -> [batch, length]. In half precision the logit of a token is as
        rounded as it is in the sum: of a sure token both roundings cancel out."""
        total = own = None
        for begin in range(0, self.layer.weight.shape[0], self.piece):
            logits = self.layer(hidden, begin, begin + self.piece)
            part = logits.logsumexp(dim=-1)
            place = following - begin
            inside = (place >= 0) & (place < logits.shape[-1])
            there = logits.gather(-1, torch.where(inside, place, 0).unsqueeze(-1)).squeeze(-1)
            total = part if total is None else torch.logaddexp(total, part)
            own = there if own is None else torch.where(inside, there, own)
        return (own - total).clamp(max=0)


class SecondLikelihoodModel(LikelihoodModel):
    """Of the second of two texts alone: of the tokens whose type is 1."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None,
                **others: Any) -> Likelihood:
        return Likelihood(self._run(input_ids, attention_mask, token_type_ids, others))


def likelihood_model(model: Any, of_second: bool, name: str) -> LikelihoodModel:
    """Throws UsageError for a model whose logits are not known to be made so, or that sees later tokens."""
    layer = vocabulary_layer(model, name)
    ids = probe_ids(model)
    other = ids.clone()
    other[:, -1] = (other[:, -1] + 1) % model.get_input_embeddings().weight.shape[0]
    with torch.no_grad():
        ours, without_last = (model.base_model(input_ids=one, attention_mask=torch.ones_like(one))[0][:, :-1]
                              for one in (ids, other))
    if not torch.allclose(ours, without_last, TOLERANCE, TOLERANCE):
        raise UsageError(f"{name}: the model sees later tokens too, so that it does not predict them: choose a decoder")
    return (SecondLikelihoodModel if of_second else LikelihoodModel)(model, layer).eval()
