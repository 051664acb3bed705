"""All that a node knows, as JSON values, and a node made of them again: to replay, and to hand over to another process.

Whatever happens then, the restored node does exactly what the captured one would have done. Instants are those of one
boot. This reaches into the parts of ``vrrpd.core`` on purpose: who reads the election need not read about this.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, cast

from vrrpd.core.effects import NoticeKind, Probe, Reason, State
from vrrpd.core.events import AdvertisementReceived, Fault, GroupChanged
from vrrpd.core.handover_order import Lingering
from vrrpd.core.memory import Accepted, Heard, Memory
from vrrpd.core.node import Node
from vrrpd.core.parameters import Parameters
from vrrpd.core.statistics import Statistics
from vrrpd.core.sync_group import SyncGroup
from vrrpd.core.timers import Deadlines, Timer
from vrrpd.core.upkeep import Addresses, Upkeep
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.plain import Codec, Plain, PlainError, codec_of
from vrrpd.units import Address, Family, Instant, Priority, Seconds, Vrid, after

VERSION: Final = 1

# What each part remembers, by type. Parts of parts come by themselves.
_REMEMBERED: Final[dict[type, dict[object, tuple[str, ...]]]] = {
    VirtualRouter: {
        State: ("state",),
        Priority: ("effective_priority",),
        Statistics: ("statistics",),
        Deadlines: ("_deadlines",),
        Memory: ("_memory",),
        Upkeep: ("_upkeep",),
        Lingering: ("_lingering",),
        bool: ("_started", "_preempt_ready", "_ready_to_lead"),
        Reason: ("_reason", "_takeover"),
        str: ("_detail",),
        Fault | None: ("_link_fault", "_maintenance"),
        Address | None: ("_source", "_rogue", "_relied_on", "_taken_from"),
        Probe | None: ("_probe",),
        Instant: ("_provisional_until", "_rest_until"),
        frozenset[Fault]: ("_faults",),
        frozenset[str]: ("_waiting_for",),
        Instant | None: ("_since", "_protocol_down"),
        Seconds | None: ("_learnt_interval",),
        Seconds: ("_rogue_interval", "_rest"),
        int: ("_rogue_adverts_left",),
        GroupChanged: ("_group",),
    },
    Deadlines: {dict[Timer, Instant]: ("_pending",)},
    Memory: {dict[Address, Heard]: ("_peers",), dict[NoticeKind, set[str]]: ("_said",)},
    Upkeep: {
        Addresses: ("_to_add", "_to_remove"),
        int: ("_failures", "_handed_over"),
        Instant: ("_failed_at",),
        Seconds: ("_wait",),
        dict[Address, list[Instant]]: ("_losses",),
        Instant | None: ("_patient_until",),
    },
    Lingering: {
        Addresses: ("addresses",),
        Instant: ("since",),
        Address | None: ("successor",),
    },
    SyncGroup: {
        State: ("state",),
        dict[str, GroupChanged]: ("_told",),
        bool: ("_stopped",),
        Instant | None: ("_since",),
        str: ("_detail",),
    },
}
_PLAN: Final[dict[type, tuple[tuple[str, Codec | None], ...]]] = {
    part: tuple(
        (name, None if kind in _REMEMBERED else codec_of(kind)) for kind, names in remembered.items() for name in names
    )
    for part, remembered in _REMEMBERED.items()
}
"""How to write and read each of them; None: a part of its own."""
_CODECS: Final = {part: dict(plan) for part, plan in _PLAN.items()}
_NO_PLAIN: Final = object()
_PARAMETERS, _FOLLOWED = codec_of(Parameters), codec_of(Address | None)
_ACCEPTED = codec_of(tuple[AdvertisementReceived, Seconds, Seconds | None] | None)


def capture(node: Node, *, routers: bool = True) -> dict[str, Plain]:
    """What ``restore`` takes; without the routers where those are captured one by one."""
    return {
        "version": VERSION,
        "routers": {
            name: {"parameters": _PARAMETERS.write(router.parameters), **_write_router(router, _up_to_date(router))}
            for name, router in node.routers.items()
            if routers
        },
        "groups": {
            name: {"members": list(group.members), "state": _write(group)} for name, group in node.groups.items()
        },
    }


def restore(captured: Plain, known: Mapping[str, Parameters] | None = None) -> Node:
    """A node in the captured state; what was not captured of a router is as in a new one. Raises PlainError when it
    cannot be understood. ``known``: the parameters of routers, where they are to be had with less work.
    """
    try:
        found = cast("dict[str, dict[str, dict[str, Plain]]]", captured)
        if captured_version(captured) != VERSION:
            raise PlainError(f"version {captured_version(captured)} of the state is not known here")
        known = known or {}
        routers = [_read_router(name, plain, known.get(name)) for name, plain in found["routers"].items()]
        node = Node(routers, {name: cast("list[str]", plain["members"]) for name, plain in found["groups"].items()})
        for name, group in node.groups.items():
            _read(group, found["groups"][name]["state"])
    except (KeyError, TypeError, AttributeError) as error:
        raise PlainError(f"the state is incomplete: {error}") from error
    return node


def capture_router(router: VirtualRouter) -> dict[str, Plain]:
    """One of ``capture``'s routers, without its parameters and what is as in a new one."""
    return _write_router(router, _differing(_up_to_date(router), _new_router()))


def capture_parameters(node: Node) -> Plain:
    return {name: _PARAMETERS.write(router.parameters) for name, router in node.routers.items()}


def restore_parameters(captured: Plain) -> dict[str, Parameters]:
    """Raises PlainError."""
    if not isinstance(captured, dict):
        raise PlainError("no parameters")
    return {name: _PARAMETERS.read(plain) for name, plain in captured.items()}


@cache
def _new_router() -> dict[str, Plain]:
    plain = _write(VirtualRouter("", Parameters(Vrid(1), Family.IPV4, 3, Priority(1), Seconds(1.0), ())))
    del plain["effective_priority"]
    return plain


def _differing(plain: dict[str, Plain], usual: dict[str, Plain]) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for name, value in plain.items():
        known = usual.get(name, _NO_PLAIN)
        if value == known:
            continue
        inner = isinstance(value, dict) and isinstance(known, dict)
        found[name] = _differing(cast("dict[str, Plain]", value), cast("dict[str, Plain]", known)) if inner else value
    return found


def captured_version(captured: Plain) -> Plain:
    return captured.get("version") if isinstance(captured, dict) else None


def _up_to_date(router: VirtualRouter) -> dict[str, Plain]:
    router.catch_up()
    return _write(router)


def _write_router(router: VirtualRouter, state: dict[str, Plain]) -> dict[str, Plain]:
    memory, accepted = router._memory, router._accepted
    return {
        "state": state,
        "followed": _FOLLOWED.write(memory.master and memory.master.source),
        "accepted": _ACCEPTED.write(accepted and (accepted.event, accepted.wait, accepted.overdue)),
    }


def _read_router(name: str, plain: dict[str, Plain], parameters: Parameters | None) -> VirtualRouter:
    router = VirtualRouter(name, _PARAMETERS.read(plain["parameters"]) if parameters is None else parameters)
    _read(router, plain["state"])
    followed, accepted = _FOLLOWED.read(plain["followed"]), _ACCEPTED.read(plain["accepted"])
    if followed is not None:
        router._memory.follow(router._memory._peers[followed])
        if accepted is not None:
            router._accepted = Accepted(accepted[0], router._memory._peers[followed], *accepted[1:])
    return router


def _write(part: object) -> dict[str, Plain]:
    return {
        name: _write(getattr(part, name)) if codec is None else codec.write(getattr(part, name))
        for name, codec in _PLAN[type(part)]
    }


def _read(part: object, plain: Plain) -> None:
    remembered = cast("dict[str, Plain]", plain)
    codecs = _CODECS[type(part)]
    for name, value in remembered.items():
        codec = codecs[name]
        if codec is None:
            _read(getattr(part, name), value)
        else:
            setattr(part, name, codec.read(value))


def wanted_probes(node: Node) -> Iterable[tuple[str, Probe]]:
    """What the routers last asked of the shell, for one that does not know of it."""
    return ((name, router._probe) for name, router in node.routers.items() if router._probe is not None)


def advert_due(router: VirtualRouter) -> float:
    """When a MASTER's next advertisement is due; 0.0: none is."""
    return router._deadlines.get(Timer.ADVERT) or 0.0


def last_heard(router: VirtualRouter) -> float:
    """When the master was heard last; 0.0: none is known."""
    followed = router._memory._followed
    return 0.0 if followed is None else followed.at


def source_of(router: VirtualRouter) -> Address | None:
    """That it sends from."""
    return router._source


def has_link(router: VirtualRouter) -> bool:
    """It was not told that its link cannot be used."""
    return router._link_fault is None


def let_lead(router: VirtualRouter) -> None:
    """Its Master_Down_Timer has run out."""
    router._deadlines.set(Timer.MASTER_DOWN, Instant(0.0))


def bring_up_to_date(router: VirtualRouter, advert_at: float, heard_at: float, sent: int, received: int) -> None:
    """The router was captured, and later these were its times and counters."""
    counted = router.statistics
    counted.adverts_sent = max(counted.adverts_sent, sent)
    counted.adverts_received = max(counted.adverts_received, received)
    deadlines, accepted = router._deadlines, router._accepted
    if router.state is State.MASTER and advert_at > advert_due(router):
        deadlines.set(Timer.ADVERT, Instant(advert_at))
    elif accepted is not None and heard_at > accepted.heard.at:
        accepted.heard.at = heard = Instant(heard_at)
        deadlines.set(Timer.MASTER_DOWN, after(heard, accepted.wait))
        if accepted.overdue is not None:
            deadlines.set(Timer.OVERDUE, after(heard, accepted.overdue))
