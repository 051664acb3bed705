"""The setting's files with the lab's addresses: what differs from them, and that the programs take them."""

import difflib
import shutil
import subprocess
from pathlib import Path

import pytest

from netns.kms import configs
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import read_any
from vrrpd.config.model import VrrpInstance

VIP = "192.168.1.100"
NODES = {"kms1": "192.168.1.11", "kms2": "192.168.1.12", "kms3": "192.168.1.13"}


def changed(file: str, text: str) -> list[str]:
    """Lines taken away (-) and put in (+)."""
    old = (configs.SETTING / file).read_text().splitlines()
    return [line for line in difflib.ndiff(old, text.splitlines()) if line[0] in "+-"]


def test_haproxy_has_the_nodes_and_reads_the_body_of_health() -> None:
    assert sorted(changed("haproxy.cfg", configs.haproxy(NODES))) == sorted(
        [
            "- http-check expect status 200",
            """+ http-check expect rstring '^\\{"status":"UP"'""",
            "- server kms1 <kms1-ip>:5696 check port 9998",
            "- server kms2 <kms2-ip>:5696 check port 9998",
            "- # server kms3 <kms3-ip>:5696 check port 9998",
            "+ server kms1 192.168.1.11:5696 check port 9998",
            "+ server kms2 192.168.1.12:5696 check port 9998",
            "+ server kms3 192.168.1.13:5696 check port 9998",
        ]
    )


def test_one_node_more_is_one_line_more() -> None:
    more = configs.haproxy({**NODES, "kms4": "192.168.1.14"})
    old = configs.haproxy(NODES).splitlines()
    assert [line for line in more.splitlines() if line not in old] == ["server kms4 192.168.1.14:5696 check port 9998"]


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="needs haproxy (Debian package haproxy)")
def test_haproxy_takes_both_files_without_a_warning(tmp_path: Path) -> None:
    first, second = tmp_path / "haproxy.cfg", tmp_path / "lab.cfg"
    first.write_text(configs.haproxy(NODES))
    second.write_text(configs.haproxy_beside("lb1", NODES, tmp_path))
    done = subprocess.run(
        ["haproxy", "-c", "-f", second, "-f", first], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


def test_the_first_balancer_has_the_settings_file_as_it_is() -> None:
    assert changed("keepalived.conf", configs.keepalived(0, VIP)) == []


def test_the_others_are_backups_one_lower_each() -> None:
    text = configs.keepalived(2, VIP)
    assert [line.split("#")[0].split() for line in changed("keepalived.conf", text)] == [
        ["-", "state", "MASTER"],
        ["+", "state", "BACKUP"],
        ["-", "priority", "101"],
        ["+", "priority", "99"],
    ]


def test_fast_failover_adds_vrrpds_words() -> None:
    assert changed("keepalived.conf", configs.keepalived(0, VIP, fast_failover=True)) == [
        "+ fast_failover",
        "+ higher_prio_send_advert",
    ]


def instance(text: str, file: str) -> VrrpInstance:
    config, diagnostics, _ = read_any(text.encode(), file, ReadContext())
    assert config is not None, diagnostics
    return config.vrrp_instances[0]


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("fast", [False, True])
def test_toml_says_the_same(position: int, fast: bool) -> None:
    read = instance(configs.toml(position, VIP, fast_failover=fast), "vrrpd.toml")
    other = instance(configs.keepalived(position, VIP, fast_failover=fast), "keepalived.conf")
    assert read.priority == other.priority == 101 - position
    assert (read.version, read.virtual_router_id, read.advert_int) == (2, 51, 1.0)
    assert read.fast_failover == other.fast_failover
    assert (read.fast_failover is not None) == fast
    assert [str(vip.address) for vip in read.virtual_ipaddress] == [VIP]
    assert read.authentication is not None
    assert [(track.name, track.weight) for track in read.track_script] == [
        (track.name, track.weight) for track in other.track_script
    ]
