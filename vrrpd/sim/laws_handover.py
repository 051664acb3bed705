"""What must hold where a master leaves of its own will: make before break."""

from vrrpd.core.effects import State
from vrrpd.sim.evidence import Evidence, Violation
from vrrpd.sim.history import LEAVING, Happening
from vrrpd.sim.invariants import vacancies
from vrrpd.sim.journal import Disturbed
from vrrpd.sim.watch import NEVER, Watch
from vrrpd.units import Seconds


def no_gap(evidence: Evidence) -> Violation | None:
    """A master that is asked to leave while a successor lives: at every moment somebody has the addresses."""
    if not LEAVING & evidence.happenings or evidence.happenings & {Happening.REFUSE_ADD, Happening.THEFT}:
        return None
    watch = Watch()
    for entry in evidence.deeds:
        trouble = entry.seen.trouble if isinstance(entry.seen, Disturbed) else None
        leaves = trouble is not None and trouble.what in LEAVING
        if trouble is not None and leaves and _is_succeeded(evidence, watch, trouble.node, entry.at):
            end = _until(evidence, entry.at)
            for router, spans in evidence.spans.items():
                gaps = vacancies(spans, Seconds(entry.at), end)
                if gaps:
                    detail = f"{router}: nobody held for {max(gaps):.4f} s while {trouble.node} left"
                    return Violation("no gap", Seconds(entry.at), detail)
        watch.take(entry)
    return None


def _is_succeeded(evidence: Evidence, watch: Watch, leaving: str, at: float) -> bool:
    """It serves all alone, and somebody who is well has been waiting for a while."""
    routers = evidence.journal.routers
    long_ago = at - evidence.limits.longest - evidence.limits.alone
    if watch.whole > long_ago or watch.able.get(leaving, NEVER) > long_ago or evidence.setups[leaving].break_first:
        return False
    masters = {key for key, (state, _) in watch.state.items() if state is State.MASTER}
    if masters != {(leaving, router) for router in routers}:
        return False
    ready = [name for name, since in watch.able.items() if name != leaving and since < long_ago]
    nodes = [name for name in ready if all(watch.is_state((name, router), State.BACKUP) for router in routers)]
    settled = [name for name in (leaving, *nodes) if all(watch.state[name, one][1] < long_ago for one in routers)]
    return leaving in settled and len(settled) > 1


def _until(evidence: Evidence, start: float) -> Seconds:
    """Until the successor has it for certain, or something else happens."""
    moments = [trouble.at for trouble in evidence.history.troubles if trouble.at >= start]
    end = moments[1] if len(moments) > 1 else evidence.journal.end
    return Seconds(min(start + evidence.limits.linger, end))
