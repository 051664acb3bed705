"""Sockets that fail: what real interfaces do is in test_interface_faults.py."""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address

import pytest

from tests.daemon.builders import plans_of
from tests.daemon.loops import pause, turn
from tests.daemon.nodes import instance_text
from vrrpd.core.events import Event, LinkChanged, PrimaryAddressChanged
from vrrpd.daemon import links as links_module
from vrrpd.daemon import listener as listener_module
from vrrpd.daemon import senders as senders_module
from vrrpd.daemon.executor import Means
from vrrpd.daemon.links import Links
from vrrpd.daemon.listener import Listener
from vrrpd.daemon.spacing import Spacing
from vrrpd.daemon.speaker import Speaker
from vrrpd.daemon.vip_set import VipSet
from vrrpd.errors import LinuxError
from vrrpd.linux.announce import Announcer
from vrrpd.linux.interfaces import InterfaceAddress, Link
from vrrpd.loop import Loop
from vrrpd.units import Address, Family

SOURCE = IPv4Address("192.168.1.1")


class Host:
    """An interface that is always there, sockets that a test may forbid, and the engine's part of the talk."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.listening: list[int] = []
        self.deaf = False
        self.mute = False

    def link(self, name: str) -> Link | None:
        return Link(3, name, bytes(6), 1500, admin_up=True, running=True, multicast=True, arp=True)

    def link_with(self, address: Address) -> Link | None:
        return self.link("eth0")

    def addresses(self, index: int) -> tuple[InterfaceAddress, ...]:
        return ()

    def primary_address(self, index: int, family: Family, exclude: Collection[Address]) -> Address | None:
        return SOURCE

    def deliver(self, events: Iterable[tuple[str, Event]]) -> None:
        self.told += (event for _, event in events)

    def listen(self, listener: Listener) -> None:
        self.listening.append(listener.fileno())

    def ignore(self, listener: Listener) -> None:
        self.listening.remove(listener.fileno())

    def open_receiver(self, *_: object) -> "Socket":
        if self.deaf:
            raise LinuxError("listen on", "eth0", 1)
        return Socket()

    def open_sender(self, *_: object) -> "Socket":
        if self.mute:
            raise LinuxError("send on", "eth0", 1)
        return Socket()


class Socket:
    def fileno(self) -> int:
        return 99

    def close(self) -> None:
        pass


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(listener_module, "open_receiver", made.open_receiver)
    monkeypatch.setattr(senders_module, "open_sender", made.open_sender)
    monkeypatch.setattr(links_module, "RETRY_DELAY", 0.02)
    return made


def links_of(host: Host, loop: Loop) -> Links:
    links = unreviewed(host, loop)
    links.review()
    return links


def unreviewed(host: Host, loop: Loop) -> Links:
    plans = plans_of(instance_text())
    outlet = Spacing(lambda _: _never(), loop)
    means = {plan.name: Means(Speaker(plan), VipSet(plan, outlet, lambda *_: False)) for plan in plans}
    return Links(plans, means, host, loop, host)


def _never() -> Announcer:
    raise AssertionError("nothing is announced here")


def test_a_socket_that_failed_is_replaced_at_once(host: Host, loop: Loop) -> None:
    links = links_of(host, loop)
    assert host.told == [PrimaryAddressChanged(SOURCE), LinkChanged(True)]
    host.told.clear()
    links.lost(next(iter(links.listeners)), LinuxError("receive on", "eth0", 100))
    assert host.listening == [99]
    assert host.told == [], "nobody need know"
    links.close()
    assert host.listening == []


@pytest.mark.parametrize("mute", [False, True])
def test_who_goes_on_where_another_process_stood_is_told_of_what_is_different_only(
    host: Host, loop: Loop, mute: bool
) -> None:
    links, host.mute = unreviewed(host, loop), mute
    links.recall({"VI_1": SOURCE}, ["VI_1"])
    assert host.told == []
    links.review()
    assert host.told == ([PrimaryAddressChanged(None)] if mute else [])
    assert host.listening == [99]
    links.close()


def test_nothing_is_taken_for_granted_that_was_not_so(host: Host, loop: Loop) -> None:
    links = unreviewed(host, loop)
    links.recall({}, [])
    links.review()
    assert host.told == [PrimaryAddressChanged(SOURCE), LinkChanged(True)]
    links.close()


def test_who_cannot_listen_may_not_take_part_until_it_can(host: Host, loop: Loop) -> None:
    links = links_of(host, loop)
    host.told.clear()
    host.deaf = True
    links.lost(next(iter(links.listeners)), LinuxError("receive on", "eth0", 100))
    assert host.told == [LinkChanged(False, "listen on eth0: EPERM")]
    links.review()
    assert len(host.told) == 1, "told once"
    host.deaf = False
    turn(loop, lambda: host.listening)
    assert host.told[-1] == LinkChanged(True)
    links.close()


def test_who_cannot_speak_may_not_take_part_until_it_can(host: Host, loop: Loop) -> None:
    host.mute = True
    links = links_of(host, loop)
    assert host.told == [LinkChanged(True)], "no source address is known at the start either"
    host.mute = False
    turn(loop, lambda: PrimaryAddressChanged(SOURCE) in host.told)
    links.close()


def test_closed_nothing_is_tried_again(host: Host, loop: Loop) -> None:
    host.deaf = True
    links = links_of(host, loop)
    links.close()
    told = list(host.told)
    host.deaf = False
    turn(loop, lambda: True)
    pause(loop, 0.1)
    assert host.told == told
