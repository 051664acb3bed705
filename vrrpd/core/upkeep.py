"""What went wrong with a virtual router's addresses lately, and what is still to be done about it."""

from collections.abc import Collection, Iterable
from dataclasses import field
from typing import Final

from vrrpd.core.parameters import Parameters
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant, Seconds, after

Addresses = tuple[Address, ...]

_DOUBLINGS: Final = 16


@dataclass(slots=True)
class Upkeep:
    """Additions and removals to be tried again, how often things failed, and how often handing over did not help.

    Where nobody else takes the addresses, or nobody can keep them either, each hand-over only costs the addresses that
    were well: the next comes later each time, until all of them have been well for a while.
    """

    _to_add: Addresses = ()
    _to_remove: Addresses = ()
    _failures: int = 0
    _failed_at: Instant = Instant(0.0)
    _wait: Seconds = Seconds(0.0)
    _losses: dict[Address, list[Instant]] = field(default_factory=dict)
    _handed_over: int = 0
    _patient_until: Instant | None = None

    def lost(self, address: Address, now: Instant, window: Seconds) -> int:
        """How often somebody else removed this address within ``window``, this time included."""
        recent = [at for at in self._losses.get(address, ()) if now - at < window]
        self._losses[address] = [*recent, now]
        return len(self._losses[address])

    def not_added(self, addresses: Addresses, now: Instant, settings: Parameters) -> int:
        """Try them again; how many attempts in a row have failed: several failures before a retry are one."""
        if not self._to_add:
            in_a_row = self._failures and now - self._failed_at <= self._wait + settings.retry_delay
            self._failures = self._failures + 1 if in_a_row else 1
            self._failed_at = now
            self._wait = self._retry_in(settings)
        self._to_add = _joined(self._to_add, addresses)
        return self._failures

    @property
    def retry_in(self) -> Seconds:
        """How long after the last failure to try again."""
        return self._wait

    def _retry_in(self, settings: Parameters) -> Seconds:
        beyond = max(0, self._failures - settings.retry_limit + 1)
        return _doubled(settings.retry_delay, beyond, settings.yield_hold)

    def handed_over(self, settings: Parameters) -> Seconds:
        """We could not serve; for how long not to preempt."""
        self._handed_over += 1
        return self._patience(settings)

    def took_over(self, now: Instant, settings: Parameters, *, alone: bool) -> None:
        """We are the master again; ``alone``: because nobody else was, so that there is no hurry to hand over again."""
        patient = alone and self._handed_over
        self._patient_until = after(now, self._patience(settings)) if patient else None

    def patience(self, now: Instant) -> Seconds:
        """How long to stay although we cannot serve; 0: somebody else is to try."""
        return Seconds(0.0 if self._patient_until is None else max(0.0, self._patient_until - now))

    @property
    def is_troubled(self) -> bool:
        """Whether we have handed over and not been well since."""
        return self._handed_over > 0

    def forgive(self) -> None:
        """All is well, or something has changed: whatever fails next is new."""
        self._handed_over = self._failures = 0
        self._patient_until = None

    def _patience(self, settings: Parameters) -> Seconds:
        return _doubled(settings.yield_hold, self._handed_over - 1, settings.longest_yield)

    def not_removed(self, addresses: Addresses) -> bool:
        """Try them again; whether there is anything to try."""
        self._to_remove = _joined(self._to_remove, addresses)
        return bool(self._to_remove)

    def take(self, wanted: Collection[Address]) -> tuple[Addresses, Addresses]:
        """What to remove and what to add now, where ``wanted`` are the addresses that should be there."""
        remove = tuple(address for address in self._to_remove if address not in wanted)
        add = tuple(address for address in self._to_add if address in wanted)
        self._to_remove = self._to_add = ()
        return remove, add

    def forget_additions(self) -> None:
        """We are no longer the master, or have just become it."""
        self._to_add = ()
        self._failures = 0
        self._losses.clear()


def _joined(first: Iterable[Address], second: Iterable[Address]) -> Addresses:
    return tuple(dict.fromkeys((*first, *second)))


def _doubled(start: Seconds, times: int, most: Seconds) -> Seconds:
    return Seconds(min(start * 2 ** min(times, _DOUBLINGS), max(start, most)))
