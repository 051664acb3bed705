from collections.abc import Iterable
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from vrrpd.core.directed import Directed
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Effect,
    Notify,
    NotifyEvent,
    NotifyGroup,
    RemoveAddresses,
    SendAdvertisement,
)
from vrrpd.daemon.arrangement import adverts_ahead, arrange, groups_first
from vrrpd.units import Priority

ONE, TWO = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
ADVERT = SendAdvertisement(Priority(100))
NOTIFY = Notify(NotifyEvent.MASTER, Priority(100))


def takeover(router: str, address: IPv4Address, rounds: int = 5) -> list[Directed]:
    effects = (ADVERT, AddAddresses((address,)), Announce((address,), rounds), NOTIFY)
    return [Directed(router, effect) for effect in effects]


def test_everybody_is_heard_and_reachable_before_anybody_repeats_itself() -> None:
    assert [(item.router, item.effect) for item in arrange(takeover("a", ONE) + takeover("b", TWO))] == [
        ("a", ADVERT),
        ("b", ADVERT),
        ("a", AddAddresses((ONE,))),
        ("b", AddAddresses((TWO,))),
        ("a", Announce((ONE,), 1)),
        ("b", Announce((TWO,), 1)),
        ("a", Announce((ONE,), 4)),
        ("a", NOTIFY),
        ("b", Announce((TWO,), 4)),
        ("b", NOTIFY),
    ]


def test_alone_an_announcement_stays_whole() -> None:
    batch = takeover("a", ONE)
    assert list(arrange(batch)) == batch


def test_the_adverts_ahead_are_those_before_anything_else() -> None:
    batch = takeover("a", ONE)
    assert adverts_ahead(batch) == (batch[:1], batch[1:])
    assert adverts_ahead(batch[:1] * 2) == (batch[:1] * 2, [])
    assert adverts_ahead(batch[1:] + batch[:1]) == ([], batch[1:] + batch[:1]), "it waits for what it follows"
    assert adverts_ahead(()) == ((), [])


EFFECTS: st.SearchStrategy[Effect] = st.sampled_from(
    (ADVERT, AddAddresses((ONE,)), RemoveAddresses((ONE,)), Announce((ONE,), 2), Announce((TWO,), 1), NOTIFY)
)


@given(st.lists(st.builds(Directed, st.sampled_from("abc"), EFFECTS), max_size=12))
def test_one_instance_keeps_its_order_and_nothing_is_lost(batch: list[Directed]) -> None:
    arranged = list(arrange(batch))
    sent = [item for item in arranged if item.effect == ADVERT]
    assert arranged[: len(sent)] == sent
    assert len(sent) == sum(item.effect == ADVERT for item in batch)
    for router in "abc":
        before = _steps(item for item in _without_repetitions(batch) if item.router == router)
        assert _steps(item for item in arranged if item.router == router) == before


def test_a_group_that_is_not_master_is_announced_before_its_members() -> None:
    quiet, master = NotifyGroup("G", NotifyEvent.BACKUP), NotifyGroup("H", NotifyEvent.MASTER)
    batch = [Directed("a", NOTIFY), Directed("a", quiet), Directed("b", NOTIFY), Directed("b", master)]
    assert [item.effect for item in groups_first(batch)] == [quiet, NOTIFY, NOTIFY, master]


def _without_repetitions(batch: list[Directed]) -> list[Directed]:
    """What is announced twice in a batch is announced where it comes last."""
    return [
        item
        for place, item in enumerate(batch)
        if not (isinstance(item.effect, Announce) and item in batch[place + 1 :])
    ]


def _steps(items: Iterable[Directed]) -> list[object]:
    """An announcement of two rounds counts as two of one."""
    steps: list[object] = []
    for item in items:
        if isinstance(item.effect, Announce):
            steps += [("announce", item.effect.addresses)] * item.effect.rounds
        elif item.effect != ADVERT:
            steps.append(item.effect)
    return steps
