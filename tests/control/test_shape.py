"""Checking what came out of JSON against a type."""

from typing import Literal, TypedDict, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.control.shape import check_shape


class Inner(TypedDict):
    number: float
    kind: Literal["a", "b"]


class Outer(TypedDict):
    name: str
    inner: Inner | None
    many: list[Inner]
    by_name: dict[str, int | dict[str, int]]


GOOD = {"name": "x", "inner": None, "many": [{"number": 1, "kind": "a"}], "by_name": {"p": 1, "q": {"r": 2}}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"more": object()}, None),
        ({"name": 1}, "it.name is a int"),
        ({"name": None}, "it.name is null"),
        ({"inner": {"number": 1.5, "kind": "b"}}, None),
        ({"inner": {"number": True, "kind": "b"}}, "it.inner is a dict"),
        ({"inner": 3}, "it.inner is a int"),
        ({"many": [{"number": 1, "kind": "c"}]}, "it.many[0].kind is none of a, b"),
        ({"many": [{"kind": "a"}]}, "it.many[0] lacks number"),
        ({"many": [None]}, "it.many[0] is null"),
        ({"many": {}}, "it.many is a dict"),
        ({"by_name": {"p": "1"}}, "it.by_name.p is a str"),
        ({"by_name": []}, "it.by_name is a list"),
    ],
)
def test_the_first_problem_is_named_with_its_place(change: dict[str, object], problem: str | None) -> None:
    assert check_shape(GOOD | change, Outer, "it") == problem


@pytest.mark.parametrize("key", sorted(get_type_hints(Outer)))
def test_every_key_is_needed(key: str) -> None:
    assert check_shape({k: v for k, v in GOOD.items() if k != key}, Outer, "it") == f"it lacks {key}"


@given(st.from_type(type).flatmap(st.from_type) | st.none() | st.integers() | st.text())
def test_whatever_is_no_object_is_no_typed_dict(value: object) -> None:
    if not isinstance(value, dict):
        assert check_shape(value, Outer, "it") is not None
