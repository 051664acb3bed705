"""What the sync groups of a configuration say about its instances."""

from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.group_tracking import LostWeight, lost_weights
from vrrpd.config.model import Config, SyncGroup
from vrrpd.units import OWNER


def check_sync_groups(config: Config, report: Report) -> None:
    """Every member exists and is in one group only; what the group makes of trackers is said."""
    taken: dict[str, str] = {}
    for group in config.sync_groups:
        for place, name in enumerate(group.group):
            at = _at(group, f"group.{place}", "group")
            _member(config, name, at, report)
            if taken.setdefault(name, group.name) != group.name:
                message = f"{name} is in the group {taken[name]} already: an instance can be in one only"
                report.error(at, "two-groups", message)
        _size(group, report)
        _owners(config, group, report)
    for loss in lost_weights(config):
        _loss(config, loss, report)


def _member(config: Config, name: str, at: Location, report: Report) -> None:
    names = [instance.name for instance in config.vrrp_instances]
    if name not in names:
        from difflib import get_close_matches

        close = get_close_matches(name, names, n=1)
        expected = "the name of a vrrp_instance"
        report.error(
            at, "undefined-instance", f"there is no vrrp_instance {name}", expected=expected, write="".join(close)
        )


def _size(group: SyncGroup, report: Report) -> None:
    at = _at(group, "group")
    if not group.group:
        report.error(at, "empty-group", f"the group {group.name} has no members", write='group = ["VI_1", "VI_2"]')
    elif len(group.group) == 1:
        message = f"the group {group.name} has one member: there is nothing to keep together"
        report.warning(at, "single-member", message)


def _owners(config: Config, group: SyncGroup, report: Report) -> None:
    members = [instance for instance in config.vrrp_instances if instance.name in group.group]
    owners = [instance.name for instance in members if instance.priority == OWNER]
    if owners and len(owners) < len(members):
        message = (
            f"{', '.join(owners)} of the group {group.name} has priority 255 and others have not: "
            f"it does not serve at once but waits for them"
        )
        report.warning(_at(group, "group"), "mixed-owners", message, expected="255 for all of them or for none")


def _loss(config: Config, loss: LostWeight, report: Report) -> None:
    instance = config.instance(loss.instance)
    origins = {} if instance is None else instance.origins
    at = origins.get(loss.keyword) or origins.get("") or Location("configuration")
    what = "it is not tracked" if loss.dropped else "its failure is FAULT instead"
    report.warning(
        at,
        "weight-in-group",
        f"{loss.tracker} has a weight, but {loss.instance} is in the sync group {loss.group}: {what}",
        expected="weight 0, or sync_group_tracking_weight in the group",
    )


def _at(group: SyncGroup, *keywords: str) -> Location:
    found = (group.origins.get(keyword) for keyword in (*keywords, ""))
    return next((origin for origin in found if origin is not None), Location("configuration"))
