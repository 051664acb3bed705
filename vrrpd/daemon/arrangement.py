"""In which order the effects of several instances are carried out."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from vrrpd.core.directed import Directed
from vrrpd.core.effects import AddAddresses, Announce, NotifyEvent, NotifyGroup, RemoveAddresses, SendAdvertisement

_ADVERTS, _ADDRESSES, _ANNOUNCEMENTS, _REPETITIONS = range(4)
_QUIET = (NotifyEvent.BACKUP, NotifyEvent.FAULT)


def adverts_ahead(batch: Collection[Directed]) -> tuple[Collection[Directed], Collection[Directed]]:
    """The adverts with which the batch begins, and the rest of it."""
    for count, directed in enumerate(batch):
        if not isinstance(directed.effect, SendAdvertisement):
            items = list(batch)
            return items[:count], items[count:]
    return batch, []


def arrange(batch: Collection[Directed]) -> Collection[Directed]:
    """First the adverts of all, then the addresses of all, then each announcement once, then their repetitions.

    But for adverts, which wait for nothing, the effects of one instance stay in their order. What several packets led
    to is announced once.
    """
    if all(isinstance(directed.effect, SendAdvertisement) for directed in batch):
        return batch
    announced = [(place, directed) for place, directed in enumerate(batch) if isinstance(directed.effect, Announce)]
    repeated = _repeated(announced)
    reached: dict[str, int] = {}
    staged: list[tuple[int, Directed]] = []
    for place, directed in enumerate(batch):
        if place in repeated:
            continue
        if isinstance(directed.effect, SendAdvertisement):
            staged.append((_ADVERTS, directed))
            continue
        for stage, part in _parts(directed, several=len(announced) - len(repeated) > 1):
            reached[part.router] = max(reached.get(part.router, _ADDRESSES), stage)
            staged.append((reached[part.router], part))
    staged.sort(key=lambda item: item[0])
    return [directed for _, directed in staged]


def _repeated(announced: Sequence[tuple[int, Directed]]) -> Collection[int]:
    """The places of those that come again. Looking costs time where there are a thousand addresses."""
    if len(announced) < 2:
        return ()
    last = {directed: place for place, directed in announced}
    return {place for place, directed in announced if last[directed] != place}


def groups_first(batch: Collection[Directed]) -> Collection[Directed]:
    """At the start groups that are not MASTER are announced before their members (keepalived)."""
    first = [item for item in batch if isinstance(item.effect, NotifyGroup) and item.effect.event in _QUIET]
    return [*first, *(item for item in batch if item not in first)] if first else batch


def _parts(directed: Directed, *, several: bool) -> tuple[tuple[int, Directed], ...]:
    effect = directed.effect
    if isinstance(effect, AddAddresses | RemoveAddresses):
        return ((_ADDRESSES, directed),)
    if not isinstance(effect, Announce):
        return ((0, directed),)  # with what it follows
    if not several or effect.rounds == 1:
        return ((_ANNOUNCEMENTS, directed),)
    once, again = replace(effect, rounds=1), replace(effect, rounds=effect.rounds - 1)
    return (_ANNOUNCEMENTS, replace(directed, effect=once)), (_REPETITIONS, replace(directed, effect=again))
