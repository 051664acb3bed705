"""What counts of interfaces that are slowed or polled. The kernel and the network card are stand-ins."""

import logging
from collections.abc import Collection
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from tests.daemon.loops import pause, turn
from vrrpd.config.link_delays import LinkDelay
from vrrpd.daemon import link_view
from vrrpd.daemon.link_view import LinkView
from vrrpd.errors import LinuxError
from vrrpd.linux.interfaces import InterfaceAddress, Link
from vrrpd.linux.linkbeat import Method
from vrrpd.loop import Loop
from vrrpd.units import Address, Family, Seconds

UP = Link(3, "eth0", bytes(6), 1500, admin_up=True, running=True, multicast=True, arp=True)
NO_CARRIER = replace(UP, running=False)
OWN = IPv4Address("192.168.1.1")
OFF = replace(UP, admin_up=False, running=False)


class Host:
    """Stands in for the kernel (InterfaceWatch) and the network card (LinkProbe)."""

    def __init__(self, loop: Loop) -> None:
        self.links: dict[str, Link] = {"eth0": UP}
        self.card_up = True
        self.methods = {Method.ETHTOOL}
        self.asked: list[Method] = []
        self.closed = False
        self.told: list[tuple[float, bool]] = []
        self._loop = loop
        self.view = LinkView(self, loop, self.changed, lambda: Card(self))

    def changed(self, names: Collection[str]) -> None:
        assert tuple(names) == ("eth0",)
        self.told.append((self._loop.time(), self.counts_up()))

    def counts_up(self) -> bool:
        link = self.view.link("eth0")
        return link is not None and link.usable

    def becomes(self, link: Link | None) -> float:
        """The kernel says so; when."""
        self.links = {} if link is None else {"eth0": link}
        self.view.observe({"eth0"})
        return self._loop.time()

    def link(self, name: str) -> Link | None:
        return self.links.get(name)

    def link_with(self, address: Address) -> Link | None:
        return self.links.get("eth0") if address == OWN else None

    def addresses(self, index: int) -> tuple[InterfaceAddress, ...]:
        raise AssertionError(index)

    def primary_address(self, index: int, family: Family, exclude: Collection[Address]) -> Address | None:
        raise AssertionError(index, family, exclude)

    def choose(self, interface: str, wanted: Method | None = None) -> Method:
        assert interface == "eth0"
        return wanted if wanted in self.methods else next(iter(self.methods), Method.IOCTL)

    def card_says(self, interface: str, method: Method) -> bool:
        self.asked.append(method)
        if interface not in self.links:
            raise LinuxError("poll", interface, 19)
        return self.card_up

    def close(self) -> None:
        self.closed = True


class Card:
    """The network card's side of a host: one of its names is taken there."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.choose = host.choose
        self.is_up = host.card_says
        self.close = host.close


@pytest.fixture
def host(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(link_view, "POLL_INTERVAL", 0.02)
    return Host(loop)


def slow(host: Host, down: float, up: float) -> None:
    host.view.configure({"eth0": LinkDelay(Seconds(down), Seconds(up))}, {})


def test_by_default_the_kernels_word_counts(host: Host) -> None:
    for link in (UP, NO_CARRIER, OFF, None):
        host.becomes(link)
        assert host.view.link("eth0") == link


def test_the_link_of_an_address_counts_as_slowly(host: Host) -> None:
    assert host.view.link_with(IPv4Address("192.168.1.2")) is None
    slow(host, 5.0, 0.0)
    host.becomes(NO_CARRIER)
    assert host.view.link_with(OWN) == UP


@pytest.mark.parametrize("down", [NO_CARRIER, OFF])
def test_a_link_counts_as_down_when_it_has_been_down_for_a_while(host: Host, loop: Loop, down: Link) -> None:
    slow(host, 0.05, 0.0)
    began = host.becomes(down)
    assert host.counts_up()
    assert host.view.is_pending("eth0")
    turn(loop, lambda: host.told)
    assert host.told[0][0] - began >= 0.0499
    assert host.view.link("eth0") == down
    host.becomes(UP)
    assert host.counts_up(), "no delay for up: at once"
    assert len(host.told) == 1, "whoever saw the kernel's message looks by himself"


def test_a_short_loss_is_none(host: Host, loop: Loop) -> None:
    slow(host, 0.05, 0.05)
    host.becomes(NO_CARRIER)
    pause(loop, 0.02)
    host.becomes(OFF)
    host.becomes(UP)
    assert not host.view.is_pending("eth0")
    pause(loop, 0.08)
    assert host.counts_up()
    assert not host.told


def test_each_new_beginning_waits_the_whole_time(host: Host, loop: Loop) -> None:
    host.becomes(NO_CARRIER)
    slow(host, 5.0, 0.05)
    assert not host.counts_up()
    host.becomes(UP)
    pause(loop, 0.03)
    host.becomes(NO_CARRIER)
    again = host.becomes(UP)
    assert host.view.link("eth0") == NO_CARRIER
    turn(loop, lambda: host.told)
    assert host.told[0][0] - again >= 0.0499
    assert host.counts_up()


def test_an_interface_that_goes_or_is_another_one_counts_at_once(host: Host) -> None:
    slow(host, 5.0, 5.0)
    host.becomes(NO_CARRIER)
    host.becomes(None)
    assert host.view.link("eth0") is None
    host.becomes(replace(UP, index=9))
    assert host.counts_up()
    host.becomes(replace(OFF, index=10))
    assert not host.counts_up()
    assert not host.view.is_pending("eth0")


def test_a_reload_that_takes_the_delay_away(host: Host) -> None:
    slow(host, 5.0, 5.0)
    host.becomes(NO_CARRIER)
    assert host.view.configure({"eth0": LinkDelay(Seconds(5.0), Seconds(5.0))}, {}) == ()
    assert host.counts_up(), "the same again: it goes on waiting"
    assert set(host.view.configure({}, {})) == {"eth0"}
    assert not host.counts_up()


# --- polled -----------------------------------------------------------------------------------------------------------


def test_a_polled_link_is_as_the_card_says(host: Host, loop: Loop) -> None:
    assert set(host.view.configure({}, {"eth0": None})) == {"eth0"}
    assert host.view.method("eth0") is Method.ETHTOOL
    host.becomes(NO_CARRIER)
    assert host.counts_up(), "what the kernel says does not count (keepalived)"
    host.card_up = False
    turn(loop, lambda: host.told)
    assert not host.counts_up()
    host.becomes(UP)
    assert host.view.link("eth0") == NO_CARRIER
    host.card_up = True
    turn(loop, lambda: len(host.told) > 1)
    assert host.counts_up()
    host.view.close()
    assert host.closed


def test_a_method_that_does_not_answer_is_replaced_and_named(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        host.view.configure({}, {"eth0": "MII"})
    assert "interface eth0 does not answer to MII: polled with ETHTOOL" in caplog.text
    host.methods.clear()
    host.view.configure({}, {"eth0": "ETHTOOL"})
    assert host.view.method("eth0") is Method.IOCTL
    host.view.close()


def test_a_polled_interface_that_goes_and_comes(host: Host, loop: Loop) -> None:
    host.view.configure({}, {"eth0": None})
    host.becomes(None)
    assert not host.counts_up()
    turn(loop, lambda: host.told)
    host.methods = {Method.MII}
    host.becomes(replace(UP, index=9))
    turn(loop, lambda: host.view.method("eth0") is Method.MII)
    assert host.counts_up()
    host.view.close()


def test_polling_ends_with_the_configuration(host: Host, loop: Loop) -> None:
    host.view.configure({}, {"eth0": None})
    host.view.configure({}, {})
    asked = len(host.asked)
    pause(loop, 0.06)
    assert len(host.asked) == asked
    host.becomes(NO_CARRIER)
    assert not host.counts_up()
