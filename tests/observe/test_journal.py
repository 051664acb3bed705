"""What a node did is all in its journal, whatever the disk does, and every file of it can be read alone."""

import os
import stat
import threading
import time
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import HIGHER, OURS, advert, parameters
from tests.properties import test_sync_group as group_histories
from tests.properties.histories import events, pauses, running, settings
from vrrpd.core.directed import Directed
from vrrpd.core.effects import Effect
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, Event, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.node import Node
from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.errors import VrrpdError
from vrrpd.handover import capture
from vrrpd.observe.journal import HELD, Journal
from vrrpd.observe.journal_codec import Gap, Happening, Header, Line, read_line, write_line
from vrrpd.observe.journal_file import JournalFile
from vrrpd.plain import Plain, PlainError, codec_of
from vrrpd.sim.replay import replay
from vrrpd.units import Instant, Seconds

LARGE = 1 << 20


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = Instant(0.0)

    def __call__(self) -> Instant:
        return self.now


class Pile:
    """Takes the place of files: keeps the lines, through their text."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.is_full = self.has_gap = False
        self.lost = 0

    def write(self, line: Line) -> None:
        self.lines.append(read_line(write_line(line)))

    def close(self, patience: float = 0.0) -> None:
        """Nothing is open."""


def journal_of(node: Node, clock: Clock, pile: Pile) -> Journal:
    return Journal(node, typing.cast("JournalFile", pile), ("1.0", "lb1"), clock, "start")


# --- the codec ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*typing.get_args(Event), *typing.get_args(Effect)])
def test_every_event_and_effect_has_a_form(kind: type) -> None:
    """Fails for one whose fields have no JSON form."""
    assert codec_of(kind)


@pytest.mark.parametrize("time_of", ["1e999", "-1", "NaN", "1e12", "true"])
@pytest.mark.parametrize("where", ['"t":1.5', '"w":2.5', "[1.75]"])
def test_a_time_that_never_was_is_refused(time_of: str, where: str) -> None:
    text = write_line(Happening(1, Instant(1.5), 2.5, "VI_1", DeadlineReached(), (), [Instant(1.75)])).decode()
    assert text.count(where) == 1
    changed = f"[{time_of}]" if where.startswith("[") else where.partition(":")[0] + f":{time_of}"
    with pytest.raises(PlainError):
        read_line(text.replace(where, changed).encode())


@given(settings)
def test_the_state_survives(parameters: Parameters) -> None:
    line = Header("1.0", 'l"b', "start", Instant(0.0), 1.5, capture(Node([running(parameters, 'V"1')])))
    assert read_line(write_line(line)) == line


@given(events)
def test_whatever_happens_survives(event: Event) -> None:
    line = Happening(1, Instant(1.5), 2.5, "VI_1", event, (), [Instant(1.75)])
    assert read_line(write_line(line)) == line


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b"null", b'{"lost":"x"}', b'{"journal":9,"t":1.0,"w":1.0}', b'{"t":1,"w":2,"r":"a"}'],
)
def test_what_is_no_line_is_refused(text: bytes) -> None:
    with pytest.raises(PlainError):
        read_line(text)


# --- what is told, replayed ------------------------------------------------------------------------------------------

repeats = st.integers(1, 4)


@given(settings, st.lists(st.tuples(pauses, events, repeats), max_size=40), st.integers(0, 40))
def test_every_history_replays_from_its_journal(
    parameters: Parameters, history: list[tuple[Seconds, Event, int]], middle: int
) -> None:
    clock, pile, node = Clock(), Pile(), Node([running(parameters)])
    journal = journal_of(node, clock, pile)
    for place, (pause, event, times) in enumerate(history):
        for _ in range(times):
            clock.now = Instant(clock.now + pause)
            node.due(clock.now)
            node.handle("VI_1", event, clock.now)
        if place == middle:
            journal.begin("in between")
        journal.tidy()
    journal.close()
    outcome = replay(pile.lines)
    assert outcome.difference is None
    assert outcome.events >= sum(times for _, _, times in history)
    assert not outcome.skipped


@given(group_histories.priorities, group_histories.steps)
def test_so_do_groups(bases: tuple[int, ...], history: list[tuple[Seconds, str, Event]]) -> None:
    clock, pile, world = Clock(), Pile(), group_histories.World(bases)
    journal = journal_of(world.node, clock, pile)
    for pause, name, event in history:
        clock.now = Instant(world.now + pause)
        world.step(pause, name, event)
    journal.close()
    outcome = replay(pile.lines)
    assert outcome.difference is None
    assert outcome.events >= len(history)


def backup(clock: Clock, pile: Pile) -> tuple[Node, Journal]:
    node = Node([VirtualRouter("VI_1", parameters())])
    journal = journal_of(node, clock, pile)
    for event in (PrimaryAddressChanged(OURS), LinkChanged(up=True), Startup()):
        node.handle("VI_1", event, clock.now)
    return node, journal


def test_what_repeats_itself_is_one_line() -> None:
    clock, pile = Clock(), Pile()
    node, journal = backup(clock, pile)
    before = len(pile.lines)
    for _ in range(20):
        clock.now = Instant(clock.now + 1.0)
        node.handle("VI_1", AdvertisementReceived(advert(200), HIGHER), clock.now)
    assert len(pile.lines) == before
    clock.now = Instant(clock.now + 4.0)
    assert node.due(clock.now)
    journal.close()
    heard, takeover = pile.lines[before:]
    assert isinstance(heard, Happening)
    assert len(heard.again) == 19
    assert isinstance(takeover, Happening)
    assert takeover.event == DeadlineReached()


def test_repetitions_are_not_held_back_for_long() -> None:
    clock, pile = Clock(), Pile()
    node, journal = backup(clock, pile)
    node.handle("VI_1", AdvertisementReceived(advert(200), HIGHER), clock.now)
    before = len(pile.lines)
    clock.now = Instant(HELD)
    journal.tidy()
    assert len(pile.lines) == before
    clock.now = Instant(HELD + 1)
    journal.tidy()
    assert len(pile.lines) == before + 1


def test_what_is_not_told_any_more_is_not_replayed() -> None:
    clock, pile = Clock(), Pile()
    node, journal = backup(clock, pile)
    journal.pause()
    node.handle("VI_1", LinkChanged(up=False), clock.now)
    node.add(VirtualRouter("VI_2", parameters()))
    node.handle("VI_2", LinkChanged(up=False), clock.now)
    journal.begin("reloaded")
    node.handle("VI_2", LinkChanged(up=True), clock.now)
    journal.close()
    outcome = replay(pile.lines)
    assert (outcome.events, outcome.skipped, outcome.difference) == (4, 2, None)


def test_a_planted_difference_is_found() -> None:
    clock, pile = Clock(), Pile()
    node, journal = backup(clock, pile)
    clock.now = Instant(4.0)
    node.due(clock.now)
    journal.close()
    last = pile.lines[-1]
    assert isinstance(last, Happening)
    assert replay(pile.lines).difference is None
    last.effects = (*last.effects[1:], Directed("VI_1", last.effects[0].effect))
    difference = replay(pile.lines).difference
    assert difference is not None
    assert difference.happening is last


# --- the files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "journals"
    directory.mkdir(mode=0o750)
    yield directory / "journal"
    assert "vrrpd-journal" not in {thread.name for thread in threading.enumerate()}


def lines_of(path: Path) -> list[Line]:
    return [read_line(line) for line in path.read_bytes().splitlines()]


def header(filling: str = "") -> Header:
    return Header("1.0", "lb1", "start", Instant(0.0), 0.0, typing.cast("Plain", filling))


def happening(number: int) -> Happening:
    return Happening(number, Instant(0.0), 0.0, "VI_1", DeadlineReached(), ())


def wait_for(condition: typing.Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


def test_a_file_is_for_its_owner_and_group_alone(place: Path) -> None:
    file = JournalFile(place, LARGE, 2)
    file.write(header())
    file.close(5.0)
    assert stat.S_IMODE(place.stat().st_mode) & ~0o640 == 0
    assert lines_of(place) == [header()]


def test_a_full_file_is_moved_on_with_whole_lines_and_a_header_each(place: Path) -> None:
    file = JournalFile(place, 2000, 3)
    file.write(header())
    for number in range(200):
        file.write(happening(number))
        if number % 5 == 0:
            wait_for(lambda: file._accepted == file._done)
            if file.is_full:
                file.write(header())
    file.close(5.0)
    assert not file.lost
    names = sorted(path.name for path in place.parent.iterdir())
    assert names == ["journal", "journal.1", "journal.2"]
    for path in place.parent.iterdir():
        lines = lines_of(path)
        assert isinstance(lines[0], Header)
        assert path.stat().st_size < 4000
    numbers = [
        line.number
        for name in reversed(names)
        for line in lines_of(place.with_name(name))
        if isinstance(line, Happening)
    ]
    assert numbers == list(range(numbers[0], 200))


def test_one_file_alone_begins_anew(place: Path) -> None:
    file = JournalFile(place, 100, 1)
    for _ in range(20):
        file.write(header())
    file.close(5.0)
    assert [path.name for path in place.parent.iterdir()] == ["journal"]
    assert place.stat().st_size < 1000


def test_what_does_not_fit_into_the_queue_is_counted_and_said(place: Path) -> None:
    file = JournalFile(place, LARGE, 2, limit=0)
    file.write(header())
    assert (file.lost, file.has_gap) == (1, True)
    file._limit = 10
    file.write(header())
    assert not file.has_gap
    file.close(5.0)
    assert lines_of(place) == [Gap(1), header()]


def test_a_full_disk_costs_lines_and_nothing_else(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = JournalFile(place, LARGE, 2)
    file.write(header())
    wait_for(lambda: file._done == 1)
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 10:
            return real(descriptor, data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        file.write(happening(1))
        wait_for(lambda: file._done == 2)
    assert (file.lost, file.has_gap) == (1, True)
    file.write(header())
    file.close(5.0)
    assert lines_of(place) == [header(), Gap(1), header()]


def test_it_goes_on_behind_the_last_whole_line(place: Path) -> None:
    place.write_bytes(write_line(happening(1)) + b'{"n":2,"t":')
    file = JournalFile(place, LARGE, 2)
    file.write(header())
    file.close(5.0)
    assert lines_of(place) == [happening(1), header()]


def test_never_through_a_link(place: Path) -> None:
    victim = place.with_name("victim")
    victim.write_text("precious")
    place.symlink_to(victim)
    with pytest.raises(VrrpdError):
        JournalFile(place, LARGE, 2)
    place.unlink()
    os.link(victim, place)
    with pytest.raises(VrrpdError):
        JournalFile(place, LARGE, 2)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("mode", [0o770, 0o757, 0o1777])
def test_not_where_others_may_write(place: Path, mode: int) -> None:
    place.parent.chmod(mode)
    with pytest.raises(VrrpdError, match="others may write"):
        JournalFile(place, LARGE, 2)


def test_not_where_there_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(VrrpdError):
        JournalFile(tmp_path / "missing" / "journal", LARGE, 2)


def test_a_pipe_is_no_journal(place: Path) -> None:
    os.mkfifo(place)
    with pytest.raises(VrrpdError):
        JournalFile(place, LARGE, 2)
