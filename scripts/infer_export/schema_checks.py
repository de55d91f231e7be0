"""What single values of an infer.json must be: schema.py says where."""

from collections.abc import Callable
from typing import Any

Check = Callable[[Any, str], None]


class SchemaError(ValueError):
    """The document breaks the schema; the text names the key."""


def require(holds: bool, where: str, reason: str) -> None:
    if not holds:
        raise SchemaError(f"{where} {reason}")


def string(value: Any, where: str) -> None:
    require(isinstance(value, str) and value != "", where, "must be a string")


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def boolean(value: Any, where: str) -> None:
    require(isinstance(value, bool), where, "must be true or false")


def number(value: Any, where: str) -> None:
    require(is_number(value), where, "must be a number")


def positive(value: Any, where: str) -> None:
    require(is_whole(value) and value >= 1, where, "must be a whole number from 1 up")


def one_of(choices: tuple[str, ...]) -> Check:
    def check(value: Any, where: str) -> None:
        require(value in choices, where, f"must be one of {', '.join(choices)}")
    return check


def strings(value: Any, where: str) -> None:
    require(isinstance(value, list) and len(value) > 0, where, "must be a list of strings")
    for i, item in enumerate(value):
        require(isinstance(item, str), f"{where}[{i}]", "must be a string")


def shape(value: Any, where: str) -> None:
    fits = isinstance(value, list) and all(item == "*" or (is_whole(item) and item >= 1) for item in value)
    require(fits, where, 'must be a list of whole numbers from 1 up, or "*"')


def bounds(value: Any, where: str) -> None:
    fits = isinstance(value, list) and len(value) == 2 and all(map(is_whole, value)) and value[0] <= value[1]
    require(fits, where, "must be [low, high]")


def keys(value: Any, where: str, required: dict[str, Check], optional: dict[str, Check]) -> None:
    require(isinstance(value, dict), where or "the document", "must be an object")
    prefix = where + "." if where else ""
    for key in required:
        require(key in value, prefix + key, "is missing")
    for key, item in value.items():
        check = required.get(key) or optional.get(key)
        require(check is not None, prefix + key, "is unknown")
        check(item, prefix + key)


def entries(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    def check(value: Any, where: str) -> None:
        require(isinstance(value, list) and len(value) > 0, where, "must be a list with at least one entry")
        for i, item in enumerate(value):
            keys(item, f"{where}[{i}]", required, optional)
    return check
