"""What ``vrrpd reload --plan`` prints."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from tests.config.findings import instance, read, script
from tests.config.strategies import configs
from tests.daemon.test_succession import ONE, TWO, plans
from vrrpd.config.model import Config
from vrrpd.daemon.differences import describe
from vrrpd.daemon.succession import compare

MODEL = re.compile(r"\b(Command|Track|VirtualAddress|Auth\w+|UnicastPeer|Route|Rule|NotifyScripts|Garp\w*|Fifo)\(")


def differences(old: str | Config, new: str | Config) -> list[str]:
    before = read(old) if isinstance(old, str) else old
    after = read(new) if isinstance(new, str) else new
    return list(describe(compare(plans(before), plans(after)), before, after))


@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(configs())
def test_nothing_lies_between_a_configuration_and_itself(config: Config) -> None:
    assert differences(config, config) == []


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(configs(), configs())
def test_whatever_differs_is_said(old: Config, new: Config) -> None:
    lines = differences(old, new)
    assert bool(lines) is (old != new)
    assert not [line for line in lines if MODEL.search(line)]


TRACKING = script() + ONE + 'track_script = ["chk weight 5"]\n'


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (ONE, ONE + "priority = 90\n", ["VI_1 priority 100 -> 90"]),
        (ONE, ONE.replace(', "10.0.0.2"', ""), ["VI_1 virtual_ipaddress -10.0.0.2"]),
        (ONE, ONE.replace('1", "10.0.0.2', '2", "10.0.0.1'), ["VI_1 virtual_ipaddress stands in another order"]),
        (
            ONE + TWO,
            ONE.replace(', "10.0.0.2"', "") + TWO.replace('"10.0.0.3"', '"10.0.0.3", "10.0.0.2/24"'),
            ["VI_1 virtual_ipaddress -10.0.0.2", "VI_2 virtual_ipaddress +10.0.0.2/24"],
        ),
        (ONE, ONE.replace("VI_1", "OTHER"), ["VI_1 is named OTHER"]),
        (ONE, TWO, ["VI_1 is removed: virtual router 51 on eth0, priority 100",
                    "VI_2 is new: virtual router 52 on eth0, priority 100"]),
        (TRACKING, TRACKING.replace("t 5", "t 9"), ["VI_1 track_script -chk weight 5, +chk weight 9"]),
        (TRACKING, TRACKING.replace('"true"', '"/bin/x -a"\ninterval = 9'),
         ["script chk script true -> /bin/x -a", "script chk interval 1 -> 9", "script chk timeout 1 -> 9"]),
        (
            ONE + 'notify_master = "/bin/a b"\nnotify = "/bin/n"\n',
            ONE + 'notify_master = { command = "/bin/a \'c d\'", user = "root" }\n',
            ["VI_1 notify_master /bin/a b -> /bin/a 'c d' user root", "VI_1 notify /bin/n -> none"],
        ),
        (ONE, ONE + "garp_master_delay = 2\n", ["VI_1 garp_master_delay 5 -> 2"]),
        (ONE, ONE + 'authentication = { auth_type = "PASS", auth_pass = "Hush" }\nversion = 2\n',
         ["VI_1 authentication differs"]),
        (
            ONE + 'unicast_peer = ["10.0.0.9"]\n',
            ONE + 'unicast_peer = ["10.0.0.9 min_ttl 5"]\n',
            ["VI_1 unicast_peer -10.0.0.9, +10.0.0.9 min_ttl 5", "VI_1 check_unicast_src false -> true"],
        ),
        (ONE, f'[global_defs]\nnotify_fifo = "/run/x root"\nrouter_id = "lb1"\n{ONE}',
         ["global_defs router_id none -> lb1", "global_defs notify_fifo none -> /run/x root"]),
        (ONE + TWO, f'{ONE}{TWO}[vrrp_sync_group.G]\ngroup = ["VI_1", "VI_2"]\n', ["sync group G is new"]),
        (ONE, f'instance = "a"\n{ONE}', ["daemon instance none -> a (takes effect at a restart)"]),
        (ONE, f'linkbeat_interfaces = ["eth1 MII"]\n{ONE}', ["linkbeat_interfaces +eth1 MII"]),
    ],
)  # fmt: skip
def test_each_difference_is_one_line_as_in_a_configuration(old: str, new: str, lines: list[str]) -> None:
    assert sorted(differences(old, new)) == sorted(lines)


def test_the_name_of_a_removed_thing_is_said() -> None:
    assert differences(script() + script(name="more") + instance(), script() + instance()) == ["script more is removed"]
