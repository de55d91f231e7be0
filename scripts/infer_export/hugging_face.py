"""Loads a model of transformers, refusing one whose weights are not all there."""

import re
from typing import Any

import torch

from .classifier import read_head
from .errors import UsageError
from .modules import EmbeddingHead, PlainHead
from .repository import check_exists, one_line
from .sentence_config import SentenceConfig, read_sentence_config
from .text_source import TextSource, check_takes_tokens, head_origin
from .tokens import load_tokenizer, lowers_case
from .quiet import say, silence

# task: the class that loads it, the result's field, the ending of architectures that fit
KINDS = {
    "text-classification": ("AutoModelForSequenceClassification", "logits", "ForSequenceClassification"),
    "text-pair": ("AutoModelForSequenceClassification", "logits", "ForSequenceClassification"),
    "token-classification": ("AutoModelForTokenClassification", "logits", "ForTokenClassification"),
    "embedding": ("AutoModel", "last_hidden_state", None),
    "outputs": ("AutoModel", "last_hidden_state", None),
}
TASK_OF = {"ForSequenceClassification": "text-classification", "ForTokenClassification": "token-classification"}
UNUSED = re.compile(r"(^|\.)pooler\.")  # the model's own pooler: not part of token vectors


def load_source(options: Any) -> TextSource:
    """Throws UsageError."""
    if options.task not in KINDS:
        raise UsageError(f"--task {options.task} is for --factory with --input-spec; --hf has {', '.join(KINDS)}")
    check_exists(options.hf, "--hf")
    if options.tokenizer:
        check_exists(options.tokenizer, "--tokenizer", file_fits=True)
    silence()
    sentence = _sentence_config(options)
    _check_architecture(options, _load_config(options.hf, sentence.transformer))
    body = _load_model(options, sentence.transformer)
    check_takes_tokens(body, options.hf)
    tokenizer = load_tokenizer(options.tokenizer or options.hf, "" if options.tokenizer else sentence.transformer)
    _check_sentence(sentence, tokenizer, options.hf)
    head = _head(options, sentence, body)
    return TextSource(name=options.hf, body=body, head=head, output=KINDS[options.loaded_for][1], config=body.config,
                      tokenizer=tokenizer, max_length=sentence.max_length,
                      origin=head_origin(head, options.pooling or sentence.pooling))


def _load_config(name: str, folder: str) -> Any:
    import transformers
    silence()  # what the import brought
    try:
        return transformers.AutoConfig.from_pretrained(name, subfolder=folder, trust_remote_code=False)
    except Exception as error:
        raise UsageError(f"--hf {name}: cannot load: {one_line(error)}; give a folder that save_pretrained wrote, "
                         "or a name on the hub") from error


def _check_architecture(options: Any, config: Any) -> None:
    """A head for another task may have weights of the same names: BERT's two kinds of classifier do."""
    wanted = KINDS[options.loaded_for][2]
    stated = [name for name in getattr(config, "architectures", None) or []]
    if wanted is None or not stated or any(name.endswith(wanted) for name in stated):
        return
    fitting = [task for ending, task in TASK_OF.items() if any(name.endswith(ending) for name in stated)]
    remedy = f"use --task {fitting[0]}" if fitting else "fine-tune it first, or use --task embedding"
    raise UsageError(f"--hf {options.hf}: the folder holds a {', '.join(stated)}, which has no head for "
                     f"{options.task}: {remedy}")


def _sentence_config(options: Any) -> SentenceConfig:
    if options.loaded_for != "embedding":
        return SentenceConfig()
    sentence = read_sentence_config(options.hf)
    if sentence.prompt:
        say(f"note: sentence-transformers puts {sentence.prompt!r} before each text of this model; infer does not")
    return sentence


def _check_sentence(sentence: SentenceConfig, tokenizer: Any, name: str) -> None:
    if sentence.lower_case and not lowers_case(tokenizer):
        raise UsageError(f"{name}: sentence_bert_config.json asks for lower-case texts, and the tokenizer does not "
                         "make them: add a Lowercase normalizer to tokenizer.json, or lower the texts and set "
                         "do_lower_case to false")


def _load_model(options: Any, folder: str) -> torch.nn.Module:
    """In float32, without the model's own pooler. Throws UsageError."""
    import transformers
    loader = getattr(transformers, KINDS[options.loaded_for][0])
    try:
        # dtype: transformers' default is the checkpoint's.
        model, info = loader.from_pretrained(options.hf, subfolder=folder, dtype=torch.float32,
                                             output_loading_info=True, trust_remote_code=False)
    except Exception as error:
        raise UsageError(f"--hf {options.hf}: cannot load for {options.task}: {one_line(error)}") from error
    _check_weights(options, info)
    if options.loaded_for in ("embedding", "outputs") and isinstance(getattr(model, "pooler", None), torch.nn.Module):
        model.pooler = None
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False
    return model.eval()


def _check_weights(options: Any, info: dict[str, Any]) -> None:
    """transformers fills what is missing with random numbers and only warns."""
    token_vectors = KINDS[options.loaded_for][0] == "AutoModel"
    missing = sorted(key for key in info["missing_keys"] if not (token_vectors and UNUSED.search(key)))
    mismatched = sorted(str(key[0] if isinstance(key, tuple) else key) for key in info["mismatched_keys"])
    if missing or mismatched:
        names = missing + mismatched
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        raise UsageError(f"--hf {options.hf}: the folder has no weights for {shown}: the model was not trained for "
                         f"{options.task}; fine-tune it first, or choose another --task")


def _head(options: Any, sentence: SentenceConfig, body: torch.nn.Module) -> EmbeddingHead | PlainHead:
    if options.loaded_for != "embedding":
        return PlainHead()
    normalize = sentence.normalize if options.normalize is None else options.normalize
    widths = [body.config.hidden_size, *(layer.out_features for layer in sentence.layers if hasattr(layer, "out_features"))]
    classifier = read_head(options.head, widths[-1]) if options.head else None
    return EmbeddingHead(options.pooling or sentence.pooling, sentence.layers, normalize, classifier).eval()
