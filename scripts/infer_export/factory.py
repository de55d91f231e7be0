"""Modules that a function of the user's returns, and the inputs that flags describe."""

import dataclasses
import importlib
import pathlib
import re
import sys

import torch

from .errors import UsageError
from .modules import EmbeddingHead, PlainHead
from .options import Options
from .plan import WILDCARD, ModelInput, Shape
from .repository import check_exists, one_line
from .schema import DTYPES, INTEGER_DTYPES
from .tasks import tasks_with
from .text_source import TextSource, check_takes_tokens, head_origin
from .tokens import load_tokenizer

FORM = "the form is name:dtype:shape[:lo..hi], as in x:float32:[64] or ids:int64:[*]:0..30521"


def load_module(path: str) -> torch.nn.Module:
    """Calls pkg.mod:fn. Throws UsageError."""
    name, colon, function = path.partition(":")
    if not colon or not name or not function:
        raise UsageError(f"--factory {path}: the form is pkg.mod:fn")
    sys.path.insert(0, str(pathlib.Path.cwd()))
    try:
        module = getattr(importlib.import_module(name), function)()
    except Exception as error:
        raise UsageError(f"--factory {path}: {type(error).__name__}: {one_line(error)}") from error
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"--factory {path}: returned a {type(module).__name__}, not a torch.nn.Module")
    return module.eval()


def reload_module(path: str, first: torch.nn.Module) -> torch.nn.Module:
    """The module anew, as it was before any call. Throws UsageError when the function does not give the same again."""
    module = load_module(path)
    parameters = dict(first.named_parameters())
    same = parameters.keys() == dict(module.named_parameters()).keys() and all(
        torch.equal(value, parameters[name]) for name, value in module.named_parameters())
    if not same:
        raise UsageError(f"--factory {path}: a call changes the module, so it is needed again as it was; but the function "
                         "gives other weights each time: load them from a file, or set a seed")
    return module


def load_text_source(options: Options) -> TextSource:
    """A module over token ids, with the tokenizer of --tokenizer. Throws UsageError."""
    if not options.task.fields:
        of_text = next(one for one in tasks_with("fields") if one.bundle == options.task.bundle)
        raise UsageError(f"--task {options.task.name} is for --input-spec; with --tokenizer use {of_text.name}")
    check_exists(options.tokenizer, "--tokenizer", file_fits=True)
    body = load_module(options.factory)
    check_takes_tokens(body, f"--factory {options.factory}")
    pooled = options.pooling is not None
    if options.normalize is not None and not pooled:
        raise UsageError("--normalize for a --factory module needs --pooling: without it the module's vector leaves "
                         "as it is")
    head = EmbeddingHead(options.pooling, normalize=bool(options.normalize)).eval() if pooled else PlainHead()
    return TextSource(name=options.factory, body=body, head=head, output=None, config=None,
                      tokenizer=load_tokenizer(options.tokenizer), origin=head_origin(head), prompt=options.prompt or "",
                      reload=lambda: reload_module(options.factory, body))


def parse_inputs(specs: tuple[str, ...], pads: tuple[str, ...]) -> tuple[ModelInput, ...]:
    """--input-spec in call order, with --pad. Throws UsageError."""
    inputs = [_parse_input(text) for text in specs]
    names = [one.name for one in inputs]
    if len(set(names)) != len(names):
        raise UsageError("--input-spec: two inputs have the same name")
    values = dict(_parse_pad(text, names) for text in pads)
    return tuple(dataclasses.replace(one, pad=values.get(one.name)) for one in inputs)


def _refuse(text: str, reason: str) -> None:
    raise UsageError(f"--input-spec {text}: {reason}; {FORM}")


def _parse_input(text: str) -> ModelInput:
    parts = text.split(":")
    if len(parts) not in (3, 4) or not parts[0]:
        _refuse(text, "it has not three or four parts")
    if parts[1] not in DTYPES:
        _refuse(text, f'"{parts[1]}" is no dtype')
    bounds = _parse_range(text, parts[1], parts[3]) if len(parts) == 4 else None
    return ModelInput(parts[0], parts[1], _parse_shape(text, parts[2]), range=bounds)


def _parse_shape(text: str, part: str) -> Shape:
    if not re.fullmatch(r"\[((\*|\d+)(,(\*|\d+))*)?\]", part):
        _refuse(text, "the shape must be whole numbers or * in brackets")
    dims = [dim for dim in part[1:-1].split(",") if dim]
    if any(dim != WILDCARD and int(dim) < 1 for dim in dims):
        _refuse(text, "a dimension must be 1 or more, or *")
    return tuple(dim if dim == WILDCARD else int(dim) for dim in dims)


def _parse_range(text: str, dtype: str, part: str) -> tuple[int, int]:
    match = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", part)
    if not match:
        _refuse(text, f'"{part}" is no range')
    low, high = int(match[1]), int(match[2])
    if low > high:
        _refuse(text, "the range is empty")
    if dtype not in INTEGER_DTYPES:
        _refuse(text, "only whole-number inputs have a range")
    return low, high


def _parse_pad(text: str, names: list[str]) -> tuple[str, float | int]:
    name, equals, value = text.partition("=")
    if not equals or name not in names:
        raise UsageError(f"--pad {text}: the form is name=value, with the name of an input ({', '.join(names)})")
    try:
        return name, int(value) if re.fullmatch(r"-?\d+", value) else float(value)
    except ValueError:
        raise UsageError(f'--pad {text}: "{value}" is no number') from None
