"""The configurations that the lab writes say the same in each daemon's language."""

import re
from pathlib import Path

import pytest

from netns.kernel import LabError
from netns.peers import DAEMONS, daemon_named, keepalived, vrrpd
from netns.peers.frr import Frr
from netns.peers.spec import InstanceSpec, NodeSpec, ScriptSpec
from vrrpd.config.diagnostics import has_errors
from vrrpd.config.load import read_config

SCRIPT = ScriptSpec("chk", ("/usr/bin/test", "-e", "/run/ok"), interval=2, weight=2, rise=3, fall=4)
FULL = NodeSpec(
    (
        InstanceSpec(priority=101, auth="Secret", track_script=("chk",), state="MASTER"),
        InstanceSpec(
            vrid=52,
            version=3,
            advert_int=0.1,
            vips=("192.168.1.101", "192.168.1.102"),
            nopreempt=True,
            preempt_delay=2.5,
        ),
    ),
    (SCRIPT,),
)


def test_vrrpd_reads_what_is_written_for_it() -> None:
    config, diagnostics = read_config(vrrpd.render(FULL), "lab.toml")
    assert not has_errors(diagnostics), diagnostics
    assert config is not None
    first, second = config.vrrp_instances
    assert (first.name, first.virtual_router_id, first.priority, first.version) == ("VI_51", 51, 101, 2)
    assert first.authentication is not None
    assert first.authentication.password == "Secret"
    assert [track.name for track in first.track_script] == ["chk"]
    assert (second.version, second.advert_int, second.nopreempt) == (3, 0.1, True)
    assert [str(vip.address) for vip in second.virtual_ipaddress] == ["192.168.1.101", "192.168.1.102"]
    (script,) = config.vrrp_scripts
    assert (float(script.interval), script.weight, script.rise, script.fall) == (2, 2, 3, 4)


def test_keepalived_is_told_the_same() -> None:
    text = keepalived.render(FULL)
    for line in ("priority 101", "auth_pass Secret", "advert_int 0.1", "nopreempt", "preempt_delay 2.5", "weight 2"):
        assert re.search(rf"^{line}$", text, re.MULTILINE), line
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (NodeSpec((InstanceSpec(auth="x"),)), "authentication"),
        (NodeSpec((InstanceSpec(track_script=("chk",)),), (SCRIPT,)), "scripts"),
        (NodeSpec((InstanceSpec(vips=("fd00:1::100",)),)), "IPv4 only"),
    ],
)
def test_what_frr_cannot_do_is_said(spec: NodeSpec, why: str) -> None:
    assert why in (Frr().unsupported(spec) or "")


def test_a_daemon_is_found_by_its_name() -> None:
    assert all(daemon_named(name) is daemon for name, daemon in DAEMONS.items())
    with pytest.raises(LabError, match="vrrpd, keepalived, frr"):
        daemon_named("bird")


@pytest.mark.parametrize(
    ("daemon", "line"),
    [
        ("keepalived", "Sun Nov 22 2026: (VI_51) received an invalid passwd!"),
        ("keepalived", "Sun Nov 22 2026: (VI_51) Invalid VRRPv3 checksum"),
        ("keepalived", "Sun Nov 22 2026: (VI_51) expected 1 VIPs but received 2"),
        ("keepalived", "Sun Nov 22 2026: (VI_51) ip address associated with VRID 51 not present in MASTER advert: ..."),
        ("frr", "VRRP: [CORE] [VRID 51] [IPv4] Datagram invalid: Bad VRRP checksum 1; should be 2"),
        ("vrrpd", "2026 WARNING VI_51 packet_dropped: auth_failure from 192.168.1.2"),
        ("vrrpd", "Traceback (most recent call last):"),
    ],
)
def test_a_complaint_is_recognised(daemon: str, line: str) -> None:
    assert DAEMONS[daemon].complaint.search(line)


@pytest.mark.parametrize(
    ("daemon", "line"),
    [
        ("keepalived", "Sun Nov 22 2026: (VI_51) received lower priority (100) advert from 192.168.1.2 - discarding"),
        ("keepalived", "Sun Nov 22 2026: (/x/keepalived.conf: Line 10) Truncating auth_pass to 8 characters"),
        ("frr", "VRRP: [CORE] [VRID 51] [IPv4] Backup -> Master"),
        ("vrrpd", "2026 INFO VI_51 lower_priority_heard: 192.168.1.2 has priority 100"),
    ],
)
def test_an_ordinary_line_is_no_complaint(daemon: str, line: str) -> None:
    assert not DAEMONS[daemon].complaint.search(line)


def test_a_configuration_is_replaced_whole(tmp_path: Path) -> None:
    from netns.peers.base import replace_file

    path = replace_file(tmp_path / "a.conf", "old")
    assert replace_file(path, "new").read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
