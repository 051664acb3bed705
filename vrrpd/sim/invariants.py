"""What must hold of every history, wherever it was played: functions over who held the addresses and when.

Times are seconds on one clock; a node holds while at least one of the addresses is on it and it has power. The laws at
the end take the journal of a simulated world; what they measure by (``Limits``) is what the protocol promises.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, groupby
from typing import Final

from vrrpd.core.effects import AddAddresses, RemoveAddresses, SendAdvertisement, State, StateChanged
from vrrpd.records import dataclass
from vrrpd.sim.history import Happening, History, limits_of
from vrrpd.sim.journal import Able, Cleared, Disturbed, Entry, Forgotten, Journal, Raised, Stolen, Waiting
from vrrpd.sim.scenario import Held
from vrrpd.units import OWNER, RESIGN, Address, Seconds


@dataclass(frozen=True, slots=True)
class Holding:
    """``node`` held the addresses from ``start`` to ``end``."""

    node: str
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class Change:
    """``node`` began (``holds``) or ceased to hold at ``at``."""

    at: Seconds
    node: str
    holds: bool


def holdings(changes: Iterable[Change], until: Seconds) -> tuple[Holding, ...]:
    """The spans between changes, in order of their starts; what is still held at ``until`` ends there."""
    since: dict[str, Seconds] = {}
    spans = []
    for change in changes:
        if change.holds:
            since.setdefault(change.node, change.at)
        elif change.node in since:
            spans.append(Holding(change.node, since.pop(change.node), change.at))
    spans += [Holding(node, start, until) for node, start in since.items()]
    return tuple(sorted(spans, key=lambda span: (span.start, span.node)))


def holders(spans: Sequence[Holding], at: float) -> tuple[str, ...]:
    """Who holds at that moment, in order of names."""
    return tuple(sorted(span.node for span in spans if span.start <= at < span.end))


def broken(spans: Sequence[Holding], expected: Held) -> str | None:
    """How an expectation was not met; None when it was."""
    wanted = () if expected.node is None else (expected.node,)
    moments = {expected.start}
    for span in spans:
        moments |= {at for at in (span.start, span.end) if expected.start < at < expected.end}
    for at in sorted(moments):
        found = holders(spans, at)
        if found != wanted:
            return f"at {at:.3f} s held by {' and '.join(found) or 'nobody'}, not by {expected.node or 'nobody'}"
    return None


def overlaps(spans: Sequence[Holding]) -> tuple[Seconds, ...]:
    """How long two different nodes held at the same time, each time that they did."""
    found = []
    for index, first in enumerate(spans):
        for second in spans[index + 1 :]:
            length = min(first.end, second.end) - max(first.start, second.start)
            if first.node != second.node and length > 0:
                found.append(Seconds(length))
    return tuple(found)


def vacancies(spans: Sequence[Holding], start: Seconds, end: Seconds) -> tuple[Seconds, ...]:
    """How long nobody held, each time, between ``start`` and ``end``."""
    found = []
    covered = start
    for span in sorted(spans, key=lambda span: span.start):
        if min(span.start, end) > covered:
            found.append(Seconds(min(span.start, end) - covered))
        covered = max(covered, span.end)
    if end > covered:
        found.append(Seconds(end - covered))
    return tuple(found)


# --- journals of a simulated world --------------------------------------------------------------------------------


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


def calms(journal: Journal) -> tuple[Calm, ...]:
    """The spans between troubles in which everything ran and every packet arrived."""
    found: list[Calm] = []
    able: dict[str, int] = {}
    start: float | None = None
    for at, node, _, seen in journal.entries:
        if isinstance(seen, Able):
            if seen.able:
                able[node] = seen.priority
            else:
                able.pop(node, None)
        elif isinstance(seen, Disturbed) and not _is_harmless(seen):
            if start is not None and at > start:
                found.append(Calm(Seconds(start), Seconds(at), dict(able)))
            start = at if seen.calm else None
    if start is not None:
        found.append(Calm(Seconds(start), Seconds(journal.end), dict(able)))
    return tuple(found)


def _is_harmless(seen: Disturbed) -> bool:
    return seen.trouble is not None and seen.trouble.what is Happening.CLOCK_STEP


def changes(journal: Journal, router: str) -> tuple[Change, ...]:
    """Who began and ceased to hold the addresses of one virtual router."""
    found = []
    held: dict[str, set[Address]] = {}
    for at, node, owner, seen in journal.entries:
        if owner != router:
            continue
        addresses = held.setdefault(node, set())
        before = bool(addresses)
        _carry(addresses, seen)
        if bool(addresses) is not before:
            found.append(Change(Seconds(at), node, not before))
    return tuple(found)


def _carry(addresses: set[Address], seen: object) -> None:
    if isinstance(seen, AddAddresses):
        addresses.update(seen.addresses)
    elif isinstance(seen, RemoveAddresses):
        addresses.difference_update(seen.addresses)
    elif isinstance(seen, Stolen):
        addresses.discard(seen.address)
    elif isinstance(seen, Cleared):
        addresses.clear()


def _settled(journal: Journal, wait: Seconds) -> Iterator[tuple[Calm, str, list[Holding]]]:
    """What was held in each calm, from ``wait`` seconds after its start, router by router."""
    windows = [calm for calm in calms(journal) if calm.end - calm.start > wait]
    if not windows:
        return
    for router in journal.routers:
        spans = holdings(changes(journal, router), Seconds(journal.end))
        for calm in windows:
            start = calm.start + wait
            inside = [span for span in spans if span.start < calm.end and span.end > start]
            yield (
                calm,
                router,
                [Holding(s.node, Seconds(max(s.start, start)), Seconds(min(s.end, calm.end))) for s in inside],
            )


def one_holder(journal: Journal, history: History) -> Violation | None:
    """Once quiet, two hold for no longer than one takes to take over from the other."""
    limits = limits_of(history)
    for _, router, spans in _settled(journal, limits.alone):
        for first, second in combinations(spans, 2):
            start, end = max(first.start, second.start), min(first.end, second.end)
            if first.node != second.node and end - start > limits.overlap:
                detail = f"{router}: {first.node} and {second.node} both held for {end - start:.3f} s"
                return Violation("one holder", Seconds(start), detail)
    return None


def some_holder(journal: Journal, history: History) -> Violation | None:
    """Once quiet, somebody holds within Master_Down_Interval and the takeover, if somebody can."""
    limits = limits_of(history)
    for calm, router, spans in _settled(journal, limits.held):
        if calm.able:
            gaps = vacancies(spans, Seconds(calm.start + limits.held), calm.end)
            if gaps and max(gaps) > limits.overlap:
                detail = f"{router}: nobody held for {max(gaps):.3f} s although {', '.join(sorted(calm.able))} could"
                return Violation("some holder", Seconds(calm.start + limits.held), detail)
    return None


def best_holder(journal: Journal, history: History) -> Violation | None:
    """Once quiet for long, where everybody preempts, none of a lower priority holds than somebody else has."""
    reloads = (trouble.what is Happening.RELOAD_PREEMPT for trouble in history.troubles)
    if any(reloads) or not all(setup.preempt for setup in history.setups):
        return None
    for calm, router, spans in _settled(journal, limits_of(history).best):
        highest = max(calm.able.values(), default=0)
        for span in spans:
            if calm.able.get(span.node, 0) < highest and span.end - span.start > limits_of(history).overlap:
                detail = f"{router}: {span.node} held, although somebody else has priority {highest}"
                return Violation("best holder", span.start, detail)
    return None


def released(journal: Journal, _history: History) -> Violation | None:
    """Every add has its remove: whoever is not MASTER holds nothing. And whoever becomes MASTER does."""
    state: dict[tuple[str, str], State] = {}
    held: dict[tuple[str, str], set[Address]] = {}
    for at, entries in groupby(journal.entries, key=lambda entry: entry.at):
        touched: set[tuple[str, str]] = set()
        began: set[tuple[str, str]] = set()
        for _, node, router, seen in entries:
            key = (node, router)
            touched.add(key)
            if isinstance(seen, StateChanged):
                state[key] = seen.new
                (began.add if seen.new is State.MASTER else began.discard)(key)
            elif isinstance(seen, Forgotten):
                state.pop(key, None)
                began.discard(key)
            else:
                _carry(held.setdefault(key, set()), seen)
        for key in touched:
            left = held.get(key)
            if left and state.get(key, State.MASTER) is not State.MASTER:
                detail = f"{key[1]} of {key[0]} is {state[key].value} and still holds {_join(left)}"
                return Violation("released", Seconds(at), detail)
            if key in began and not left:
                return Violation("released", Seconds(at), f"{key[1]} of {key[0]} is MASTER and holds nothing")
    return None


def masters_speak(journal: Journal, _history: History) -> Violation | None:
    """Adverts come from masters only, and a farewell from one that was MASTER until then."""
    state: dict[tuple[str, str], State] = {}
    for at, entries in groupby(journal.entries, key=lambda entry: entry.at):
        sent: list[Entry] = []
        masters = {key for key, is_in in state.items() if is_in is State.MASTER}
        for entry in entries:
            key = (entry.node, entry.router)
            if isinstance(entry.seen, StateChanged):
                state[key] = entry.seen.new
                masters |= {key} if entry.seen.new is State.MASTER else set()
            elif isinstance(entry.seen, Forgotten):
                state.pop(key, None)
            elif isinstance(entry.seen, SendAdvertisement):
                sent.append(entry)
        for _, node, router, seen in sent:
            if (node, router) not in masters:
                priority = seen.priority if isinstance(seen, SendAdvertisement) else RESIGN
                detail = f"{router} of {node} is no MASTER and sent an advert with priority {priority}"
                return Violation("masters speak", Seconds(at), detail)
    return None


def lower_waits_longer(journal: Journal, history: History) -> Violation | None:
    """Of two BACKUPs that follow one master, a strictly lower priority has a strictly later deadline."""
    limits = limits_of(history)
    since: float | None = None
    waiting: list[Entry] = []
    for entry in (*journal.entries, Entry(journal.end, "", "", Disturbed(None, calm=False))):
        if isinstance(entry.seen, Waiting):
            waiting.append(entry)
        elif isinstance(entry.seen, Disturbed):
            found = _misordered(waiting) if since is not None and entry.at > since + limits.held else None
            if found is not None:
                return Violation("lower waits longer", Seconds(entry.at), found)
            if not _is_harmless(entry.seen):
                since = entry.at if entry.seen.calm else None
            waiting.clear()
    return None


def _misordered(entries: Sequence[Entry]) -> str | None:
    for one, other in combinations(entries, 2):
        first, second = one.seen, other.seen
        if one.router != other.router or not (isinstance(first, Waiting) and isinstance(second, Waiting)):
            continue
        if _wrong_order(first, second):
            return (
                f"{one.router}: {one.node} (priority {first.priority}) waits {first.span:.4f} s, "
                f"{other.node} (priority {second.priority}) {second.span:.4f} s"
            )
    return None


def _wrong_order(first: Waiting, second: Waiting) -> bool:
    comparable = first.master == second.master and first.interval == second.interval
    if not comparable or first.priority == second.priority or not (_follows(first) and _follows(second)):
        return False
    higher, lower = (first, second) if first.priority > second.priority else (second, first)
    return higher.span >= lower.span


def _follows(waiting: Waiting) -> bool:
    """It accepted the last advert, instead of waiting for the moment to preempt."""
    return OWNER > waiting.priority <= waiting.followed


def total(journal: Journal, _history: History) -> Violation | None:
    """The election takes everything in, and raises nothing."""
    for at, _, _, seen in journal.entries:
        if isinstance(seen, Raised):
            return Violation("total", Seconds(at), seen.error)
    return None


def _join(addresses: Iterable[Address]) -> str:
    return " ".join(sorted(str(address) for address in addresses))


LAWS: Final[tuple[Callable[[Journal, History], Violation | None], ...]] = (
    total,
    released,
    masters_speak,
    one_holder,
    some_holder,
    lower_waits_longer,
    best_holder,
)


def first_violation(journal: Journal, history: History) -> Violation | None:
    """By the order of the laws."""
    for law in LAWS:
        found = law(journal, history)
        if found is not None:
            return found
    return None
