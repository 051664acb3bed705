"""One stream of requests for each host, and what is told of its answers."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from tests.daemon import loops
from tests.daemon.builders import plans_of
from tests.daemon.nodes import instance_text
from vrrpd.core.effects import Probe, StopProbing
from vrrpd.core.events import Event, HostAnswered, HostSilent
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon import prober
from vrrpd.daemon.prober import Prober
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now
from vrrpd.linux.interfaces import InterfaceAddress, Link
from vrrpd.loop import Loop, TimerHandle
from vrrpd.proto.advertisement import ChecksumForm
from vrrpd.units import Address, Instant, Priority, Seconds
from vrrpd.view import PeerView, VirtualRouterView, view_of

HOST = IPv4Address("192.168.1.2")
LINK = Link(3, "eth0", bytes.fromhex("020000000001"), 1500, admin_up=True, running=True, multicast=True, arp=True)
OFTEN = Probe(HOST, Seconds(0.01), 3, continuous=True)
IDLE = replace(OFTEN, continuous=False)


class Network:
    """Instances VI_1 and VI_2 on eth0, and a host that answers while ``alive``."""

    how = "ARP"

    def __init__(self, loop: Loop, extra: str = "") -> None:
        texts = (
            instance_text(f"VI_{number}", vrid=50 + number, extra=extra, virtual_ipaddress=[f"192.168.1.{number}00"])
            for number in (1, 2)
        )
        self.plans = plans_of("\n".join(texts))
        self.loop = loop
        self.alive, self.broken = True, False
        self.asked: list[bool] = []
        self.due = False
        self.opened: list[bool] = []
        self.closed = 0
        self.master: PeerView | None = None
        self.told: list[tuple[str, Event]] = []
        self.links: tuple[Link, ...] = (LINK,)
        self.prober = Prober(self.plans, self.view, self, loop, self._deliver, self._open)

    def view(self, name: str) -> VirtualRouterView:
        plan = next(plan for plan in self.plans if plan.name == name)
        view = view_of(VirtualRouter(name, plan.parameters), now())
        return replace(view, source=IPv4Address("192.168.1.1"), master=self.master)

    def link(self, name: str) -> Link | None:
        return next((link for link in self.links if link.name == name), None)

    def link_with(self, address: Address) -> Link | None:
        del address
        return self.links[0] if self.links else None

    def addresses(self, index: int) -> tuple[InterfaceAddress, ...]:
        return (InterfaceAddress(index, IPv4Address("192.168.1.1"), 24),)

    def _open(self, link: Link, source: Address, host: Address, own: Collection[bytes], on_link: bool) -> "Network":
        assert (link.name, str(source), host, tuple(own)) == ("eth0", "192.168.1.1", HOST, (LINK.mac,))
        self.opened.append(on_link)
        return self

    def _deliver(self, events: Iterable[tuple[str, Event]]) -> None:
        self.told += events

    def ask(self, *, everybody: bool) -> None:
        if self.broken:
            raise LinuxError("ask", str(HOST), 100)
        self.asked.append(everybody)
        self.due = self.alive

    def answered(self) -> bool:
        due, self.due = self.due, False
        return due

    def close(self) -> None:
        self.closed += 1

    def run(self, seconds: float = 0.1) -> "Network":
        loops.pause(self.loop, seconds)
        return self


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prober, "ACQUAINTANCE", 0.005)
    monkeypatch.setattr(prober, "SELDOM", 0.02)


def test_backups_ask_in_step_with_the_masters_adverts(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else silence shows itself to each of them at another time."""
    network, planned, later = Network(loop), [], loop.call_later
    heard = Instant(loop.time() - 12.3)
    network.master = PeerView(HOST, Priority(101), Seconds(1.0), heard, ChecksumForm.PSEUDO_HEADER)

    def call_later(delay: float, callback: Callable[..., object], *arguments: object) -> TimerHandle:
        planned.append((delay, loop.time() + delay))
        return later(delay, callback, *arguments)

    monkeypatch.setattr(loop, "call_later", call_later)
    network.prober.take("VI_1", replace(OFTEN, interval=Seconds(0.08)))
    network.run(0.5)
    network.prober.close()
    asked = [(at - heard) % 0.08 for delay, at in planned[3::2]]
    assert len(asked) > 2
    assert all(min(phase, 0.08 - phase) < 0.02 for phase in asked), planned


def test_silence_is_told_once_and_so_is_the_answer_after_it(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    assert len(network.asked) > 3
    assert network.told == []
    network.alive = False
    network.run()
    assert network.told == [("VI_1", HostSilent(HOST))]
    network.alive = True
    network.run()
    assert network.told[1:] == [("VI_1", HostAnswered(HOST))]
    network.prober.close()
    assert (network.opened, network.closed) == ([True], 1)


def test_a_host_that_never_answered_is_not_silent(loop: Loop) -> None:
    network = Network(loop)
    network.alive = False
    network.prober.take("VI_1", OFTEN)
    network.run()
    assert network.told == []
    report = network.prober.of("VI_1")
    assert report is not None
    assert (report.host, report.how, report.answers) == (HOST, "ARP", None)
    network.prober.close()


def test_until_it_is_needed_one_answer_is_enough(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", IDLE)
    network.run()
    assert network.asked == [False]
    network.prober.take("VI_1", OFTEN)
    network.run()
    assert len(network.asked) > 3
    network.prober.take("VI_1", IDLE)
    count = len(network.asked)
    network.run()
    assert len(network.asked) == count
    network.prober.close()


def test_an_advert_of_a_silent_host_speaks_for_all_its_instances(loop: Loop) -> None:
    """And its silence counts again once it has answered."""
    network = Network(loop)
    for name in ("VI_1", "VI_2"):
        network.prober.take(name, OFTEN)
    network.run()
    network.alive = False
    network.run()
    network.told.clear()
    network.prober.take("VI_1", IDLE)
    network.run(0.03)
    assert network.told == [("VI_2", HostAnswered(HOST))]
    network.run()
    assert len(network.told) == 1, "it does not answer, and is not called silent either"
    network.alive = True
    network.run()
    network.alive = False
    network.prober.take("VI_1", OFTEN)
    network.run()
    assert network.told[1:] == [("VI_1", HostSilent(HOST)), ("VI_2", HostSilent(HOST))]
    network.prober.close()


def test_what_came_in_while_nobody_asked_is_no_answer(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", IDLE)
    network.run()
    network.alive, network.due = False, True
    network.prober.take("VI_1", OFTEN)
    network.run()
    assert network.told == [("VI_1", HostSilent(HOST))]
    network.prober.close()


def test_two_instances_share_a_stream(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.prober.take("VI_2", OFTEN)
    network.run()
    assert len(network.opened) == 1
    network.alive = False
    network.run()
    assert network.told == [("VI_1", HostSilent(HOST)), ("VI_2", HostSilent(HOST))]
    network.prober.take("VI_1", StopProbing(HOST))
    assert network.closed == 0
    network.prober.replace(plan for plan in network.plans if plan.name == "VI_1")
    assert network.closed == 1


def test_after_a_miss_everybody_is_asked(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    assert not any(network.asked)
    network.alive = False
    network.run()
    assert True in network.asked
    network.prober.close()


def test_the_more_were_missed_the_more_are_asked_at_once(loop: Loop) -> None:
    """What a network loses at random is no silence; the host is asked directly and through everybody."""
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    network.alive = False
    network.asked.clear()
    network.run(0.03)
    assert network.asked[:4] == [False, True, False, True]
    network.run()
    assert network.asked[-4:] == [True, False, True, False]
    network.prober.close()


def test_a_host_that_never_answered_is_asked_once_at_a_time(loop: Loop) -> None:
    network = Network(loop)
    network.alive = False
    network.prober.take("VI_1", OFTEN)
    network.run(0.03)
    assert len(network.asked) <= 8
    network.prober.close()


def test_an_answer_that_nobody_looked_at_yet_counts_before_a_deadline_does(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    network.alive = False
    network.run()
    network.prober.look_again()
    assert network.told == [("VI_1", HostSilent(HOST))]
    network.due = True
    network.prober.look_again()
    assert network.told[1:] == [("VI_1", HostAnswered(HOST))]
    network.prober.close()


def test_what_could_not_be_sent_was_not_missed(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    network.broken = True
    network.run()
    assert network.told == []
    network.prober.close()


def test_another_interface_begins_anew(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    network.links, network.alive = (replace(LINK, index=4),), False
    network.run()
    assert len(network.opened) == 2
    assert network.told == []
    network.links = ()
    network.run()
    assert network.prober.of("VI_1") is not None
    network.prober.close()


@pytest.mark.parametrize(("peer", "on_link"), [("192.168.1.2", True), ("10.9.9.9", False)])
def test_a_unicast_peer_may_be_behind_routers(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, peer: str, on_link: bool
) -> None:
    monkeypatch.setattr(f"{__name__}.HOST", IPv4Address(peer))
    network = Network(loop, extra=f'unicast_peer = ["{peer}"]')
    network.prober.take("VI_1", replace(OFTEN, host=IPv4Address(peer)))
    network.run()
    assert network.opened == [on_link]
    network.prober.close()


def test_an_instance_of_another_name_goes_on(loop: Loop) -> None:
    network = Network(loop)
    network.prober.take("VI_1", OFTEN)
    network.run()
    renamed = plans_of(instance_text("VI_9", vrid=51))
    network.plans = renamed
    network.prober.replace(renamed, {"VI_9": "VI_1"})
    network.alive = False
    network.run()
    assert network.told == [("VI_9", HostSilent(HOST))]
    assert (network.prober.of("VI_1"), network.closed) == (None, 0)
    network.prober.close()
