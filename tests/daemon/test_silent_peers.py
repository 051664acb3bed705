"""Which silence of a unicast peer is worth a line, and which is not."""

import signal

import pytest

from netns.capture import Capture
from netns.lab import Lab
from tests.daemon import loops
from tests.daemon.builders import plans_of
from tests.daemon.nodes import Node, eventually, instance_text
from vrrpd.core.effects import NotifyEvent, State
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon import silent_peers
from vrrpd.daemon.silent_peers import SilentPeers
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now
from vrrpd.loop import Loop
from vrrpd.proto.advertisement import Advertisement
from vrrpd.units import Address, Instant, Priority, Seconds, after
from vrrpd.view import view_of

PEERS = 'unicast_peer = ["192.168.1.1", "192.168.1.3"]'


class Asked:
    """A probe whose host lives or does not."""

    def __init__(self, desk: "Desk", peer: Address) -> None:
        self._desk = desk
        desk.asked.append(str(peer))

    def ask(self) -> None:
        self._desk.requests += 1

    def answered(self) -> bool:
        return self._desk.alive and self._desk.requests > 0

    def close(self) -> None:
        self._desk.closed += 1


class Desk:
    """A BACKUP that hears peers and takes over; ``hosts`` are asked through a stand-in."""

    def __init__(self, loop: Loop, extra: str = PEERS) -> None:
        (self.plan,) = plans_of(instance_text(extra=extra))
        self.loop = loop
        self.asked: list[str] = []
        self.requests = self.closed = 0
        self.alive, self.broken = True, False
        self.router = VirtualRouter("VI_1", self.plan.parameters)
        self.clock = Instant(now() - 1.0)
        for event in (LinkChanged(up=True), PrimaryAddressChanged(self.plan.destinations[0]), Startup()):
            self.router.handle(event, self.clock)
        self.peers = SilentPeers(
            [self.plan], lambda _: view_of(self.router, now()), lambda _: 3, loop, lambda _, peer, __: self._probe(peer)
        )

    def _probe(self, peer: Address) -> Asked:
        if self.broken:
            raise LinuxError("ask", str(peer), 1)
        return Asked(self, peer)

    def hear(self, priority: int, peer: int = 0) -> "Desk":
        own = self.plan.parameters
        advert = Advertisement(3, own.vrid, Priority(priority), own.advert_interval, own.addresses)
        source = self.plan.destinations[peer] if peer < len(self.plan.destinations) else self.plan.vips[0].address
        self.router.handle(AdvertisementReceived(advert, source), self.clock)
        return self

    def take_over(self) -> "Desk":
        deadline = self.router.deadline
        assert deadline is not None
        self.clock = after(deadline, Seconds(0))
        self.router.handle(DeadlineReached(), self.clock)
        assert self.router.state is State.MASTER
        self.peers.notified("VI_1", NotifyEvent.MASTER)
        return self

    def turn(self) -> "Desk":
        loops.pause(self.loop, 0.1)
        self.peers.close()
        assert self.closed == len(self.asked)
        return self


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silent_peers, "PACE", 0.005)


def test_a_master_that_fell_silent_and_whose_host_lives(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(loop).hear(200).take_over().turn()
    assert desk.asked == ["192.168.1.1"]
    assert [str(peer.address) for peer in desk.peers.of("VI_1")] == ["192.168.1.1"]
    (record,) = caplog.records
    assert "192.168.1.1 answers ping, but no advertisement has come from it for" in record.getMessage()
    assert "IP protocol 112" in record.getMessage()
    desk.hear(50)
    assert desk.peers.of("VI_1") == (), "it is heard again"


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(lambda desk: desk, id="nobody-was-heard"),
        pytest.param(lambda desk: desk.hear(200).hear(0), id="it-resigned"),
        pytest.param(lambda desk: desk.hear(50), id="it-was-preempted"),
        pytest.param(lambda desk: desk.hear(200, peer=9), id="it-is-no-peer"),
    ],
)
def test_silence_that_is_as_it_should_be(loop: Loop, story: object) -> None:
    assert callable(story)
    desk = story(Desk(loop)).take_over().turn()
    assert desk.asked == []
    assert desk.peers.of("VI_1") == ()


def test_multicast_has_no_peers(loop: Loop) -> None:
    desk = Desk(loop, "")
    desk.hear(200).take_over().turn()
    assert desk.asked == []


def test_a_host_that_is_down(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(loop)
    desk.alive = False
    desk.hear(200).take_over().turn()
    assert (desk.requests, desk.peers.of("VI_1"), caplog.records) == (silent_peers.REQUESTS, (), [])


def test_who_is_heard_meanwhile_is_not_silent(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(loop)
    desk.hear(200).take_over().hear(200).turn()
    assert desk.router.state is State.BACKUP
    assert (desk.asked, caplog.records) == ([], [])


def test_nobody_is_asked_all_the_time(loop: Loop) -> None:
    desk = Desk(loop)
    desk.hear(200).take_over()
    loops.pause(loop, 0.05)
    desk.clock = now()
    desk.hear(200).take_over().turn()
    assert desk.asked == ["192.168.1.1"]


def test_an_instance_that_cannot_ask(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(loop)
    desk.broken = True
    desk.hear(200).take_over().turn()
    assert caplog.records == []


# --- real nodes -------------------------------------------------------------------------------------------------------


def pair(lab: Lab) -> tuple[Node, Node]:
    first = Node(lab["r1"], instance_text(priority=200, extra='unicast_peer = ["192.168.1.2"]')).start()
    first.becomes("MASTER")
    second = Node(lab["r2"], instance_text(priority=100, extra='unicast_peer = ["192.168.1.1"]')).start()
    eventually(lambda: second.status()["master"] is not None)
    return first, second


WARNING = "WARNING VI_1 192.168.1.1 answers ping"


@pytest.mark.netns
def test_a_daemon_that_was_killed(lab: Lab) -> None:
    first, second = pair(lab)
    assert second.status()["silent_peers"] == []
    first.kill()
    second.becomes("MASTER")
    eventually(lambda: second.lines(WARNING))
    (found,) = second.status()["silent_peers"]
    assert (found["address"], found["priority"]) == ("192.168.1.1", 200)
    first.start()
    second.becomes("BACKUP")
    assert second.status()["silent_peers"] == []
    assert len(second.lines(WARNING)) == 1


@pytest.mark.netns
def test_two_masters_that_do_not_hear_each_other(lab: Lab) -> None:
    first, second = pair(lab)
    rules = "table ip f { chain i { type filter hook input priority 0; ip protocol 112 drop; }; }"
    for host in (lab["r1"], lab["r2"]):
        host.run(["nft", rules])
    second.becomes("MASTER")
    eventually(lambda: second.lines(WARNING))
    assert first.state() == "MASTER"


@pytest.mark.netns
@pytest.mark.parametrize("how", ["stopped", "crashed", "first-to-start"])
def test_normal_life_is_no_finding(lab: Lab, how: str) -> None:
    capture = Capture(lab)
    if how == "first-to-start":
        second = Node(lab["r2"], instance_text(extra='unicast_peer = ["192.168.1.1"]')).start()
    else:
        first, second = pair(lab)
        if how == "stopped":
            assert first.stop(signal.SIGTERM) == 0
        else:
            lab["r1"].crash()
    second.becomes("MASTER")
    capture.wait_for_advert(3, host="r1")  # nobody sends: the time in which a verdict would fall
    assert not second.lines("WARNING .*answers ping")
    assert second.status()["silent_peers"] == []
