"""--preprocess: what is done to a picture before a module of the user's sees it."""

import json
import pathlib
from typing import Any

from torch import Tensor

from .errors import UsageError
from .pixels import CHANNELS, make_table
from .plan import ImageSpec
from .repository import one_line
from .schema_checks import SchemaError, is_number, require
from .schema_image import check_image


def _rescale(value: Any, where: str) -> None:
    require(is_number(value) and value > 0, where, "must be a number above 0")


def _numbers(value: Any, where: str) -> None:
    fits = isinstance(value, list) and len(value) == CHANNELS and all(map(is_number, value))
    require(fits, where, "must be three numbers, for red, green and blue")


def _divisors(value: Any, where: str) -> None:
    _numbers(value, where)
    require(0 not in value, where, "must not be 0")


def read_preprocess(path: str) -> tuple[ImageSpec, Tensor]:
    """And the table of pixels' values. Throws UsageError."""
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        check_image(document, "", {"rescale": _rescale, "mean": _numbers, "std": _divisors})
    except (OSError, ValueError) as error:
        reason = str(error) if isinstance(error, SchemaError) else one_line(error)
        raise UsageError(f"--preprocess {path}: {reason}; lib/model_file/bundle.md shows the image block, and beside its keys "
                         "may stand rescale, mean and std: (value * rescale - mean) / std") from error
    spec = ImageSpec(document["backend"], tuple(document["steps"]), document.get("orient", True))
    return spec, make_table(spec.backend, *(document.get(key) for key in ("rescale", "mean", "std")))
