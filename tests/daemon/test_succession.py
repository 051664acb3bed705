"""Which instances a reload takes for the same ones."""

import pytest

from tests.config.findings import instance, read
from vrrpd.config.model import Config
from vrrpd.daemon.plan import InstancePlan, plan_instance
from vrrpd.daemon.succession import Changes, compare

ONE = instance('virtual_ipaddress = ["10.0.0.1", "10.0.0.2"]')
TWO = instance(name="VI_2", vrid=52, address="10.0.0.3")
UNICAST = ONE + 'unicast_peer = ["10.0.0.9"]\nunicast_src_ip = "10.0.0.8"\n'


def plans(config: Config) -> tuple[InstancePlan, ...]:
    return tuple(plan_instance(item, config.global_defs) for item in config.vrrp_instances)


def changes(old: str, new: str) -> Changes:
    return compare(plans(read(old)), plans(read(new)))


def test_places_in_the_file_and_names_do_not_matter() -> None:
    found = changes(ONE + TWO, "# moved\n" + TWO + ONE.replace("VI_1", "OTHER"))
    assert found.former == {"VI_2": "VI_2", "OTHER": "VI_1"}
    assert not found.added
    assert not found.removed
    assert not found.changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ONE, ONE.replace("= 51", "= 50")),
        (ONE, ONE.replace("eth0", "eth1")),
        (ONE, ONE.replace("10.0.0.1", "fd00::1").replace("10.0.0.2", "fd00::2")),
        (ONE, UNICAST),
        (ONE, ONE + 'mcast_dst_ip = "224.0.0.77"'),
        (ONE, ONE + "use_vmac = true"),
        (ONE, f'[global_defs]\nvrrp_mcast_group4 = "224.0.0.77"\n{ONE}'),
        (UNICAST, UNICAST.replace("10.0.0.8", "10.0.0.7")),
    ],
)
def test_another_number_family_interface_kind_or_group_is_another_instance(old: str, new: str) -> None:
    found = changes(old, new)
    assert [plan.name for plan in found.added] == [plan.name for plan in found.removed] == ["VI_1"]
    assert not found.kept


def test_another_peer_is_a_change_of_the_same_instance() -> None:
    assert changes(UNICAST, UNICAST.replace("10.0.0.9", "10.0.0.10")).changed == {"VI_1"}


def test_what_concerns_neither_sockets_nor_addresses_nor_election_is_no_change_to_them() -> None:
    notify = 'notify = "/bin/true"\nsmtp_alert = false\n'
    assert not changes(ONE, ONE + notify).changed
    assert changes(ONE, ONE + "priority = 90\n").changed == {"VI_1"}
