"""Whose weights count in a sync group."""

from vrrpd.config.group_tracking import LostWeight, lost_weights, with_group_tracking
from vrrpd.config.model import Config, SyncGroup, Track, VrrpInstance
from vrrpd.units import Priority, Vrid

OWN = VrrpInstance(
    "VI_1",
    "eth0",
    Vrid(51),
    track_interface=(Track("eth1", 5, reverse=True),),
    track_script=(Track("chk_plain"), Track("chk_weighed", 2)),
    track_file=(Track("default", 1), Track("plain"), Track("weighed", 3)),
    track_process=(Track("haproxy", 7),),
    track_bfd=(Track("near", -3), Track("far")),
)
OTHER = VrrpInstance("VI_2", "eth0", Vrid(52))


def member(group: SyncGroup, own: VrrpInstance = OWN, other: VrrpInstance = OTHER) -> VrrpInstance:
    found = with_group_tracking(Config(vrrp_instances=(own, other), sync_groups=(group,))).instance("VI_1")
    assert found is not None
    return found


def group(weights: bool = False, **trackers: tuple[Track, ...]) -> SyncGroup:
    return SyncGroup("VG", ("VI_1", "VI_2"), sync_group_tracking_weight=weights, **trackers)  # type: ignore[arg-type]  # one value type cannot cover all fields


def test_without_the_keyword_weights_become_faults_or_nothing() -> None:
    found = member(group())
    assert found.track_interface == (Track("eth1", 0, reverse=True),)
    assert found.track_script == (Track("chk_plain"),)
    assert found.track_file == (Track("default"), Track("plain"))
    assert found.track_bfd == (Track("far"),)
    assert found.track_process == OWN.track_process


def test_what_is_lost_is_named() -> None:
    config = Config(vrrp_instances=(OWN, OTHER), sync_groups=(group(),))
    assert lost_weights(config) == (
        LostWeight("VI_1", "VG", "track_interface", "eth1", dropped=False),
        LostWeight("VI_1", "VG", "track_script", "chk_weighed", dropped=True),
        LostWeight("VI_1", "VG", "track_file", "default", dropped=False),
        LostWeight("VI_1", "VG", "track_file", "weighed", dropped=True),
        LostWeight("VI_1", "VG", "track_bfd", "near", dropped=True),
    )


def test_with_the_keyword_they_stay() -> None:
    assert member(group(weights=True)) == OWN
    assert not lost_weights(Config(vrrp_instances=(OWN, OTHER), sync_groups=(group(weights=True),)))


def test_the_groups_trackers_count_for_every_member_with_their_weights() -> None:
    shared = group(track_script=(Track("chk_shared", 10),), track_interface=(Track("eth2", 3),))
    found = with_group_tracking(Config(vrrp_instances=(OWN, OTHER), sync_groups=(shared,)))
    assert [Track("chk_shared", 10) in instance.track_script for instance in found.vrrp_instances] == [True, True]
    assert [Track("eth2", 3) in instance.track_interface for instance in found.vrrp_instances] == [True, True]


def test_tracked_twice_the_groups_weight_counts_unless_the_members_is_a_fault() -> None:
    both = group(weights=True, track_script=(Track("chk_weighed", 10), Track("chk_plain", 10)))
    assert member(both).track_script == (Track("chk_plain"), Track("chk_weighed", 10))


def test_next_to_an_owner_the_groups_weights_count_for_nobody() -> None:
    owner = VrrpInstance("VI_2", "eth0", Vrid(52), priority=Priority(255))
    assert Track("chk_shared") in member(group(track_script=(Track("chk_shared", 10),)), other=owner).track_script


def test_without_groups_nothing_changes() -> None:
    config = Config(vrrp_instances=(OWN, OTHER))
    assert with_group_tracking(config) is config
