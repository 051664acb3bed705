"""keepalived's dump files: their texts, and how they get to their places."""

import ctypes
import json
import os
import stat
import struct
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from vrrpd.config.load import read_config
from vrrpd.config.model import Config, GlobalDefs, ProcessSettings
from vrrpd.core.effects import Reason, State
from vrrpd.core.statistics import Statistics
from vrrpd.errors import LinuxError
from vrrpd.observe.dump_data import data_text
from vrrpd.observe.dump_facts import DumpFacts, InstanceFacts
from vrrpd.observe.dump_json import json_text
from vrrpd.observe.dump_stats import stats_text
from vrrpd.observe.dumps import Dump, dump_path, temporary_directory, write_dump, write_whole
from vrrpd.proto.advertisement import ChecksumForm, DropReason
from vrrpd.units import Instant, Priority, Seconds
from vrrpd.view import PeerView, VirtualRouterView

CONFIG = """
[vrrp_instance.VI_1]
interface = "eth0"
virtual_router_id = 51
priority = 150
virtual_ipaddress = ["192.0.2.10/24", "192.0.2.11 label eth0:1"]
virtual_ipaddress_excluded = ["2001:db8::5/64", "2001:db8::6"]
authentication = { auth_type = "PASS", auth_pass = "hush" }
notify_master = { command = ["/bin/true", "a/b"], user = "root" }
"""

_MASTER = PeerView(IPv4Address("192.0.2.2"), Priority(200), Seconds(1.0), Instant(0.0), ChecksumForm.PSEUDO_HEADER)


def facts_of(text: str = CONFIG, state: State = State.MASTER, statistics: Statistics | None = None) -> DumpFacts:
    config, diagnostics = read_config(text, "test.toml")
    assert config is not None, diagnostics
    instances = []
    for instance in config.vrrp_instances:
        master = _MASTER if state is State.BACKUP else None
        view = VirtualRouterView(
            name=instance.name,
            state=state,
            since=Instant(0.0),
            reason=Reason.STARTUP,
            detail="",
            base_priority=instance.priority,
            effective_priority=instance.priority,
            source=IPv4Address("192.0.2.1"),
            master=master,
            faults=(),
            waiting_for=(),
            lingering=(),
            handed_over=0,
            patience=Seconds(0.0),
            timers={},
            peers=(),
            statistics=statistics or Statistics(),
        )
        count = len(instance.virtual_ipaddress) + len(instance.virtual_ipaddress_excluded)
        instances.append(
            InstanceFacts(
                instance, view, 1786600000.123456, "", state is State.MASTER, IPv4Address("224.0.0.18"), (True,) * count
            )
        )
    return DumpFacts(1786600001.0, config, tuple(instances), (), (), {}, (), (), {("root", ""): "0:0"})


GOLDEN_JSON = (
    '[{"data":{"iname":"VI_1","dont_track_primary":0,"skip_check_adv_addr":0,"strict_mode":0,"vmac_ifname":"",'
    '"ifp_ifname":"eth0","master_priority":0,"last_transition":1786600000.123456,"garp_delay":5,"garp_refresh":0,'
    '"garp_rep":5,"garp_refresh_rep":1,"garp_lower_prio_delay":5,"garp_lower_prio_rep":5,"lower_prio_no_advert":0,'
    '"higher_prio_send_advert":0,"vrid":51,"base_priority":150,"effective_priority":150,"vipset":true,'
    '"promote_secondaries":false,"adver_int":1,"master_adver_int":1,"accept":1,"nopreempt":false,"preempt_delay":0,'
    '"state":2,"wantstate":2,"version":2,"smtp_alert":false,"notify_deleted":false,'
    "\"script_master\":\"'\\/bin\\/true' 'a\\/b'\","
    '"vips":["192.0.2.10\\/24 dev eth0 scope global set","192.0.2.11 dev eth0 scope global label eth0:1 set"],'
    '"evips":["2001:db8::5\\/64 dev eth0 scope global preferred_lft forever set",'
    '"2001:db8::6 dev eth0 scope global deprecated set"],"auth_type":1,"auth_data":"********"},'
    '"stats":{"advert_rcvd":7,"advert_sent":120,"become_master":1,"release_master":0,"packet_len_err":3,'
    '"advert_interval_err":0,"ip_ttl_err":0,"invalid_type_rcvd":0,"addr_list_err":0,"invalid_authtype":0,'
    '"authtype_mismatch":0,"auth_failure":0,"auth_ext_missing":0,"auth_ext_malformed":0,"auth_ext_unknown_key":0,'
    '"auth_ext_invalid_hmac":0,"auth_ext_stale":0,"auth_ext_replay":0,"pri_zero_rcvd":0,"pri_zero_sent":0}}]\n'
)
COUNTED = Statistics(adverts_received=7, adverts_sent=120, became_master=1, dropped={DropReason.BAD_LENGTH: 3})


def test_json() -> None:
    assert json_text(facts_of(statistics=COUNTED)) == GOLDEN_JSON


def test_json_version_2_is_an_object() -> None:
    first = json.loads(json_text(facts_of()))
    second = json.loads(json_text(facts_of("[global_defs]\njson_version = 2\n" + CONFIG)))
    assert second == {"vrrp": first}


@pytest.mark.parametrize(
    ("state", "number", "wanted", "is_set"),
    [(State.INIT, 0, 1, False), (State.BACKUP, 1, 1, False), (State.MASTER, 2, 2, True), (State.FAULT, 3, 3, False)],
)
def test_json_states(state: State, number: int, wanted: int, is_set: bool) -> None:
    data = json.loads(json_text(facts_of(state=state)))[0]["data"]
    assert (data["state"], data["wantstate"], data["vipset"]) == (number, wanted, is_set)
    assert data["master_priority"] == (200 if state is State.BACKUP else 0)
    assert data["vips"][0].endswith(" set") is is_set


def test_stats() -> None:
    lines = stats_text(facts_of(statistics=COUNTED)).splitlines()
    assert lines[:9] == [
        *("VRRP Instance: VI_1", "  Advertisements:", "    Received: 7", "    Sent: 120"),
        *("  Became master: 1", "  Released master: 0", "  Packet Errors:", "    Length: 3", "    TTL: 0"),
    ]
    assert lines[-3:] == ["  Priority Zero:", "    Received: 0", "    Sent: 0"]


def test_data_as_the_exporter_reads_it() -> None:
    text = data_text(facts_of())
    lines = text.splitlines()
    start = lines.index(" VRRP Instance = VI_1")
    for line in ("State = MASTER", "Wantstate = MASTER", "Interface = eth0", "Virtual Router ID = 51"):
        assert f"   {line}" in lines[start:]
    assert "   Gratuitous ARP delay = 5" in lines
    vips = lines.index("   Virtual IP (2):")
    assert lines[vips + 1 : vips + 6] == [
        "     192.0.2.10/24 dev eth0 scope global set",
        "     192.0.2.11 dev eth0 scope global label eth0:1 set",
        "   Virtual IP Excluded :",
        "     2001:db8::5/64 dev eth0 scope global preferred_lft forever set",
        "     2001:db8::6 dev eth0 scope global deprecated set",
    ]
    assert "   Master state transition script = '/bin/true' 'a/b', uid:gid 0:0" in lines
    assert "   Master router = 192.0.2.2" in data_text(facts_of(state=State.BACKUP))


def test_the_password_is_in_none_of_them() -> None:
    facts = facts_of()
    assert not any("hush" in text for text in (json_text(facts), stats_text(facts), data_text(facts)))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_temporary_directory(tmp_path: Path) -> None:
    assert temporary_directory({"TMPDIR": str(tmp_path)}) == tmp_path
    for unusable in ("", "relative", str(tmp_path / "missing")):
        assert temporary_directory({"TMPDIR": unusable}) == Path("/tmp")
    assert temporary_directory({}) == Path("/tmp")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, "T/keepalived.data"),
        ("mine.txt", "T/mine.txt"),
        ("/run/x/", "/run/x/keepalived.data"),
        ("/run/x/y", "/run/x/y"),
    ],
)
def test_state_dump_file(tmp_path: Path, written: str | None, expected: str) -> None:
    config = Config(global_defs=GlobalDefs(state_dump_file=written))
    path = dump_path(Dump.DATA, config, "", {"TMPDIR": str(tmp_path)})
    assert str(path) == expected.replace("T/", f"{tmp_path}/", 1)
    assert dump_path(Dump.STATS, config, "", {"TMPDIR": str(tmp_path)}) == tmp_path / "keepalived.stats"


def test_data_use_instance(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    config = Config(global_defs=GlobalDefs(data_use_instance=True), process=ProcessSettings(instance="blue"))
    assert dump_path(Dump.DATA, config, "", environment).name == "keepalived.blue.data"
    assert dump_path(Dump.DATA, config, "red", environment).name == "keepalived.red_blue.data"
    assert dump_path(Dump.JSON, config, "red", environment).name == "keepalived.json"
    assert dump_path(Dump.DATA, replace(config, process=ProcessSettings()), "", environment).name == "keepalived.data"


def test_nothing_to_say(tmp_path: Path) -> None:
    facts = facts_of("")
    assert not write_dump(Dump.JSON, facts, tmp_path / "json")
    assert write_dump(Dump.STATS, facts, tmp_path / "stats")
    assert names(tmp_path) == ["stats"]


def test_a_link_is_replaced(tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "keepalived.json"
    victim.write_text("untouched")
    path.symlink_to(victim)
    old = os.umask(0o177)
    try:
        write_whole(path, b"new")
    finally:
        os.umask(old)
    assert victim.read_text() == "untouched"
    assert not path.is_symlink()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["keepalived.json", "victim"]


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "occupied").mkdir()
    with pytest.raises(LinuxError, match=r"write .*occupied: EISDIR"):
        write_whole(tmp_path / "occupied", b"new")
    with pytest.raises(LinuxError, match="ENOENT"):
        write_whole(tmp_path / "missing" / "name", b"new")
    assert names(tmp_path) == ["occupied"]


def test_closed_last_under_its_final_name(tmp_path: Path) -> None:
    libc = ctypes.CDLL(None)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    try:
        assert libc.inotify_add_watch(watch, os.fsencode(tmp_path), 0x8 | 0x80) > 0
        write_whole(tmp_path / "keepalived.json", b"[]\n")
        data, events = os.read(watch, 4096), []
        while data:
            _, mask, _, length = struct.unpack_from("iIII", data)
            events.append((mask, data[16 : 16 + length].rstrip(b"\0")))
            data = data[16 + length :]
    finally:
        os.close(watch)
    assert events == [(0x80, b"keepalived.json"), (0x8, b"keepalived.json")]
