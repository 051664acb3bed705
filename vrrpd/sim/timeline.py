"""A history and what came of it, for people: who was configured how, then everything by its time."""

from collections.abc import Iterator

from vrrpd.core.effects import AddAddresses, RemoveAddresses, StateChanged
from vrrpd.sim.history import History
from vrrpd.sim.journal import Disturbed, Entry, Raised
from vrrpd.sim.laws import first_violation
from vrrpd.sim.world import play


def timeline(history: History) -> str:
    """Adverts are left out: they are many, and say little."""
    journal = play(history)
    words = [f"VRRPv{history.version}", f"{len(history.setups)} nodes"]
    words += [f"{history.routers} virtual routers in a sync group"] if history.routers > 1 else []
    words += ["read as the RFCs have it"] if history.rfc else []
    lines = [", ".join(words), *(f"  {setup}" for setup in history.setups)]
    for entry in journal.entries:
        lines += [f"{entry.at:10.4f} s  {text}" for text in _told(entry)]
    lines.append(f"{journal.end:10.4f} s  end")
    violation = first_violation(journal, history)
    if violation is not None:
        lines.append(f"{violation.at:10.4f} s  broken: {violation.law}: {violation.detail}")
    return "\n".join(lines)


def _told(entry: Entry) -> Iterator[str]:
    where, seen = f"{entry.node} {entry.router}", entry.seen
    match seen:
        case Disturbed(trouble=trouble) if trouble is not None:
            yield f"* {trouble}"
        case StateChanged():
            yield f"{where}: {seen.old.value} -> {seen.new.value} ({seen.reason.value}: {seen.detail})"
        case AddAddresses():
            yield f"{where}: adds {' '.join(map(str, seen.addresses))}"
        case RemoveAddresses():
            yield f"{where}: removes {' '.join(map(str, seen.addresses))}"
        case Raised():
            yield f"raised {seen.error}"
