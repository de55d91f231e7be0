"""The `image` block of an infer.json, and the input that goes with it."""

from typing import Any

from .schema_checks import Check, boolean, is_whole, keys, one_of, positive, require, string

FILTERS = {"pil": ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"),
           "torchvision": ("nearest", "bilinear", "bicubic", "lanczos")}
BACKENDS = tuple(FILTERS)
LAST = ("resize", "center_crop")  # the steps that make a picture of one size out of any


def _size(value: Any, where: str) -> None:
    fits = isinstance(value, list) and len(value) == 2 and all(is_whole(side) and side >= 1 for side in value)
    require(fits, where, "must be [height, width]")


def _filter(value: Any, where: str) -> None:
    one_of(FILTERS["pil"])(value, where)


STEPS: dict[str, dict[str, Check]] = {
    "resize": {"size": _size, "filter": _filter},
    "resize_shortest": {"size": positive, "filter": _filter},
    "center_crop": {"size": _size},
    "center_square": {"part": positive, "whole": positive},
}


def _steps(value: Any, where: str) -> None:
    require(isinstance(value, list) and len(value) > 0, where, "must be a list with at least one step")
    for i, step in enumerate(value):
        require(isinstance(step, dict), f"{where}[{i}]", "must be an object")
        one_of(tuple(STEPS))(step.get("step"), f"{where}[{i}].step")
        keys(step, f"{where}[{i}]", {"step": string} | STEPS[step["step"]], {})
        require(step.get("part", 1) <= step.get("whole", step.get("part", 1)), f"{where}[{i}].part", "must be at most whole")


def check_image(value: Any, where: str, others: dict[str, Check] | None = None) -> None:
    """Throws SchemaError. `others`: keys that may stand beside, optional ones."""
    keys(value, where, {"backend": one_of(BACKENDS), "steps": _steps}, {"orient": boolean} | (others or {}))
    prefix = where + "." if where else ""
    for i, step in enumerate(value["steps"]):
        if "filter" in step:
            one_of(FILTERS[value["backend"]])(step["filter"], f"{prefix}steps[{i}].filter")
    require(value["steps"][-1]["step"] in LAST, f"{prefix}steps", f"must end in a {' or '.join(LAST)}, which makes one size of any")


def check_image_input(one: dict[str, Any], where: str) -> None:
    require(one["dtype"] == "uint8", where + ".dtype", "must be uint8 for a picture")
    fits = len(one["shape"]) == 3 and "*" not in one["shape"] and one["shape"][2] == 3
    require(fits, where + ".shape", "must be [height, width, 3] for a picture")
    for key in ("pad", "packed", "range"):
        require(key not in one, f"{where}.{key}", "does not belong to a picture")


def check_picture(document: dict[str, Any]) -> None:
    """That a picture's input and the block go together."""
    inputs = [one for one in document["inputs"] if one["from"] == "image"]
    require(len(inputs) <= 1, "inputs", "may have one picture")
    require(bool(inputs) == ("image" in document), "image", "is missing" if inputs else "has no input made from it")
    if inputs:
        wanted = [*document["image"]["steps"][-1]["size"], 3]
        require(inputs[0]["shape"] == wanted, "image.steps", f"must end in the input's size, {inputs[0]['shape'][:2]}")

