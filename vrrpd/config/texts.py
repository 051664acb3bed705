"""Values of the model as texts: lines of words as keepalived writes them, which TOML keeps as elements of lists."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vrrpd.config.fast_failover import fast_failover_settings
from vrrpd.config.line_values import routing_texts
from vrrpd.config.model import (
    FOREVER,
    Config,
    ExtraGarp,
    Fifo,
    HmacKey,
    Ipvlan,
    LinkbeatInterface,
    MailServer,
    Route,
    Rule,
    Track,
    UnicastPeer,
    UpDownDelay,
    VirtualAddress,
    Vmac,
)
from vrrpd.config.values import InitFile, User, Weight
from vrrpd.core.parameters import FastFailover

Defaults = Mapping[tuple[str, str], tuple[int, bool]]
"""The weight of each tracker's own definition, by keyword of reference and name."""


def own_weights(config: Config) -> Defaults:
    tables: Mapping[str, Iterable[object]] = {
        "track_script": config.vrrp_scripts,
        "track_file": config.track_files,
        "track_process": config.track_processes,
        "track_bfd": config.bfd_instances,
    }
    return {
        (keyword, str(getattr(item, "name", ""))): (getattr(item, "weight", 0), getattr(item, "reverse", False))
        for keyword, items in tables.items()
        for item in items
    }


def number(value: float) -> str:
    """The shortest decimal that is read back as the same number."""
    if isinstance(value, float) and not value.is_integer():
        text = repr(value)
        return f"{value:.9f}".rstrip("0") if "e" in text else text
    return str(int(value))


def address_text(vip: VirtualAddress) -> str:
    alone = vip.peer is not None or vip.prefix == vip.address.max_prefixlen
    words = [str(vip.address) if alone else f"{vip.address}/{vip.prefix}"]
    words += ["peer", f"{vip.peer}/{vip.prefix}"] if vip.peer else []
    words += ["brd", str(vip.broadcast)] if vip.broadcast else []
    words += ["dev", vip.device] if vip.device else []
    words += ["scope", str(vip.scope)] if vip.scope else []
    words += ["label", vip.label] if vip.label else []
    flags = {
        "home": vip.home,
        "-nodad": vip.dad,
        "mngtmpaddr": vip.mngtmpaddr,
        "noprefixroute": vip.noprefixroute,
        "autojoin": vip.autojoin,
        "use_vmac": vip.use_vmac,
        "no_track": vip.no_track,
    }
    words += [word for word, wanted in flags.items() if wanted]
    if vip.preferred_lft is not None:
        words += ["preferred_lft", "forever" if vip.preferred_lft == FOREVER else str(vip.preferred_lft)]
    words += ["track_group", vip.track_group] if vip.track_group else []
    return " ".join(words)


def track_text(track: Track, keyword: str, defaults: Defaults) -> str:
    own, own_reverse = defaults.get((keyword, track.name), (0, False))
    if (track.weight, track.reverse) == (own, own_reverse):
        return track.name
    reverse = " reverse" if track.reverse else " noreverse" if own_reverse else ""
    return f"{track.name} weight {track.weight}{reverse}"


def weight_text(weight: Weight) -> str:
    return f"{weight.value} reverse" if weight.reverse else str(weight.value)


def _peer(peer: UnicastPeer) -> str:
    text = str(peer.address)
    text += f" min_ttl {peer.min_ttl}" if peer.min_ttl is not None else ""
    return text + (f" max_ttl {peer.max_ttl}" if peer.max_ttl is not None else "")


def _routing(entry: Route | Rule) -> str:
    return " ".join(routing_texts(entry))


def _vmac(vmac: Vmac) -> str:
    words = [vmac.name or "", vmac.mac.hex(":") if vmac.mac else ""]
    words += ["netlink_notify_msg"] if vmac.netlink_notify_msg else []
    words += ["group", str(vmac.group)] if vmac.group is not None else []
    return " ".join(filter(None, words))


def _ipvlan(ipvlan: Ipvlan) -> str:
    words = [ipvlan.name or ""]
    if ipvlan.address is not None:
        words.append(f"{ipvlan.address}/{ipvlan.prefix}" if ipvlan.prefix is not None else str(ipvlan.address))
    words.append(ipvlan.mode or "")
    words += ["group", str(ipvlan.group)] if ipvlan.group is not None else []
    return " ".join(filter(None, words))


def _runner(first: str, user: str | None, group: str | None) -> str:
    return " ".join(filter(None, (first, user, group if user else None)))


def _fast_failover(fast: FastFailover) -> str:
    lines = (f"{word} {text_of(value)}" for word, value in fast_failover_settings(fast).items())
    inner = "; ".join(lines)
    return f"{{ {inner} }}" if inner else "true"


_TEXTS: Final[Mapping[type, Callable[..., str]]] = {
    VirtualAddress: address_text,
    Weight: weight_text,
    UnicastPeer: _peer,
    Route: _routing,
    Rule: _routing,
    Vmac: _vmac,
    Ipvlan: _ipvlan,
    Fifo: lambda fifo: _runner(fifo.path, fifo.user, fifo.group),
    User: lambda user: _runner(user.name, user.group, None) if not user.group else f"{user.name} {user.group}",
    MailServer: lambda server: server.host if server.port == 25 else f"{server.host} {server.port}",
    ExtraGarp: lambda extra: f"all {extra.interval}" if extra.everywhere else str(extra.interval),
    InitFile: lambda init: f"{init.value} overwrite" if init.overwrite else str(init.value),
    LinkbeatInterface: lambda beat: f"{beat.name} {beat.method}" if beat.method else beat.name,
    UpDownDelay: lambda delay: f"{delay.interface} {number(delay.down)} {number(delay.up)}",
    FastFailover: _fast_failover,
    HmacKey: lambda key: f"{key.key_id} {key.value}",
}


def text_of(value: object) -> str:
    """A value as the words behind its keyword."""
    form = _TEXTS.get(type(value))
    if form is not None:
        return form(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, int | float) else str(value)
