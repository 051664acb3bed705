"""What lies between two configurations."""

from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import HealthCheck, given, settings

from tests.config.findings import instance, read, script
from tests.config.strategies import configs
from vrrpd.config.diff import diff, identity
from vrrpd.config.model import Config, GlobalDefs

ONE = instance('virtual_ipaddress = ["10.0.0.1", "10.0.0.2"]')
TWO = instance(name="VI_2", vrid=52, address="10.0.0.3")


def names(items: object) -> list[str]:
    assert isinstance(items, tuple)
    return [item.name for item in items]


@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(configs())
def test_nothing_lies_between_a_configuration_and_itself(config: Config) -> None:
    found = diff(config, config)
    assert not found
    assert not found.moved
    assert len(found.instances.unchanged) == len({identity(item, config.global_defs) for item in config.vrrp_instances})


def test_places_in_the_file_and_names_are_no_change_of_identity() -> None:
    old, new = read(ONE + TWO), read("# moved\n" + TWO + ONE.replace("VI_1", "OTHER"))
    found = diff(old, new)
    assert not found.instances.added
    assert not found.instances.removed
    (change,) = found.instances.changed
    assert (change.old.name, change.new.name, change.fields) == ("VI_1", "OTHER", frozenset({"name"}))
    assert not found.moved


def test_another_number_interface_or_kind_is_another_instance() -> None:
    old = read(ONE)
    for new in (
        ONE.replace("= 51", "= 50"),
        ONE.replace("eth0", "eth1"),
        ONE + 'unicast_peer = ["10.0.0.9"]',
        ONE + 'mcast_dst_ip = "224.0.0.77"',
        ONE + "use_vmac = true",
        f'[global_defs]\nvrrp_mcast_group4 = "224.0.0.77"\n{ONE}',
    ):
        found = diff(old, read(new))
        assert names(found.instances.added) == names(found.instances.removed) == ["VI_1"]


def test_what_changed_is_named() -> None:
    found = diff(read(ONE + TWO), read(ONE + "priority = 90\n" + TWO))
    assert [(change.new.name, change.fields) for change in found.instances.changed] == [
        ("VI_1", frozenset({"priority"}))
    ]
    assert [change.new.name for change in found.instances.unchanged] == ["VI_2"]


def test_an_address_may_move_between_instances() -> None:
    moved = ONE.replace(', "10.0.0.2"', "") + TWO.replace('"10.0.0.3"', '"10.0.0.3", "10.0.0.2"')
    (found,) = diff(read(ONE + TWO), read(moved)).moved
    assert (found.address, found.source, found.target) == (IPv4Address("10.0.0.2"), "VI_1", "VI_2")


def test_scripts_groups_and_globals() -> None:
    old = read(script() + ONE + 'track_script = ["chk"]\n' + TWO)
    group = '[vrrp_sync_group.G]\ngroup = ["VI_1", "VI_2"]\n'
    text = script("interval = 9") + script(name="more") + ONE + 'track_script = ["chk", "more"]\n' + TWO + group
    found = diff(old, read("[global_defs]\nrouter_id = 'x'\n" + text))
    assert names(found.scripts.added) == ["more"]
    assert [change.fields for change in found.scripts.changed] == [frozenset({"interval", "timeout"})]
    assert names(found.groups.added) == ["G"]
    assert found.global_defs == {"router_id"}
    assert not found.others


def test_what_needs_a_restart() -> None:
    old, new = read(ONE), read(f'instance = "a"\nstatic_routes = ["10.0.0.0/8 via 192.168.1.254"]\n{ONE}')
    found = diff(old, new)
    assert found.needs_restart == {"instance"}
    assert found.others == {"static_routes"}


def test_unicast_is_known_by_its_source() -> None:
    (router,) = read(ONE + 'unicast_peer = ["10.0.0.9"]\nunicast_src_ip = "10.0.0.8"').vrrp_instances
    assert identity(router, GlobalDefs()).target == IPv4Address("10.0.0.8")
    assert identity(replace(router, unicast_src_ip=None), GlobalDefs()).target is None
