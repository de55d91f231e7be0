"""Modules of a sentence-transformers folder that work on the finished vector."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .errors import UsageError
from .folder_keys import check_keys
from .repository import find_file, one_line, read_json

ACTIVATIONS: dict[str, type[nn.Module]] = {one.__name__: one for one in (
    nn.ELU, nn.GELU, nn.Hardtanh, nn.Identity, nn.LeakyReLU, nn.Mish, nn.ReLU, nn.SELU, nn.Sigmoid, nn.SiLU, nn.Softplus,
    nn.Softsign, nn.Tanh)}


class UnitLength(nn.Module):
    """[batch, width] -> the same, each of length 1."""

    def forward(self, vectors: Tensor) -> Tensor:
        return nn.functional.normalize(vectors, p=2.0, dim=-1)


class Dense(nn.Module):
    """[batch, in] -> [batch, out]. With a residual, what went in is added, by a product of its own if widths differ."""

    def __init__(self, in_features: int, out_features: int, bias: bool, activation: nn.Module, residual: bool):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features, bias=bias)
        self.activation = activation
        self.adds = residual
        self.residual = nn.Linear(in_features, out_features, bias=False) \
            if residual and in_features != out_features else nn.Identity()

    def forward(self, vectors: Tensor) -> Tensor:
        result = self.activation(self.linear(vectors))
        return result + self.residual(vectors) if self.adds else result


def _config(repository: str, path: str, kind: str) -> dict[str, Any]:
    name = f"{path}/config.json"
    return check_keys(f"{repository}: {name}", read_json(repository, name) or {}, kind)


def _load_dense(repository: str, path: str) -> nn.Module:
    config = _config(repository, path, "Dense")
    stated = str(config.get("activation_function", "torch.nn.modules.activation.Tanh"))
    activation = stated.rsplit(".", 1)[-1]
    if activation not in ACTIVATIONS or not stated.startswith("torch.nn."):
        raise UsageError(f"{repository}: {path} has the activation {stated}; this exporter knows torch.nn's "
                         f"{', '.join(ACTIVATIONS)}: wrap the model yourself and use --factory")
    dense = Dense(config["in_features"], config["out_features"], bool(config.get("bias", True)),
                  ACTIVATIONS[activation](), bool(config.get("use_residual", False)))
    return _with_weights(dense, repository, path)


def _load_layer_norm(repository: str, path: str) -> nn.Module:
    norm = nn.LayerNorm(_config(repository, path, "LayerNorm")["dimension"])
    return _with_weights(norm, repository, path, "norm.")


def _load_dropout(repository: str, path: str) -> nn.Module:
    _config(repository, path, "Dropout")
    return nn.Identity()


def _load_normalize(repository: str, path: str) -> nn.Module:
    _config(repository, path, "Normalize")
    return UnitLength()


_LOADERS: dict[str, Callable[[str, str], nn.Module]] = {
    "Dense": _load_dense, "LayerNorm": _load_layer_norm, "Dropout": _load_dropout, "Normalize": _load_normalize}
LAYERS = tuple(_LOADERS)


def load_layer(name: str, repository: str, path: str) -> nn.Module:
    """One of LAYERS. Throws UsageError."""
    try:
        return _LOADERS[name](repository, path)
    except KeyError as error:
        raise UsageError(f"{repository}: {path}/config.json has no {error}; get the model again") from error


def read_weights(repository: str, path: str) -> dict[str, Tensor]:
    """Of a module's folder ("" for the repository's own), as they are. Throws UsageError."""
    prefix = f"{path}/" if path else ""
    if file := find_file(repository, prefix + "model.safetensors"):
        from safetensors.torch import load_file
        return load_file(file)
    if file := find_file(repository, prefix + "pytorch_model.bin"):
        return torch.load(file, map_location="cpu", weights_only=True)
    raise UsageError(f"{repository}: {path or 'the folder'} has no weights (model.safetensors); get the model again")


def _with_weights(module: nn.Module, repository: str, path: str, prefix: str = "") -> nn.Module:
    """`prefix` is what the file puts before the module's own names."""
    weights = {name.removeprefix(prefix): value.float() for name, value in read_weights(repository, path).items()}
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        reason = one_line(RuntimeError(str(error).split("\n", 1)[-1]))
        raise UsageError(f"{repository}: the weights of {path} do not fit its config.json: {reason}; get the model "
                         "again") from error
    return module
