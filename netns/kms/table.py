"""The failover table, played: several sites side by side, each in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace

from netns.kernel import LabError
from netns.kms.chronicle import Chronicle, StoppedError
from netns.kms.gate import Gate
from netns.kms.plan import Queue, Shape, Turn
from netns.kms.record import KeyCount, Record, Row, Run
from netns.kms.rows import KEYS
from netns.kms.rows.play import Play, RowKind
from netns.kms.rows.service import read_back
from netns.kms.timers import Timers
from netns.kms.world import Site

REBUILT = 2
"""Sites that may fall apart before their thread gives up."""

MakeSite = Callable[[Shape, int, Chronicle], AbstractContextManager[Site]]


@dataclass(slots=True)
class Results:
    """What has been seen so far; several threads add to it. ``told`` gets each run as soon as it is over."""

    kinds: Sequence[RowKind]
    told: Callable[[Run], None]
    keys: KeyCount = field(default_factory=KeyCount)
    troubles: list[str] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, run: Run) -> None:
        with self._lock:
            self._runs.append(run)
        self.told(run)

    def count(self, keys: KeyCount) -> None:
        with self._lock:
            self.keys += keys

    def trouble(self, text: str) -> None:
        with self._lock:
            self.troubles.append(text)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, played or not; the last one is about all of it."""
        with self._lock:
            runs = list(self._runs)
        return tuple(row_of(kind, [run for run in runs if run.row == kind.name]) for kind in (*self.kinds, KEYS))

    def filled(self, record: Record, chronicle: Chronicle) -> Record:
        return replace(
            record, rows=self.rows, happenings=chronicle.happenings, keys=self.keys, seconds=chronicle.clock()
        )


def row_of(kind: RowKind, runs: Sequence[Run]) -> Row:
    return Row(kind.name, kind.event, kind.expected, tuple(runs), kind.headline, kind.bound)


class Table:
    """``make_site`` starts a site of that shape and number. ``shapes``: what each site is, one after the other.

    ``minutes``: after so many no other turn begins (None: until all are played).
    """

    def __init__(
        self,
        content: Sequence[Turn],
        shapes: Sequence[Sequence[Shape]],
        timers: Timers,
        make_site: MakeSite,
        results: Results,
        chronicle: Chronicle,
        minutes: float | None = None,
    ) -> None:
        self.chronicle = chronicle
        self.results = results
        self._timers = timers
        self._make_site = make_site
        self._gate = Gate()
        self._shapes = shapes
        self._minutes = minutes
        self._queue = Queue(content, [shape for one in shapes for shape in one], self._over)

    def _over(self) -> bool:
        return self._minutes is not None and self.chronicle.clock() >= 60 * self._minutes

    def play(self) -> None:
        """Until everything is played. KeyboardInterrupt ends all sites in order and comes through."""
        with ThreadPoolExecutor(len(self._shapes), "site") as pool:
            workers = [pool.submit(self._site, number, shapes) for number, shapes in enumerate(self._shapes)]
            try:
                for worker in workers:
                    worker.result()
            finally:
                self.chronicle.stop()

    def _site(self, number: int, shapes: Sequence[Shape]) -> None:
        with suppress(StoppedError):
            for shape in shapes:
                self._work(number, shape)

    def _work(self, number: int, shape: Shape) -> None:
        for _ in range(1 + REBUILT):
            try:
                self._in_a_site(number, shape)
            except StoppedError:
                raise
            except LabError as error:
                self.results.trouble(f"site {number}: {error}")
                self.chronicle.note(number, "note", "site", f"given up: {error}")
            else:
                return

    def _in_a_site(self, number: int, shape: Shape) -> None:
        """Play all that is left for such a site; LabError when the site cannot go on."""
        with ExitStack() as stack:
            with self._gate.shared():
                site = stack.enter_context(self._make_site(shape, number, self.chronicle))
            while (turn := self._queue.take(shape)) is not None:
                with self._gate.entered(turn.alone):
                    self._turn(site, turn)
            self._last(site)

    def _turn(self, site: Site, turn: Turn) -> None:
        for kind in turn.kinds:
            play = Play(kind, site, self.chronicle, self._timers)
            self._play(play, calm_before=kind is turn.kinds[0], calm_after=kind is turn.kinds[-1])

    def _play(self, play: Play, *, calm_before: bool, calm_after: bool) -> None:
        try:
            if calm_before:
                play.calm()
                play.begin()
            play.kind.play(play)
            if calm_after:
                play.calm()
        except StoppedError:
            raise
        except LabError as error:
            play.fail(f"it could not go on: {error}")
            self.results.add(play.ended())
            raise
        self.results.add(play.ended())

    def _last(self, site: Site) -> None:
        play = Play(KEYS, site, self.chronicle, self._timers)
        self.results.count(read_back(play))
        self.results.add(play.ended())
