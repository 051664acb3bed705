"""Static addresses as the kernel's messages about them come and go, without a kernel."""

import errno
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, ip_address

import pytest

from vrrpd.config.load import read_config
from vrrpd.config.model import Config
from vrrpd.daemon import statics
from vrrpd.daemon.statics import LOSS_LIMIT, Statics
from vrrpd.linux.addresses import PROTOCOL, AddressFailure, Vip
from vrrpd.linux.interfaces import AddressEvent, InterfaceAddress, Link
from vrrpd.linux.netlink import Netlink
from vrrpd.loop import EventLoop, Loop

ETH0 = Link(2, "eth0", b"\x02\0\0\0\0\1", 1500, True, True, True, True)
ADDRESS = ip_address("10.5.0.1")
STRANGER = 4711


class Kernel:
    """Interfaces and addresses; what is asked of it is done at once, and told when the test says so."""

    def __init__(self) -> None:
        self.links = {"eth0": ETH0}
        self.there: list[InterfaceAddress] = []
        self.refuses = 0
        self.asked: list[tuple[str, str]] = []

    def link(self, name: str) -> Link | None:
        return self.links.get(name)

    def addresses(self, index: int) -> Sequence[InterfaceAddress]:
        return [item for item in self.there if item.index == index]

    def usable(self, name: str) -> bool:
        link = self.link(name)
        return link is not None and link.usable


class Batch:
    """Stands in for AddressBatch."""

    kernel: Kernel

    def __init__(self, vips: Sequence[Vip]) -> None:
        self.vips = vips

    def add(self, _netlink: Netlink) -> tuple[AddressFailure, ...]:
        kernel = self.kernel
        kernel.asked += (("add", str(vip.address)) for vip in self.vips)
        if kernel.refuses:
            return tuple(AddressFailure(vip, kernel.refuses) for vip in self.vips)
        kernel.there += (
            InterfaceAddress(vip.index, vip.address, vip.prefix, peer=vip.peer, protocol=PROTOCOL) for vip in self.vips
        )
        return ()

    def remove(self, _netlink: Netlink) -> tuple[AddressFailure, ...]:
        self.kernel.asked += (("remove", str(vip.address)) for vip in self.vips)
        gone = {(vip.index, vip.address, vip.prefix) for vip in self.vips}
        self.kernel.there = [item for item in self.kernel.there if (item.index, item.address, item.prefix) not in gone]
        return ()


class Bench:
    def __init__(self, kernel: Kernel, loop: Loop, text: str) -> None:
        self.kernel = kernel
        self.told: list[tuple[str, bool]] = []
        netlink = Netlink.__new__(Netlink)  # nobody asks it anything
        self.statics = Statics(
            config_of(text), kernel, kernel.usable, netlink, loop, lambda cause, good: self.told.append((cause, good))
        )

    def lose(self, port: int = STRANGER) -> None:
        self.kernel.there = [item for item in self.kernel.there if item.address != ADDRESS]
        self.kernel.asked.clear()
        self.statics.take([AddressEvent(2, ADDRESS, 24, added=False, port_id=port)])


def config_of(text: str) -> Config:
    config, diagnostics = read_config(text, "test.toml")
    assert config is not None, diagnostics
    return config


INSTANCE = (
    '[vrrp_instance.VI_1]\ninterface = "eth0"\nvirtual_router_id = 1\nvirtual_ipaddress = ["10.0.0.1"]\n'
    '[track_group.G]\ngroup = ["VI_1"]\n'
)
TIED = 'static_ipaddress = ["10.5.0.1/24 track_group G"]\n' + INSTANCE


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = EventLoop()
    yield made
    made.close()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(Batch, "kernel", made, raising=False)
    monkeypatch.setattr(statics, "AddressBatch", Batch)
    return made


@pytest.fixture
def bench(kernel: Kernel, loop: Loop) -> Bench:
    made = Bench(kernel, loop, TIED)
    made.statics.install()
    return made


def status(bench: Bench, instance: str = "VI_1") -> list[bool | None]:
    return [report.status for report in bench.statics.reports(instance)]


def test_nothing_is_there_before_it_is_installed(kernel: Kernel, loop: Loop) -> None:
    bench = Bench(kernel, loop, TIED)
    bench.statics.links_changed({"eth0"})
    assert kernel.asked == []
    assert status(bench) == [False]
    bench.statics.install()
    assert kernel.asked == [("add", "10.5.0.1")]
    assert (status(bench), status(bench, "VI_2")) == ([True], [])
    assert bench.told == [], "nobody has been told anything yet"


def test_put_back_before_anybody_is_told(bench: Bench) -> None:
    bench.lose()
    assert bench.kernel.asked == [("add", "10.5.0.1")]
    assert status(bench) == [True]
    assert bench.told == []


def test_absent_as_long_as_the_kernel_refuses(bench: Bench) -> None:
    bench.kernel.refuses = errno.EINVAL
    bench.lose()
    assert status(bench) == [False]
    bench.kernel.refuses = 0
    bench.statics.links_changed({"eth0"})
    assert status(bench) == [True]
    name = "static address 10.5.0.1/24 on eth0"
    assert bench.told == [(f"{name} is absent", False), (f"{name} is there", True)]


def test_fought_over_it_waits_for_the_next_retry(bench: Bench) -> None:
    for _ in range(LOSS_LIMIT - 1):
        bench.lose()
        assert bench.kernel.asked == [("add", "10.5.0.1")]
    bench.lose()
    bench.statics.links_changed({"eth0"})
    assert bench.kernel.asked == []
    assert status(bench) == [False]


def test_what_the_kernel_has_not_told_yet_is_not_lost(bench: Bench) -> None:
    """IPv6 addresses are announced a moment after they were added."""
    bench.kernel.there.clear()
    bench.kernel.asked.clear()
    bench.statics.links_changed({"eth0"})
    assert bench.kernel.asked == []
    assert status(bench) == [True]


def test_only_ours_are_removed(kernel: Kernel, loop: Loop) -> None:
    kernel.there += [
        InterfaceAddress(2, IPv4Address("10.5.0.1"), 24),
        InterfaceAddress(2, IPv4Address("10.5.1.1"), 24, protocol=PROTOCOL),
    ]
    bench = Bench(kernel, loop, 'static_ipaddress = ["10.5.0.1/24", "10.5.1.1/24", "10.5.2.1/24"]\n' + INSTANCE)
    bench.statics.install()
    assert kernel.asked == [("add", "10.5.2.1")], "one was left over by a predecessor, one is somebody's"
    kernel.asked.clear()
    bench.statics.remove()
    assert kernel.asked == [("remove", "10.5.1.1"), ("remove", "10.5.2.1")]
    bench.statics.remove()
    assert len(kernel.asked) == 2


def test_a_reload_touches_what_differs(bench: Bench) -> None:
    bench.kernel.asked.clear()
    bench.statics.replace(config_of('static_ipaddress = ["10.5.0.1/24 no_track"]\n' + INSTANCE))
    assert bench.kernel.asked == []
    assert status(bench) == []
    bench.statics.replace(config_of('static_ipaddress = ["10.5.0.1/24 label eth0:x"]\n' + INSTANCE))
    assert bench.kernel.asked == [("remove", "10.5.0.1"), ("add", "10.5.0.1")]
    bench.kernel.asked.clear()
    bench.statics.replace(config_of(INSTANCE))
    assert bench.kernel.asked == [("remove", "10.5.0.1")]


def test_no_track_is_put_there_once(kernel: Kernel, loop: Loop) -> None:
    bench = Bench(kernel, loop, 'static_ipaddress = ["10.5.0.1/24 no_track track_group G"]\n' + INSTANCE)
    bench.statics.install()
    bench.lose()
    assert kernel.asked == []
    assert status(bench) == []
    assert bench.told == []
