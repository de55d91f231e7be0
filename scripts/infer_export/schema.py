"""Checks an infer.json against the table of lib/model_file/bundle.md, as lib/model_file/bundle_text.cpp does."""

from typing import Any

from .schema_checks import (boolean, bounds, entries, is_number, keys, number, one_of, positive, require, shape,
                            string, strings)
from .schema_image import check_image, check_image_input, check_picture
from .tasks import ACTIVATIONS, BUNDLE_TASKS, BundleTask, listed

SOURCES = ("field", "token_ids", "token_mask", "token_types", "token_count", "image")
INTEGER_DTYPES = ("uint8", "int8", "int16", "int32", "int64")
DTYPES = (*INTEGER_DTYPES, "bool", "float16", "bfloat16", "float32", "float64")


def _origin(value: Any, where: str) -> None:
    require(isinstance(value, dict), where, "must be an object")
    for key, item in value.items():
        require(isinstance(item, (str, bool)) or is_number(item), f"{where}.{key}", "must be a string, number or bool")


def _text_spec(value: Any, where: str) -> None:
    keys(value, where, {"fields": strings, "max_length": positive},
         {"truncation_side": one_of(("left", "right")), "prompt": string})
    require(len(value["fields"]) <= 2, where + ".fields", "must name one text, or two")


def _classes(value: Any, where: str) -> None:
    keys(value, where, {"labels": strings, "activation": one_of(ACTIVATIONS)}, {"threshold": number})


def _is_beside(name: str, where: str) -> None:
    require("/" not in name and not name.startswith("."), where, "must be the name of a file beside the model")


def _weights(value: Any, where: str) -> None:
    keys(value, where, {"file": string, "digest": string}, {})
    _is_beside(value["file"], where + ".file")


def _libraries(value: Any, where: str) -> None:
    strings(value, where)
    for name in value:
        _is_beside(name, where)


_INPUTS = entries({"name": string, "dtype": one_of(DTYPES), "shape": shape, "from": one_of(SOURCES)},
                  {"field": string, "range": bounds, "pad": number, "packed": boolean})
_OUTPUTS = entries({"name": string, "shape": shape}, {})
_STAGES = entries({"name": string, "takes": strings, "gives": strings}, {})


def _check_input(one: dict[str, Any], where: str) -> None:
    if one["from"] == "image":
        check_image_input(one, where)
        return
    if "range" in one:
        require(one["dtype"] in INTEGER_DTYPES, where + ".range", "is only for whole-number inputs")
    if one["from"] == "field":
        require(not one.get("packed"), where + ".packed", "is for tokens")
        return
    require(one["dtype"] in ("int32", "int64"), where + ".dtype", "must be int64 or int32 for tokens")
    if one["from"] == "token_count":
        require(one["shape"] == [], where + ".shape", "must be [] for a count")
    else:
        require(one["shape"] == ["*"], where + ".shape", 'must be ["*"] for tokens')
        require("pad" in one, where + ".pad", "is missing: tokens need a fill value")
    require("field" not in one, where + ".field", "does not belong to tokens")


def _check_packing(document: dict[str, Any]) -> None:
    inputs = document["inputs"]
    if not any(one.get("packed") for one in inputs):
        return
    require(all(one.get("packed", False) == ("*" in one["shape"]) for one in inputs), "inputs",
             "must be packed all, where their length varies, or none")
    require(any(one["from"] == "token_count" for one in inputs), "inputs",
             "have packed tokens, but none from token_count")
    require(not BUNDLE_TASKS[document["task"]].has_places, "inputs", f"must not be packed for {document['task']}")


def _check_inputs(document: dict[str, Any]) -> None:
    names = [one["name"] for one in document["inputs"]]
    require(len(set(names)) == len(names), "inputs", "must have different names")
    for i, one in enumerate(document["inputs"]):
        _check_input(one, f"inputs[{i}]")
    _check_packing(document)
    check_picture(document)
    needs_text = any(one["from"].startswith("token_") for one in document["inputs"])
    require(needs_text == ("text" in document), "text", "is missing" if needs_text else "has no input made from it")
    _check_text(document, BUNDLE_TASKS[document["task"]], needs_text)


def _check_stages(document: dict[str, Any]) -> None:
    stages = document.get("stages")
    if stages is None:
        return
    require(len(stages) > 1, "stages", "must be two or more")
    require(len({one["name"] for one in stages}) == len(stages), "stages", "must have different names")
    known = {one["name"] for one in document["inputs"]}
    outputs = [one["name"] for one in document["outputs"]]
    for i, stage in enumerate(stages):
        for name in stage["takes"]:
            require(name in known, f"stages[{i}].takes", f"has {name}, which is no input, nor given by an earlier stage")
        if i == len(stages) - 1:
            require(stage["gives"] == outputs, f"stages[{i}].gives", "must be the outputs, in their order")
        for name in stage["gives"][: 0 if i == len(stages) - 1 else None]:
            require(name not in known and name not in outputs, f"stages[{i}].gives", f"has {name}, which has another meaning")
            known.add(name)


def _check_text(document: dict[str, Any], task: BundleTask, needs_text: bool) -> None:
    one_text = needs_text and len(document["text"]["fields"]) == 1
    require(one_text or not task.has_places, "text.fields", f"must name one text for {task.name}")
    has_prompt = needs_text and "prompt" in document["text"]
    with_places = listed((one.name for one in BUNDLE_TASKS.values() if one.has_places), "or")
    require(not has_prompt or (one_text and not task.has_places), "text.prompt",
             f"is for one text, and not for {with_places}")


def _check_task(document: dict[str, Any], task: BundleTask) -> None:
    shape = document["outputs"][0]["shape"]
    require(task.has_classes == ("classes" in document), "classes",
             "is missing" if task.has_classes else f"does not belong to the task {task.name}")
    if not task.has_classes:
        require(task.takes(shape), "outputs[0].shape", f"must be [{', '.join(map(str, task.shape or ()))}]")
        return
    labels = len(document["classes"]["labels"])
    wanted = [*task.shape[:-1], labels]
    require(shape == wanted, "outputs[0].shape", f"must be {wanted} for {labels} labels")
    require(document["classes"]["activation"] in task.activations, "classes.activation",
             f"must be {listed(task.activations, 'or')} for {task.name}")


def validate(document: Any) -> None:
    """Throws SchemaError, naming the key, for what bundle.md does not allow."""
    require(isinstance(document, dict), "the document", "must be an object")
    require(document.get("infer_bundle") == 1, "infer_bundle", "must be 1")
    required = {"infer_bundle": positive, "task": one_of(tuple(BUNDLE_TASKS)), "inputs": _INPUTS, "outputs": _OUTPUTS}
    keys(document, "", required, {"text": _text_spec, "image": check_image, "classes": _classes, "max_batch": positive,
                                     "weights": _weights, "needs": _libraries, "stages": _STAGES, "origin": _origin})
    _check_inputs(document)
    _check_stages(document)
    _check_task(document, BUNDLE_TASKS[document["task"]])
