"""A line said once, then counted: what comes a thousand times a second must not fill a disk."""

import logging
from collections.abc import Hashable, Mapping
from typing import Final

from vrrpd.loop import Loop
from vrrpd.records import dataclass
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd.instance")

WINDOWS: Final = (Seconds(60.0), Seconds(600.0), Seconds(3600.0))
"""How long each kind of line stays silent after it was written; the last value goes on for as long as it repeats."""


@dataclass(slots=True)
class _Said:
    """One kind of line: how often it was written in this window, how often only counted, and what it last said."""

    level: int
    text: str
    fields: Mapping[str, object]
    at: float
    written: int = 0
    count: int = 0
    round: int = 0


class Repeats:
    """``key`` is what makes two lines the same kind; there are few, so that strangers cannot make this grow."""

    def __init__(self, loop: Loop, windows: tuple[Seconds, ...] = WINDOWS) -> None:
        self._loop = loop
        self._windows = windows
        self._said: dict[Hashable, _Said] = {}

    def say(self, key: Hashable, level: int, text: str, fields: Mapping[str, object], burst: int = 1) -> None:
        """Write it, or only count it when its kind was written ``burst`` times in this window."""
        if not log.isEnabledFor(level):
            return
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = _Said(level, text, fields, self._loop.time())
            self._loop.call_later(self._windows[0], self._look, key)
        if said.written < burst:
            said.written += 1
            log.log(level, "%s", text, extra={"fields": fields})
        else:
            said.count += 1
            said.text, said.fields = text, fields

    def _look(self, key: Hashable) -> None:
        """A window is over: say how often it came, or forget it when it has stopped coming."""
        said = self._said[key]
        if not said.count:
            del self._said[key]
            return
        now = self._loop.time()
        fields = {**said.fields, "count": said.count}
        message = "%s (%d more in %.0f s)"
        log.log(said.level, message, said.text, said.count, now - said.at, extra={"fields": fields})
        said.count, said.at = 0, now
        said.round = min(said.round + 1, len(self._windows) - 1)
        self._loop.call_later(self._windows[said.round], self._look, key)
