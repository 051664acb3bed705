"""What the laws look at: the journal of one history, and what follows from it for more than one of them."""

from functools import cached_property

from vrrpd.core.effects import AddAddresses, RemoveAddresses, SendAdvertisement
from vrrpd.records import dataclass
from vrrpd.sim.history import Happening, History, Limits, limits_of
from vrrpd.sim.invariants import Change, Holding, holdings
from vrrpd.sim.journal import Able, Cleared, Disturbed, Entry, Journal, Stolen
from vrrpd.units import Address, Seconds


@dataclass(frozen=True, slots=True)
class Violation:
    """Which law was broken, when, and how."""

    law: str
    at: Seconds
    detail: str


@dataclass(frozen=True, slots=True)
class Calm:
    """From ``start`` to ``end`` nothing happened and the network was whole; ``able``: priorities of who could serve."""

    start: Seconds
    end: Seconds
    able: dict[str, int]


class Evidence:
    """``limits``: what the protocol promises for this history."""

    def __init__(self, journal: Journal, history: History) -> None:
        self.journal = journal
        self.history = history
        self.limits: Limits = limits_of(history)
        self.happenings = {trouble.what for trouble in history.troubles}
        self.setups = {setup.name: setup for setup in history.setups}

    @cached_property
    def deeds(self) -> list[Entry]:
        """Everything but adverts, which are most of a journal."""
        return [entry for entry in self.journal.entries if type(entry[3]) is not SendAdvertisement]

    @cached_property
    def calms(self) -> tuple[Calm, ...]:
        """The spans between troubles in which everything ran and every packet arrived."""
        found: list[Calm] = []
        able: dict[str, int] = {}
        start: float | None = None
        for at, node, _, seen in self.deeds:
            if isinstance(seen, Able):
                if seen.able:
                    able[node] = seen.priority
                else:
                    able.pop(node, None)
            elif isinstance(seen, Disturbed) and not is_harmless(seen):
                if start is not None and at > start:
                    found.append(Calm(Seconds(start), Seconds(at), dict(able)))
                start = at if seen.calm else None
        if start is not None:
            found.append(Calm(Seconds(start), Seconds(self.journal.end), dict(able)))
        return tuple(found)

    @cached_property
    def spans(self) -> dict[str, tuple[Holding, ...]]:
        """Who held the addresses of each virtual router."""
        end = Seconds(self.journal.end)
        return {router: holdings(changes, end) for router, changes in self.changes.items()}

    @cached_property
    def changes(self) -> dict[str, list[Change]]:
        """Who began and ceased to hold the addresses of each virtual router."""
        found: dict[str, list[Change]] = {router: [] for router in self.journal.routers}
        held: dict[tuple[str, str], set[Address]] = {}
        for at, node, router, seen in self.deeds:
            if isinstance(seen, AddAddresses | RemoveAddresses | Stolen | Cleared):
                addresses = held.setdefault((node, router), set())
                before = bool(addresses)
                carry(addresses, seen)
                if bool(addresses) is not before:
                    found[router].append(Change(Seconds(at), node, not before))
        return found

    def settled(self, wait: Seconds) -> list[tuple[Calm, str, list[Holding]]]:
        """What was held in each calm, from ``wait`` seconds after its start, router by router."""
        found = []
        for calm in self.calms:
            start = calm.start + wait
            if calm.end <= start:
                continue
            for router, spans in self.spans.items():
                inside = [span for span in spans if span.start < calm.end and span.end > start]
                cut = [Holding(s.node, Seconds(max(s.start, start)), Seconds(min(s.end, calm.end))) for s in inside]
                found.append((calm, router, cut))
        return found


def is_harmless(seen: Disturbed) -> bool:
    return seen.trouble is not None and seen.trouble.what is Happening.CLOCK_STEP


def carry(addresses: set[Address], seen: AddAddresses | RemoveAddresses | Stolen | Cleared) -> None:
    """What it makes of the addresses that are held."""
    match seen:
        case AddAddresses():
            addresses.update(seen.addresses)
        case RemoveAddresses():
            addresses.difference_update(seen.addresses)
        case Stolen():
            addresses.discard(seen.address)
        case Cleared():
            addresses.clear()
