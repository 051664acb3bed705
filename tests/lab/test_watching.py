"""Capture, monitor and probes against things that are known to happen."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netns.capture import Capture
from netns.lab import Lab
from netns.monitor import Monitor, holding_times
from netns.probe import HttpProbe, PingProbe
from netns.wire import Announcement
from vrrpd.linux.arp import gratuitous_arp

pytestmark = pytest.mark.netns

VIP = "192.168.1.100"
BURST = 2000
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"hello\\n"
        self.send_response(200)
        self.send_header("X-Served-By", sys.argv[1])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(routers=2, clients=1) as built:
        yield built


def announce(lab: Lab, host: str, times: int) -> None:
    import socket
    from ipaddress import IPv4Address

    frame = gratuitous_arp(bytes.fromhex(lab[host].mac.replace(":", "")), IPv4Address(VIP))

    def send() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
            sock.bind(("eth0", 0))
            for _ in range(times):
                sock.send(frame)

    lab[host].enter(send)


def test_a_burst_is_captured_whole_and_in_order(lab: Lab) -> None:
    capture = Capture(lab)
    before = time.time_ns()
    announce(lab, "r1", BURST)
    announce(lab, "r2", 1)
    assert capture.wait_for(lambda record: record.host == "r2", 10, since=before) is not None
    garps = capture.garps(address=VIP, since=before)
    assert [garp.host for garp in garps] == ["r1"] * BURST + ["r2"]
    assert [garp.time_ns for garp in garps] == sorted(garp.time_ns for garp in garps)
    assert capture.lost == 0
    assert garps[0] == Announcement(garps[0].time_ns, "r1", VIP, lab["r1"].mac, False)


def test_waiting_for_what_does_not_come_ends(lab: Lab) -> None:
    capture = Capture(lab)
    assert capture.wait_for_advert(0.05, host="r1") is None
    assert capture.first_advert(0) is None
    assert capture.last_advert(time.time_ns()) is None


def test_tshark_reads_the_capture(lab: Lab, tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("needs tshark")
    capture = Capture(lab)
    announce(lab, "r1", 3)
    assert capture.wait_for(lambda record: record.host == "r1", 10, since=0)
    while len(capture.garps("r1")) < 3:
        time.sleep(0.01)
    capture.write_pcap(tmp_path / "lab.pcap")
    argv = [
        "tshark",
        "-r",
        str(tmp_path / "lab.pcap"),
        "-Y",
        "arp.isgratuitous == 1",
        "-T",
        "fields",
        "-e",
        "arp.src.proto_ipv4",
    ]
    shown = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [VIP] * 3


def test_the_monitor_tells_addresses_and_who_changed_them(lab: Lab) -> None:
    monitor = Monitor(lab)
    lab["r1"].ip(f"addr add {VIP}/32 dev eth0", f"addr del {VIP}/32 dev eth0")
    lab["r2"].ip("addr add fd00:1::100/128 dev eth0")
    assert monitor.wait_for_address("r1", VIP, 10, present=False)
    assert monitor.wait_for_address("r2", "fd00:1::100", 10)
    changes = monitor.addresses("r1", VIP)
    assert [change.present for change in changes] == [True, False]
    assert changes[0].port_id == changes[1].port_id != 0
    ((start, end),) = holding_times(changes, time.time_ns())
    assert (start, end) == (changes[0].time_ns, changes[1].time_ns)
    assert not monitor.addresses("r2", VIP)


def test_the_monitor_tells_the_carrier(lab: Lab) -> None:
    monitor = Monitor(lab)
    for up in (False, True):
        lab["r1"].set_carrier(up)
        end = time.monotonic() + 10
        while [change.up for change in monitor.links("r1", "eth0")][-1:] != [up]:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert not monitor.links("r2")


def test_pings_tell_who_answers_and_for_how_long_nobody_does(lab: Lab) -> None:
    lab["r1"].ip(f"addr add {VIP}/32 dev eth0", "addr add fd00:1::100/128 dev eth0 nodad")
    probe = PingProbe(lab, [VIP, "fd00:1::100"])
    assert probe.wait_for_reply(10, host="r1") is not None
    assert probe.wait_for_reply(10, host="r1", target="fd00:1::100") is not None
    removed_at = lab["r1"].ip(f"addr del {VIP}/32 dev eth0")
    time.sleep(0.1)
    lab["r2"].ip(f"addr add {VIP}/32 dev eth0")
    announce(lab, "r2", 1)
    reply = probe.wait_for_reply(10, host="r2", since=removed_at)
    assert reply is not None
    outage = probe.outage(removed_at, reply.time_ns)
    assert outage.ms >= 100
    assert (outage.before and outage.before.host, outage.after and outage.after.host) == ("r1", "r2")
    assert probe.lost_ms(removed_at, reply.time_ns) >= 90
    probe.stop()
    assert probe.answered_by() == "r2"
    assert {answer.host for answer in probe.replies("fd00:1::100")} == {"r1"}


def test_requests_tell_who_serves_and_what_fails(lab: Lab) -> None:
    probe = HttpProbe(lab, str(lab["r1"].address), interval=0.01, timeout=0.5)
    refused = probe_until(probe, lambda: any(answer.error == "ECONNREFUSED" for answer in probe.answers()))
    assert refused
    assert probe.served_by() is None
    server = lab["r1"].spawn([sys.executable, "-c", SERVER, "lb1"], log="server")
    answer = probe.wait_for_answer(20, served_by="lb1")
    assert answer is not None, server.log()
    assert (answer.status, answer.body, answer.ok) == (200, "hello", True)
    assert answer.latency_ms > 0
    cut_at = lab["r1"].set_carrier(False)
    assert probe_until(probe, lambda: any(a.error == "timeout" for a in probe.answers(since=cut_at)))
    lab["r1"].set_carrier(True)
    back = probe.wait_for_answer(20)
    assert back is not None
    assert probe.outage(cut_at, back.time_ns).ms >= 500


def probe_until(probe: HttpProbe, condition: object) -> bool:
    assert callable(condition)
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


@pytest.mark.parametrize(("sending", "hearing"), [(True, True), (True, False), (False, True)])
def test_a_cut_in_any_direction_ends_the_conversation(lab: Lab, sending: bool, hearing: bool) -> None:
    probe = PingProbe(lab, [str(lab["r1"].address)])
    assert probe.wait_for_reply(10) is not None
    lab["r1"].isolate(sending=sending, hearing=hearing)
    time.sleep(0.05)
    cut_at = time.time_ns()
    time.sleep(0.1)
    assert not probe.replies(since=cut_at)
    lab["r1"].join()
    assert probe.wait_for_reply(10) is not None


def test_random_loss_loses_some(lab: Lab) -> None:
    probe = PingProbe(lab, [str(lab["r1"].address)], interval=0.001)
    assert probe.wait_for_reply(10) is not None
    since = lab["r1"].random_loss(50)
    time.sleep(0.5)
    lab["r1"].join()
    end = time.time_ns()
    sent = (end - since) / 1e6
    assert 0 < len(probe.replies(since=since, until=end)) < 0.8 * sent
