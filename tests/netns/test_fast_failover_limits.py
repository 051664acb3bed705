"""fast_failover where it must hold back, or reach further: who is asked, who answers, and who may take over."""

import signal
import subprocess
import sys
import time

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from netns.peers import DAEMONS
from netns.peers.spec import InstanceSpec, NodeSpec
from netns.peers.vrrpd import instance_status
from netns.stage import Stage
from tests.daemon.nodes import eventually
from tests.netns.fast import ALWAYS, OVERDUE, OWNER, PATIENCE, ROOT, instance, log_of, masters, start, taken_after
from vrrpd.errors import ControlError

pytestmark = [pytest.mark.netns, pytest.mark.compared]

LATE, CONSTANT = 52, 53
PROTOCOL_AT_LEAST = 2.0
"""Seconds: Master_Down_Interval is 3.6, counted from the last advertisement, which is a second old at most."""
BOTH = {LATE: OVERDUE, CONSTANT: ALWAYS}


def follow(lab: Lab, capture: Capture, words: dict[int, str], head: str = "") -> tuple[Host, Host]:
    """keepalived is master, vrrpd its backup, one virtual router for each line of words."""
    first, second = lab.routers[:2]
    start(first, "keepalived", *(instance(vrid, OWNER) for vrid in words))
    masters(capture, first, *words)
    start(second, "vrrpd", *(instance(vrid, 100, line) for vrid, line in words.items()), head=head)
    runs(second)
    eventually(lambda: states(second, len(words)) == {"BACKUP"})
    time.sleep(2.2)
    assert not capture.adverts(second.name), log_of(second)
    return first, second


def runs(host: Host) -> None:
    """Its control socket is the last thing that comes; it is there a moment before it answers."""
    eventually(lambda: is_there(host))


def is_there(host: Host) -> bool:
    try:
        return bool(instance_status(host))
    except ControlError:
        return False


def states(host: Host, count: int) -> set[object]:
    return {instance_status(host, index)["state"] for index in range(count)}


def sent(host: Host) -> int:
    """Frames out, of any kind."""
    return int(host.run(["cat", "/sys/class/net/eth0/statistics/tx_packets"]))


def counted(host: Host, index: int, name: str) -> object:
    statistics = instance_status(host, index)["statistics"]
    assert isinstance(statistics, dict)
    return statistics[name]


@pytest.mark.parametrize("answering", ["its own kernel", "somebody else"])
def test_while_the_address_answers_the_protocol_decides(answering: str) -> None:
    """The daemon has died and its host lives; or the host has died and another one answers for its address."""
    with Lab(routers=2, clients=0, extra=1) as lab:
        capture = Capture(lab)
        first, second = follow(lab, capture, BOTH)
        if answering == "its own kernel":
            (daemon,) = first.processes
            begin = daemon.kill()
        else:
            lab["b1"].ip(f"addr add {first.address}/32 dev eth0")
            begin = first.crash()
        for vrid in BOTH:
            assert taken_after(capture, second, vrid, begin) > PROTOCOL_AT_LEAST, log_of(second)
        assert [counted(second, index, "silent_takeovers") for index in range(2)] == [0, 0]


def test_switched_on_and_off_by_a_reload() -> None:
    """Off it sends nothing at all, however late the advertisements are."""
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = follow(lab, capture, {LATE: ""})
        found = [sent_while_late(capture, first, second)]
        for line in (OVERDUE, ""):
            (second.directory / "fast.conf").write_text(instance(LATE, 100, line))
            second.processes[0].send(signal.SIGHUP)
            time.sleep(2.2)
            found.append(sent_while_late(capture, first, second))
        assert found[0] == found[2] == 0, found
        assert found[1] > 1, log_of(second)
        assert not capture.adverts(second.name)


def sent_while_late(capture: Capture, master: Host, backup: Host) -> int:
    """What the backup has sent when the master did not run for less than it takes to be succeeded."""
    before = sent(backup)
    master.processes[0].signal_tree(signal.SIGSTOP)
    time.sleep(1.6)
    found = sent(backup) - before
    master.processes[0].signal_tree(signal.SIGCONT)
    capture.wait_for_advert(PATIENCE, host=master.name)
    return found


def test_our_own_cable_is_no_silence_of_others() -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = follow(lab, capture, {**BOTH, 54: f"dont_track_primary\n {ALWAYS}"})
        second.set_carrier(False)
        eventually(lambda: states(second, 2) == {"FAULT"})
        time.sleep(1.5)
        assert states(second, 3) == {"FAULT", "BACKUP"}, log_of(second)
        second.set_carrier(True)
        capture.wait_for_advert(PATIENCE, host=first.name)
        eventually(lambda: states(second, 3) == {"BACKUP"})
        time.sleep(0.5)
        assert [counted(second, index, "silent_takeovers") for index in range(3)] == [0, 0, 0]


def test_the_better_of_two_backups_is_the_only_one_to_take_over() -> None:
    """One that may not preempt too: there is nobody left to be preempted."""
    with Lab(routers=3, clients=0) as lab:
        capture = Capture(lab)
        words = {**BOTH, 54: f"nopreempt\n    {OVERDUE}"}
        first, _ = follow(lab, capture, words)
        third = lab.routers[2]
        start(third, "vrrpd", *(instance(vrid, 130, line) for vrid, line in words.items()))
        runs(third)
        eventually(lambda: states(third, 3) == {"BACKUP"})
        time.sleep(2.2)
        begin = first.crash()
        for vrid in words:
            assert taken_after(capture, third, vrid, begin) < PROTOCOL_AT_LEAST
        time.sleep(1.0)
        assert not capture.adverts(lab.routers[1].name), log_of(lab.routers[1])


def test_the_members_of_a_sync_group_go_together() -> None:
    group = f"vrrp_sync_group VG {{\n group {{\n VI_{LATE}\n VI_{CONSTANT}\n }}\n}}\n"
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = follow(lab, capture, BOTH, head=group)
        begin = first.crash()
        took = [taken_after(capture, second, vrid, begin) for vrid in BOTH]
        assert max(took) < PROTOCOL_AT_LEAST, log_of(second)
        assert max(took) - min(took) < 0.1


@pytest.mark.parametrize("family", [4, 6])
def test_a_peer_behind_a_router(family: int) -> None:
    """Asked by ICMP echo. A router that is gone is as silent as the host behind it."""
    with Lab(routers=2, clients=0, extra=1) as lab:
        capture = Capture(lab)
        first, second, router = *lab.routers, lab["b1"]
        net = "10.9.2." if family == 4 else "fd00:2::"
        own, near = (first.address, router.address) if family == 4 else (first.address6, router.address6)
        length = 24 if family == 4 else 64
        for knob in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            router.run(["sh", "-c", f"echo 1 > /proc/sys/net/{knob}"])
        router.run(["sh", "-c", "echo 0 | tee /proc/sys/net/ipv4/conf/*/send_redirects"])
        router.ip(f"addr add {net}1/{length} dev eth0" + (" nodad" if family == 6 else ""))
        first.ip(f"route add {net}0/{length} via {near}")
        mine = second.address if family == 4 else second.address6
        second.ip(
            f"addr del {mine}/{length} dev eth0",
            f"addr add {net}2/{length} dev eth0" + (" nodad" if family == 6 else ""),
            f"route add default via {net}1",
        )
        unicast = "unicast_src_ip {}\n    unicast_peer {{\n {}\n }}\n    {}"
        start(
            first,
            "keepalived",
            *(instance(vrid, OWNER, unicast.format(own, f"{net}2", ""), family=family) for vrid in BOTH),
        )
        masters(capture, first, *BOTH)
        start(
            second,
            "vrrpd",
            *(instance(vrid, 100, unicast.format(f"{net}2", own, line), family=family) for vrid, line in BOTH.items()),
        )
        runs(second)
        eventually(lambda: all(answers(second, index) for index in range(2)))
        time.sleep(2.0)
        assert not capture.adverts(second.name), log_of(second)
        begin = first.crash()
        took = {vrid: taken_after(capture, second, vrid, begin) for vrid in BOTH}
        print(family, took)
        assert took[CONSTANT] < took[LATE] < PROTOCOL_AT_LEAST, log_of(second)


def answers(host: Host, index: int) -> bool:
    probe = instance_status(host, index)["probe"]
    return isinstance(probe, dict) and (probe["how"], probe["answers"]) == ("ICMP echo", True)


def test_the_journal_tells_a_wrong_takeover_again() -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        journal = lab.routers[1].directory / "journal"
        first, second = follow(lab, capture, {CONSTANT: ALWAYS}, head=f"global_defs {{\n journal {journal}\n}}\n")
        second.isolate(sending=True, hearing=True)
        time.sleep(1.2)
        second.join()
        capture.wait_for_advert(PATIENCE, host=first.name, since=time.time_ns())
        eventually(lambda: counted(second, 0, "wrong_takeovers") == 1)
        status = subprocess.run(
            [sys.executable, "-m", "vrrpd", "status", "--run-dir", str(second.directory / "run")],
            capture_output=True, text=True, check=True, cwd=ROOT,
        ).stdout  # fmt: skip
        assert "after 1 wrong takeovers no host is asked for another" in status
        second.processes[0].stop()
        done = subprocess.run(
            [sys.executable, "-m", "vrrpd", "replay", str(journal)], capture_output=True, text=True, check=False,
            cwd=ROOT,
        )  # fmt: skip
        print(done.stdout[-2000:])
        assert done.returncode == 0, done.stdout
        assert "wrong_takeover" in done.stdout


def test_the_masters_cable_was_out_for_a_moment() -> None:
    """The wrong takeover serves the client meanwhile; the master, heard first, has to announce itself again."""
    daemons = {"r1": DAEMONS["keepalived"], "r2": DAEMONS["vrrpd"]}
    with Stage("wrong", daemons) as stage:
        stage.start("r1", NodeSpec((InstanceSpec(priority=OWNER, state="MASTER"),)))
        stage.start("r2", NodeSpec((InstanceSpec(probe="always"),)))
        assert stage.pings is not None
        assert stage.await_sole_holder("r1", PATIENCE)
        time.sleep(3.0)
        stage.await_advert("r1", PATIENCE, since=time.time_ns())
        time.sleep(0.1)
        cut = stage.lab["r1"].isolate()
        time.sleep(1.5)
        joined = stage.lab["r1"].join()
        assert stage.pings.wait_for_reply(PATIENCE, host="r2", since=cut)
        assert stage.pings.wait_for_reply(PATIENCE, host="r1", since=joined)
        assert stage.pings.outage(joined).ms < 500, stage.nodes["r2"].log()
        assert counted(stage.lab["r2"], 0, "wrong_takeovers") == 1
