"""Cross checks of what ties instances to peers, trackers and static things: unicast, signatures, track groups."""

from collections.abc import Iterator, Mapping
from typing import Final

from vrrpd.config.block import Doubts
from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.link_delays import check_link_delays
from vrrpd.config.model import AuthHmac, Config, TrackGroup, TrackProcess, VrrpInstance
from vrrpd.config.strict import check_strict
from vrrpd.config.values import shortened, suggestion
from vrrpd.units import family_of

TRACKS: Final = ("track_script", "track_interface", "track_file", "track_process", "track_bfd")
_KEY_BYTES: Final = range(32, 65)
_NAME_BYTES: Final = 15


def check_ties(config: Config, doubts: Doubts, report: Report) -> None:
    _track_groups(config, report)
    _unused(config, doubts, report)
    check_link_delays(config, report)
    for process in config.track_processes:
        if process.quorum_max is not None and process.quorum > process.quorum_max:
            report.error(
                process.origins.get("quorum", _block(process.origins)), "quorum",
                f"{process.name} can never be healthy: quorum {process.quorum} is more than quorum_max"
                f" {process.quorum_max}", expected="a quorum up to quorum_max",
            )  # fmt: skip
        _findable(process, report)
    for instance in config.vrrp_instances:
        if ("vrrp_instance", instance.name, "unicast_peer") not in doubts:
            _unicast(instance, report)
        _signed(instance, report)
        check_strict(instance, report)


def _findable(process: TrackProcess, report: Report) -> None:
    """The kernel's name of a process is short, and that of its program without the directory."""
    name = process.process[0]
    at = process.origins.get("process", _block(process.origins))
    if process.full_command or not (name.startswith("/") or len(name.encode("utf-8", "surrogateescape")) > _NAME_BYTES):
        return
    kept = name.rpartition("/")[2][:_NAME_BYTES]
    report.warning(
        at, "unfindable-process", f"no process is ever named {shortened(name)}: names have at most {_NAME_BYTES} bytes"
        " and no directory", expected="a name as in /proc/PID/comm, or full_command", write=f'process = "{kept}"',
    )  # fmt: skip


def _block(origins: Mapping[str, Location]) -> Location:
    return origins.get("", Location("configuration"))


def _at(part: VrrpInstance | TrackGroup, keyword: str) -> Location:
    origins = part.origins
    return origins.get(keyword) or origins.get(keyword.partition(".")[0]) or _block(origins)


# -- groups ----------------------------------------------------------------------------------------------------------


def _member(name: str, config: Config, at: Location, report: Report) -> None:
    names = [instance.name for instance in config.vrrp_instances]
    if name not in names:
        report.error(
            at, "undefined-instance", f"there is no vrrp_instance {name} in this file",
            expected="the name of a vrrp_instance", write=suggestion(name, names),
        )  # fmt: skip


def _track_groups(config: Config, report: Report) -> None:
    for group in config.track_groups:
        for index, name in enumerate(group.group):
            _member(name, config, _at(group, f"group.{index}"), report)
    known = [group.name for group in config.track_groups]
    for keyword in ("static_ipaddress", "static_routes", "static_rules"):
        for index, item in enumerate(getattr(config, keyword)):
            if item.track_group is not None and item.track_group not in known:
                at = config.static_origins.get(f"{keyword}.{index}", Location("configuration"))
                report.error(
                    at, "undefined-group", f"there is no track_group {item.track_group} in this file",
                    write=suggestion(item.track_group, known),
                )  # fmt: skip


def _unused(config: Config, doubts: Doubts, report: Report) -> None:
    for kind, keyword, items in (
        ("track_file", "track_file", config.track_files),
        ("vrrp_track_process", "track_process", config.track_processes),
        ("bfd_instance", "track_bfd", config.bfd_instances),
    ):
        used = set(tracked(config, keyword))
        if any(word == keyword for _, _, word in doubts):
            continue
        for item in items:
            if item.name not in used:
                report.warning(
                    _block(item.origins), f"unused-{keyword.removeprefix('track_')}",
                    f"nothing tracks {kind} {item.name}", write=f'{keyword} = ["{item.name}"] in a vrrp_instance',
                )  # fmt: skip


def tracked(config: Config, keyword: str) -> Iterator[str]:
    """The names that instances and sync groups refer to under ``keyword``."""
    for part in (*config.vrrp_instances, *config.sync_groups):
        yield from (track.name for track in getattr(part, keyword))


# -- one instance ----------------------------------------------------------------------------------------------------


def _unicast(instance: VrrpInstance, report: Report) -> None:
    if not instance.unicast_peer:
        _without_peers(instance, report)
        return
    seen = set()
    for index, peer in enumerate(instance.unicast_peer):
        at = _at(instance, f"unicast_peer.{index}")
        if family_of(peer.address) is not instance.family:
            report.error(
                at, "family-mix", f"the peer {peer.address} is not of the family of the virtual addresses",
                expected=f"IPv{instance.family.value} peers",
            )  # fmt: skip
        if peer.address in seen:
            report.error(at, "repeated-peer", f"{peer.address} stands here a second time")
        if peer.address == instance.unicast_src_ip:
            report.error(at, "own-peer", f"{peer.address} is this node's own source", expected="the other nodes")
        if peer.min_ttl is not None and peer.max_ttl is not None and peer.min_ttl > peer.max_ttl:
            report.error(at, "ttl", f"nothing has a TTL of {peer.min_ttl} or more and {peer.max_ttl} or less")
        seen.add(peer.address)
    source = instance.unicast_src_ip
    if source is not None and family_of(source) is not instance.family:
        report.error(_at(instance, "unicast_src_ip"), "family-mix",
                     f"the source {source} is not of the family of the virtual addresses")  # fmt: skip
    if instance.mcast_dst_ip is not None:
        report.warning(_at(instance, "mcast_dst_ip"), "no-multicast", "mcast_dst_ip has no effect with unicast_peer")


def _without_peers(instance: VrrpInstance, report: Report) -> None:
    if "unicast_peer" in instance.origins:
        report.error(
            _at(instance, "unicast_peer"), "no-peer", "there is no peer in unicast_peer",
            expected="the addresses of the other nodes, or no unicast_peer", write='unicast_peer = ["192.168.1.2"]',
        )  # fmt: skip
    elif not instance.unicast_fault_no_peer:
        for keyword in ("unicast_src_ip", "unicast_ttl"):
            if keyword in instance.origins and getattr(instance, keyword) is not None:
                report.warning(
                    _at(instance, keyword), "no-peer",
                    f"{keyword} has no effect without unicast_peer: advertisements go to the multicast group",
                    write='unicast_peer = ["192.168.1.2"]',
                )  # fmt: skip


def _signed(instance: VrrpInstance, report: Report) -> None:
    hmac = instance.auth_hmac
    if hmac is None:
        return
    at = _at(instance, "auth_hmac")
    if instance.authentication is not None:
        report.error(at, "two-authentications", "auth_hmac and authentication exclude each other",
                     expected="one of them")  # fmt: skip
    if instance.version == 2:
        report.error(at, "authentication-version", "auth_hmac needs VRRPv3", write="version = 3")
    numbers = [key.key_id for key in hmac.keys]
    if hmac.active_key not in numbers:
        report.error(
            _at(instance, "auth_hmac.active_key"), "no-active-key",
            "active_key names none of the keys: nothing is signed",
            expected=" or ".join(str(number) for number in numbers) or "a key",
        )  # fmt: skip
    if len(set(numbers)) < len(numbers):
        report.error(at, "repeated-key", "two keys have the same number")
    _key_lengths(hmac, _at(instance, "auth_hmac.key"), report)


def _key_lengths(hmac: AuthHmac, at: Location, report: Report) -> None:
    for key in hmac.keys:
        kind, _, rest = key.value.partition(":")
        length = len(rest) // 2 if kind == "hex" else len(key.value.encode(errors="replace"))
        if kind != "file" and length not in _KEY_BYTES:
            report.error(at, "bad-key", f"key {key.key_id} has {length} bytes", expected="32 to 64 bytes")
