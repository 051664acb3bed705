"""What was seen on one side, as a short list: adverts in a steady rhythm and bursts of announcements are one event."""

import re
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from netns.comparison.side import Side
from netns.monitor import AddressChange
from netns.wire import Advert, Announcement

NS: Final = 1_000_000_000
TOLERANCE: Final = 50_000_000
"""How far two times may be apart, ns."""
_NOT_UNDERSTOOD: Final = re.compile(r"Unknown keyword|Unexpected '|Traceback|CRITICAL|is not handled by vrrpd")


@dataclass(frozen=True, slots=True)
class Event:
    """``stream`` says which events come in an order; ``until`` is the time of the last of ``count`` like it (ns);
    ``period`` (ns) is 0 for what is no rhythm.
    """

    node: str
    stream: str
    text: str
    at: int
    until: int
    count: int = 1
    period: int = 0

    def __str__(self) -> str:
        many = f" x{self.count}" if self.count > 1 else ""
        return f"{self.node} {self.text}{many}"


@dataclass(frozen=True, slots=True)
class Story:
    """Everything of one side, times in ns since the epoch.

    ``happenings``: (name, time, node that it was the start of) of each step; ``ended``: when the work was done.
    """

    daemon: str
    events: tuple[Event, ...]
    adverts: tuple[tuple[str, int], ...]
    happenings: tuple[tuple[str, int, str | None], ...]
    ended: int
    lost: int
    logs: dict[str, str]

    @property
    def began(self) -> int:
        return self.happenings[0][1] if self.happenings else 0

    @property
    def longest_period(self) -> int:
        return max((event.period for event in self.events), default=0)

    def complaints(self) -> list[str]:
        """What the daemon did not understand of its file, or a defect of it: then nothing was compared."""
        lines = [line for text in self.logs.values() for line in text.splitlines()]
        return [line for line in lines if _NOT_UNDERSTOOD.search(line)]

    def seconds(self, at: int) -> float:
        return (at - self.began) / NS


def story_of(side: Side) -> Story:
    adverts = [advert for advert in side.capture.adverts(until=side.ended_at) if advert.host in side.nodes]
    announcements = [found for found in side.capture.garps() if found.host in side.nodes and not _is_answer(found)]
    events = [
        *_runs(adverts),
        *_bursts(announcements),
        *_address_events(change for change in side.monitor.addresses() if not _is_own(side, change)),
        *_lines(side),
        *_exits(side),
    ]
    return Story(
        daemon=side.daemon,
        events=tuple(sorted((e for e in events if e.at <= side.ended_at), key=lambda event: event.at)),
        adverts=tuple((advert.host, advert.time_ns) for advert in adverts),
        happenings=tuple((happening.name, happening.at, happening.node) for happening in side.happenings),
        ended=side.ended_at,
        lost=side.capture.lost,
        logs=side.logs(),
    )


def _runs(adverts: Sequence[Advert]) -> list[Event]:
    """Adverts with the same content that keep their interval; what breaks the rhythm begins another."""
    done: list[Event] = []
    open_runs: dict[str, Event] = {}
    for advert in adverts:
        period = round(advert.interval * NS)
        stream = f"adverts {advert.vrid} to {advert.destination}"
        fresh = Event(advert.host, stream, advert_text(advert), advert.time_ns, advert.time_ns, period=period)
        key = f"{advert.host} {stream}"
        run = open_runs.get(key)
        if run is not None and run.text == fresh.text and abs(fresh.at - run.until - period) <= TOLERANCE:
            open_runs[key] = replace(run, until=fresh.at, count=run.count + 1)
            continue
        if run is not None:
            done.append(run)
        open_runs[key] = fresh
    return [*done, *open_runs.values()]


def advert_text(advert: Advert) -> str:
    auth = f" auth {advert.auth_type} {advert.payload[-8:].hex()}" if advert.auth_type else ""
    addresses = " ".join(advert.addresses)
    return (
        f"sends advert priority {advert.priority} vrid {advert.vrid} v{advert.version} each {advert.interval:g} s"
        f" {advert.source} > {advert.destination} ttl {advert.ttl}{auth} [{addresses}]"
    )


def _is_answer(announcement: Announcement) -> bool:
    """A kernel that still has an address answers the gratuitous ARP of the next one who has it."""
    return announcement.reply and ":" not in announcement.address


def _bursts(announcements: Iterable[Announcement]) -> Iterator[Event]:
    """Announcements of an address that follow each other at once."""
    open_bursts: dict[tuple[str, str], tuple[Announcement, int, int]] = {}
    for announcement in announcements:
        key = (announcement.host, announcement.address)
        first, last, count = open_bursts.get(key, (announcement, announcement.time_ns, 0))
        if announcement.time_ns - last > TOLERANCE:
            yield _burst(first, last, count)
            first, count = announcement, 0
        open_bursts[key] = (first, announcement.time_ns, count + 1)
    for burst in open_bursts.values():
        yield _burst(*burst)


def _burst(first: Announcement, last: int, count: int) -> Event:
    text = f"announces {first.address} {count} times, {first.mac}{' as a reply' if first.reply else ''}"
    return Event(first.host, f"announcements {first.address}", text, first.time_ns, last)


def _is_own(side: Side, change: AddressChange) -> bool:
    """The addresses that the lab gives to a host: the kernel tells of them when it likes."""
    host = side.lab[change.host]
    return change.address in {str(host.address), str(host.address6), f"fe80::ff:fe00:{host.number:x}"}


def _address_events(changes: Iterable[AddressChange]) -> Iterator[Event]:
    present: dict[tuple[str, str], bool] = {}
    for change in changes:
        key = (change.host, change.address)
        if present.get(key) != change.present:
            present[key] = change.present
            text = f"{'has' if change.present else 'has no longer'} {change.address}"
            yield Event(change.host, f"address {change.address}", text, change.time_ns, change.time_ns)


def _lines(side: Side) -> Iterator[Event]:
    for line in side.pipes.lines():
        stream = "pipe" if side.comparison.pipe_in_order else f"pipe {' '.join(line.text.split()[:2])}"
        yield Event(line.host, stream, f"tells {line.text}", line.time_ns, line.time_ns)
    for line in side.told.lines():
        stream = f"script {line.text.partition(' ')[0]}"
        yield Event(line.host, stream, f"runs {line.text}", line.time_ns, line.time_ns)


def _exits(side: Side) -> Iterator[Event]:
    """Of a daemon that ended by itself or was asked to; one that was killed has no say in when."""
    for name, process in side.processes:
        if process.exited_at is not None and process.returncode != -signal.SIGKILL:
            text = f"ends with status {process.returncode}"
            yield Event(name, "exit", text, process.exited_at, process.exited_at)
