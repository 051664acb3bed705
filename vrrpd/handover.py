"""All that a node knows, as JSON values, and a node made of them again: to replay, and to hand over to another process.

Whatever happens then, the restored node does exactly what the captured one would have done. Instants are those of one
boot. This reaches into the parts of ``vrrpd.core`` on purpose: who reads the election need not read about this.
"""

from typing import Final, cast

from vrrpd.core.effects import NoticeKind, Probe, Reason, State
from vrrpd.core.events import AdvertisementReceived, Fault, GroupChanged
from vrrpd.core.memory import Accepted, Heard, Memory
from vrrpd.core.node import Node
from vrrpd.core.parameters import Parameters
from vrrpd.core.statistics import Statistics
from vrrpd.core.sync_group import SyncGroup
from vrrpd.core.timers import Deadlines, Timer
from vrrpd.core.upkeep import Addresses, Upkeep
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.plain import Codec, Plain, PlainError, codec_of
from vrrpd.units import Address, Instant, Priority, Seconds

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
_PARAMETERS, _FOLLOWED = codec_of(Parameters), codec_of(Address | None)
_ACCEPTED = codec_of(tuple[AdvertisementReceived, Seconds, Seconds | None] | None)


def capture(node: Node) -> dict[str, Plain]:
    """What ``restore`` takes."""
    return {
        "version": VERSION,
        "routers": {name: _write_router(router) for name, router in node.routers.items()},
        "groups": {
            name: {"members": list(group.members), "state": _write(group)} for name, group in node.groups.items()
        },
    }


def restore(captured: Plain) -> Node:
    """A node in the captured state. Raises PlainError when that cannot be understood."""
    try:
        found = cast("dict[str, dict[str, dict[str, Plain]]]", captured)
        if captured_version(captured) != VERSION:
            raise PlainError(f"version {captured_version(captured)} of the state is not known here")
        routers = [_read_router(name, plain) for name, plain in found["routers"].items()]
        node = Node(routers, {name: cast("list[str]", plain["members"]) for name, plain in found["groups"].items()})
        for name, group in node.groups.items():
            _read(group, found["groups"][name]["state"])
    except (KeyError, TypeError, AttributeError) as error:
        raise PlainError(f"the state is incomplete: {error}") from error
    return node


def captured_version(captured: Plain) -> Plain:
    return captured.get("version") if isinstance(captured, dict) else None


def _write_router(router: VirtualRouter) -> dict[str, Plain]:
    router.catch_up()
    memory, accepted = router._memory, router._accepted
    return {
        "parameters": _PARAMETERS.write(router.parameters),
        "state": _write(router),
        "followed": _FOLLOWED.write(memory.master and memory.master.address),
        "accepted": _ACCEPTED.write(accepted and (accepted.event, accepted.wait, accepted.overdue)),
    }


def _read_router(name: str, plain: dict[str, Plain]) -> VirtualRouter:
    router = VirtualRouter(name, _PARAMETERS.read(plain["parameters"]))
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
    for name, codec in _PLAN[type(part)]:
        if codec is None:
            _read(getattr(part, name), remembered[name])
        else:
            setattr(part, name, codec.read(remembered[name]))
