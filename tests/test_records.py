"""Our dataclasses beside the standard library's: nobody can tell them apart but by the clock."""

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from vrrpd.core.events import AdvertisementReceived
from vrrpd.core.statistics import Statistics
from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """Where."""

    x: int
    y: float = 2.0
    names: tuple[str, ...] = ()
    secret: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Single:
    value: object


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(slots=True)
class Basket:
    items: list[int] = field(default_factory=list)
    total: int = 0

    def __post_init__(self) -> None:
        self.total = sum(self.items)


@dataclass(frozen=True, slots=True)
class Odd:
    """Its own notion of equality and of text."""

    value: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Odd) and self.value % 2 == other.value % 2

    def __hash__(self) -> int:
        return self.value % 2

    def __repr__(self) -> str:
        return "odd one"


def librarys(kind: Any) -> Any:
    """The same class, dressed by the library."""
    body: dict[str, object] = {"__annotations__": {item.name: item.type for item in dataclasses.fields(kind)}}
    for item in dataclasses.fields(kind):
        options: Any = {"repr": item.repr, "compare": item.compare}
        if item.default is not dataclasses.MISSING:
            options["default"] = item.default
        if item.default_factory is not dataclasses.MISSING:
            options["default_factory"] = item.default_factory
        body[item.name] = field(**options)
    if hasattr(kind, "__post_init__"):
        body["__post_init__"] = kind.__post_init__
    frozen = kind is not Basket
    return dataclasses.dataclass(frozen=frozen, slots=True, order=kind is Point)(type(kind.__name__, (), body))


def parameters(kind: Any) -> list[tuple[str, object, bool]]:
    found = inspect.signature(kind).parameters.values()
    return [(item.name, item.annotation, item.default is inspect.Parameter.empty) for item in found]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Point, (1,)),
        (Point, (3, 4.5, ("a", "b"), "hidden")),
        (Single, (None,)),
        (Nothing, ()),
        (Basket, ([1, 2],)),
        (Basket, ()),
    ],
)
def test_as_the_library(kind: Any, arguments: tuple[object, ...]) -> None:
    theirs = librarys(kind)
    ours, other = kind(*arguments), theirs(*arguments)
    assert repr(ours) == repr(other).replace("<locals>.", "")
    assert parameters(kind) == parameters(theirs)
    assert kind.__match_args__ == theirs.__match_args__
    assert kind.__slots__ == theirs.__slots__
    assert not hasattr(ours, "__dict__")
    assert dataclasses.asdict(ours) == dataclasses.asdict(other)
    assert (kind.__hash__ is None) == (theirs.__hash__ is None)
    if kind is not Basket:
        assert hash(ours) == hash(other)


def test_equality_and_order_go_by_the_fields_that_count() -> None:
    assert Point(1, secret="a") == Point(1, secret="b")
    assert Point(1) != Point(2)
    assert Point.__eq__(Point(1), (1, 2.0, (), "")) is NotImplemented
    assert sorted([Point(2), Point(1, 9.0), Point(1)]) == [Point(1), Point(1, 9.0), Point(2)]
    assert Point(1) <= Point(1) < Point(1, 3.0)
    assert Point(2) >= Point(2) > Point(1)
    assert Point.__lt__(Point(1), 1) is NotImplemented
    nan = float("nan")
    assert Single(nan) == Single(nan)  # as tuples compare: the same object is equal to itself


def test_what_a_class_brings_itself_stays() -> None:
    assert Odd(1) == Odd(3)
    assert hash(Odd(1)) == hash(Odd(3))
    assert repr(Odd(5)) == "odd one"


def test_frozen_is_frozen() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]  # that is what is tested
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    basket = Basket([1])
    basket.total = 7
    assert basket != Basket([1])


def test_defaults_are_made_for_each() -> None:
    first, second = Basket(), Basket()
    first.items.append(1)
    assert second.items == []


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=3)  # type: ignore[call-arg]  # that is what is tested


@pytest.mark.parametrize("value", [Point(1, 2.5, ("a",), "s"), Single(Point(4)), Nothing(), Basket([1, 2])])
def test_copies_are_equal(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # made here
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert dataclasses.replace(value) == value


def test_methods_are_written_once_and_only_when_needed() -> None:
    @dataclass(frozen=True, slots=True)
    class Fresh:
        value: int

    assert type(vars(Fresh)["__init__"]).__name__ == "_Later"
    Fresh(1)
    assert inspect.isfunction(vars(Fresh)["__init__"])
    assert type(vars(Fresh)["__eq__"]).__name__ == "_Later"
    assert Fresh(1) == Fresh(1)
    assert inspect.isfunction(vars(Fresh)["__eq__"])


def test_the_daemon_uses_them() -> None:
    assert AdvertisementReceived.__repr__ is Statistics.__repr__ is Point.__repr__
