"""Every add has its remove: whoever is not MASTER holds nothing, and a MASTER what is configured."""

from dataclasses import field
from typing import Final

from vrrpd.core.effects import AddAddresses, Linger, RemoveAddresses, State, StateChanged
from vrrpd.records import dataclass
from vrrpd.sim.evidence import Evidence, Violation, carry
from vrrpd.sim.history import Happening, Trouble
from vrrpd.sim.journal import Cleared, Disturbed, Entry, Forgotten, Refused, Stolen, Wanted
from vrrpd.sim.scenario import Action
from vrrpd.units import Address, Seconds

_LAW: Final = "released"
_AGAIN: Final = frozenset({Happening.REFUSE_NOTHING, Happening.REFUSE_ADD, Action.CONTINUE})
"""From then on addresses can be removed."""
_FOR_EVER: Final = float("inf")


@dataclass(slots=True)
class _Account:
    """One virtual router of one node; ``linger`` as in ``Limits``.

    ``excused``: until when it may hold more than it should; ``lacks``: or less.

    ``runs``: from when on the process runs, as far as is known; ``began``: it became MASTER at this moment;
    ``reloaded``: it was told what to hold.
    """

    name: str
    linger: Seconds
    state: State | None = None
    held: set[Address] = field(default_factory=set)
    wanted: tuple[Address, ...] = ()
    excused: float = -1.0
    runs: float = 0.0
    lacks: bool = False
    began: bool = False
    reloaded: bool = False

    def take(self, seen: object, at: float) -> None:
        match seen:
            case StateChanged():
                self.state, self.began = seen.new, seen.new is State.MASTER
            case AddAddresses() | RemoveAddresses() | Cleared():
                carry(self.held, seen)
                self.lacks = self.lacks and not self.held.issuperset(self.wanted)
                if not self.surplus:
                    self.excused = -1.0
            case Stolen():
                carry(self.held, seen)
                self.lacks = True
            case Refused(effect=AddAddresses()):
                self.lacks = True
            case Refused():
                self.excused = _FOR_EVER
            case Linger():
                self.excused = at + self.linger
            case Wanted():
                self.wanted, self.reloaded = seen.addresses, True
            case Forgotten():
                self.state, self.began, self.lacks, self.runs = None, False, False, at

    def befall(self, trouble: Trouble, at: float, patience: Seconds) -> bool:
        """Whether an excuse now lasts longer, or for ever no more.

        Whatever happens puts off what an excused node does of itself, and none does anything before it runs again.
        """
        match trouble.what:
            case Happening.STALL if self.state is not None:
                self.runs = max(self.runs, at + trouble.value)
            case Action.PAUSE if self.state is not None:
                self.runs = _FOR_EVER
            case Action.CONTINUE:
                self.runs = at
        if self.excused <= at or (self.excused == _FOR_EVER and trouble.what not in _AGAIN):
            return False
        self.excused = max(at, self.runs) + patience
        return True

    @property
    def surplus(self) -> set[Address]:
        """What it holds and should not."""
        if self.state is None:
            return set()
        return self.held.difference(self.wanted) if self.state is State.MASTER else self.held

    def judge(self, at: float) -> str | None:
        """At the end of a moment in which something was done."""
        wrong = None
        if self.surplus and at > self.excused:
            wrong = f"is {self.state.value if self.state else ''} and still holds {_join(self.surplus)}"
        elif self.state is State.MASTER and (self.began or self.reloaded) and not self.lacks:
            missing = set(self.wanted) - self.held
            wrong = f"is MASTER and does not hold {_join(missing)}" if missing else None
        self.began = self.reloaded = False
        return wrong


def released(evidence: Evidence) -> Violation | None:
    """Whoever is not MASTER holds nothing, and whoever becomes MASTER does; with a new configuration the new ones."""
    accounts: dict[tuple[str, str], _Account] = {}
    touched: dict[tuple[str, str], _Account] = {}
    moment = 0.0
    for entry in evidence.deeds:
        at, node, router, seen = entry
        if at > moment:
            found = _judge(touched, moment)
            if found is not None:
                return found
            moment = at
        if router:
            key = (node, router)
            account = accounts.get(key)
            if account is None:
                account = accounts[key] = _Account(f"{router} of {node}", evidence.limits.linger)
            account.take(seen, at)
            touched[key] = account
        elif isinstance(seen, Disturbed) and seen.trouble is not None:
            _excuse(entry, accounts, touched, evidence)
    return _judge(touched, moment) or _judge(touched, evidence.journal.end)


def _excuse(
    entry: Entry,
    accounts: dict[tuple[str, str], _Account],
    touched: dict[tuple[str, str], _Account],
    evidence: Evidence,
) -> None:
    trouble = entry.seen.trouble if isinstance(entry.seen, Disturbed) else None
    if trouble is None:
        return
    patience = max(evidence.limits.tidy, evidence.limits.linger)
    befallen = {key: account for key, account in accounts.items() if key[0] == trouble.node}
    touched |= {key: one for key, one in befallen.items() if one.befall(trouble, entry.at, patience)}


def _judge(touched: dict[tuple[str, str], _Account], at: float) -> Violation | None:
    """Who has an excuse is looked at again."""
    for account in touched.values():
        wrong = account.judge(at)
        if wrong is not None:
            return Violation(_LAW, Seconds(at), f"{account.name} {wrong}")
    for key in [key for key, account in touched.items() if not at <= account.excused < _FOR_EVER]:
        del touched[key]
    return None


def _join(addresses: set[Address]) -> str:
    return " ".join(sorted(map(str, addresses)))
