"""Loads a model of transformers, refusing one whose weights are not all there."""

import re
from typing import Any

import torch

from .bodies import take_last_eos
from .classifier import read_head
from .errors import UsageError
from .last_token import answer_ids, is_by_last_token, take_last_token
from .likelihood import likelihood_model
from .modules import EmbeddingHead, PlainHead
from .options import Options
from .repository import check_exists, one_line
from .sentence_config import SentenceConfig, read_sentence_config
from .sentence_layers import UnitLength
from .static_embedding import load_static_source
from .stored import as_stored, computed_half, stored_half
from .tasks import tasks_with
from .text_source import POOLED, TextSource, check_takes_tokens, head_origin, prompt_length
from .tokens import load_tokenizer, lower_case
from .vocabulary import vocabulary_layer
from .quiet import say, silence

UNUSED = re.compile(r"(^|\.)pooler\.")  # the model's own pooler: not part of token vectors


def load_source(options: Options) -> TextSource:
    """Throws UsageError."""
    if options.task.loader is None:
        known = sorted(tasks_with("loader"), key=lambda one: (not one.has_own_head, one.loader))
        raise UsageError(f"--task {options.task.name} is for --factory with --input-spec; --hf has "
                         f"{', '.join(one.name for one in known)}")
    check_exists(options.hf, "--hf")
    if options.tokenizer:
        check_exists(options.tokenizer, "--tokenizer", file_fits=True)
    silence()
    sentence = _sentence_config(options)
    source = load_static_source(options, sentence) if sentence.static else _load_transformer(options, sentence)
    source.prompt = sentence.prompt if options.prompt is None else options.prompt
    if options.loaded_for.pools:
        source.head = _embedding_head(options, sentence, source)
        source.origin = head_origin(source.head)
    return source


def _load_transformer(options: Options, sentence: SentenceConfig) -> TextSource:
    config = load_config(options.hf, sentence.transformer)
    check_architecture(options, config)
    body = _load_model(options, sentence.transformer, config)
    check_takes_tokens(body, options.hf)
    if sentence.activation:  # what sentence-transformers itself finds there in newer folders
        body.config.sentence_transformers = {"activation_fn": sentence.activation}
    tokenizer = load_tokenizer(options.tokenizer or options.hf, "" if options.tokenizer else sentence.transformer,
                               sentence.tokenizer)
    if sentence.lower_case:
        lower_case(tokenizer)
    if options.loaded_for.pools and not sentence.has_modules:
        _check_no_chat(options, tokenizer)
    source = TextSource(name=options.hf, body=body, head=PlainHead(), output=_output(options, body), config=body.config,
                        tokenizer=tokenizer, max_length=sentence.max_length, exact_length=sentence.exact_length,
                        reload=lambda: _load_model(options, sentence.transformer, config))
    if options.answer_tokens:
        take_last_token(source, vocabulary_layer(body, f"--hf {options.hf}").of(answer_ids(options, tokenizer)))
    else:
        _find_last_token(options, source)
    return source


def _find_last_token(options: Options, source: TextSource) -> None:
    """Classifiers by a text's last token find it by the padding's id. Where the configuration names none, so that alone a
    text's last token counts whatever it is, we find it by the mask. Throws UsageError where that is not the same and the
    tokenizer names none either."""
    body, tokenizer = source.body, source.tokenizer
    config = body.config.get_text_config()
    if not hasattr(body, "score") or getattr(config, "pad_token_id", None) is not None:
        return
    if is_by_last_token(body):
        take_last_token(source, body.score)
        return
    if tokenizer.pad_token_id is None:
        raise UsageError(f"--hf {options.hf}: neither the model nor its tokenizer names a padding token, by which it finds the "
                         "end of a text: choose one that no text ends with (tokenizer.pad_token = ..., model.config."
                         "pad_token_id = tokenizer.pad_token_id), and save both")
    config.pad_token_id = tokenizer.pad_token_id


def _check_no_chat(options: Options, tokenizer: Any) -> None:
    if getattr(tokenizer, "chat_template", None):
        raise UsageError(f"--hf {options.hf}: the tokenizer has a chat template, which sentence-transformers puts around each "
                         "text of a folder without modules.json, and infer does not: save the model with "
                         "sentence-transformers first, or wrap it yourself and use --factory")


def load_config(name: str, folder: str) -> Any:
    import transformers
    silence()  # what the import brought
    try:
        return transformers.AutoConfig.from_pretrained(name, subfolder=folder, trust_remote_code=False)
    except Exception as error:
        raise UsageError(f"--hf {name}: cannot load: {one_line(error)}; give a folder that save_pretrained wrote, "
                         "or a name on the hub") from error


def check_architecture(options: Options, config: Any) -> None:
    """A head for another task may have weights of the same names: BERT's two kinds of classifier do."""
    wanted = options.loaded_for.architectures
    stated = list(getattr(config, "architectures", None) or [])
    if wanted is None or not stated or any(name.endswith(wanted) for name in stated):
        return
    fitting = [task.name for task in tasks_with("architectures") if any(name.endswith(task.architectures) for name in stated)]
    vectors = next(task.name for task in tasks_with("pools") if task.of_pictures == options.task.of_pictures)
    prompts = ", or give --prompts where it knows texts" if options.task.of_pictures else ""
    remedy = f"use --task {fitting[0]}" if fitting else f"fine-tune it first, or use --task {vectors}{prompts}"
    raise UsageError(f"--hf {options.hf}: the folder holds a {', '.join(stated)}, which has no head for "
                     f"{options.task.name}: {remedy}")


def _sentence_config(options: Options) -> SentenceConfig:
    if options.loaded_for.sentence is None:
        if options.prompt_name is not None:
            raise UsageError(f"--prompt-name {options.prompt_name}: for --task {options.task.name} no prompts are read from the "
                             "folder: give a text by --prompt")
        return SentenceConfig()
    sentence = read_sentence_config(options.hf, options.loaded_for)
    if options.prompt_name is not None:
        sentence.prompt = _named_prompt(options, sentence)
    prompt = sentence.prompt if options.prompt is None else options.prompt
    if prompt:
        say(f"note: {prompt!r} is put before each text; --prompt gives another, or '' none")
    elif _with_text(sentence) and options.prompt is None:
        say(f"note: the folder has prompts ({_with_text(sentence)}), none of them by default: --prompt-name puts one before "
            "each text")
    return sentence


def _with_text(sentence: SentenceConfig) -> str:
    return ", ".join(name for name, text in sentence.prompts.items() if text)


def _named_prompt(options: Options, sentence: SentenceConfig) -> str:
    if options.prompt_name in sentence.prompts:
        return sentence.prompts[options.prompt_name]
    known = ", ".join(sentence.prompts)
    raise UsageError(f"--prompt-name {options.prompt_name}: the folder {options.hf} has "
                     + (f"the prompts {known}: choose one of them, or give a text by --prompt" if known else
                        "no prompts (config_sentence_transformers.json): give a text by --prompt"))


def _loader(options: Options, config: Any) -> Any:
    """The class that loads it. For vectors: of an encoder with a decoder the encoder alone, where transformers has it, as
    sentence-transformers chooses; else what `architectures` says, where that is no more than the model itself."""
    import transformers
    auto = getattr(transformers, options.loaded_for.loader)
    if options.loaded_for.has_own_head:
        return auto
    stated = (getattr(config, "architectures", None) or [""])[0]
    found = [auto._model_mapping[type(config)]] if type(config) in auto._model_mapping else []
    usual = found[0].__name__ if found and not isinstance(found[0], tuple) else ""
    names = [usual.removesuffix("Model") + "EncoderModel"] if config.is_encoder_decoder else []
    names += [stated] if stated.endswith(("Encoder", "EncoderModel")) else []
    classes = [getattr(transformers, name, None) for name in names]
    return next((one for one in classes if getattr(one, "config_class", None) is type(config)), auto)


def _output(options: Options, body: torch.nn.Module) -> str:
    """The field of the body's result. Models named an encoder may give the vector itself."""
    usual = options.loaded_for.result
    if options.loaded_for.has_own_head or not type(body).__name__.endswith("Encoder"):
        return usual
    try:
        with torch.no_grad():
            result = body(input_ids=torch.zeros(1, 4, dtype=torch.int64), attention_mask=torch.ones(1, 4, dtype=torch.int64))
    except Exception:  # noqa: BLE001  the probe says why
        return usual
    return POOLED if usual not in result and POOLED in result else usual


class _NoPooler(torch.nn.Module):
    """In a pooler's place: some models call theirs without looking whether there is one."""

    def forward(self, hidden: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return hidden


def load_with_info(options: Options, folder: str, loader: Any, dtype: torch.dtype) -> tuple[Any, dict[str, Any]]:
    """And what transformers says of the weights, for check_weights(). Throws UsageError."""
    try:
        with as_stored():
            # dtype: transformers' default is the checkpoint's.
            return loader.from_pretrained(options.hf, subfolder=folder, dtype=dtype, output_loading_info=True,
                                          trust_remote_code=False)
    except Exception as error:
        raise UsageError(f"--hf {options.hf}: cannot load for {options.task.name}: {one_line(error)}") from error


def _load(options: Options, folder: str, loader: Any, dtype: torch.dtype) -> torch.nn.Module:
    """Throws UsageError."""
    model, info = load_with_info(options, folder, loader, dtype)
    check_weights(options, info, unused=not options.loaded_for.has_own_head)
    return model


def _load_model(options: Options, folder: str, config: Any) -> torch.nn.Module:
    """In float32, or to be taken for that (stored.py), without the model's own pooler. Throws UsageError."""
    loader, task = _loader(options, config), options.loaded_for
    model = _load(options, folder, loader, stored_half(options) or torch.float32)
    if computed_half(model):
        model = _load(options, folder, loader, torch.float32)
    if not options.loaded_for.has_own_head and isinstance(getattr(model, "pooler", None), torch.nn.Module):
        model.pooler = _NoPooler()
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False
    take_last_eos(model.eval())
    return likelihood_model(model, task.is_pair, f"--hf {options.hf}") if task.bundle.adds_tokens else model


def check_weights(options: Options, info: dict[str, Any], unused: bool = False) -> None:
    """transformers fills what is missing with random numbers and only warns. `unused`: the model's own pooler is. Throws
    UsageError."""
    missing = sorted(key for key in info["missing_keys"] if not unused or not UNUSED.search(key))
    mismatched = sorted(str(key[0] if isinstance(key, tuple) else key) for key in info["mismatched_keys"])
    if missing or mismatched:
        names = missing + mismatched
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        raise UsageError(f"--hf {options.hf}: the folder has no weights for {shown}: the model was not trained for "
                         f"{options.task.name}; fine-tune it first, or choose another --task")


def _embedding_head(options: Options, sentence: SentenceConfig, source: TextSource) -> EmbeddingHead:
    if source.output == POOLED and (options.pooling or sentence.pooling):
        raise UsageError(f"{options.hf}: a {type(source.body).__name__} gives one vector per text, not one per token: leave "
                         "--pooling away")
    pooling = () if source.output == POOLED else (options.pooling,) if options.pooling else \
        sentence.pooling or _default_pooling(options, sentence, source)
    layers = list(sentence.layers)
    while options.normalize is False and layers and isinstance(layers[-1], UnitLength):
        layers.pop()
    skipped = 0 if sentence.pools_prompt or not source.prompt else \
        prompt_length(source.tokenizer, source.prompt, source.max_length)
    head = EmbeddingHead(pooling, layers, bool(options.normalize), dimensions=options.dimensions or sentence.dimensions,
                         skipped=skipped)
    width = _width(head, source, options)
    if options.head:
        head.classifier = read_head(options.head, width)
    return head.eval()


def _default_pooling(options: Options, sentence: SentenceConfig, source: TextSource) -> tuple[str, ...]:
    """As sentence-transformers chooses where there is no modules.json."""
    if sentence.static:
        return ("mean",)
    if sentence.has_modules:
        raise UsageError(f"{options.hf}: modules.json has no Pooling, so that there is one vector per token: choose one with "
                         "--pooling, or use --task outputs")
    architecture = (getattr(source.config, "architectures", None) or [""])[0]
    causal = architecture.endswith("ForCausalLM") and getattr(source.config, "is_causal", True)
    return ("lasttoken",) if causal else ("mean",)


def _width(head: EmbeddingHead, source: TextSource, options: Options) -> int:
    """Values of a vector. Throws UsageError where layers do not fit each other, or --dimensions has no effect."""
    hidden = source.hidden_size() * max(1, len(head.pooling))
    try:
        with torch.no_grad():
            whole = head.layers(torch.zeros(1, hidden)).shape[-1]
    except RuntimeError as error:
        raise UsageError(f"{options.hf}: the modules after the pooling do not fit its {hidden} values: "
                         f"{one_line(error)}") from error
    if options.dimensions and options.dimensions > whole:
        raise UsageError(f"--dimensions {options.dimensions}: the vectors have {whole} values; give at most {whole}")
    if head.dimensions is not None and head.dimensions >= whole:
        head.dimensions = None
    return head.dimensions or whole
