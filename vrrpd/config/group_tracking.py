"""What sync groups do to the trackers of their members, by keepalived's rules."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vrrpd.config.model import Config, SyncGroup, Track, VrrpInstance
from vrrpd.records import dataclass
from vrrpd.units import OWNER

FILE_DEFAULT_WEIGHT = 1


@dataclass(frozen=True, slots=True)
class LostWeight:
    """A tracker that a member does not use as it is written; ``dropped``: not at all, else as a cause of FAULT."""

    instance: str
    group: str
    keyword: str
    tracker: str
    dropped: bool


def with_group_tracking(config: Config) -> Config:
    """The same configuration with the trackers of each sync group written at each of its members."""
    if not config.sync_groups:
        return config
    instances = tuple(_member(instance, config) for instance in config.vrrp_instances)
    return replace(config, vrrp_instances=instances)


def lost_weights(config: Config) -> tuple[LostWeight, ...]:
    """The trackers of members whose weights a group without sync_group_tracking_weight does not allow."""
    return tuple(
        loss
        for instance in config.vrrp_instances
        if (group := config.group_of(instance.name)) is not None and not group.sync_group_tracking_weight
        for loss in _losses(instance, group)
    )


def _losses(instance: VrrpInstance, group: SyncGroup) -> Iterator[LostWeight]:
    for keyword, tracks, kept in (
        ("track_interface", instance.track_interface, _interfaces(instance.track_interface)),
        ("track_script", instance.track_script, _unweighted(instance.track_script)),
        ("track_file", instance.track_file, _files(instance.track_file)),
        ("track_bfd", instance.track_bfd, _unweighted(instance.track_bfd)),
    ):
        names = {track.name for track in kept}
        for track in tracks:
            if track not in kept:
                yield LostWeight(instance.name, group.name, keyword, track.name, track.name not in names)


def _member(instance: VrrpInstance, config: Config) -> VrrpInstance:
    group = config.group_of(instance.name)
    if group is None:
        return instance
    if not group.sync_group_tracking_weight:
        instance = replace(
            instance,
            track_interface=_interfaces(instance.track_interface),
            track_script=_unweighted(instance.track_script),
            track_file=_files(instance.track_file),
            track_bfd=_unweighted(instance.track_bfd),
        )
    unweighted = _has_owner(group, config)
    return replace(
        instance,
        track_interface=_joined(instance.track_interface, group.track_interface, unweighted),
        track_script=_joined(instance.track_script, group.track_script, unweighted),
        track_file=_joined(instance.track_file, group.track_file, unweighted),
        track_process=_joined(instance.track_process, group.track_process, unweighted),
        track_bfd=_joined(instance.track_bfd, group.track_bfd, unweighted),
    )


def _has_owner(group: SyncGroup, config: Config) -> bool:
    return any(instance.priority == OWNER for instance in config.vrrp_instances if instance.name in group.group)


def _interfaces(tracks: Iterable[Track]) -> tuple[Track, ...]:
    return tuple(replace(track, weight=0) for track in tracks)


def _unweighted(tracks: Iterable[Track]) -> tuple[Track, ...]:
    return tuple(track for track in tracks if not track.weight)


def _files(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """The weight that is the default counts as none written."""
    return tuple(replace(track, weight=0) for track in tracks if track.weight in (0, FILE_DEFAULT_WEIGHT))


def _joined(own: tuple[Track, ...], groups: tuple[Track, ...], unweighted: bool) -> tuple[Track, ...]:
    """Where both track the same, the group's weight counts, unless the member's is 0 (keepalived)."""
    theirs = {track.name: replace(track, weight=0) if unweighted else track for track in groups}
    mine = tuple(theirs.pop(track.name, track) if track.weight else _without(theirs, track) for track in own)
    return mine + tuple(theirs.values())


def _without(tracks: dict[str, Track], own: Track) -> Track:
    tracks.pop(own.name, None)
    return own
