"""Typed values as JSON values and back, exactly, driven by their annotations.

None, truth values, numbers and texts stand for themselves, members of an enum for their value, addresses for their
text. Tuples, lists and sets are lists, mappings objects. A dataclass is an object of its fields; where one of several
is possible it is ``{"ClassName": {...}}``. Nothing here knows any of the classes.
"""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, TypeAlias

from vrrpd.errors import VrrpdError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_SCALARS = (bool, int, float, str)
_ADDRESSES = frozenset({IPv4Address, IPv6Address})


class PlainError(VrrpdError):
    """What was read is not such a value: another version wrote it, or it is damaged."""


class Codec(NamedTuple):
    """``write`` trusts its argument; ``read`` raises PlainError for whatever ``write`` would not have written."""

    write: Callable[[typing.Any], Plain]
    read: Callable[[Plain], typing.Any]


@cache
def codec_of(kind: object) -> Codec:
    """Raises TypeError for an annotation that has no JSON form here."""
    while isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in _SCALARS:
        return _scalar(typing.cast("type", kind))
    if kind in _ADDRESSES:
        return _address(frozenset({kind}))
    if origin in (typing.Union, types.UnionType):
        return _choice(arguments)
    if origin in (tuple, list, set, frozenset):
        return _sequence(origin, arguments)
    if origin is dict:
        return _mapping(codec_of(arguments[0]), codec_of(arguments[1]))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _member(kind)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _record(kind)
    raise TypeError(f"{kind} has no JSON form")


def _scalar(kind: type) -> Codec:
    allowed: tuple[type, ...] = (int, float) if kind is float else (kind,)

    def read(plain: Plain) -> object:
        if type(plain) not in allowed:
            raise _not(kind.__name__, plain)
        return plain

    return Codec(_itself, read)


def _itself(value: Plain) -> Plain:
    return value


def _address(allowed: frozenset[object]) -> Codec:
    def read(plain: Plain) -> object:
        try:
            found = ip_address(_text(plain))
        except ValueError:
            raise _not("address", plain) from None
        if type(found) not in allowed:
            raise _not("address", plain)
        return found

    return Codec(str, read)


def _member(kind: type[enum.Enum]) -> Codec:
    def read(plain: Plain) -> object:
        try:
            return kind(plain)
        except ValueError:
            raise _not(kind.__name__, plain) from None

    return Codec(lambda member: member.value, read)


def _sequence(origin: type, arguments: tuple[object, ...]) -> Codec:
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return _fixed(tuple(codec_of(argument) for argument in arguments))
    item = codec_of(arguments[0])
    ordered = origin in (tuple, list)

    def write(values: typing.Any) -> Plain:
        plain = [item.write(value) for value in values]
        return plain if ordered else sorted(plain, key=repr)

    return Codec(write, lambda plain: origin([item.read(each) for each in _list(plain)]))


def _fixed(items: tuple[Codec, ...]) -> Codec:
    def read(plain: Plain) -> object:
        if len(_list(plain)) != len(items):
            raise _not(f"list of {len(items)}", plain)
        return tuple(item.read(each) for item, each in zip(items, _list(plain), strict=True))

    return Codec(lambda values: [item.write(value) for item, value in zip(items, values, strict=True)], read)


def _mapping(key: Codec, value: Codec) -> Codec:
    """In the order of the mapping. Keys have to be written as texts."""

    def write(mapping: Mapping[object, object]) -> Plain:
        return {_text(key.write(name)): value.write(item) for name, item in mapping.items()}

    return Codec(write, lambda plain: {key.read(name): value.read(item) for name, item in _object(plain).items()})


def _choice(kinds: tuple[object, ...]) -> Codec:
    present = tuple(kind for kind in kinds if kind is not types.NoneType)
    if frozenset(present) == _ADDRESSES:
        codec = _address(_ADDRESSES)
    elif len(present) == 1:
        codec = codec_of(present[0])
    else:
        codec = _tagged(present)
    if present == kinds:
        return codec
    return Codec(
        lambda value: None if value is None else codec.write(value),
        lambda plain: None if plain is None else codec.read(plain),
    )


def _tagged(kinds: tuple[object, ...]) -> Codec:
    classes = [kind for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)]
    if len(classes) != len(kinds):
        raise TypeError(f"nothing tells {kinds} apart")
    codecs = {kind.__name__: codec_of(kind) for kind in classes}

    def write(value: object) -> Plain:
        name = type(value).__name__
        return {name: codecs[name].write(value)}

    def read(plain: Plain) -> object:
        for name, fields in _object(plain).items():
            if name in codecs and len(_object(plain)) == 1:
                return codecs[name].read(fields)
        raise _not(" or ".join(codecs), plain)

    return Codec(write, read)


def _record(kind: type) -> Codec:
    """A field that is missing has its default: an older version did not know it. One too many is an error."""
    hints = typing.get_type_hints(kind)
    codecs = {field.name: codec_of(hints[field.name]) for field in dataclasses.fields(kind)}

    def write(value: object) -> Plain:
        return {name: codec.write(getattr(value, name)) for name, codec in codecs.items()}

    def read(plain: Plain) -> object:
        fields = _object(plain)
        if not fields.keys() <= codecs.keys():
            raise _not(kind.__name__, plain)
        try:
            return kind(**{name: codecs[name].read(item) for name, item in fields.items()})
        except TypeError:
            raise _not(kind.__name__, plain) from None

    return Codec(write, read)


def _text(plain: Plain) -> str:
    if isinstance(plain, str):
        return plain
    raise _not("text", plain)


def _list(plain: Plain) -> list[Plain]:
    if isinstance(plain, list):
        return plain
    raise _not("list", plain)


def _object(plain: Plain) -> dict[str, Plain]:
    if isinstance(plain, dict):
        return plain
    raise _not("object", plain)


def _not(kind: str, plain: Plain) -> PlainError:
    return PlainError(f"no {kind}: {str(plain)[:80]}")
