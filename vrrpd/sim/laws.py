"""What must hold of every simulated history, whatever befell it: laws over its journal.

What they measure by (``Limits``) is what the protocol promises.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

from vrrpd.core.effects import SendAdvertisement, State, StateChanged
from vrrpd.sim.evidence import Evidence, Violation, is_harmless
from vrrpd.sim.history import Happening, History
from vrrpd.sim.invariants import vacancies
from vrrpd.sim.journal import Disturbed, Entry, Forgotten, Journal, Raised, Waiting
from vrrpd.sim.laws_addresses import released
from vrrpd.sim.laws_fast import backs_off, demoted, silence_counts, silence_is_real
from vrrpd.sim.laws_handover import no_gap
from vrrpd.units import OWNER, Seconds


def total(evidence: Evidence) -> Violation | None:
    """The election takes everything in, and raises nothing."""
    for at, _, _, seen in evidence.deeds[-1:]:  # it ends the history
        if isinstance(seen, Raised):
            return Violation("total", Seconds(at), seen.error)
    return None


def masters_speak(evidence: Evidence) -> Violation | None:
    """Adverts come from masters only, and a farewell from one that was MASTER until then."""
    masters: set[tuple[str, str]] = set()
    left: dict[tuple[str, str], float] = {}
    early: dict[tuple[str, str], tuple[float, SendAdvertisement]] = {}  # they may yet become MASTER at this moment
    for at, node, router, seen in evidence.journal.entries:
        if isinstance(seen, SendAdvertisement):
            key = (node, router)
            if key not in masters and left.get(key) != at:
                early[key] = at, seen
        elif isinstance(seen, StateChanged):
            key = (node, router)
            if seen.new is State.MASTER:
                masters.add(key)
                early.pop(key, None)
            elif key in masters:
                masters.discard(key)
                left[key] = at
        elif isinstance(seen, Forgotten):
            masters.discard((node, router))
        if early and (found := _spoke(early, at)):
            return found
    return _spoke(early, float("inf"))


def _spoke(early: dict[tuple[str, str], tuple[float, SendAdvertisement]], now: float) -> Violation | None:
    for (node, router), (at, advert) in early.items():
        if at < now:
            detail = f"{router} of {node} is no MASTER and sent an advert with priority {advert.priority}"
            return Violation("masters speak", Seconds(at), detail)
    return None


def one_holder(evidence: Evidence) -> Violation | None:
    """Once quiet, two hold for no longer than one takes to take over from the other."""
    limits = evidence.limits
    for _, router, spans in evidence.settled(limits.alone):
        for first, second in combinations(spans, 2):
            start, end = max(first.start, second.start), min(first.end, second.end)
            if first.node != second.node and end - start > limits.overlap:
                detail = f"{router}: {first.node} and {second.node} both held for {end - start:.3f} s"
                return Violation("one holder", Seconds(start), detail)
    return None


def some_holder(evidence: Evidence) -> Violation | None:
    """Once quiet, somebody holds within Master_Down_Interval and the takeover, if somebody can."""
    limits = evidence.limits
    for calm, router, spans in evidence.settled(limits.held):
        if calm.able:
            gaps = vacancies(spans, Seconds(calm.start + limits.held), calm.end)
            if gaps and max(gaps) > limits.vacancy:
                detail = f"{router}: nobody held for {max(gaps):.3f} s although {', '.join(sorted(calm.able))} could"
                return Violation("some holder", Seconds(calm.start + limits.held), detail)
    return None


def best_holder(evidence: Evidence) -> Violation | None:
    """Once quiet for long, where everybody preempts, none of a lower priority holds than somebody else has."""
    preempts = all(setup.preempt for setup in evidence.history.setups)
    if Happening.RELOAD_PREEMPT in evidence.happenings or not preempts:
        return None
    keeps = {item.node for item in evidence.history.troubles if item.what is Happening.REFUSE_ADD}  # what it has
    for calm, router, spans in evidence.settled(evidence.limits.best):
        highest = max(calm.able.values(), default=0)
        for span in (span for span in spans if span.node not in keeps):
            if calm.able.get(span.node, 0) < highest and span.end - span.start > evidence.limits.overlap:
                detail = f"{router}: {span.node} held, although somebody else has priority {highest}"
                return Violation("best holder", span.start, detail)
    return None


def lower_waits_longer(evidence: Evidence) -> Violation | None:
    """Of two BACKUPs that follow one master, a strictly lower priority has a strictly later deadline."""
    journal, waiting = evidence.journal, list[Entry]()
    since: float | None = None
    for entry in (*evidence.deeds, Entry(journal.end, "", "", Disturbed(None, calm=False, whole=False))):
        if isinstance(entry.seen, Waiting):
            waiting.append(entry)
        elif isinstance(entry.seen, Disturbed):
            found = _misordered(waiting) if since is not None and entry.at > since + evidence.limits.held else None
            if found is not None:
                return Violation("lower waits longer", Seconds(entry.at), found)
            if not is_harmless(entry.seen):
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


LAWS: Final[tuple[Callable[[Evidence], Violation | None], ...]] = (
    total,
    released,
    masters_speak,
    one_holder,
    some_holder,
    lower_waits_longer,
    best_holder,
    silence_is_real,
    silence_counts,
    demoted,
    backs_off,
    no_gap,
)


def first_violation(journal: Journal, history: History) -> Violation | None:
    """By the order of the laws."""
    evidence = Evidence(journal, history)
    for law in LAWS:
        found = law(evidence)
        if found is not None:
            return found
    return None
