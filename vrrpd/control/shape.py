"""Whether a value out of JSON has the form that a type says."""

import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, Union, get_args, get_origin, get_type_hints, is_typeddict


def check_shape(value: object, expected: object, path: str) -> str | None:
    """What is wrong with ``value``, or None.

    ``expected`` is built of TypedDict, list, dict with str keys, unions, Literal, str, int, float, bool and None. Keys
    that a TypedDict does not name are left alone: a later version may send them. An int passes as a float, a bool never
    as a number.
    """
    return next(_problems(value, expected, path), None)


def _problems(value: object, expected: object, path: str) -> Iterator[str]:
    origin = get_origin(expected)
    if is_typeddict(expected):
        yield from _typed_dict_problems(value, expected, path)
    elif origin in (Union, types.UnionType):
        if all(check_shape(value, option, path) for option in get_args(expected)):
            yield f"{path} is {_kind(value)}"
    elif origin is Literal:
        if not any(type(value) is type(option) and value == option for option in get_args(expected)):
            yield f"{path} is none of {', '.join(map(str, get_args(expected)))}"
    elif origin is list:
        yield from _list_problems(value, get_args(expected)[0], path)
    elif origin is dict:
        yield from _dict_problems(value, get_args(expected)[1], path)
    elif not _is_scalar(value, expected):
        yield f"{path} is {_kind(value)}"


def _typed_dict_problems(value: object, expected: object, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is {_kind(value)}"
        return
    for key, kind in _hints(expected).items():
        if key in value:
            yield from _problems(value[key], kind, f"{path}.{key}")
        else:
            yield f"{path} lacks {key}"


def _list_problems(value: object, kind: object, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is {_kind(value)}"
        return
    for index, item in enumerate(value):
        yield from _problems(item, kind, f"{path}[{index}]")


def _dict_problems(value: object, kind: object, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is {_kind(value)}"
        return
    for key, item in value.items():
        yield from _problems(item, kind, f"{path}.{key}")


@cache
def _hints(typed_dict: object) -> Mapping[str, object]:
    return get_type_hints(typed_dict)


def _is_scalar(value: object, expected: object) -> bool:
    if expected is float:
        return type(value) in (int, float)
    return type(value) is (types.NoneType if expected is None else expected)


def _kind(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
