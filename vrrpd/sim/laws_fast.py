"""What must hold where fast_failover is configured; without it none of these laws has anything to say."""

from collections.abc import Iterator
from typing import Final

from vrrpd.core.effects import Probe, Reason, SendAdvertisement, State, StateChanged, StopProbing
from vrrpd.core.timers import skew_time
from vrrpd.records import dataclass
from vrrpd.sim.evidence import Evidence, Violation
from vrrpd.sim.history import LONGEST_HOLDS, Happening
from vrrpd.sim.journal import Able, Disturbed, Entry, Forgotten
from vrrpd.sim.machine import address_of
from vrrpd.sim.watch import NEVER, Key, Watch
from vrrpd.units import RESIGN, Address, Priority, Seconds

_ACQUAINTED: Final = 1.2
"""Seconds after the first request by which the host is known."""
_OVERDUE: Final = 1.1
_SHARE: Final = 0.25
_STALL: Final = 0.1
_REST: Final = 60.0
"""How long nobody is asked after a wrong takeover, at least."""


def _is_fast(evidence: Evidence) -> bool:
    configured = any(setup.fast for setup in evidence.history.setups)
    return configured or Happening.RELOAD_FAST in evidence.happenings


def _names(evidence: Evidence) -> dict[Address, str]:
    return {address_of(number): name for number, name in enumerate(evidence.setups, 1)}


def _skew(evidence: Evidence, priority: int = 1) -> float:
    return skew_time(evidence.history.version, Priority(priority), evidence.limits.longest)


def silence_is_real(evidence: Evidence) -> Violation | None:
    """Nobody takes over from a host as silent that would have answered all the while."""
    if not _is_fast(evidence):
        return None
    watch, names = Watch(), _names(evidence)
    for entry in evidence.deeds:
        at, node, router, seen = entry
        if isinstance(seen, StateChanged) and seen.reason is Reason.MASTER_SILENT and seen.new is State.MASTER:
            host, setup = names[watch.asked[node, router]], evidence.setups[node]
            span = (setup.misses + 2) * setup.probe_interval + _STALL
            long_ago = at - span - _SHARE * _skew(evidence) - evidence.limits.overlap
            if max(watch.whole, watch.answers.get(host, NEVER), watch.able.get(node, NEVER)) < long_ago:
                return Violation("silence is real", Seconds(at), f"{router} of {node} took {host} for dead: it answers")
        watch.take(entry)
    return None


@dataclass(frozen=True, slots=True)
class _Debt:
    """What has to have happened at ``due``."""

    node: str
    host: str
    due: float


def silence_counts(evidence: Evidence) -> Violation | None:
    """Who asks a host, and gets no answer any more, takes over soon, or hears of another master."""
    if not _is_fast(evidence):
        return None
    watch, names, debts = Watch(), _names(evidence), dict[str, _Debt]()
    for entry in (*evidence.deeds, Entry(evidence.journal.end, "", "", Disturbed(None, calm=False, whole=False))):
        for debt in debts.values():
            if debt.due < entry.at:
                detail = f"{debt.node} still waits although {debt.host} had stopped answering"
                return Violation("silence counts", Seconds(debt.due), detail)
        node, seen = entry.node, entry.seen
        if isinstance(seen, Able) and not seen.answers and node in watch.answers:
            debts |= {debt.node: debt for debt in _silenced(evidence, watch, names, node, entry.at)}
        watch.take(entry)
        for name in [name for name, debt in debts.items() if _is_released(watch, entry, debt)]:
            del debts[name]
    return None


def _silenced(evidence: Evidence, watch: Watch, names: dict[Address, str], host: str, at: float) -> Iterator[_Debt]:
    """Those who asked that host, and were acquainted."""
    routers = evidence.journal.routers
    for name, setup in evidence.setups.items():
        asked = [watch.probe[name, router] for router in routers if (name, router) in watch.probe]
        if len(asked) < len(routers) or any(names[probe.host] != host for probe, _ in asked):
            continue
        since = max(since for _, since in asked)
        if max(watch.whole, watch.able.get(name, NEVER), watch.answers[host]) > since or at < since + _ACQUAINTED:
            continue
        overdue = 0.0 if all(probe.continuous for probe, _ in asked) else _OVERDUE * evidence.limits.longest
        # Besides the misses: an answer just before, the pause after it, and until the step on which backups agree.
        turns = max((probe.misses + 3) * (probe.interval / 2 + setup.lateness) for probe, _ in asked)
        soon = max(overdue + turns + _SHARE * _skew(evidence), _skew(evidence))  # it may have said farewell
        yield _Debt(name, host, at + soon + evidence.limits.overlap)


def _is_released(watch: Watch, entry: Entry, debt: _Debt) -> bool:
    seen = entry.seen
    if isinstance(seen, Disturbed) and seen.trouble is not None and seen.trouble.node == debt.node:
        return True
    if watch.whole == NEVER or debt.node not in watch.able or debt.host in watch.answers:
        return True
    return entry.node == debt.node and isinstance(seen, StateChanged | Probe | StopProbing)


def demoted(evidence: Evidence) -> Violation | None:
    """A master that falls below a BACKUP that may preempt it is relieved with its next advert."""
    reloads = {Happening.RELOAD_FAST, Happening.RELOAD_PREEMPT}
    if not _is_fast(evidence) or evidence.happenings & reloads:
        return None
    watch, debts = Watch(), dict[str, _Debt]()
    for entry in (*evidence.deeds, Entry(evidence.journal.end, "", "", Disturbed(None, calm=False, whole=False))):
        seen = entry.seen
        if isinstance(seen, Disturbed) and (seen.trouble is not None or not seen.calm):
            debts = {name: debt for name, debt in debts.items() if debt.due < entry.at}
        for debt in debts.values():
            if debt.due < entry.at:
                detail = f"{debt.host} fell below {debt.node} and is still MASTER"
                return Violation("demoted", Seconds(debt.due), detail)
        if isinstance(seen, Able):
            debts |= {debt.node: debt for debt in _overtaken(evidence, watch, entry, seen)}
        watch.take(entry)
        if isinstance(seen, StateChanged):
            debts.pop(entry.node, None)
            debts = {name: debt for name, debt in debts.items() if debt.host != entry.node}
    return None


def _overtaken(evidence: Evidence, watch: Watch, entry: Entry, seen: Able) -> Iterator[_Debt]:
    """Those who followed that master, and now have the higher priority."""
    routers, limits, fallen = evidence.journal.routers, evidence.limits, entry.node
    long_ago = entry.at - _OVERDUE * limits.longest - limits.alone
    before, since = watch.priority.get(fallen, (0, NEVER))
    masters = {key for key, (state, _) in watch.state.items() if state is State.MASTER}
    alone = masters == {(fallen, router) for router in routers}
    began = max(watch.state.get((fallen, router), (None, NEVER))[1] for router in routers)
    if not alone or not seen.able or max(since, began, watch.whole, watch.able.get(fallen, NEVER)) > long_ago:
        return
    for name, setup in evidence.setups.items():
        own, own_since = watch.priority.get(name, (0, NEVER))
        keys = [(name, router) for router in routers]
        if not seen.priority < own <= before or name == fallen or not _may_preempt(evidence, name):
            continue
        follows = all(watch.is_state(key, State.BACKUP) and watch.state[key][1] < long_ago for key in keys)
        held_off = any(
            key in watch.was_master and watch.state[key][1] > long_ago - LONGEST_HOLDS * evidence.history.yield_hold
            for key in keys
        )
        if follows and not held_off and max(own_since, watch.able.get(name, NEVER)) < long_ago:
            told = 0.0 if evidence.setups[fallen].fast else limits.longest
            slack = limits.overlap + setup.lateness + evidence.setups[fallen].lateness
            yield _Debt(name, fallen, entry.at + told + _SHARE * _skew(evidence, own) + slack)


def _may_preempt(evidence: Evidence, name: str) -> bool:
    setup = evidence.setups[name]
    return setup.fast is not None and setup.preempt and not setup.preempt_delay


def backs_off(evidence: Evidence) -> Violation | None:
    """Who took over from a master that was alive asks nobody for a while."""
    if not _is_fast(evidence):
        return None
    watch, names, limits = Watch(), _names(evidence), evidence.limits
    taken: dict[Key, tuple[str, float]] = {}
    heard: dict[Key, float] = {}
    rests: dict[Key, float] = {}
    for entry in evidence.journal.entries:
        at, node, router, seen = entry
        key = (node, router)
        for other in [other for other, said in heard.items() if at > said + limits.overlap]:
            asks = watch.probe.get(other, (None, 0.0))[1] > heard[other]
            if asks:
                detail = f"{other[1]} of {other[0]} asks again as soon as it was wrong"
                return Violation("backs off", Seconds(heard[other]), detail)
            rests[other] = taken[other][1] + _REST  # it may have been heard before
            del heard[other], taken[other]
        if isinstance(seen, SendAdvertisement):
            if seen.priority != RESIGN and taken:
                heard |= _answered(evidence, watch, entry, taken, heard)
            continue
        if isinstance(seen, Probe) and at < rests.get(key, 0.0):
            return Violation("backs off", Seconds(at), f"{router} of {node} asks again after it was wrong")
        if isinstance(seen, StateChanged) and seen.new is not State.BACKUP:
            heard.pop(key, None)
            taken.pop(key, None)
            if seen.new is State.MASTER and seen.reason is Reason.MASTER_SILENT:
                taken[key] = names[watch.asked[key]], at
        watch.take(entry)
        if isinstance(seen, Forgotten):
            rests.pop(key, None)
            taken.pop(key, None)
        if isinstance(seen, Disturbed | Forgotten):
            heard.clear()  # it may not have arrived
    return None


def _answered(
    evidence: Evidence, watch: Watch, entry: Entry, taken: dict[Key, tuple[str, float]], heard: dict[Key, float]
) -> dict[Key, float]:
    """Who hears the very master that it took over from."""
    soon = 3 * evidence.limits.shortest - evidence.limits.overlap
    return {
        key: float(entry.at)
        for key, (host, since) in taken.items()
        if host == entry.node and key[1] == entry.router and key not in heard
        if since < entry.at < since + soon and watch.whole < entry.at and watch.able.get(key[0], NEVER) < entry.at
    }
