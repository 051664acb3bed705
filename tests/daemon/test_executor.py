"""Effects that succeed and effects that fail; the kernel is a stand-in: its failures cannot be had on demand."""

import errno
import logging
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from tests.daemon.builders import plans_of
from tests.daemon.nodes import instance_text
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    AnnounceSource,
    Effect,
    Notice,
    NoticeKind,
    Notify,
    NotifyEvent,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import EffectFailed
from vrrpd.core.node import Directed
from vrrpd.daemon.executor import Executor, Later, Means
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.repeats import Repeats
from vrrpd.daemon.spacing import Spacing
from vrrpd.daemon.speaker import Speaker
from vrrpd.daemon.vip_set import VipSet
from vrrpd.errors import LinuxError
from vrrpd.linux.arp import gratuitous_arp
from vrrpd.linux.clock import now
from vrrpd.linux.interfaces import Link
from vrrpd.linux.ndisc import unsolicited_advertisement
from vrrpd.units import RESIGN, Family, Priority

ONE, TWO = IPv4Address("192.168.1.100"), IPv4Address("192.168.1.101")
MAC = bytes.fromhex("020000000001")
BOTH = (ONE, TWO)


def link(name: str = "eth0", index: int = 3, mac: bytes = MAC, *, arp: bool = True) -> Link:
    return Link(index, name, mac, 1500, admin_up=True, running=True, multicast=True, arp=arp)


class Kernel:
    """Stands in for Netlink, Announcer and Sender."""

    port_id = 1

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []
        self.errors: dict[int, int] = {}
        self.send_error = 0
        self.announce_error = 0
        self.missing = 0
        self.explanations: dict[int, str] = {}

    def transact(self, messages: list[bytes]) -> tuple[int, ...]:
        self.did.append(("netlink", len(messages)))
        return tuple(self.errors.get(position, 0) for position in range(len(messages)))

    def expect_anonymous(self, *_: object, **__: object) -> None:
        pass

    def announcer(self, index: int) -> "_Announcer":
        return _Announcer(self, index)

    def close(self) -> None:
        pass


class _Announcer:
    def __init__(self, kernel: Kernel, index: int) -> None:
        self._kernel = kernel
        self._index = index

    def send(self, frames: tuple[bytes, ...], rounds: int) -> int:
        if self._kernel.announce_error:
            raise LinuxError("announce on", "eth0", self._kernel.announce_error)
        self._kernel.did.append(("announce", self._index, frames, rounds))
        return len(frames) * rounds - self._kernel.missing


class _Sender:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def send(self, payload: bytes) -> None:
        if self._kernel.send_error:
            raise LinuxError("send on", "eth0", self._kernel.send_error)
        self._kernel.did.append(("advert", payload[2]))

    def close(self) -> None:
        pass


class Bench:
    def __init__(self, kernel: Kernel, loop: object, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("vrrpd.daemon.senders.open_sender", lambda *_: _Sender(kernel))
        self.kernel = kernel
        self.plan = plans_of(text)[0]
        self.speaker = Speaker(self.plan)
        self.outlet = Spacing(kernel.announcer, loop)  # type: ignore[arg-type]  # stand-ins
        self.vips = VipSet(self.plan, self.outlet, lambda *_: False)
        self.notified: list[tuple[str, Later]] = []
        self.executor = Executor(
            {"VI_1": Means(self.speaker, self.vips)},
            kernel,  # type: ignore[arg-type]  # a stand-in
            Narrator(Repeats(loop)),  # type: ignore[arg-type]  # never turned here
            lambda name, notification: self.notified.append((name, notification)),
        )
        self.speaker.open(3, ip_address("192.168.1.1" if self.plan.family is Family.IPV4 else "fe80::1"))
        self.vips.bind({"eth0": link()})

    def do(self, *effects: Effect) -> list[EffectFailed]:
        failures = self.executor.carry_out([Directed("VI_1", effect) for effect in effects], now())
        return [failure for _, failure in failures]


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def bench(kernel: Kernel, loop: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Bench:
    caplog.set_level(logging.INFO)
    text = instance_text().replace('["192.168.1.100"]', '["192.168.1.100", "192.168.1.101"]')
    return Bench(kernel, loop, text, monkeypatch)


def change(new: State) -> StateChanged:
    return StateChanged(State.BACKUP, new, Reason.MASTER_DOWN, "why")


def test_in_the_order_given_and_the_slow_things_last(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    notification = Notify(NotifyEvent.MASTER, Priority(100))
    effects = (SendAdvertisement(Priority(100)), AddAddresses(BOTH), Announce(BOTH, 5), change(State.MASTER))
    assert bench.do(*effects, notification) == []
    frames = tuple(gratuitous_arp(MAC, address) for address in BOTH)
    assert bench.kernel.did == [("advert", 100), ("netlink", 2), ("announce", 3, frames, 5)]
    assert (bench.notified, caplog.records) == ([], [])
    bench.executor.finish()
    assert bench.notified == [("VI_1", notification)]
    assert "VI_1 BACKUP -> MASTER: why; 2 VIPs on eth0 in " in caplog.text
    bench.executor.finish()
    assert len(bench.notified) == 1


def test_the_source_is_announced_once_where_adverts_leave(bench: Bench) -> None:
    source = IPv4Address("192.168.1.1")
    assert bench.do(AnnounceSource(source)) == []
    assert bench.kernel.did == [("announce", 3, (gratuitous_arp(MAC, source),), 1)]
    bench.kernel.announce_error = errno.ENETDOWN
    (failure,) = bench.do(AnnounceSource(source))
    assert failure.error == "announce on eth0: ENETDOWN"
    bench.vips.bind({})
    assert bench.do(AnnounceSource(source)) == [], "there is no interface"


def test_an_address_that_cannot_be_added(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.kernel.errors = {1: errno.EPERM}
    failures = bench.do(AddAddresses(BOTH), change(State.MASTER))
    assert failures == [EffectFailed(AddAddresses((TWO,)), "add on eth0 192.168.1.101/32: EPERM")]
    bench.executor.finish()
    assert "why; 1 of 2 VIPs on eth0 in" in caplog.text


def test_an_address_that_cannot_be_removed(bench: Bench) -> None:
    bench.kernel.errors = {0: errno.EBUSY, 1: errno.EADDRNOTAVAIL}
    failures = bench.do(RemoveAddresses(BOTH))
    assert failures == [EffectFailed(RemoveAddresses((ONE,)), "remove on eth0 192.168.1.100/32: EBUSY")]


def test_an_advert_that_cannot_be_sent(bench: Bench) -> None:
    bench.kernel.send_error = errno.EPERM
    effect = SendAdvertisement(Priority(100))
    assert bench.do(effect) == [EffectFailed(effect, "send on eth0: EPERM")]


def test_a_farewell_on_a_dead_link_is_no_failure(bench: Bench) -> None:
    bench.kernel.send_error = errno.ENETDOWN
    assert bench.do(SendAdvertisement(RESIGN)) == []
    bench.kernel.send_error = errno.EPERM
    assert len(bench.do(SendAdvertisement(RESIGN))) == 1


def test_without_a_socket_adverts_fail_and_farewells_do_not(bench: Bench) -> None:
    bench.speaker.close()
    effect = SendAdvertisement(Priority(100))
    assert bench.do(effect, SendAdvertisement(RESIGN)) == [EffectFailed(effect, "no socket to send adverts with")]


def test_announcements_that_fail_or_do_not_fit(bench: Bench) -> None:
    effect = Announce(BOTH, 5)
    bench.kernel.announce_error = errno.ENETDOWN
    assert bench.do(effect) == [EffectFailed(effect, "announce on eth0: ENETDOWN")]
    bench.kernel.announce_error, bench.kernel.missing = 0, 3
    assert bench.do(effect) == [EffectFailed(effect, "3 announcements not sent: the queue stayed full")]


def test_a_failure_does_not_keep_the_rest_from_being_done(bench: Bench) -> None:
    bench.kernel.send_error = errno.EPERM
    assert len(bench.do(SendAdvertisement(Priority(100)), AddAddresses(BOTH), Announce(BOTH, 1))) == 1
    assert [done[0] for done in bench.kernel.did] == ["netlink", "announce"]


def test_on_an_interface_that_is_missing(bench: Bench) -> None:
    bench.vips.bind({})
    failures = bench.do(AddAddresses((ONE,)), RemoveAddresses((ONE,)), Announce((ONE,), 5))
    assert failures == [EffectFailed(AddAddresses((ONE,)), "add 192.168.1.100: interface eth0 does not exist")]
    assert [done for done in bench.kernel.did if done[0] == "announce"] == []


def test_notices_are_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.do(Notice(NoticeKind.TWO_OWNERS, "192.168.1.2 is an owner too"))
    bench.executor.finish()
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("ERROR", "VI_1 two_owners: 192.168.1.2 is an owner too")
    ]


def test_frames_follow_the_interface(bench: Bench) -> None:
    other = bytes.fromhex("020000000077")
    bench.vips.bind({"eth0": link(mac=other)})
    bench.do(Announce((ONE,), 1))
    assert bench.kernel.did[-1] == ("announce", 3, (gratuitous_arp(other, ONE),), 1)
    bench.vips.bind({"eth0": link(arp=False)})
    bench.vips.bind({"eth0": link(mac=b"")})
    before = len(bench.kernel.did)
    assert bench.do(Announce((ONE,), 1)) == []
    assert len(bench.kernel.did) == before, "nobody can be told there"


def test_the_reply_form_on_request(kernel: Kernel, loop: object, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(kernel, loop, instance_text(garp_form="reply"), monkeypatch)
    bench.do(Announce((ONE,), 1))
    assert kernel.did[-1] == ("announce", 3, (gratuitous_arp(MAC, ONE, reply=True),), 1)


def test_ipv6_says_whether_it_routes_and_looks_again(
    kernel: Kernel, loop: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = IPv6Address("fd00:1::100")
    bench = Bench(kernel, loop, instance_text(virtual_ipaddress=["fd00:1::100"]), monkeypatch)
    routing = [False]
    asked: list[tuple[str, Family]] = []

    def forwarding(name: str, family: Family) -> bool:
        asked.append((name, family))
        return routing[0]

    vips = VipSet(bench.plan, bench.outlet, forwarding)
    vips.bind({"eth0": link()})
    vips.announce((address,), 1)
    routing[0] = True
    vips.announce((address,), 1)
    vips.refresh()
    vips.announce((address,), 1)
    sent = [done[2] for done in kernel.did if done[0] == "announce"]
    frames = [(unsolicited_advertisement(MAC, address, router=router),) for router in (False, False, True)]
    assert sent == frames, "nothing is read while an announcement goes out"
    assert set(asked) == {("eth0", Family.IPV6)}


def test_letting_go_whatever_the_election_thinks(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.executor.let_go("VI_1", resign=True)
    assert bench.kernel.did == [("advert", 0), ("netlink", 2)]
    bench.kernel.send_error, bench.kernel.errors = errno.EPERM, {0: errno.EBUSY}
    bench.executor.let_go("VI_1", resign=True)
    assert [record.getMessage() for record in caplog.records] == [
        "VI_1 could not resign: send on eth0: EPERM",
        "VI_1 could not give up its addresses: remove on eth0 192.168.1.100/32: EBUSY",
    ]
    bench.kernel.did.clear()
    bench.executor.let_go("VI_1", resign=False)
    assert bench.kernel.did == [("netlink", 2)]


def test_adverts_are_encoded_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.speaker.prepare(Priority(77))
    monkeypatch.setattr("vrrpd.daemon.speaker.encode", None)
    assert bench.do(*(SendAdvertisement(Priority(priority)) for priority in (100, 0, 77))) == []
    assert bench.kernel.did == [("advert", 100), ("advert", 0), ("advert", 77)]
