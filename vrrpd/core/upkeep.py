"""What went wrong with a virtual router's addresses lately, and what is still to be done about it."""

from collections.abc import Collection, Iterable

from vrrpd.units import Address, Instant, Seconds

Addresses = tuple[Address, ...]


class Upkeep:
    """Additions and removals to be tried again, and how often things failed."""

    __slots__ = ("_failures", "_losses", "_to_add", "_to_remove")

    def __init__(self) -> None:
        self._to_add: Addresses = ()
        self._to_remove: Addresses = ()
        self._failures: list[Instant] = []
        self._losses: dict[Address, list[Instant]] = {}

    def lost(self, address: Address, now: Instant, window: Seconds) -> int:
        """How often somebody else removed this address within ``window``, this time included."""
        recent = [at for at in self._losses.get(address, ()) if now - at < window]
        self._losses[address] = [*recent, now]
        return len(self._losses[address])

    def not_added(self, addresses: Addresses, now: Instant, window: Seconds) -> int:
        """Try them again; how many attempts failed within ``window``: several failures before a retry are one."""
        if not self._to_add:
            self._failures = [*(at for at in self._failures if now - at < window), now]
        self._to_add = _joined(self._to_add, addresses)
        return len(self._failures)

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
        self._failures.clear()
        self._losses.clear()


def _joined(first: Iterable[Address], second: Iterable[Address]) -> Addresses:
    return tuple(dict.fromkeys((*first, *second)))
