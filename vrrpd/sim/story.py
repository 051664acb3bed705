"""A journal in words, for somebody who asks why it failed over last night."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Effect,
    GroupStateChanged,
    Notice,
    RemoveAddresses,
    SendAdvertisement,
    StateChanged,
)
from vrrpd.core.election import describe_fault
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    DeadlineReached,
    EffectFailed,
    Event,
    FaultsChanged,
    LinkChanged,
    OperatorRequest,
    PacketDropped,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.observe.journal_codec import Happening, Header, Line
from vrrpd.records import dataclass
from vrrpd.units import Instant

NOTABLE: Final = 1.5
"""A sender that was silent for so many of its intervals."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """``wall``: seconds since the epoch; ``router`` is empty where it is about the whole node."""

    wall: float
    router: str
    text: str


def tell(lines: Iterable[Line]) -> Iterator[Sentence]:
    """In the order of time, as far as one stretch of the journal goes."""
    stretch: list[tuple[tuple[Instant, int], Sentence]] = []
    heard: dict[str, _Sender] = {}
    for line in lines:
        if isinstance(line, Happening):
            stretch += _happened(line, heard)
            continue
        yield from _sorted(stretch)
        stretch = []
        if isinstance(line, Header):
            yield Sentence(line.wall, "", f"the journal begins ({line.why}): vrrpd {line.vrrpd} on {line.node}")
        elif line.lost:
            yield Sentence(0.0, "", f"{line.lost} lines are missing here")
    yield from _sorted(stretch)


@dataclass(slots=True)
class _Sender:
    """Whom a router heard last, and when; ``event`` is what it said."""

    event: AdvertisementReceived
    at: Instant


def _sorted(stretch: list[tuple[tuple[Instant, int], Sentence]]) -> Iterator[Sentence]:
    stretch.sort(key=lambda item: item[0])
    return (sentence for _, sentence in stretch)


def _happened(item: Happening, heard: dict[str, _Sender]) -> Iterator[tuple[tuple[Instant, int], Sentence]]:
    def say(text: str, at: Instant = item.at, router: str = item.router) -> tuple[tuple[Instant, int], Sentence]:
        return (at, item.number), Sentence(item.wall + (at - item.at), router, text)

    if isinstance(item.event, AdvertisementReceived):
        for at, text in _hearing(item, item.event, heard):
            yield say(text, at)
    elif text := describe_event(item.event):
        yield say(text)
    for directed in item.effects:
        if text := describe_effect(directed.effect):
            yield say(text, router=directed.router)


def _hearing(item: Happening, event: AdvertisementReceived, heard: dict[str, _Sender]) -> Iterator[tuple[Instant, str]]:
    """Whom it hears, once; and every silence that was longer than it should be."""
    advert, last = event.advertisement, heard.get(item.router)
    if last is None or last.event != event:
        yield item.at, f"hears {event.source}, priority {advert.priority}"
    before = [last.at] if last is not None and last.event.source == event.source else []
    for earlier, later in pairwise([*before, item.at, *item.again]):
        if 0 < NOTABLE * advert.interval < later - earlier:
            yield later, f"nothing heard from {event.source} for {later - earlier:.3f} s before this"
    heard[item.router] = _Sender(event, item.again[-1] if item.again else item.at)


def describe_event(event: Event) -> str:
    """Empty for what says nothing by itself."""
    match event:
        case Startup():
            return "starts"
        case Shutdown():
            return "is told to stop" + (": no longer configured" if event.removed else "")
        case PacketDropped():
            return f"ignores a packet from {event.source}: {event.reason.value} {event.detail}".rstrip()
        case AddressLost():
            return f"{event.address} was removed by {event.culprit or 'somebody else'}"
        case Stalled():
            return f"the process did not run for {event.seconds:.2f} s"
        case OperatorRequest():
            return f"the operator asks: {event.action.value} {event.detail}".rstrip()
        case EffectFailed():
            return f"{_what(event.effect)} failed: {event.error}"
        case _:
            return _circumstances(event)


def _circumstances(event: Event) -> str:
    """What the world around a router is like now."""
    match event:
        case LinkChanged():
            return "the link is up" if event.up else f"the link is down: {event.detail}"
        case PrimaryAddressChanged():
            return f"sends from {event.address}" if event.address else "has no address to send from"
        case PriorityChanged():
            return f"trackers make the priority {event.effective_priority}"
        case FaultsChanged():
            return _faults(event)
        case ParametersReplaced():
            return "has a new configuration"
        case _:
            return ""


def describe_effect(effect: Effect) -> str:
    """Empty for what only accompanies a change of state."""
    match effect:
        case StateChanged():
            return f"{effect.old.value} -> {effect.new.value} ({effect.reason.value}): {effect.detail}"
        case GroupStateChanged():
            return f"group {effect.group} {effect.old.value} -> {effect.new.value}: {effect.detail}"
        case Notice():
            return f"{effect.kind.value}: {effect.detail}"
        case _:
            return ""


def describe_all(event: Event, effects: Iterable[Effect]) -> str:
    """One event and what came of it, without leaving anything out."""
    said = describe_event(event) or type(event).__name__
    if isinstance(event, AdvertisementReceived):
        said = f"hears {event.source}, priority {event.advertisement.priority}"
    elif isinstance(event, DeadlineReached):
        said = "a timer runs out"
    return f"{said}: {', '.join(describe_effect(effect) or _what(effect) for effect in effects) or 'nothing'}"


def _faults(event: FaultsChanged) -> str:
    faults = sorted(describe_fault(fault) for fault in event.faults)
    waiting = [f"waits for {name}" for name in sorted(event.waiting_for)]
    return "trackers: " + (", ".join(faults + waiting) or "nothing is wrong")


def _what(effect: Effect) -> str:
    match effect:
        case SendAdvertisement():
            return f"sends priority {effect.priority}"
        case AddAddresses():
            return "adds " + " ".join(map(str, effect.addresses))
        case RemoveAddresses():
            return "removes " + " ".join(map(str, effect.addresses))
        case Announce():
            return f"announces {' '.join(map(str, effect.addresses))} x {effect.rounds}"
        case _:
            return str(effect)
