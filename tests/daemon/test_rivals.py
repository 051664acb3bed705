"""A second master that no advertisement comes from, found by asking for the address."""

from collections.abc import Collection
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from netns.lab import Lab
from tests.daemon import loops
from tests.daemon.builders import plans_of
from tests.daemon.nodes import Node, eventually, instance_text
from vrrpd.core.effects import NotifyEvent, State
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon import rivals
from vrrpd.daemon.rivals import Rivals
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now
from vrrpd.linux.interfaces import Link
from vrrpd.loop import Loop
from vrrpd.proto.advertisement import ChecksumForm
from vrrpd.units import Instant, Priority, Seconds
from vrrpd.view import PeerView, VirtualRouterView, view_of

OTHER = bytes.fromhex("020000000007")
LINK = Link(3, "eth0", bytes.fromhex("020000000001"), 1500, admin_up=True, running=True, multicast=True, arp=True)
PEERS = 'unicast_peer = ["192.168.1.2"]'


class Desk:
    """One MASTER, and a network that answers as it is told."""

    def __init__(self, loop: Loop, extra: str = PEERS, **values: object) -> None:
        (self.plan,) = plans_of(instance_text(extra=extra, **values))  # type: ignore[arg-type]  # keywords
        self.loop = loop
        self.answers: list[bytes | None] = []
        self.asked = self.opened = self.closed = 0
        self.links = (LINK,)
        self.broken = False
        self.view = self._master()
        self.rivals = Rivals([self.plan], lambda _: self.view, self, loop, self._probe)

    def _master(self) -> VirtualRouterView:
        view = view_of(VirtualRouter("VI_1", self.plan.parameters), Instant(now() - 5.0))
        return replace(view, state=State.MASTER, source=IPv4Address("192.168.1.1"))

    def link(self, name: str) -> Link | None:
        return next((link for link in self.links if link.name == name), None)

    def _probe(
        self, index: int, mac: bytes, source: IPv4Address, address: IPv4Address, own: Collection[bytes]
    ) -> "Desk":
        assert (index, mac, str(source), str(address)) == (3, LINK.mac, "192.168.1.1", "192.168.1.100")
        assert tuple(own) == (LINK.mac,)
        if self.broken:
            raise LinuxError("ask for", str(address), 1)
        self.opened += 1
        return self

    def ask(self) -> None:
        self.asked += 1

    def answer(self) -> bytes | None:
        return self.answers.pop(0) if self.answers else None

    def close(self) -> None:
        self.closed += 1

    def run(self, *answers: bytes | None) -> "Desk":
        self.answers = list(answers)
        self.rivals.notified("VI_1", NotifyEvent.MASTER)
        loops.pause(self.loop, 0.1)
        return self

    def end(self) -> None:
        self.rivals.close()
        assert self.opened == self.closed


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rivals, "SETTLING", 0.005)
    monkeypatch.setattr(rivals, "PATIENCE", 0.005)


def test_another_host_answers_twice(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(loop).run(OTHER, OTHER)
    assert desk.rivals.of("VI_1") == "02:00:00:00:00:07"
    (record,) = caplog.records
    assert record.getMessage().startswith("VI_1 192.168.1.100 is at 02:00:00:00:00:07 too: another node is master too")
    desk.rivals.notified("VI_1", NotifyEvent.BACKUP)
    assert desk.rivals.of("VI_1") is None
    desk.end()


def test_it_is_told_again_when_it_changes_only(
    loop: Loop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivals, "REST", 0.005)
    caplog.set_level("INFO")
    desk = Desk(loop).run(OTHER, OTHER, OTHER, OTHER)
    assert desk.rivals.of("VI_1") is None
    assert len(caplog.records) == 2
    assert "nobody else answers for 192.168.1.100 any more" in caplog.text
    desk.end()


@pytest.mark.parametrize("answers", [(), (OTHER,), (OTHER, None)])
def test_one_answer_of_a_master_that_lets_go_is_none(
    loop: Loop, caplog: pytest.LogCaptureFixture, answers: tuple[bytes | None, ...]
) -> None:
    desk = Desk(loop).run(*answers)
    assert (desk.rivals.of("VI_1"), caplog.records) == (None, [])
    assert desk.asked == len(answers[:1]) + 1
    desk.end()


def test_another_master_that_is_heard_is_the_elections_business(loop: Loop) -> None:
    desk = Desk(loop)
    peer = PeerView(
        IPv4Address("192.168.1.2"), Priority(90), Seconds(1.0), Instant(now() + 0.0), ChecksumForm.PSEUDO_HEADER
    )
    desk.view = replace(desk.view, peers=(peer,))
    desk.run(OTHER, OTHER)
    assert desk.asked == 0
    desk.end()


@pytest.mark.parametrize(
    "desk",
    [
        pytest.param(lambda loop: Desk(loop, ""), id="multicast"),
        pytest.param(
            lambda loop: Desk(loop, 'unicast_peer = ["fd00:1::2"]', virtual_ipaddress=["fd00:1::100"]), id="ipv6"
        ),
        pytest.param(lambda loop: _without(Desk(loop), links=()), id="no-interface"),
        pytest.param(lambda loop: _without(Desk(loop), links=(replace(LINK, arp=False),)), id="no-arp"),
        pytest.param(lambda loop: _without(Desk(loop), broken=True), id="no-probe"),
    ],
)
def test_who_cannot_ask_does_not(loop: Loop, desk: object) -> None:
    assert callable(desk)
    made = desk(loop).run(OTHER, OTHER)
    assert (made.asked, made.rivals.of("VI_1")) == (0, None)
    made.end()


def _without(desk: Desk, **changes: object) -> Desk:
    for name, value in changes.items():
        setattr(desk, name, value)
    return desk


def test_an_instance_that_goes_is_not_asked_for(loop: Loop) -> None:
    desk = Desk(loop)
    desk.rivals.notified("VI_1", NotifyEvent.MASTER)
    desk.rivals.replace([])
    loops.pause(loop, 0.05)
    assert desk.asked == 0
    desk.end()


@pytest.mark.netns
def test_two_masters_from_the_beginning(lab: Lab) -> None:
    """The packet filter was there first: neither has ever heard the other."""
    nodes = []
    for own, other in (("r1", 2), ("r2", 1)):
        lab[own].run(["nft", "table ip f { chain i { type filter hook input priority 0; ip protocol 112 drop; }; }"])
        text = instance_text(priority=100 + other, extra=f'unicast_peer = ["192.168.1.{other}"]')
        nodes.append(Node(lab[own], text).start())
    for node in nodes:
        node.becomes("MASTER")
    for node, mac in zip(nodes, (lab["r2"].mac, lab["r1"].mac), strict=True):
        eventually(lambda node=node: node.status()["rival"])  # type: ignore[misc]  # a default argument
        eventually(lambda node=node: node.lines("WARNING VI_1 192.168.1.100 is at .* too"))  # type: ignore[misc]  # a default argument
        assert node.status()["rival"] == (mac if isinstance(mac, str) else mac.hex(":"))


@pytest.mark.netns
def test_a_healthy_pair_has_no_rival(lab: Lab) -> None:
    first = Node(lab["r1"], instance_text(priority=200, extra=PEERS)).start()
    Node(lab["r2"], instance_text(priority=100, extra='unicast_peer = ["192.168.1.1"]')).start()
    first.becomes("MASTER")
    eventually(lambda: first.status()["state_seconds"] > 6.0)
    assert first.status()["rival"] is None
    assert not first.lines("WARNING")
