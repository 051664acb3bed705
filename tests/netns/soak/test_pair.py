"""Who is to hold what, while a node is troubled and after an operator has moved an address."""

from collections.abc import Mapping

import pytest

from netns.soak.pair import NODES, Pair

ODD, EVEN = "10.20.0.2", "10.20.0.3"


class Seen(Pair):
    """What the nodes hold is given, and no time passes."""

    now = 0.0

    def __init__(self, held: Mapping[str, set[str]]) -> None:
        self.home = {ODD: "r1", EVEN: "r2"}
        self._away = {}
        self._held = held

    def held(self, name: str) -> set[str]:
        return self._held[name]


@pytest.mark.parametrize("absent", [None, "r2"], ids=["all is well", "the holder fell"])
def test_an_address_that_was_moved_may_stay_where_it_is(absent: str | None) -> None:
    """Its home does not preempt for a while."""
    pair = Seen({"r1": {EVEN} if absent else set(), "r2": {ODD} if absent else {ODD, EVEN}})
    assert pair.disorder(absent, NODES) == "1 addresses, 10.20.0.2 at r2 instead of r1"
    pair.leave(ODD, 60.0)
    assert pair.disorder(absent, NODES) == ""


@pytest.mark.parametrize(
    ("held", "absent", "counted"),
    [({"r1": {ODD}, "r2": {EVEN}}, "r1", NODES), ({"r1": {EVEN}, "r2": set()}, "r2", ("r1",))],
    ids=["its home fell", "the holder is dead"],
)
def test_but_not_for_whatever_reason(held: dict[str, set[str]], absent: str, counted: tuple[str, ...]) -> None:
    pair = Seen(held)
    pair.leave(ODD, 60.0)
    assert pair.disorder(absent, counted).startswith("1 addresses, 10.20.0.2 at ")
