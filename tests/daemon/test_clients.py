"""Programs that watch keepalived, beside vrrpd under that name: keepalived-exporter and VyOS."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from netns.lab import Lab
from netns.process import Process
from tests.daemon.clients import VYOS_FIFO_SCRIPT, Exporter, Machine, Vyos
from tests.daemon.nodes import REPOSITORY, eventually
from tests.daemon.standing_in import StandIn

pytestmark = pytest.mark.netns

CONFIG = """
global_defs {{
    dynamic_interfaces
    script_user root
    vrrp_startup_delay 0.1
    notify_fifo {directory}/notify_fifo root
    notify_fifo_script "{python} {directory}/fifo.py"
}}
vrrp_script healthcheck {{
    script "/bin/true"
    interval 1
}}
vrrp_instance office-1 {{
    state BACKUP
    interface eth0
    virtual_router_id 10
    priority 200
    advert_int 1
    garp_interval 0.5
    garp_master_delay 3
    virtual_ipaddress {{
        192.168.1.100/24
        192.168.1.101/32 dev eth0
    }}
    virtual_ipaddress_excluded {{
        fd00:1::100/64
    }}
    track_script {{
        healthcheck
    }}
}}
vrrp_instance office-2 {{
    state BACKUP
    interface eth0
    virtual_router_id 11
    priority 100
    unicast_src_ip 192.168.1.1
    unicast_peer {{
        192.168.1.2
    }}
    virtual_ipaddress {{
        192.168.1.102/24
    }}
}}
vrrp_sync_group office {{
    group {{
        office-1
        office-2
    }}
}}
"""
VIPS = ["192.168.1.100", "192.168.1.101"]


class Running:
    """The daemon as VyOS starts it, with its files in a directory of the lab."""

    def __init__(self, lab: Lab) -> None:
        host = lab["r1"]
        self.directory = host.directory
        (self.directory / "fifo.py").write_text(VYOS_FIFO_SCRIPT)
        self.stand_in = StandIn(host, CONFIG.format(directory=self.directory, python=sys.executable))
        self.tmp = self.directory / "tmp"
        self.tmp.mkdir()
        self.machine = Machine(self._call, lambda number: self.stand_in.kill(str(number)), self.tmp)

    def start(self) -> Process:
        """Outside the lab these are the machine's own: the run dir and where the log goes are not among its options."""
        stand_in = self.stand_in
        options = ["--use-file", str(stand_in.config), "--pid", str(stand_in.pid_file), "--dont-fork"]
        apart = ["-r", str(stand_in.vrrp_pid_file), "-G", f"-g{stand_in.log_file}", "--run-dir", str(stand_in.run_dir)]
        process = stand_in.spawn(*options, *apart, env={"TMPDIR": str(self.tmp)})
        eventually(lambda: "office MASTER" in self._log() or self.heard()[-1:] == ["GROUP office MASTER 0"], "MASTER")
        return process

    def _log(self) -> str:
        return self.stand_in.log()

    def _call(self, words: Sequence[str]) -> tuple[str, str]:
        done = subprocess.run(
            [str(self.stand_in.program), *words],
            env={"PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout, done.stderr

    def heard(self) -> list[str]:
        """What the program at the end of the pipe understood."""
        path = Path(f"{self.directory}/fifo.py.heard")
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def running(lab: Lab) -> Iterator[Running]:
    found = Running(lab)
    process = found.start()
    yield found
    if process.running:
        assert process.stop() == 0
    assert "defect" not in found.stand_in.log()


def test_the_exporter_in_json_mode(running: Running) -> None:
    exporter = Exporter(running.machine)
    assert exporter.version() >= (1, 3, 8)
    assert exporter.can_json()
    first, second = exporter.json()
    assert (first.name, second.name) == ("office-1", "office-2")
    assert first.values == {
        "State": "MASTER",
        "Wantstate": "MASTER",
        "Interface": "eth0",
        "Virtual Router ID": "10",
        "Gratuitous ARP delay": "3",
    }
    assert [(vip.split(" ")[0], vip.split(" ")[2]) for vip in first.vips] == [
        ("192.168.1.100/24", "eth0"),
        ("192.168.1.101", "eth0"),
    ]
    assert [(vip.split(" ")[0], vip.split(" ")[2]) for vip in first.excluded] == [("fd00:1::100/64", "eth0")]
    assert first.counters["become_master"] == 1
    assert first.counters["advert_sent"] >= 1


def test_the_exporter_in_text_mode_sees_the_same(running: Running) -> None:
    exporter = Exporter(running.machine)
    instances, scripts = exporter.text()
    by_json = exporter.json()
    for one, other in zip(instances, by_json, strict=True):
        assert one.name == other.name
        assert one.vips == other.vips
        assert one.excluded == other.excluded
        for key in other.values:
            assert one.values[key].split(",")[0] == other.values[key], key
        assert one.counters.keys() == other.counters.keys()
        assert one.counters["become_master"] == other.counters["become_master"] == 1
    assert scripts["healthcheck"]["Status"] == "GOOD"
    assert scripts["healthcheck"]["State"] in {"idle", "running"}


def test_vyos_shows_its_groups(running: Running) -> None:
    vyos = Vyos(running.machine)
    for name, interface, vrid, state, priority, since in vyos.groups():
        assert (name, interface, state) == (f"office-{vrid - 9}", "eth0", "MASTER")
        assert priority == (200 if vrid == 10 else 100)
        assert 0 <= time.time() - since < 3600
    assert "VRRP Instance = office-1" in vyos.fetch("keepalived.data")
    assert vyos.fetch("keepalived.stats").startswith("VRRP Instance: office-1\n")
    assert list(running.tmp.iterdir()) == []


def test_vyos_hears_of_every_state_through_the_pipe(running: Running) -> None:
    eventually(lambda: "GROUP office MASTER 0" in running.heard())
    running.stand_in.stop()
    eventually(lambda: "GROUP office STOP 0" in running.heard())
    heard = running.heard()
    for line in ("INSTANCE office-1 {} 200", "INSTANCE office-2 {} 100", "GROUP office {} 0"):
        states = [state for state in ("BACKUP", "MASTER", "STOP") if line.format(state) in heard]
        assert states == ["BACKUP", "MASTER", "STOP"]
        places = [heard.index(line.format(state)) for state in states]
        assert places == sorted(places)
