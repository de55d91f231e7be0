"""What a sentence-transformers folder says about turning token vectors into one vector."""

import dataclasses
from typing import Any

import torch
from torch import nn

from .errors import UsageError
from .repository import find_file, read_json

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "Identity": nn.Identity, "Tanh": nn.Tanh, "ReLU": nn.ReLU, "GELU": nn.GELU, "Sigmoid": nn.Sigmoid, "SiLU": nn.SiLU}
MODES = ("cls", "mean", "max")  # of pooling


@dataclasses.dataclass
class SentenceConfig:
    """Defaults are those of a folder without modules.json."""

    transformer: str = ""  # folder of the transformer within the repository
    pooling: str = "mean"
    layers: list[nn.Module] = dataclasses.field(default_factory=list)
    normalize: bool = False
    max_length: int | None = None
    lower_case: bool = False
    prompt: str | None = None  # put before each text by default


def read_sentence_config(repository: str) -> SentenceConfig:
    """Throws UsageError for a module that this exporter does not know."""
    result = SentenceConfig()
    for module in sorted(read_json(repository, "modules.json") or [], key=lambda one: one.get("idx", 0)):
        _take_module(result, repository, str(module.get("type", "")), str(module.get("path", "")))
    _take_transformer_config(result, repository)
    overall = read_json(repository, "config_sentence_transformers.json") or {}
    result.prompt = (overall.get("prompts") or {}).get(overall.get("default_prompt_name") or "")
    return result


def _take_module(result: SentenceConfig, repository: str, kind: str, path: str) -> None:
    """Normalize must come last; a layer after it would see vectors of length 1."""
    name = kind.rsplit(".", 1)[-1]
    if result.normalize:
        raise UsageError(f"{repository}: modules.json has {name} after Normalize, which this exporter does not know")
    if name == "Transformer":
        result.transformer = path
    elif name == "Pooling":
        result.pooling = _pooling(read_json(repository, f"{path}/config.json") or {}, repository)
    elif name == "Dense":
        result.layers += _dense(repository, path)
    elif name == "Normalize":
        result.normalize = True
    else:
        raise UsageError(f"{repository}: modules.json has the module {kind}; this exporter knows Transformer, Pooling, "
                         "Dense and Normalize: wrap the model yourself and use --factory")


def _pooling(config: dict[str, Any], repository: str) -> str:
    prefix = "pooling_mode_"
    old = [key.removeprefix(prefix).removesuffix("_token").removesuffix("_tokens")
           for key, value in config.items() if key.startswith(prefix) and value is True]
    stated = config.get("pooling_mode", old)
    modes = [stated] if isinstance(stated, str) else list(stated)
    if len(modes) != 1 or modes[0] not in MODES:
        raise UsageError(f"{repository}: the pooling is {' + '.join(map(str, modes)) or 'not stated'}; this exporter "
                         "knows mean, cls and max: choose one with --pooling if you know that it fits")
    return modes[0]


def _dense(repository: str, path: str) -> list[nn.Module]:
    """Linear and its activation. Throws UsageError."""
    config = read_json(repository, f"{path}/config.json") or {}
    activation = str(config.get("activation_function", "Tanh")).rsplit(".", 1)[-1]
    if activation not in ACTIVATIONS:
        raise UsageError(f"{repository}: {path} has the activation {activation}; this exporter knows "
                         f"{', '.join(ACTIVATIONS)}: wrap the model yourself and use --factory")
    for key in ("module_input_name", "module_output_name"):
        if config.get(key) not in (None, "sentence_embedding"):
            raise UsageError(f"{repository}: {path} works on {config[key]}, not on the sentence's vector; wrap the "
                             "model yourself and use --factory")
    linear = nn.Linear(config["in_features"], config["out_features"], bias=config.get("bias", True))
    linear.load_state_dict(_dense_weights(repository, path))
    return [linear, ACTIVATIONS[activation]()]


def _dense_weights(repository: str, path: str) -> dict[str, torch.Tensor]:
    """`weight` and `bias`, float32."""
    if file := find_file(repository, f"{path}/model.safetensors"):
        from safetensors.torch import load_file
        weights = load_file(file)
    elif file := find_file(repository, f"{path}/pytorch_model.bin"):
        weights = torch.load(file, map_location="cpu", weights_only=True)
    else:
        raise UsageError(f"{repository}: {path} has no weights (model.safetensors); get the model again")
    return {name.removeprefix("linear."): value.float() for name, value in weights.items()}


def _take_transformer_config(result: SentenceConfig, repository: str) -> None:
    prefix = result.transformer + "/" if result.transformer else ""
    config = read_json(repository, prefix + "sentence_bert_config.json") or {}
    result.max_length = config.get("max_seq_length")
    result.lower_case = bool(config.get("do_lower_case"))
