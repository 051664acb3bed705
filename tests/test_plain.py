"""Values of every annotated kind survive as JSON, and nothing else is taken for one."""

import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import pytest

from vrrpd.plain import Plain, PlainError, codec_of
from vrrpd.units import Address, Instant, Seconds


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: float = 0.5


@dataclass(frozen=True, slots=True)
class Label:
    text: str


V4, V6 = IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1")


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        (bool, True, True),
        (int, 7, 7),
        (Seconds, 0.1, 0.1),
        (Instant | None, None, None),
        (str, "ä\n", "ä\n"),
        (Colour, Colour.RED, "red"),
        (Address, V4, "192.0.2.1"),
        (Address | None, V6, "2001:db8::1"),
        (IPv6Address, V6, "2001:db8::1"),
        (tuple[int, ...], (1, 2), [1, 2]),
        (tuple[int, str] | None, (1, "a"), [1, "a"]),
        (list[Colour], [Colour.BLUE], ["blue"]),
        (frozenset[str], frozenset({"b", "a"}), ["a", "b"]),
        (set[int], set(), []),
        (dict[Address, list[float]], {V4: [1.5]}, {"192.0.2.1": [1.5]}),
        (dict[Colour, int], {Colour.BLUE: 1, Colour.RED: 2}, {"blue": 1, "red": 2}),
        (Point, Point(1), {"x": 1, "y": 0.5}),
        (Point | None, Point(1, 2.0), {"x": 1, "y": 2.0}),
        (Point | Label, Label("a"), {"Label": {"text": "a"}}),
    ],
)
def test_each_kind_of_value_survives(kind: object, value: object, plain: Plain) -> None:
    codec = codec_of(kind)
    written = codec.write(value)
    assert written == plain
    again = codec.read(json.loads(json.dumps(written)))
    assert again == value
    assert type(again) is type(value)


def test_mappings_keep_their_order() -> None:
    codec = codec_of(dict[str, int])
    assert list(codec.read(codec.write({"b": 1, "a": 2}))) == ["b", "a"]


def test_what_an_older_version_did_not_know_has_its_default() -> None:
    assert codec_of(Point).read({"x": 1}) == Point(1, 0.5)


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (bool, 1),
        (int, True),
        (int, 1.0),
        (int, "1"),
        (float, True),
        (str, None),
        (Colour, "green"),
        (Colour, ["red"]),
        (Address, "192.0.2"),
        (Address, 3221225985),
        (IPv6Address, "192.0.2.1"),
        (tuple[int, ...], "12"),
        (tuple[int, str], [1]),
        (dict[str, int], [["a", 1]]),
        (Point, {"y": 1.0}),
        (Point, {"x": 1, "z": 1}),
        (Point, [1, 2]),
        (Point | Label, {"Line": {}}),
        (Point | Label, {"Point": {"x": 1}, "Label": {"text": "a"}}),
        (Point | Label, {}),
    ],
)
def test_what_is_no_such_value_is_refused(kind: object, plain: Plain) -> None:
    with pytest.raises(PlainError):
        codec_of(kind).read(plain)


@pytest.mark.parametrize("kind", [bytes, int | str, Callable[[], None], object])
def test_kinds_without_a_form_are_found_out_at_once(kind: object) -> None:
    with pytest.raises(TypeError):
        codec_of(kind)
