"""keepalived's dump files of running daemons, read as exporters and VyOS read them, and keepalived's own."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from netns.host import Host
from netns.lab import Lab
from tests.daemon.clients import closings
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import PATIENCE, eventually
from tests.daemon.standing_in import StandIn
from vrrpd.daemon.signals import DATA, JSON, STATS, STATS_CLEAR

pytestmark = pytest.mark.netns

CONFIG = """
global_defs {
    router_id lab
    script_user root
    enable_script_security
}
vrrp_script chk {
    script "/bin/true 1"
    interval 1
    weight 3
}
vrrp_sync_group G {
    group {
        VI_1
    }
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    authentication {
        auth_type PASS
        auth_pass hush
    }
    virtual_ipaddress {
        192.168.1.100/24
        192.168.1.101 label eth0:1
    }
    virtual_ipaddress_excluded {
        fd00:1::100/64
    }
    notify_master "/bin/true a b"
    notify /bin/true
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    version 3
    nopreempt
    track_script {
        chk
    }
    unicast_peer {
        192.168.1.222
    }
    virtual_ipaddress {
        192.168.1.102
    }
}
vrrp_instance VI_3 {
    interface eth0
    virtual_router_id 53
    version 3
    priority 255
    virtual_ipaddress {
        fd00:1::101/64
        fd00:1::102
    }
}
"""


class Dumping:
    """A daemon with a directory for its dump files."""

    def __init__(self, host: Host, send: Callable[[int], None]) -> None:
        self.directory = host.directory / "tmp"
        self._send = send

    def ask(self, number: int, name: str) -> str:
        with closings(self.directory) as closed:
            self._send(number)
            eventually(lambda: name in closed(), name)
            path = self.directory / name
            text = path.read_text()
            path.unlink()
        return text

    def all_masters(self, count: int = 3) -> None:
        def states() -> list[int]:
            time.sleep(0.2)
            return [item["data"]["state"] for item in json.loads(self.ask(JSON, "keepalived.json"))]

        eventually(lambda: states() == [2] * count)


@pytest.fixture
def ours(lab: Lab) -> Iterator[Dumping]:
    stand_in = StandIn(lab["r1"], CONFIG)
    (lab["r1"].directory / "tmp").mkdir()
    process = stand_in.start(env={"TMPDIR": str(lab["r1"].directory / "tmp")})
    dumping = Dumping(lab["r1"], lambda number: stand_in.kill(str(number)))
    dumping.all_masters()
    yield dumping
    assert "defect" not in stand_in.log()
    assert process.stop() == 0


@contextmanager
def keepalived(host: Host, text: str = CONFIG) -> Iterator[Dumping]:
    directory = host.directory / "tmp"
    directory.mkdir()
    config = host.directory / "keepalived.conf"
    config.write_text(text)
    files = [f"--{kind}={host.directory}/{kind}" for kind in ("pid", "vrrp_pid")]
    argv = ["keepalived", "-n", "-l", "-P", f"-f{config}", *files]
    process = host.spawn(argv, log="keepalived.log", env={"TMPDIR": str(directory)})
    eventually(lambda: "Startup complete" in process.log(), "keepalived")
    dumping = Dumping(host, lambda number: os.kill(process.pid, number))
    dumping.all_masters(text.count("vrrp_instance "))
    yield dumping
    process.send(signal.SIGTERM)
    assert process.wait(PATIENCE)


def keys(value: object) -> object:
    """The keys in their order, and the types of what they lead to."""
    if isinstance(value, dict):
        return [(name, keys(item)) for name, item in value.items() if not name.startswith("auth_ext_")]
    if isinstance(value, list):
        return [keys(item) for item in value]
    return "number" if type(value) in (int, float) else type(value).__name__


def lines_of_instances(text: str) -> list[str]:
    """What every instance says, without what differs between two runs or two hosts."""
    part = text.split("------< VRRP Topology >------\n")[1].split("------<", 1)[0]
    part = re.sub(r"\n   fd_in .*", "", part)
    part = re.sub(r"\n   Unicast checksum compatibility .*", "", part)
    part = re.sub(r", ifindex \d+\n", "\n", part)
    part = re.sub(r"(Last transition|Read timeout|Master down timer|Using src_ip|Password) = .*", r"\1", part)
    return part.splitlines()


def labels(text: str, title: str) -> list[str]:
    part = text.split(f"------< {title} >------\n")[1].split("------<", 1)[0]
    return [line.split(" = ")[0] for line in part.splitlines()]


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived here")
def test_keepaliveds_own(lab: Lab, ours: Dumping) -> None:
    mine = ours.ask(JSON, "keepalived.json"), ours.ask(STATS, "keepalived.stats"), ours.ask(DATA, "keepalived.data")
    with Lab(routers=1, clients=0) as other, keepalived(other["r1"]) as theirs:
        its_json = theirs.ask(JSON, "keepalived.json")
        its_stats, its_data = theirs.ask(STATS, "keepalived.stats"), theirs.ask(DATA, "keepalived.data")
    assert keys(json.loads(mine[0])) == keys(json.loads(its_json))
    assert [{**item["data"], "auth_data": 0, "last_transition": 0} for item in json.loads(mine[0])] == [
        {**item["data"], "auth_data": 0, "last_transition": 0} for item in json.loads(its_json)
    ]
    extension = r"  Authentication Extension Errors:\n(    .*\n){6}"
    assert re.sub(r"\d+", "N", re.sub(extension, "", mine[1])) == re.sub(r"\d+", "N", re.sub(extension, "", its_stats))
    assert lines_of_instances(mine[2]) == lines_of_instances(its_data)
    for title in ("VRRP Sync groups", "VRRP Scripts"):
        assert labels(mine[2], title) == labels(its_data, title)


def test_as_the_exporter_reads_json(ours: Dumping) -> None:
    text = ours.ask(JSON, "keepalived.json")
    assert text.endswith("}}]\n")
    assert text.count("\n") == 1
    instances = json.loads(text)
    for item in instances:
        data = item["data"]
        assert data["state"] in range(4)
        assert type(data["garp_delay"]) is int
        for address in data["vips"] + data.get("evips", []):
            words = address.split(" ")
            assert (words[1], words[2]) == ("dev", data["ifp_ifname"])
        assert all(type(value) is int for value in item["stats"].values())
        assert abs(time.time() - data["last_transition"]) < 3600
    assert [item["data"]["iname"] for item in instances] == ["VI_1", "VI_2", "VI_3"]
    assert "hush" not in text


def test_as_the_exporter_reads_text(ours: Dumping) -> None:
    data, stats = ours.ask(DATA, "keepalived.data"), ours.ask(STATS, "keepalived.stats")
    names = re.findall(r"^ VRRP Instance = (.*)$", data, re.MULTILINE)
    assert names == re.findall(r"^VRRP Instance: (.*)$", stats, re.MULTILINE) == ["VI_1", "VI_2", "VI_3"]
    for word in re.findall(r"^   (?:State|Wantstate) = (.*)$", data.split("VRRP Sync groups")[0], re.MULTILINE):
        assert word in ("INIT", "BACKUP", "MASTER", "FAULT")
    script = data.split(" VRRP Script = chk\n")[1]
    assert "\n   Status = GOOD\n" in script
    assert re.search(r"\n   State = (idle|running)\n", script)
    assert "hush" not in data


def test_clearing_the_counters(ours: Dumping) -> None:
    def sent(text: str) -> int:
        return sum(int(number) for number in re.findall(r"    Sent: (\d+)", text))

    def became(text: str) -> list[str]:
        return re.findall(r"Became master: (\d+)", text)

    before = ours.ask(STATS_CLEAR, "keepalived.stats")
    assert became(before) == ["1", "1", "1"]
    after = ours.ask(STATS, "keepalived.stats")
    assert became(after) == ["0", "0", "0"]
    assert sent(after) < sent(before)


def test_a_place_that_cannot_be_written(lab: Lab) -> None:
    config = CONFIG.replace("router_id lab", "state_dump_file /nonexistent/d/")
    stand_in = StandIn(lab["r1"], config)
    process = stand_in.start()
    stand_in.kill(str(DATA))
    eventually(lambda: "ERROR SIGUSR1: cannot write /nonexistent/d/keepalived.data: ENOENT" in stand_in.log())
    assert process.stop() == 0


LINKS = """
global_defs {
    vrrp_version 3
    vrrp_garp_interval 0.25
}
garp_group {
    garp_interval 0.5
    gna_interval 1.25
    interfaces {
        eth0 net2
    }
}
interface_up_down_delays {
    eth0 5 3
    net1 0.5
}
linkbeat_interfaces {
    net2
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.168.1.100
        192.168.7.1 dev net1
        192.168.8.1 dev net2
    }
    vmac_garp_intvl all 20
}
"""
WORDS = ("debounce", "Delayed", "NIC", "Gratuitous", "Name =")


def of_links(text: str) -> list[str]:
    """What it says of distances and links, times aside."""
    begin, end = text.index("------< Gratuitous ARP delays"), text.index("------< VRRP Topology")
    distances = text[begin:end].splitlines()
    links = [line for line in text.split("------< Interfaces >------\n")[1].splitlines() if has_one(line, WORDS)]
    rest = [line for line in text.splitlines() if "secondary i/f" in line or "such secondary" in line]
    return [re.sub(r" next time .*| = \d+\.\d{6} \([A-Z].*", "", line) for line in (*distances, *links, *rest)]


def has_one(line: str, words: tuple[str, ...]) -> bool:
    return any(word in line for word in words)


def with_more_links(host: Host) -> Host:
    host.ip("link add net1 type veth peer name net2", "link set net1 up", "link set net2 up")
    return host


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived here")
def test_distances_delays_and_polled_links_are_keepaliveds_own() -> None:
    with Lab(routers=1, clients=0) as lab, keepalived(with_more_links(lab["r1"]), LINKS) as theirs:
        its = of_links(theirs.ask(DATA, "keepalived.data"))
    with Lab(routers=1, clients=0) as lab:
        host = with_more_links(lab["r1"])
        stand_in = StandIn(host, LINKS)
        (host.directory / "tmp").mkdir()
        process = stand_in.start(env={"TMPDIR": str(host.directory / "tmp")})
        ours = Dumping(host, lambda number: stand_in.kill(str(number)))
        ours.all_masters(1)
        mine = of_links(ours.ask(DATA, "keepalived.data"))
        assert process.stop() == 0
    assert sorted(mine) == sorted(its)
