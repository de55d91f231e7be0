"""Tokenizers with the rules of decoders: what they put around a text, what they pad with and where. Trained small, as those
of make_tokenizers.
"""

import dataclasses
from typing import Any

import make_text_models


@dataclasses.dataclass(frozen=True)
class Rules:
    kind: str  # of make_tokenizers
    around: str  # a text: a template
    pad: str | None
    side: str = "right"


RULES = {
    "qwen2": Rules("byte_level_bpe", "$A", "</s>"),
    "qwen3": Rules("byte_level_bpe", "$A </s>", "</s>", "left"),  # as of its embedding models
    "llama": Rules("byte_level_bpe", "<s> $A", None),
    "mistral": Rules("bpe", "<s> $A", "<unk>", "left"),
    "gemma": Rules("unigram", "<s> $A", "<pad>", "left"),
    "gemma2": Rules("bpe", "<s> $A </s>", "</s>"),
    "gemma3_text": Rules("unigram", "<s> $A", "<pad>", "left"),
    "phi3": Rules("bpe", "$A", "</s>", "left"),
}
OTHERS = Rules("byte_level_bpe", "$A", None)  # GPT-2's kin


def make(family: str, length: int) -> Any:
    """Of transformers, for texts of so many tokens."""
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast
    rules = RULES.get(family, OTHERS)
    inner = make_text_models.backend(rules.kind)
    special = [(token, inner.token_to_id(token)) for token in ("<s>", "</s>")]
    pair = f"{rules.around} {rules.around.replace('$A', '$B:1')}"  # which is not how infer joins two texts
    inner.post_processor = processors.TemplateProcessing(single=rules.around, pair=pair, special_tokens=special)
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"} | ({"pad_token": rules.pad} if rules.pad else {})
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=length, padding_side=rules.side,
                                   model_input_names=["input_ids", "attention_mask"], **names)
