"""A status result as words for people: table rows, and notes on what needs attention. No terminal here."""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from vrrpd.control.status import (
    AddressStatus,
    GroupStatus,
    InstanceStatus,
    PeerStatus,
    StateName,
    StatusResult,
    TrackerStatus,
)
from vrrpd.records import dataclass

HEADINGS: Final = ("NAME", "STATE", "SINCE", "PRIORITY", "MASTER", "VIPS HERE", "REASON")
_SERVING: Final[frozenset[StateName]] = frozenset(("MASTER", "BACKUP"))
_DAY: Final = 86400
_DUPLICATE: Final = "is not used, because another host has it, on"
_LOST_AFTER: Final = 3
"""Advertisement intervals after which a silent peer no longer counts as there (RFC 3768 section 6.1)."""


@dataclass(frozen=True, slots=True)
class Row:
    """``cells`` under HEADINGS; ``alarming``: the addresses here are not as the state wants them."""

    cells: tuple[str, ...]
    state: StateName
    alarming: bool


@dataclass(frozen=True, slots=True)
class Notes:
    """``urgent`` lines say what is wrong, ``calm`` ones what is."""

    heading: str
    urgent: tuple[str, ...]
    calm: tuple[str, ...]


def all_serving(status: StatusResult) -> bool:
    return all(instance["state"] in _SERVING for instance in status["instances"])


def daemon_line(status: StatusResult) -> str:
    daemon = status["daemon"]
    pids = f"pid {daemon['pid']}"
    if daemon["worker_pid"] != daemon["pid"]:
        pids += f" (worker {daemon['worker_pid']})"
    line = f"vrrpd {daemon['version']}, {pids}, up {duration(daemon['uptime'])}, {daemon['config']}"
    deaths = daemon["worker_deaths"]
    if deaths:
        last = deaths[-1]
        ago = duration(max(0.0, time.time() - last["at"]))
        often = "once" if len(deaths) == 1 else f"{len(deaths)} times"
        line += f", worker replaced {often} (last: {last['how']}, {ago} ago)"
    refused = daemon["refused_upgrade"]
    if refused is not None:
        ago = duration(max(0.0, time.time() - refused["at"]))
        why = refused["why"][-1] if refused["why"] else "nobody knows why"
        line += f", upgrade to {refused['version'] or 'what is installed'} refused {ago} ago: {why}"
    return printable(line)


def row_of(instance: InstanceStatus) -> Row:
    state = f"{instance['state']} (contested)" if contenders(instance) else instance["state"]
    present = sum(address["present"] for address in instance["addresses"])
    cells = (
        instance["name"],
        state,
        f"{clock(instance['since'], instance['state_seconds'])} ({duration(instance['state_seconds'])})",
        _change(instance["base_priority"], instance["effective_priority"]),
        _master(instance),
        f"{present}/{len(instance['addresses'])}",
        instance["detail"] or _words(instance["reason"]),
    )
    return Row(tuple(map(printable, cells)), instance["state"], bool(_misplaced(instance)))


def notes_of(instance: InstanceStatus, *, everything: bool) -> Notes:
    """``everything``: also what is as it should be (trackers that are up, peers, timers, counters)."""
    heading = (
        f"{instance['name']}: {instance['interface'] or 'no interface'}, "
        f"virtual router {instance['virtual_router_id']}, VRRPv{instance['version']}, IPv{instance['family']}"
    )
    urgent = (*_contests(instance), *_rival(instance), *_faults(instance), *_misplaced(instance), *_unable(instance))
    calm = (
        *_waiting(instance),
        *_lingering(instance),
        *_resting(instance),
        *_silent_peers(instance),
        *_trackers(instance, everything=everything),
    )
    if everything:
        calm += (*_source(instance), *_probe(instance), *_peers(instance), *_timers(instance), *_counters(instance))
    return Notes(printable(heading), tuple(map(printable, urgent)), tuple(map(printable, calm)))


def contenders(instance: InstanceStatus) -> Sequence[PeerStatus]:
    """Who else says to be master while we are, and has not just given it up: two masters."""
    if instance["state"] != "MASTER":
        return ()
    return [
        peer
        for peer in instance["peers"]
        if peer["priority"] > 0 and peer["heard_ago"] < min(instance["state_seconds"], _LOST_AFTER * peer["interval"])
    ]


def duration(seconds: float) -> str:
    """The two greatest units: ``0.4 s``, ``42 s``, ``3 min 4 s``, ``3 h 12 min``, ``2 d 3 h``."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < _DAY:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // _DAY} d {whole % _DAY // 3600} h"


def clock(since: float, ago: float) -> str:
    """Local time; with the date when it is longer ago than half a day."""
    form = "%H:%M:%S" if ago < _DAY / 2 else "%Y-%m-%d %H:%M"
    return time.strftime(form, time.localtime(since))


def printable(text: str) -> str:
    """Nothing that moves the cursor or does worse to a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _change(base: int, effective: int) -> str:
    return f"{base}" if base == effective else f"{base} -> {effective}"


def _words(reason: str) -> str:
    return reason.replace("_", " ")


def _master(instance: InstanceStatus) -> str:
    master = instance["master"]
    if master is None:
        return "unknown" if instance["state"] == "BACKUP" else "-"
    if master["self"]:
        return "this node"
    heard = "" if master["heard_ago"] is None else f", heard {duration(master['heard_ago'])} ago"
    return f"{master['address']} ({master['priority']}){heard}"


def group_line(group: GroupStatus) -> str:
    """One line on a sync group: its members, its state, and what holds it back."""
    blocked = f", blocked by {', '.join(group['blocked_by'])}" if group["blocked_by"] else ""
    since = f"{clock(group['since'], group['state_seconds'])} ({duration(group['state_seconds'])})"
    return printable(f"group {group['name']} ({', '.join(group['members'])}): {group['state']} since {since}{blocked}")


def _contests(instance: InstanceStatus) -> Iterator[str]:
    for peer in contenders(instance):
        yield (
            f"contested: {peer['address']} says it is master too, with priority {peer['priority']}, "
            f"heard {duration(peer['heard_ago'])} ago"
        )


def _rival(instance: InstanceStatus) -> Iterator[str]:
    if instance["rival"] is not None and instance["addresses"]:
        address = instance["addresses"][0]["address"].partition("/")[0]
        yield (
            f"{address} is at {instance['rival']} too: another node is master and is not heard; look at packet filters "
            "for IP protocol 112 between the two, and there at unicast_peer, virtual_router_id and interface"
        )


def _faults(instance: InstanceStatus) -> Iterator[str]:
    for fault in instance["faults"]:
        yield f"fault: {_words(fault['reason'])}{': ' if fault['name'] else ''}{fault['name']}"


def _misplaced(instance: InstanceStatus) -> Sequence[str]:
    """Addresses that are not where the state wants them, by the kernel's word."""
    wanted = instance["state"] == "MASTER"
    problem = "is missing from" if wanted else f"is on, though this node is {instance['state']}:"
    return [
        f"address {address['address']} {_DUPLICATE if address['duplicate'] else problem} {address['device']}"
        for address in instance["addresses"]
        if address["present"] != wanted and address["address"].partition("/")[0] not in instance["lingering"]
    ]


def _unable(instance: InstanceStatus) -> Iterator[str]:
    unable, settled = instance["unable"], instance["timers"].get("settled")
    if unable is None:
        return
    often = "" if unable["handed_over"] == 1 else f", {unable['handed_over']} times in a row"
    if unable["stays"]:
        after = f"that did not help, and it stays MASTER for another {duration(unable['stays'])} all the same"
    elif unable["holds_back"]:
        left = duration(unable["holds_back"])
        after = f"for another {left} it preempts nobody, and waits longer when a master resigns"
    elif settled is not None:
        after = f"well again in {duration(settled)}, if nothing fails"
    else:
        after = "it has not shown since that it can"
    yield f"could not serve its addresses and handed over{often}: {after}"


def static_lines(status: StatusResult, *, everything: bool) -> tuple[str, ...]:
    """On static addresses: those that are not where they belong; ``everything``: the others too."""
    return tuple(
        printable(f"static address {address['address']} {_static(address)} {address['device']}")
        for address in status["static_addresses"]
        if everything or not address["present"]
    )


def _static(address: AddressStatus) -> str:
    if address["present"]:
        return "is on"
    return _DUPLICATE if address["duplicate"] else "is missing from"


def _lingering(instance: InstanceStatus) -> Iterator[str]:
    if instance["lingering"]:
        left = duration(instance["timers"].get("linger", 0.0))
        yield f"keeps {', '.join(instance['lingering'])} until the successor is heard, {left} at most"


def _waiting(instance: InstanceStatus) -> Iterator[str]:
    if instance["waiting_for"]:
        yield f"waiting for the first result of {', '.join(instance['waiting_for'])}"


def _trackers(instance: InstanceStatus, *, everything: bool) -> Iterator[str]:
    for tracker in instance["trackers"]:
        if everything or tracker["status"] != "up":
            yield _tracker(tracker)


def _tracker(tracker: TrackerStatus) -> str:
    detail = f", {tracker['detail']}" if tracker["detail"] else ""
    effect = f"weight {tracker['weight']}" if tracker["weight"] else "failure is FAULT"
    reverse = ", reversed" if tracker["reverse"] else ""
    return f"{tracker['kind']} {tracker['name']} is {tracker['status']}{detail} ({effect}{reverse})"


def _source(instance: InstanceStatus) -> Iterator[str]:
    yield f"advertisements come from {instance['source'] or 'nowhere: the interface has no address'}"


def _probe(instance: InstanceStatus) -> Iterator[str]:
    probe = instance["probe"]
    if probe is not None:
        missed = probe["missed"]
        said = {None: "has not answered yet", True: "answers", False: f"has left {missed} requests unanswered"}
        ago = "" if probe["answered_ago"] is None else f", last answer {duration(probe['answered_ago'])} ago"
        ago += f", {missed} missed" if missed and probe["answers"] else ""
        yield f"fast failover: {probe['host']} {said[probe['answers']]} ({probe['how'] or 'not asked yet'}{ago})"


def _resting(instance: InstanceStatus) -> Iterator[str]:
    left, wrong = instance["timers"].get("probe_rest"), instance["statistics"].get("wrong_takeovers")
    if left is not None:
        yield f"fast failover: after {wrong} wrong takeovers no host is asked for another {duration(left)}"


def _peers(instance: InstanceStatus) -> Iterator[str]:
    for peer in instance["peers"]:
        form = f", checksum {_words(peer['checksum_form'])}" if peer["checksum_form"] else ""
        yield (
            f"peer {peer['address']}: priority {peer['priority']}, every {peer['interval']:g} s, "
            f"heard {duration(peer['heard_ago'])} ago{form}"
        )


def _silent_peers(instance: InstanceStatus) -> Iterator[str]:
    for peer in instance["silent_peers"]:
        yield (
            f"peer {peer['address']} fell silent {duration(peer['heard_ago'])} ago without a farewell, with priority "
            f"{peer['priority']}, and its host answered ping: if it is not BACKUP again by now, look at packet filters "
            "for IP protocol 112 between the two, and there at unicast_peer, virtual_router_id and interface"
        )


def _timers(instance: InstanceStatus) -> Iterator[str]:
    for name, remaining in instance["timers"].items():
        yield f"timer {_words(name)}: {duration(remaining)} left"


def _counters(instance: InstanceStatus) -> Iterator[str]:
    counted = {_words(name): value for name, value in instance["statistics"].items() if value}
    flat = {name: value for name, value in counted.items() if isinstance(value, int)}
    for name, group in counted.items():
        if not isinstance(group, int):
            flat |= {f"{name} {_words(kind)}": number for kind, number in group.items() if number}
    if flat:
        yield f"counters: {', '.join(f'{name} {number}' for name, number in flat.items())}"
