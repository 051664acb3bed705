"""What goes wrong, in which order, and what came of it."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from netns.demo.pair import REQUEST_INTERVAL, Client, LoadBalancer, Pair
from netns.demo.picture import Answer, Mark, gaps
from netns.demo.promises import Promise, Promises, node_of
from netns.kernel import LabError
from vrrpd.units import Seconds

SETTLED: Final = 1.0
"""Seconds that one router alone must have answered before an event counts as over."""

TURN: Final = 0.1
"""Seconds between two looks at what happens."""

BREATHER: Final = 1.0
"""Seconds of quiet before each event."""

PATIENCE: Final = 3.0
"""Seconds beyond the promised ones before an event is given up."""


@dataclass(frozen=True, slots=True)
class Event:
    """``act`` makes it happen and returns when (ns); then ``answering`` must answer within ``limit`` seconds."""

    number: int
    title: str
    act: Callable[[], int]
    answering: str
    promise: Promise
    limit: Seconds


@dataclass(frozen=True, slots=True)
class Row:
    """What came of an event. ``outage`` in seconds; None when nobody answered any more."""

    event: Event
    at: Seconds
    answering: str | None
    holders: tuple[str, ...]
    outage: Seconds | None

    @property
    def as_expected(self) -> bool:
        return not self.complaints

    @property
    def complaints(self) -> tuple[str, ...]:
        found = []
        if self.answering != self.event.answering:
            found.append(f"{self.event.answering} should answer, {self.answering or 'nobody'} does")
        if self.holders != (self.event.answering,):
            found.append(
                f"{self.event.answering} should hold the address, {' and '.join(self.holders) or 'nobody'} does"
            )
        if self.outage is None or not self.event.promise.kept(self.outage):
            lasted = "does not end" if self.outage is None else f"lasted {self.outage * 1000:.0f} ms"
            found.append(f"the outage {lasted}, expected {self.event.promise} ms")
        return tuple(found)


class Audience(Protocol):
    """Who watches."""

    def begins(self, event: Event) -> None: ...
    def watch(self, story: "Story", /) -> None: ...


def answering_alone(answers: Sequence[Answer], now: float) -> str | None:
    """The router that alone answered during the last ``SETTLED`` seconds, and most requests of them."""
    recent = since(answers, now - SETTLED)
    routers = {answer.by for answer in recent}
    enough = len(recent) >= SETTLED / REQUEST_INTERVAL / 2
    return routers.pop() if len(routers) == 1 and enough else None


def since(answers: Sequence[Answer], start: float) -> list[Answer]:
    """The answers from ``start`` on, latest first."""
    found = []
    for answer in reversed(answers):
        if answer.at < start:
            break
        found.append(answer)
    return found


def outage_after(answers: Sequence[Answer], start: Seconds, now: Seconds) -> Seconds | None:
    """The longest stretch without an answer from the last one before ``start`` on; None when it still lasts.

    The requests' own interval is not counted.
    """
    ordered = sorted(answers, key=lambda answer: answer.at)
    before = max((number for number, answer in enumerate(ordered) if answer.at <= start), default=None)
    if before is None or now - ordered[-1].at > SETTLED / 2:
        return None
    longest = max((gap.length for gap in gaps(ordered[before:], REQUEST_INTERVAL)), default=0.0)
    return Seconds(max(0.0, longest - REQUEST_INTERVAL))


class Story:
    """Plays the events on a pair and keeps the rows."""

    def __init__(self, pair: Pair, audience: Audience) -> None:
        self.pair = pair
        self.promises = Promises(node_of(pair.first.config, pair.first.daemon), node_of(pair.second.config))
        self.rows: list[Row] = []
        self.marks: list[Mark] = []
        self._audience = audience
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            raise LabError("the story has not begun")
        return self._client

    def now(self) -> Seconds:
        return Seconds((time.time_ns() - self.pair.epoch) / 1e9)

    def begin(self) -> None:
        """Start everything and wait until the first node answers. Raises LabError when it does not.

        The second node's daemon starts then: two that start at once are both master for a moment, and the client may
        remember the one that gave way.
        """
        self.pair.start_services()
        self._client = self.pair.start_client()
        first, second = self.pair.first, self.pair.second
        first.start_daemon()
        if not self._await(first.name, Seconds(self.promises.start + PATIENCE + SETTLED), first.daemon_runs):
            raise LabError(f"{first.name} did not begin to answer; its log:\n{first.last_words()}")
        second.start_daemon()

    def events(self) -> list[Event]:
        first, second, promises = self.pair.first, self.pair.second, self.promises
        down, back = Seconds(second_limit(promises)), promises.return_wait
        return [
            Event(1, f"kill HAProxy on {first.name}", first.kill_haproxy, second.name, promises.service_killed, down),
            Event(
                2,
                f"restart HAProxy on {first.name}",
                lambda: restart_haproxy(first),
                first.name,
                promises.handed_back,
                back,
            ),
            Event(3, f"crash {first.name}", first.host.crash, second.name, promises.node_crashed, down),
            Event(4, f"bring {first.name} back", lambda: bring_back(first), first.name, promises.handed_back, back),
            Event(5, f"stop {first.daemon} on {first.name}", first.stop_daemon, second.name, promises.stopped, down),
        ]

    def play(self, event: Event) -> Row:
        self._pause()
        self._audience.begins(event)
        at = Seconds((event.act() - self.pair.epoch) / 1e9)
        self.marks.append(Mark(at, event.number))
        self._await(event.answering, Seconds(event.limit + PATIENCE + SETTLED))
        row = Row(
            event,
            at,
            answering_alone(self.client.answers, self.now()),
            self.pair.holders(),
            outage_after(self.client.answers, at, self.now()),
        )
        self.rows.append(row)
        return row

    def _await(self, router: str, limit: Seconds, hope: Callable[[], bool] = lambda: True) -> bool:
        """Watch until ``router`` alone answers; False after ``limit`` seconds, or when there is no ``hope``."""
        end = self.now() + limit
        while self.now() < end and hope():
            self.look()
            if answering_alone(self.client.answers, self.now()) == router:
                return True
        return False

    def _pause(self) -> None:
        """Let people look, and let the event come at any moment between two adverts."""
        end = self.now() + BREATHER + random.random() * self.promises.first.interval
        while self.now() < end:
            self.look()

    def look(self) -> None:
        """One turn of watching."""
        time.sleep(TURN)
        self.client.read()
        self._audience.watch(self)


def second_limit(promises: Promises) -> float:
    return max(promises.service_killed.high, promises.node_crashed.high, promises.stopped.high)


def restart_haproxy(node: LoadBalancer) -> int:
    at = time.time_ns()
    node.start_haproxy()
    return at


def bring_back(node: LoadBalancer) -> int:
    at = node.host.restore()
    node.start_haproxy()
    node.start_daemon()
    return at
