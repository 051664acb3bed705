"""Waiting for a successor's announcements, of which there may be thousands."""

import os
from collections.abc import Iterator
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any

import pytest

from tests.daemon.loops import pause, turn
from vrrpd.core.effects import Linger
from vrrpd.core.events import Event, LetGo
from vrrpd.core.node import Node
from vrrpd.daemon import departures as module
from vrrpd.daemon.departures import PAUSE, Departures
from vrrpd.loop import Loop
from vrrpd.units import Address, Family

MAC = bytes(6)
MANY = tuple(IPv4Address(f"10.0.{number // 250}.{number % 250}") for number in range(1, 501))
ANNOUNCED = LetGo("announced by 00:00:00:00:00:00")


class Ear:
    """What a socket would have in its queue."""

    def __init__(self, _index: int, _family: Family) -> None:
        self._sign = os.eventfd(0, os.EFD_NONBLOCK)
        self._queue: list[Address] = []
        self.looks = 0
        self.closed = False

    def fileno(self) -> int:
        return self._sign

    def announce(self, address: Address) -> None:
        self._queue.append(address)
        os.eventfd_write(self._sign, 1)

    def heard(self) -> Iterator[tuple[Address, bytes]]:
        self.looks += 1
        os.eventfd_read(self._sign)
        queue, self._queue = self._queue, []
        return ((address, MAC) for address in queue)

    def close(self) -> None:
        self.closed = True
        os.close(self._sign)


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> list[Ear]:
    made: list[Ear] = []

    def make(index: int, family: Family) -> Ear:
        made.append(Ear(index, family))
        return made[-1]

    monkeypatch.setattr(module, "Overhear", make)
    return made


@pytest.fixture
def told() -> list[tuple[str, Event]]:
    return []


@pytest.fixture
def departures(loop: Loop, told: list[tuple[str, Event]]) -> Iterator[Departures]:
    """Of one instance."""
    places = SimpleNamespace(places=lambda addresses: {(7, address) for address in addresses})
    means: Any = {"VI_1": SimpleNamespace(vips=places)}
    departures = Departures(Node(()), means, loop, told.extend)
    yield departures
    departures.close()


def test_it_does_not_wake_up_for_each_of_many(
    loop: Loop, ears: list[Ear], departures: Departures, told: list[tuple[str, Event]]
) -> None:
    departures.take("VI_1", Linger(MANY))
    (ear,) = ears
    left = list(MANY)

    def announce() -> None:
        ear.announce(left.pop())
        if left:
            loop.call_soon(announce)

    announce()
    turn(loop, lambda: told)
    assert told == [("VI_1", ANNOUNCED)]
    assert ear.looks < len(MANY) / 2


def test_it_waits_for_the_last_of_them(
    loop: Loop, ears: list[Ear], departures: Departures, told: list[tuple[str, Event]]
) -> None:
    departures.take("VI_1", Linger(MANY[:2]))
    (ear,) = ears
    ear.announce(MANY[0])
    ear.announce(MANY[0])
    pause(loop, 4 * PAUSE)
    assert told == []
    ear.announce(MANY[1])
    turn(loop, lambda: told)
    assert told == [("VI_1", ANNOUNCED)]


def test_nothing_is_heard_once_it_is_over(loop: Loop, ears: list[Ear], departures: Departures) -> None:
    departures.take("VI_1", Linger(MANY))
    (ear,) = ears
    ear.announce(MANY[0])
    turn(loop, lambda: ear.looks)
    departures.close()
    pause(loop, 4 * PAUSE)
    assert ear.closed
    assert ear.looks == 1
