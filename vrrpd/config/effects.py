"""Which keywords of a configuration have no effect yet, and whether the daemon may start all the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Location, Report, has_errors
from vrrpd.config.model import Config, ExtraGarp, Origins, TrackGroup, VirtualAddress, VrrpInstance
from vrrpd.config.settings import Section, Setting, sections
from vrrpd.config.unsupported import PENDING, say_pending

_NOTHING: Final = (None, False, ())
_INSTANCE_WORDS: Final = tuple(
    word for word in PENDING["vrrp_instance"] if word in {field.name for field in fields(VrrpInstance)}
)


def pending(config: Config) -> tuple[Diagnostic, ...]:
    """What the file asks for that vrrpd does not do yet, as warnings and notes: the language is right."""
    return _found(config, starting=False)


def refusals(config: Config) -> tuple[Diagnostic, ...]:
    """The errors for which the daemon must not start with this configuration; none: it may."""
    found = _found(config, starting=True)
    return tuple(item for item in found if item.is_error) if has_errors(found) else ()


def _found(config: Config, *, starting: bool) -> tuple[Diagnostic, ...]:
    report = Report()
    for section in sections(config, filter(_may_ask, config.vrrp_instances)):
        words = PENDING.get(section.kind, {})
        for setting in section.settings:
            if setting.keyword.name in words and _asks(section, setting):
                name = setting.keyword.name
                say_pending(words[name], name, section.at(name), report, starting=starting)
    for instance in config.vrrp_instances:
        _instance(instance, report, starting=starting)
    for at in dict.fromkeys(_strict_places(config)):
        say_pending(
            PENDING["vrrp_instance"]["strict_accept"], "strict mode's firewall (no_accept)", at, report,
            starting=starting,
        )  # fmt: skip
    statics = _options(config.static_origins, {"static_ipaddress": config.static_ipaddress}, Location("configuration"))
    for option, at in chain(*map(_instance_options, config.vrrp_instances), statics):
        say_pending(PENDING["virtual_ipaddress"][option], option, at, report, starting=starting)
    for group in config.track_groups:
        _track_group(group, config, report)
    return report.diagnostics


def _may_ask(instance: VrrpInstance) -> bool:
    """Most ask for nothing: whoever reads hundreds of them is spared the list of their settings."""
    return any(getattr(instance, word) not in _NOTHING for word in _INSTANCE_WORDS)


def _asks(section: Section, setting: Setting) -> bool:
    """Whether it was written; a default that came from elsewhere is reported where it was written."""
    if setting.value in _NOTHING or (isinstance(setting.value, ExtraGarp) and setting.value.everywhere):
        return False
    return not setting.is_default if section.kind == "vrrp_instance" else setting.value != setting.default


def _instance(instance: VrrpInstance, report: Report, *, starting: bool) -> None:
    words = PENDING["vrrp_instance"]

    def say(keyword: str, word: str) -> None:
        at = instance.origins.get(keyword) or instance.origins.get(word) or _location(instance)
        say_pending(words[word], keyword, at, report, starting=starting)

    if instance.accept is False and "no_accept" in words:
        say("accept" if "accept" in instance.origins else "no_accept", "no_accept")
    if instance.authentication is not None and instance.authentication.auth_type == "AH" and "auth_ah" in words:
        say("authentication", "auth_ah")
    inherited = "v3_checksum_as_v2"
    if instance.v3_checksum_as_v2 and inherited not in instance.origins and inherited in words:
        say(inherited, inherited)


def _strict_places(config: Config) -> Iterator[Location]:
    """Where strict mode was asked for, with no_accept in it that is not written."""
    wide = config.global_defs.origins.get("vrrp_strict")
    for instance in config.vrrp_instances:
        if instance.accept is None and not instance.accepts:
            yield instance.origins.get("strict_mode") or wide or _location(instance)


def _location(instance: VrrpInstance) -> Location:
    return instance.origins.get("", Location("configuration"))


def _track_group(group: TrackGroup, config: Config, report: Report) -> None:
    """Routes and rules are not there to be lost."""
    tracked = {vip.track_group for vip in config.static_ipaddress}
    pending = {route.track_group for route in config.static_routes}
    pending |= {rule.track_group for rule in config.static_rules}
    if group.name in pending - tracked:
        at = group.origins.get("group") or group.origins.get("") or Location("configuration")
        why = "only static routes and rules name it, which are not installed yet"
        report.warning(at, "not-handled", f"track_group {group.name} never faults an instance: {why}")


def _instance_options(instance: VrrpInstance) -> Iterator[tuple[str, Location]]:
    lists = {
        "virtual_ipaddress": instance.virtual_ipaddress,
        "virtual_ipaddress_excluded": instance.virtual_ipaddress_excluded,
    }
    return _options(instance.origins, lists, _location(instance))


def _options(
    origins: Origins, lists: Mapping[str, Iterable[VirtualAddress]], block: Location
) -> Iterator[tuple[str, Location]]:
    for keyword, addresses in lists.items():
        for index, address in enumerate(addresses):
            at = origins.get(f"{keyword}.{index}") or origins.get(keyword) or block
            yield from ((option, at) for option in _written_options(address) if option in PENDING["virtual_ipaddress"])


def _written_options(address: VirtualAddress) -> Iterator[str]:
    values = {
        "peer": address.peer,
        "preferred_lft": None if address.preferred_lft is None else True,
        "home": address.home,
        "-nodad": address.dad,
        "mngtmpaddr": address.mngtmpaddr,
        "noprefixroute": address.noprefixroute,
        "autojoin": address.autojoin,
        "use_vmac": address.use_vmac,
        "no_track": address.no_track,
    }
    yield from (name for name, value in values.items() if value)
