"""What a sentence-transformers folder says about making one vector of a text. Each key of its files is followed, without
effect, or refused: folder_keys.py has the list."""

import dataclasses
from typing import Any

from torch import nn

from .errors import UsageError
from .folder_keys import TRANSFORMER_CONFIGS, check_keys
from .pooling_table import IN_PLACES
from .repository import read_json
from .sentence_layers import LAYERS, load_layer
from .tasks import ExportTask


@dataclasses.dataclass
class SentenceConfig:
    """Defaults are those of a folder without modules.json."""

    has_modules: bool = False
    transformer: str = ""  # folder of the transformer, or of the StaticEmbedding, within the repository
    static: bool = False
    pooling: tuple[str, ...] = ()
    pools_prompt: bool = True  # the prompt's tokens are pooled, too
    layers: list[nn.Module] = dataclasses.field(default_factory=list)
    dimensions: int | None = None  # of the vector's values the first so many
    max_length: int | None = None
    exact_length: bool = False  # max_length holds whatever other files say
    lower_case: bool = False
    tokenizer: dict[str, Any] = dataclasses.field(default_factory=dict)  # arguments that load it
    prompt: str = ""  # put before each text by default
    prompts: dict[str, str] = dataclasses.field(default_factory=dict)  # by name
    activation: str | None = None  # of a cross-encoder


def read_sentence_config(repository: str, task: ExportTask) -> SentenceConfig:
    """For a task that such folders have a name for. Throws UsageError for what this exporter does not know."""
    result = SentenceConfig()
    modules = read_json(repository, "modules.json")
    if modules is None:
        return result
    result.has_modules = True
    for place, module in enumerate(modules):
        check_keys(f"{repository}: modules.json", module, "modules.json")
        _take_module(result, repository, task, place, str(module.get("type", "")), str(module.get("path", "")))
    _take_overall(result, repository, task)
    if not result.static:
        _take_transformer_config(result, repository, task)
    return result


def _take_module(result: SentenceConfig, repository: str, task: ExportTask, place: int, kind: str, path: str) -> None:
    name = kind.rsplit(".", 1)[-1] if kind.startswith("sentence_transformers.") else kind
    if place == 0 and name in ("Transformer", "StaticEmbedding") and (task.pools or name == "Transformer"):
        result.transformer, result.static = path, name == "StaticEmbedding"
    elif not task.pools:
        _refuse_module(repository, kind, f"a Transformer alone for --task {task.name}")
    elif name == "Pooling" and place == 1 and not result.static:
        _take_pooling(result, repository, path)
    elif name in LAYERS and (result.pooling or result.static):
        result.layers.append(load_layer(name, repository, path))
    else:
        _refuse_module(repository, kind, "Transformer and Pooling, or StaticEmbedding, and then "
                       + ", ".join(LAYERS[:-1]) + " and " + LAYERS[-1])


def _refuse_module(repository: str, kind: str, known: str) -> None:
    raise UsageError(f"{repository}: modules.json has the module {kind} where it has; this exporter knows {known}: wrap "
                     "the model yourself and use --factory")


def _take_pooling(result: SentenceConfig, repository: str, path: str) -> None:
    where = f"{repository}: {path}/config.json"
    config = check_keys(where, read_json(repository, f"{path}/config.json") or {}, "Pooling")
    old = [one.name for one in IN_PLACES if config.get(one.old_key)]
    stated = config.get("pooling_mode", old or "mean")
    result.pooling = (stated,) if isinstance(stated, str) else tuple(stated)
    result.pools_prompt = bool(config.get("include_prompt", True))
    known = [one.name for one in IN_PLACES]
    unknown = [mode for mode in result.pooling if mode not in known]
    if unknown or not result.pooling:
        raise UsageError(f"{where}: the pooling is {' + '.join(map(str, result.pooling)) or 'not stated'}; this exporter "
                         f"knows {', '.join(known)}: choose one with --pooling if you know that it fits")


def _take_overall(result: SentenceConfig, repository: str, task: ExportTask) -> None:
    name = "config_sentence_transformers.json"
    overall = check_keys(f"{repository}: {name}", read_json(repository, name) or {},
                         name + " of a cross-encoder" if task.is_cross_encoder else name)
    _take_prompts(result, f"{repository}: {name}", overall)
    result.activation = overall.get("activation_fn")
    result.dimensions = overall.get("truncate_dim")
    number = result.dimensions
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
        raise UsageError(f"{repository}: {name}: truncate_dim is {number!r}, and must be a whole number from 1 up")


def _take_prompts(result: SentenceConfig, where: str, overall: dict[str, Any]) -> None:
    prompts = {"query": "", "document": ""} | {name: text or "" for name, text in (overall.get("prompts") or {}).items()}
    default = overall.get("default_prompt_name")
    if default is not None and default not in prompts:
        raise UsageError(f"{where}: default_prompt_name is {default!r}, which is none of its prompts "
                         f"({', '.join(prompts)}): correct it, or give --prompt")
    result.prompt = prompts[default] if default is not None else ""
    result.prompts = prompts


def _take_transformer_config(result: SentenceConfig, repository: str, task: ExportTask) -> None:
    """The first of the names that is there and says something counts."""
    prefix = result.transformer + "/" if result.transformer else ""
    found = ((name, read_json(repository, prefix + name)) for name in TRANSFORMER_CONFIGS)
    name, config = next(((name, config) for name, config in found if config), (TRANSFORMER_CONFIGS[0], {}))
    where = f"{repository}: {prefix}{name}"
    check_keys(where, config, "sentence_bert_config.json")
    for key, expected in (("transformer_task", task.sentence.task), ("module_output_name", task.sentence.result)):
        if config.get(key) not in (None, expected):
            raise UsageError(f"{where}: {key} is {config[key]!r}, and for --task {task.name} this exporter knows {expected}: wrap "
                             "the model yourself and use --factory")
    _check_modalities(where, config.get("modality_config"), task.result)
    for key, older in (("model_kwargs", "model_args"), ("config_kwargs", "config_args")):
        check_keys(f"{where}: {key}", config.get(older, config.get(key)) or {}, key)
    stated = config.get("tokenizer_args", config.get("processor_kwargs")) or {}
    result.tokenizer = dict(check_keys(f"{where}: processor_kwargs", stated, "processor_kwargs"))
    result.lower_case = bool(config.get("do_lower_case"))
    _take_length(result, where, config)


def _take_length(result: SentenceConfig, where: str, config: dict[str, Any]) -> None:
    processing = check_keys(f"{where}: processing_kwargs", config.get("processing_kwargs") or {}, "processing_kwargs")
    text = check_keys(f"{where}: processing_kwargs: text", processing.get("text") or {}, "processing_kwargs.text")
    stated = (text.get("max_length"), result.tokenizer.pop("model_max_length", None), config.get("max_seq_length"))
    result.max_length = next((int(length) for length in stated if length is not None), None)
    result.exact_length = result.max_length is not None


def _check_modalities(where: str, modalities: dict[str, Any] | None, output: str) -> None:
    """Throws UsageError unless text goes to forward as it is, and its usual result is taken."""
    if modalities is None:
        return
    text = modalities.get("text") or {}
    stated = text.get("method_output_name")
    stated = stated if isinstance(stated, str) else "+".join(map(str, stated or ()))
    if "message" in modalities:
        raise UsageError(f"{where}: modality_config has a message, so that texts go through a chat template, which infer "
                         "does not do: wrap the model yourself and use --factory")
    if set(text) - {"method", "method_output_name"} or text.get("method") != "forward" or stated != output:
        raise UsageError(f"{where}: modality_config takes {stated or 'nothing'} of {text.get('method', 'nothing')} for text; "
                         f"this exporter knows {output} of forward: wrap the model yourself and use --factory")
