"""Checks an infer.json against the table of lib/model_file/bundle.md, as lib/model_file/bundle_text.cpp does."""

from collections.abc import Callable
from typing import Any

from .tasks import ACTIVATIONS, BUNDLE_TASKS, BundleTask, listed

SOURCES = ("field", "token_ids", "token_mask", "token_types", "token_count")
INTEGER_DTYPES = ("uint8", "int8", "int16", "int32", "int64")
DTYPES = (*INTEGER_DTYPES, "bool", "float16", "bfloat16", "float32", "float64")

Check = Callable[[Any, str], None]


class SchemaError(ValueError):
    """The document breaks the schema; the text names the key."""


def _require(holds: bool, where: str, reason: str) -> None:
    if not holds:
        raise SchemaError(f"{where} {reason}")


def _text(value: Any, where: str) -> None:
    _require(isinstance(value, str) and value != "", where, "must be a string")


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _boolean(value: Any, where: str) -> None:
    _require(isinstance(value, bool), where, "must be true or false")


def _number(value: Any, where: str) -> None:
    _require(is_number(value), where, "must be a number")


def _positive(value: Any, where: str) -> None:
    _require(is_whole(value) and value >= 1, where, "must be a whole number from 1 up")


def _one_of(choices: tuple[str, ...]) -> Check:
    def check(value: Any, where: str) -> None:
        _require(value in choices, where, f"must be one of {', '.join(choices)}")
    return check


def _texts(value: Any, where: str) -> None:
    _require(isinstance(value, list) and len(value) > 0, where, "must be a list of strings")
    for i, item in enumerate(value):
        _require(isinstance(item, str), f"{where}[{i}]", "must be a string")


def _shape(value: Any, where: str) -> None:
    fits = isinstance(value, list) and all(item == "*" or (is_whole(item) and item >= 1) for item in value)
    _require(fits, where, 'must be a list of whole numbers from 1 up, or "*"')


def _range(value: Any, where: str) -> None:
    fits = isinstance(value, list) and len(value) == 2 and all(map(is_whole, value)) and value[0] <= value[1]
    _require(fits, where, "must be [low, high]")


def _object(value: Any, where: str, required: dict[str, Check], optional: dict[str, Check]) -> None:
    _require(isinstance(value, dict), where or "the document", "must be an object")
    prefix = where + "." if where else ""
    for key in required:
        _require(key in value, prefix + key, "is missing")
    for key, item in value.items():
        check = required.get(key) or optional.get(key)
        _require(check is not None, prefix + key, "is unknown")
        check(item, prefix + key)


def _objects(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    def check(value: Any, where: str) -> None:
        _require(isinstance(value, list) and len(value) > 0, where, "must be a list with at least one entry")
        for i, item in enumerate(value):
            _object(item, f"{where}[{i}]", required, optional)
    return check


def _origin(value: Any, where: str) -> None:
    _require(isinstance(value, dict), where, "must be an object")
    for key, item in value.items():
        _require(isinstance(item, (str, bool)) or is_number(item), f"{where}.{key}", "must be a string, number or bool")


def _text_spec(value: Any, where: str) -> None:
    _object(value, where, {"fields": _texts, "max_length": _positive},
            {"truncation_side": _one_of(("left", "right")), "prompt": _text})
    _require(len(value["fields"]) <= 2, where + ".fields", "must name one text, or two")


def _classes(value: Any, where: str) -> None:
    _object(value, where, {"labels": _texts, "activation": _one_of(ACTIVATIONS)}, {"threshold": _number})


def _is_beside(name: str, where: str) -> None:
    _require("/" not in name and not name.startswith("."), where, "must be the name of a file beside the model")


def _weights(value: Any, where: str) -> None:
    _object(value, where, {"file": _text, "digest": _text}, {})
    _is_beside(value["file"], where + ".file")


def _libraries(value: Any, where: str) -> None:
    _texts(value, where)
    for name in value:
        _is_beside(name, where)


_INPUTS = _objects({"name": _text, "dtype": _one_of(DTYPES), "shape": _shape, "from": _one_of(SOURCES)},
                   {"field": _text, "range": _range, "pad": _number, "packed": _boolean})
_OUTPUTS = _objects({"name": _text, "shape": _shape}, {})
_STAGES = _objects({"name": _text, "takes": _texts, "gives": _texts}, {})


def _check_input(one: dict[str, Any], where: str) -> None:
    if "range" in one:
        _require(one["dtype"] in INTEGER_DTYPES, where + ".range", "is only for whole-number inputs")
    if one["from"] == "field":
        _require(not one.get("packed"), where + ".packed", "is for tokens")
        return
    _require(one["dtype"] in ("int32", "int64"), where + ".dtype", "must be int64 or int32 for tokens")
    if one["from"] == "token_count":
        _require(one["shape"] == [], where + ".shape", "must be [] for a count")
    else:
        _require(one["shape"] == ["*"], where + ".shape", 'must be ["*"] for tokens')
        _require("pad" in one, where + ".pad", "is missing: tokens need a fill value")
    _require("field" not in one, where + ".field", "does not belong to tokens")


def _check_packing(document: dict[str, Any]) -> None:
    inputs = document["inputs"]
    if not any(one.get("packed") for one in inputs):
        return
    _require(all(one.get("packed", False) == ("*" in one["shape"]) for one in inputs), "inputs",
             "must be packed all, where their length varies, or none")
    _require(any(one["from"] == "token_count" for one in inputs), "inputs",
             "have packed tokens, but none from token_count")
    _require(not BUNDLE_TASKS[document["task"]].has_places, "inputs", f"must not be packed for {document['task']}")


def _check_inputs(document: dict[str, Any]) -> None:
    names = [one["name"] for one in document["inputs"]]
    _require(len(set(names)) == len(names), "inputs", "must have different names")
    for i, one in enumerate(document["inputs"]):
        _check_input(one, f"inputs[{i}]")
    _check_packing(document)
    needs_text = any(one["from"] != "field" for one in document["inputs"])
    _require(needs_text == ("text" in document), "text", "is missing" if needs_text else "has no input made from it")
    _check_text(document, BUNDLE_TASKS[document["task"]], needs_text)


def _check_stages(document: dict[str, Any]) -> None:
    stages = document.get("stages")
    if stages is None:
        return
    _require(len(stages) > 1, "stages", "must be two or more")
    _require(len({one["name"] for one in stages}) == len(stages), "stages", "must have different names")
    known = {one["name"] for one in document["inputs"]}
    outputs = [one["name"] for one in document["outputs"]]
    for i, stage in enumerate(stages):
        for name in stage["takes"]:
            _require(name in known, f"stages[{i}].takes", f"has {name}, which is no input, nor given by an earlier stage")
        if i == len(stages) - 1:
            _require(stage["gives"] == outputs, f"stages[{i}].gives", "must be the outputs, in their order")
        for name in stage["gives"][: 0 if i == len(stages) - 1 else None]:
            _require(name not in known and name not in outputs, f"stages[{i}].gives", f"has {name}, which has another meaning")
            known.add(name)


def _check_text(document: dict[str, Any], task: BundleTask, needs_text: bool) -> None:
    one_text = needs_text and len(document["text"]["fields"]) == 1
    _require(one_text or not task.has_places, "text.fields", f"must name one text for {task.name}")
    has_prompt = needs_text and "prompt" in document["text"]
    with_places = listed((one.name for one in BUNDLE_TASKS.values() if one.has_places), "or")
    _require(not has_prompt or (one_text and not task.has_places), "text.prompt",
             f"is for one text, and not for {with_places}")


def _check_task(document: dict[str, Any], task: BundleTask) -> None:
    shape = document["outputs"][0]["shape"]
    _require(task.has_classes == ("classes" in document), "classes",
             "is missing" if task.has_classes else f"does not belong to the task {task.name}")
    if not task.has_classes:
        _require(task.takes(shape), "outputs[0].shape", f"must be [{', '.join(map(str, task.shape or ()))}]")
        return
    labels = len(document["classes"]["labels"])
    wanted = [*task.shape[:-1], labels]
    _require(shape == wanted, "outputs[0].shape", f"must be {wanted} for {labels} labels")
    _require(document["classes"]["activation"] in task.activations, "classes.activation",
             f"must be {listed(task.activations, 'or')} for {task.name}")


def validate(document: Any) -> None:
    """Throws SchemaError, naming the key, for what bundle.md does not allow."""
    _require(isinstance(document, dict), "the document", "must be an object")
    _require(document.get("infer_bundle") == 1, "infer_bundle", "must be 1")
    required = {"infer_bundle": _positive, "task": _one_of(tuple(BUNDLE_TASKS)), "inputs": _INPUTS, "outputs": _OUTPUTS}
    _object(document, "", required, {"text": _text_spec, "classes": _classes, "max_batch": _positive,
                                     "weights": _weights, "needs": _libraries, "stages": _STAGES, "origin": _origin})
    _check_inputs(document)
    _check_stages(document)
    _check_task(document, BUNDLE_TASKS[document["task"]])
