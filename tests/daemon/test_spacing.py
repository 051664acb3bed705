"""Which frames leave when; time is the loop's own, so only order and least distances are asked for."""

import itertools
import logging
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from tests.daemon.builders import config_of
from tests.daemon.loops import pause, turn
from tests.daemon.nodes import instance_text
from vrrpd.daemon.spacing import Burst, Spacing, distances_of
from vrrpd.errors import LinuxError
from vrrpd.loop import Loop
from vrrpd.units import Address

INTERFACES = {"eth0": 3, "eth1": 4, "eth2": 5}


class Air:
    """Stands in for the announcing sockets; frames are the addresses as text."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.sent: list[tuple[float, int, str]] = []
        self.error = 0

    def announcer(self, index: int) -> "_Socket":
        return _Socket(self, index)

    def take(self, index: int, frame: bytes) -> None:
        if self.error:
            raise LinuxError("announce on", f"interface {index}", self.error)
        self.sent.append((self._loop.time(), index, frame.decode()))

    @property
    def frames(self) -> list[str]:
        return [frame for _, _, frame in self.sent]

    @property
    def distances(self) -> list[float]:
        times = [at for at, _, _ in self.sent]
        return [later - sooner for sooner, later in itertools.pairwise(times)]


class _Socket:
    def __init__(self, air: Air, index: int) -> None:
        self._air = air
        self._index = index

    def send(self, frames: tuple[bytes, ...], rounds: int) -> int:
        for frame in frames * rounds:
            self._air.take(self._index, frame)
        return len(frames) * rounds


@pytest.fixture
def air(loop: Loop) -> Air:
    return Air(loop)


@pytest.fixture
def spacing(air: Air, loop: Loop) -> Spacing:
    return Spacing(air.announcer, loop)  # type: ignore[arg-type]  # a stand-in


def configure(spacing: Spacing, top: str = "", defs: str = "") -> None:
    spacing.configure(distances_of(config_of(f"{top}\n[global_defs]\n{defs}\n{instance_text()}")))


def addresses(*texts: str) -> tuple[Address, ...]:
    return tuple(ip_address(text) for text in texts)


def burst(*texts: str, device: str = "eth0") -> Burst:
    return Burst(device, INTERFACES[device], addresses(*texts), tuple(text.encode() for text in texts))


def drained(spacing: Spacing) -> Callable[[], bool]:
    return lambda: not spacing.waiting()


def test_without_a_distance_everything_leaves_at_once(spacing: Spacing, air: Air) -> None:
    configure(spacing)
    assert spacing.send(burst("10.0.0.1", "fd00::1"), 2) == 0
    assert air.frames == ["10.0.0.1", "fd00::1"] * 2


def test_the_first_at_once_and_then_one_by_one(spacing: Spacing, air: Air, loop: Loop) -> None:
    configure(spacing, defs="vrrp_garp_interval = 0.02")
    spacing.send(burst("10.0.0.1", "10.0.0.2", "10.0.0.3"), 1)
    assert air.frames == ["10.0.0.1"]
    turn(loop, drained(spacing))
    assert air.frames == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert min(air.distances) >= 0.0199


def test_rounds_wait_once(spacing: Spacing, air: Air, loop: Loop) -> None:
    """keepalived keeps a mark for each address, no list of frames."""
    configure(spacing, defs="vrrp_garp_interval = 0.01")
    spacing.send(burst("10.0.0.1", "10.0.0.2"), 5)
    spacing.send(burst("10.0.0.1", "10.0.0.2"), 5)
    turn(loop, drained(spacing))
    assert air.frames == ["10.0.0.1", "10.0.0.1", "10.0.0.2"]


def test_gratuitous_arp_and_neighbour_advertisements_have_distances_of_their_own(
    spacing: Spacing, air: Air, loop: Loop
) -> None:
    configure(spacing, defs="vrrp_gna_interval = 0.02")
    spacing.send(burst("10.0.0.1", "fd00::1", "10.0.0.2", "fd00::2"), 1)
    assert air.frames == ["10.0.0.1", "10.0.0.2", "fd00::1"]
    turn(loop, drained(spacing))
    assert air.frames[3:] == ["fd00::2"]


def test_each_interface_by_itself_and_a_group_together(spacing: Spacing, air: Air, loop: Loop) -> None:
    configure(
        spacing, '[[garp_group]]\ninterfaces = ["eth0", "eth1"]\ngarp_interval = 0.03', "vrrp_garp_interval = 0.03"
    )
    for device, index in INTERFACES.items():
        spacing.send(burst(f"10.0.{index}.1", device=device), 1)
    assert air.frames == ["10.0.3.1", "10.0.5.1"], "eth1 waits for eth0, eth2 for nobody"
    turn(loop, drained(spacing))
    assert air.frames[2:] == ["10.0.4.1"]


def test_the_general_distance_is_not_for_members_of_a_group(spacing: Spacing, air: Air) -> None:
    top = '[[garp_group]]\ninterfaces = ["eth0"]\ngna_interval = 5'
    configure(spacing, top, "vrrp_garp_interval = 5")
    spacing.send(burst("10.0.0.1"), 3)
    assert air.frames == ["10.0.0.1"] * 3


def test_who_leaves_takes_back_what_waits(spacing: Spacing, air: Air, loop: Loop) -> None:
    configure(spacing, defs="vrrp_garp_interval = 0.02")
    spacing.send(burst("10.0.0.1", "10.0.0.2", "10.0.0.3"), 5)
    spacing.cancel(addresses("10.0.0.1", "10.0.0.3"))
    turn(loop, drained(spacing))
    pause(loop, 0.05)
    assert air.frames == ["10.0.0.1", "10.0.0.2"]


def test_what_waits_leaves_with_the_address_that_the_interface_has_now(spacing: Spacing, air: Air, loop: Loop) -> None:
    configure(spacing, defs="vrrp_garp_interval = 0.02")
    spacing.send(burst("10.0.0.1", "10.0.0.2"), 1)
    spacing.refresh(dict.fromkeys(addresses("10.0.0.1", "10.0.0.2"), (9, b"new")))
    turn(loop, drained(spacing))
    assert [(index, frame) for _, index, frame in air.sent] == [(3, "10.0.0.1"), (9, "new")]


def test_a_reload_keeps_what_waits(spacing: Spacing, air: Air, loop: Loop) -> None:
    configure(spacing, defs="vrrp_garp_interval = 60")
    spacing.send(burst("10.0.0.1", "10.0.0.2"), 1)
    configure(spacing, defs="vrrp_garp_interval = 0.01")
    turn(loop, drained(spacing))
    pause(loop, 0.02)
    spacing.send(burst("10.0.0.3"), 2)
    configure(spacing)
    assert air.frames == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.3"], "no distance any more: it leaves now"


def test_an_interface_that_is_gone_stops_nothing_else(
    spacing: Spacing, air: Air, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    configure(spacing, defs="vrrp_garp_interval = 0.01")
    spacing.send(burst("10.0.0.1", "10.0.0.2"), 1)
    air.error = 100
    with caplog.at_level(logging.WARNING):
        turn(loop, drained(spacing))
    assert "an announcement that had waited was not sent" in caplog.text
    air.error = 0
    pause(loop, 0.02)
    spacing.send(burst("10.0.0.3"), 1)
    assert air.frames == ["10.0.0.1", "10.0.0.3"]


def test_nothing_is_left_behind_at_the_end(spacing: Spacing, air: Air, loop: Loop) -> None:
    configure(spacing, defs="vrrp_garp_interval = 0.01")
    spacing.send(burst("10.0.0.1", "10.0.0.2"), 1)
    spacing.close()
    pause(loop, 0.03)
    assert air.frames == ["10.0.0.1"]
