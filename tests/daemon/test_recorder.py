"""What a worker writes down, and what the next one makes of it, wherever the first one was stopped."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from tests.core.builders import HIGHER, OURS, advert
from tests.daemon.nodes import instance_text
from vrrpd.config.load import read_config
from vrrpd.config.model import Config
from vrrpd.config.parameters import parameters_of
from vrrpd.core.effects import SendAdvertisement, State
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    LinkChanged,
    PrimaryAddressChanged,
    Shutdown,
    Startup,
)
from vrrpd.core.node import Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.first_words import FirstWords
from vrrpd.daemon.ledger import Ledger
from vrrpd.daemon.reading import Reading, pack
from vrrpd.daemon.recorder import Recorder, read
from vrrpd.daemon.senders import Key
from vrrpd.loop import EventLoop, Loop
from vrrpd.units import Family, Instant, Seconds
from vrrpd.view import view_of, views_of

START = Instant(100.0)
KEY: Key = ("eth0", 2, Family.IPV4, IPv4Address("192.0.2.1"), IPv4Address("224.0.0.18"), None)


class Bench:
    """One BACKUP, whose recorder has written all there is."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.config = configured()
        self.node = Node([VirtualRouter(own.name, parameters_of(own)) for own in self.config.vrrp_instances])
        self.ledger = Ledger()
        self.recorder = Recorder(self.ledger, self.node, loop, dict, packets=lambda name: ((KEY, name.encode()),))
        self.node.handle("VI_1", PrimaryAddressChanged(OURS), START)
        self.node.handle("VI_1", LinkChanged(up=True), START)
        self.node.handle("VI_1", Startup(), START)
        self.recorder.changed("VI_1")
        self.recorder.write()

    @property
    def router(self) -> VirtualRouter:
        return self.node.router("VI_1")

    def let_pass(self, seconds: float) -> Instant:
        """The deadline by then, carried out and not yet written down."""
        now = Instant(START + seconds)
        batch = self.node.due(now)
        self.recorder.decided(batch)
        self.recorder.done(batch)
        return now

    def hear(self, event: AdvertisementReceived, seconds: float) -> None:
        now = Instant(START + seconds)
        self.recorder.decided(self.node.hear([("VI_1", event)], now))
        self.recorder.heard([("VI_1", event)], now)


def configured(**values: object) -> Config:
    config, diagnostics = read_config(instance_text(**values), "test")  # type: ignore[arg-type]  # keywords
    assert config is not None, diagnostics
    return config


@pytest.fixture
def bench() -> Iterator[Bench]:
    loop = EventLoop()
    made = Bench(loop)
    yield made
    made.recorder.close()
    loop.close()


def heard(priority: int = 200) -> AdvertisementReceived:
    return AdvertisementReceived(replace(advert(priority), interval=Seconds(0.1)), HIGHER)


def test_nothing_written_is_nothing_left() -> None:
    assert read(Ledger(), configured()) is None


def test_what_is_written_is_read(bench: Bench) -> None:
    found = read(bench.ledger, bench.config)
    assert found is not None
    assert views_of(found.node, START) == views_of(bench.node, START)
    assert (tuple(found.lost), tuple(found.ahead)) == ((), ())


def test_parameters_are_written_once_for_each_configuration(bench: Bench) -> None:
    written = bench.ledger.parameters.number
    for configuration in (written, written + 1):
        found = read(bench.ledger, bench.config)
        assert found is not None
        after = Recorder(bench.ledger, bench.node, bench.loop, dict, found)
        after.write()
        after.close()
        assert bench.ledger.parameters.number == configuration
        bench.ledger.config.write(b"another one")


def test_the_usual_advert_moves_the_deadline_without_anything_else_being_written(bench: Bench) -> None:
    event = heard()
    bench.hear(event, 0.1)
    bench.recorder.write()
    state = bench.ledger.state.number
    bench.hear(event, 0.2)
    bench.hear(event, 0.3)
    assert bench.ledger.state.number == state
    found = read(bench.ledger, bench.config)
    assert found is not None
    restored = found.node.router("VI_1")
    assert restored.deadline == bench.router.deadline
    assert view_of(restored, START).master == view_of(bench.router, START).master


def test_so_does_an_advert_that_was_sent(bench: Bench) -> None:
    bench.let_pass(1.0)
    bench.recorder.write()
    bench.let_pass(1.11)
    found = read(bench.ledger, bench.config)
    assert found is not None
    restored = found.node.router("VI_1")
    assert restored.deadline == bench.router.deadline
    assert restored.statistics.adverts_sent == 2


def test_who_had_just_become_the_master_does_so_once_more(bench: Bench) -> None:
    now = bench.let_pass(1.0)
    assert bench.router.state is State.MASTER
    found = read(bench.ledger, bench.config)
    assert found is not None
    assert tuple(found.ahead) == ("VI_1",)
    effects = [directed.effect for directed in found.node.handle("VI_1", DeadlineReached(), now)]
    assert effects[0] == SendAdvertisement(bench.router.effective_priority)
    assert found.node.router("VI_1").state is State.MASTER


def test_also_when_it_was_for_an_advert_of_which_nothing_is_written(bench: Bench) -> None:
    bench.hear(heard(), 0.1)
    bench.recorder.write()
    bench.hear(heard(priority=0), 0.15)
    now = bench.let_pass(0.3)
    assert bench.router.state is State.MASTER
    found = read(bench.ledger, bench.config)
    assert found is not None
    assert found.node.handle("VI_1", DeadlineReached(), now)


def test_who_had_just_ceased_to_be_one_begins_anew(bench: Bench) -> None:
    bench.let_pass(1.0)
    bench.recorder.write()
    bench.hear(heard(), 1.05)
    assert bench.router.state is State.BACKUP
    found = read(bench.ledger, bench.config)
    assert found is not None
    assert tuple(found.lost) == ("VI_1",)
    assert tuple(found.leaving) == ()


def test_that_it_had_resigned_is_known(bench: Bench) -> None:
    now = bench.let_pass(1.0)
    bench.recorder.write()
    bench.recorder.decided(bench.node.handle("VI_1", Shutdown(), now))
    found = read(bench.ledger, bench.config)
    assert found is not None
    assert tuple(found.leaving) == tuple(found.lost) == ("VI_1",)


def test_after_half_a_reload_the_old_parameters_are_still_known(bench: Bench) -> None:
    other = configured(priority=77)
    bench.ledger.config.write(pack(Reading(other), bench.config.vrrp_instances))
    found = read(bench.ledger, other)
    assert found is not None
    assert found.node.router("VI_1").parameters == bench.router.parameters


def test_a_reload_begins_with_everything_written_down(bench: Bench) -> None:
    bench.let_pass(1.0)
    bench.recorder.hold()
    found = read(bench.ledger, bench.config)
    assert found is not None
    assert found.node.router("VI_1").state is State.MASTER


def test_what_cannot_be_understood_is_said(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.ledger.state.write(b'{"version": 99}')
    assert read(bench.ledger, bench.config) is None
    assert "cannot be understood" in caplog.text


def test_without_memory_it_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench.ledger.state, "write", refuse)
    for _ in range(2):
        bench.recorder.changed("VI_1")
        bench.recorder.write()
    assert caplog.text.count("cannot be kept: No space left on device") == 1


def test_the_packets_of_masters_are_written_down_and_of_nobody_while_much_changes(bench: Bench) -> None:
    assert not FirstWords(bench.ledger)._masters, "a BACKUP says nothing"
    bench.let_pass(10.0)
    bench.recorder.changed("VI_1")
    bench.recorder.write()
    assert bench.router.state is State.MASTER
    (master,) = FirstWords(bench.ledger)._masters
    assert (master.interval, master.packets) == (bench.router.parameters.advert_interval, ((KEY, b"VI_1"),))
    bench.recorder.hold()
    assert not FirstWords(bench.ledger)._masters
    bench.recorder.renew()
    bench.recorder.write()
    assert FirstWords(bench.ledger)._masters == [master]
