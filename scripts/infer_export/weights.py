"""Weights in a safetensors file beside their package: mapped by infer, and shared by the ranks of a host."""

import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .errors import UsageError
from .options import Options

METADATA, DIGEST = "__metadata__", "infer_weights"
HEADER_LIMIT = 100_000_000  # bytes, as safetensors has it
LARGE = 2 << 30  # bytes of weights from which they stand outside
SUFFIX = ".safetensors"

NAMES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def weight_bytes(model: nn.Module, precision: torch.dtype) -> int:
    """In that precision, of each value in memory once."""
    return sum({one.data_ptr(): one.numel() * (precision if one.is_floating_point() else one.dtype).itemsize
                for one in (*model.parameters(), *model.buffers())}.values())


def are_outside(options: Options, model: nn.Module) -> bool:
    """By --weights, else by their size, and where the format can."""
    if options.weights is not None:
        return options.weights == "outside"
    size = weight_bytes(model, getattr(torch, options.dtype))
    return options.format == "pt2" and not options.quantize and size > LARGE


def weights_file(package: pathlib.Path) -> pathlib.Path:
    return package.with_name(package.name.removesuffix(package.suffix) + SUFFIX)


def check_place(options: Options) -> None:
    """The file's name is not the user's choice, so that another's weights may have it. Throws UsageError."""
    path = weights_file(options.out)
    if not path.exists():
        return
    if not _is_ours(path):
        raise UsageError(f"--out {options.out}: its weights would replace {path}, which the exporter has not written; give another name")
    if not options.overwrite:
        raise UsageError(f"--out {options.out}: its weights {path} exist; --overwrite replaces them")


def read_header(path: pathlib.Path) -> Any:
    """Throws ValueError where there is no JSON."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(min(length, HEADER_LIMIT)))


def _is_ours(path: pathlib.Path) -> bool:
    try:
        return DIGEST in read_header(path)[METADATA]
    except (ValueError, LookupError, TypeError):
        return False


def write_weights(tensors: Mapping[str, Tensor], path: pathlib.Path) -> str:
    """Returns the digest that the file's metadata have, of all that it holds. Tensor by tensor: no second copy of them
    is in memory. The largest elements come first, so that each is aligned to its own."""
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    digest = hashlib.sha256()
    placeholder = "0" * digest.digest_size * 2
    with path.open("wb") as out:
        header = _header(ordered, placeholder)
        out.write(header)
        digest.update(header)
        for _, tensor in ordered:
            values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
            digest.update(values)
            out.write(values)
        out.seek(0)
        out.write(header.replace(placeholder.encode(), digest.hexdigest().encode(), 1))
    return digest.hexdigest()


def _header(ordered: list[tuple[str, Tensor]], digest: str) -> bytes:
    """Eight bytes that say how long it is, then JSON, filled up with blanks so that the values begin at a multiple of 64."""
    header: dict[str, object] = {METADATA: {DIGEST: digest}}
    end = 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    return len(text).to_bytes(8, "little") + text
