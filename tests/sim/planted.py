"""Bugs to be planted in the election, to show that the laws of the simulator see them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

import vrrpd.core.election as election
from vrrpd import handover
from vrrpd.core.effects import Reason, SendAdvertisement
from vrrpd.core.events import HostSilent, LetGo
from vrrpd.core.timers import Timer
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant, Priority, Seconds, after

Plant = Callable[[pytest.MonkeyPatch], None]


def _reversed_skew(version: int, priority: Priority, interval: Seconds) -> Seconds:
    share = priority / 256
    return Seconds(share if version == 2 else share * interval)


def reversed_skew_time(patch: pytest.MonkeyPatch) -> None:
    """The worst backup is the quickest."""
    patch.setattr(election, "skew_time", _reversed_skew)
    patch.setattr(
        election,
        "master_down_interval",
        lambda version, priority, interval, adverts=3: Seconds(
            adverts * interval + _reversed_skew(version, priority, interval)
        ),
    )


def forgets_to_remove(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_remove", lambda *_: None)


def forgets_to_add(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_add", lambda *_: None)


def never_yields(patch: pytest.MonkeyPatch) -> None:
    """A MASTER ignores the adverts of others, higher priorities too."""
    patch.setattr(VirtualRouter, "_advert_as_master", lambda *_: None)


def never_takes_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_EXPIRED", {**VirtualRouter._EXPIRED, Timer.MASTER_DOWN: lambda *_: None})


def follows_anybody(patch: pytest.MonkeyPatch) -> None:
    """A BACKUP follows lower priorities although it is to preempt."""
    patch.setattr(VirtualRouter, "_lets_be", lambda *_: True)


def backups_speak(patch: pytest.MonkeyPatch) -> None:
    """A BACKUP answers a lower priority as a MASTER would."""

    def outlast(self: VirtualRouter, *_arguments: object) -> None:
        self._effects.append(SendAdvertisement(self.effective_priority))

    patch.setattr(VirtualRouter, "_outlast", outlast)


def raises(patch: pytest.MonkeyPatch) -> None:
    """A case that nobody thought of."""

    def resigned(self: VirtualRouter, now: Instant) -> bool:
        raise KeyError(self.state)

    patch.setattr(VirtualRouter, "_replaced_meanwhile", resigned)


def keeps_on_fault(patch: pytest.MonkeyPatch) -> None:
    """FAULT without letting go."""
    release = VirtualRouter._release

    def keep(self: VirtualRouter, farewells: int) -> None:
        if self._current_faults():
            self._send(Priority(0))
        else:
            release(self, farewells)

    patch.setattr(VirtualRouter, "_release", keep)


def ignores_resignations(patch: pytest.MonkeyPatch) -> None:
    """Priority 0 leads to a wait without end."""
    heard = VirtualRouter._advert_as_backup

    def deaf(self: VirtualRouter, advert: Any, now: Instant) -> None:
        heard(self, advert, now)
        if advert.advertisement.priority == 0:
            self._deadlines.set(Timer.MASTER_DOWN, after(now, 1000.0))

    patch.setattr(VirtualRouter, "_advert_as_backup", deaf)


def takes_lateness_for_death(patch: pytest.MonkeyPatch) -> None:
    """Whoever is overdue is not asked any more."""

    def overdue(self: VirtualRouter, _at: Instant, now: Instant) -> None:
        self._hasten(now, Reason.MASTER_SILENT)

    patch.setattr(VirtualRouter, "_EXPIRED", {**VirtualRouter._EXPIRED, Timer.OVERDUE: overdue})


def does_not_listen_to_silence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_HANDLERS", {**VirtualRouter._HANDLERS, HostSilent: lambda *_: None})


def waits_for_the_timer(patch: pytest.MonkeyPatch) -> None:
    """A lower priority than ours is outlasted, even the master's own."""
    hasten = VirtualRouter._hasten

    def slowly(self: VirtualRouter, start: Instant, reason: Reason) -> None:
        if reason is not Reason.PREEMPTING:
            hasten(self, start, reason)

    patch.setattr(VirtualRouter, "_hasten", slowly)


def never_regrets(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_judge_takeover", lambda *_: None)


def two_owners_agree(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_two_owners", lambda *_: None)


def tries_once(patch: pytest.MonkeyPatch) -> None:
    """What the kernel refused is not tried again."""
    patch.setattr(VirtualRouter, "_EXPIRED", {**VirtualRouter._EXPIRED, Timer.RETRY: lambda *_: None})


def forgets_to_reload(patch: pytest.MonkeyPatch) -> None:
    """The addresses stay those of the old configuration."""
    patch.setattr(VirtualRouter, "_replace_as_master", lambda *_: None)


def hands_over_no_timers(patch: pytest.MonkeyPatch) -> None:
    """Another process goes on, and waits for nothing."""
    plan = tuple(entry for entry in handover._PLAN[VirtualRouter] if entry[0] != "_deadlines")
    patch.setitem(handover._PLAN, VirtualRouter, plan)


def breaks_first(patch: pytest.MonkeyPatch) -> None:
    """Whoever leaves lets go at once, whatever is configured."""
    patch.setattr(VirtualRouter, "_leave", lambda self, _now: self._release(farewells=1))


def never_lets_go(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(VirtualRouter, "_EXPIRED", {**VirtualRouter._EXPIRED, Timer.LINGER: lambda *_: None})


def does_not_see_the_successor(patch: pytest.MonkeyPatch) -> None:
    """The addresses stay as long as if nobody had been heard."""
    patch.setattr(VirtualRouter, "_succeeded", lambda *_: None)
    patch.setattr(VirtualRouter, "_HANDLERS", {**VirtualRouter._HANDLERS, LetGo: lambda *_: None})


PLANTED: Final[Mapping[Plant, frozenset[str]]] = {
    reversed_skew_time: frozenset({"lower waits longer"}),
    forgets_to_remove: frozenset({"released"}),
    forgets_to_add: frozenset({"released"}),
    never_yields: frozenset({"one holder"}),
    never_takes_over: frozenset({"some holder"}),
    follows_anybody: frozenset({"best holder"}),
    backups_speak: frozenset({"masters speak"}),
    raises: frozenset({"total"}),
    keeps_on_fault: frozenset({"released"}),
    ignores_resignations: frozenset({"some holder"}),
    takes_lateness_for_death: frozenset({"silence is real"}),
    does_not_listen_to_silence: frozenset({"silence counts"}),
    waits_for_the_timer: frozenset({"demoted"}),
    never_regrets: frozenset({"backs off"}),
    two_owners_agree: frozenset({"one holder"}),
    tries_once: frozenset({"released", "some holder", "one holder"}),
    breaks_first: frozenset({"no gap"}),
    never_lets_go: frozenset({"released"}),
    does_not_see_the_successor: frozenset({"one holder"}),
    forgets_to_reload: frozenset({"released"}),
    hands_over_no_timers: frozenset({"some holder", "lower waits longer", "one holder", "best holder"}),
}
"""Each bug, and the laws that it breaks."""
