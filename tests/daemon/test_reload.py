"""Another configuration for running daemons: what changes does, and nothing else feels anything."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

import pytest

from netns.capture import Capture
from netns.lab import Lab
from netns.monitor import Monitor
from netns.probe import PingProbe
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text
from vrrpd.control.client import ControlClient

pytestmark = pytest.mark.netns

VIP_2 = "192.168.1.101"
VIP_3 = "192.168.1.102"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Two routers, and a client that looks at their addresses."""
    with Lab(routers=2, clients=1) as made:
        yield made


@pytest.fixture
def capture(lab: Lab) -> Iterator[Capture]:
    with Capture(lab) as made:
        yield made


def pair(lab: Lab, *texts: str) -> tuple[Node, Node]:
    nodes = [Node(host, text).start() for host, text in zip(lab.routers, texts, strict=True)]
    nodes[0].becomes("MASTER")
    nodes[1].becomes("BACKUP")
    eventually(lambda: nodes[0].holds() and nodes[1].status()["master"])
    return nodes[0], nodes[1]


def alone(lab: Lab, text: str, *names: str) -> Node:
    node = Node(lab["r1"], text).start()
    for name in names or ("VI_1",):
        node.becomes("MASTER", name)
    return node


def lines_after(node: Node, reload: str, pattern: str = "VI_|group") -> list[str]:
    """Those about instances from this line on."""
    lines = node.log().splitlines()
    start = next(place for place, line in enumerate(lines) if reload in line)
    return [line for line in lines[start:] if any(word in line for word in pattern.split("|"))]


def addresses(node: Node) -> set[str]:
    words = node.host.run(["ip", "-4", "-o", "address", "show", "dev", "eth0"]).split()
    return {after for word, after in pairwise(words) if word == "inet"}


# --- nothing changed --------------------------------------------------------------------------------------------


def test_where_nothing_changed_nobody_notices(lab: Lab, capture: Capture) -> None:
    texts = [
        instance_text(priority=priority, advert_int=0.01, garp_master_delay=0, down_timer_adverts=100)
        for priority in (150, 100)
    ]
    first, second = pair(lab, *texts)
    before = [node.status() for node in (first, second)]
    quiet = capture.wait_for_advert(5.0, host="r1")
    assert quiet is not None
    capture.wait_for(lambda record: record.time_ns > quiet.time_ns + 1_000_000_000, 10.0)
    begin = capture.records()[-1].time_ns
    for node in (first, second):
        assert node.reload() == ()
    end = capture.records()[-1].time_ns

    assert [node.status()["since"] for node in (first, second)] == pytest.approx([item["since"] for item in before])
    eventually(lambda: first.lines("reloaded in .* ms: nothing changed"), "logged")
    assert lines_after(first, "reading /") == []
    assert not capture.garps(since=begin)
    assert not capture.adverts("r2", since=quiet.time_ns)
    # A busy machine is late by itself: a reload may be no worse than its usual.
    usual = longest_gap(capture, quiet.time_ns, begin)
    assert longest_gap(capture, begin, end) <= max(0.012, 2 * usual)


def after_the_takeover(capture: Capture) -> int:
    """The time of the master's next advert: what it announced when it took over lies before it."""
    advert = capture.wait_for_advert(10, host="r1")
    assert advert is not None
    return advert.time_ns


def longest_gap(capture: Capture, begin: int, end: int) -> float:
    times = [advert.time_ns for advert in capture.adverts("r1", since=begin, until=end)]
    assert len(times) > 2
    return max(later - earlier for earlier, later in pairwise(times)) / 1e9


def test_a_renamed_instance_goes_on_in_its_state(lab: Lab, capture: Capture) -> None:
    first, second = pair(lab, instance_text(priority=150, garp_master_delay=0), instance_text())
    since = first.status()["since"]
    begin = after_the_takeover(capture)
    assert first.reload(instance_text("VI_NEW", priority=150, garp_master_delay=0)) == ("VI_1 is named VI_NEW",)
    assert first.status("VI_NEW")["since"] == pytest.approx(since)
    assert lines_after(first, "reloaded in", "->") == []
    capture.wait_for(lambda record: record.time_ns > begin + 500_000_000, 10.0)
    assert not capture.garps(since=begin)
    assert second.state() == "BACKUP"


# --- addresses ------------------------------------------------------------------------------------------------------


def test_two_instances_exchange_their_names(lab: Lab, capture: Capture) -> None:
    """What each of them is told by scripts and trackers goes by its name, what it is by its number."""
    text = instance_text() + instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2])
    node = alone(lab, text, "VI_1", "VI_2")
    begin = capture.records()[-1].time_ns
    changes = node.reload(text.replace("VI_1", "VI_3").replace("VI_2", "VI_1").replace("VI_3", "VI_2"))
    assert sorted(changes) == ["VI_1 is named VI_2", "VI_2 is named VI_1"]
    assert {f"{VIP}/32", f"{VIP_2}/32"} <= addresses(node)
    assert not [advert for advert in capture.adverts("r1", since=begin) if advert.priority == 0]
    node.reload(text.replace("VI_1", "VI_3").replace("VI_2", "VI_1").replace("VI_3", "VI_2").replace(VIP, VIP_3))
    eventually(lambda: {f"{VIP_3}/32", f"{VIP_2}/32"} <= addresses(node) and f"{VIP}/32" not in addresses(node))
    assert node.process.stop() == 0
    assert not addresses(node) & {f"{VIP}/32", f"{VIP_2}/32", f"{VIP_3}/32"}


def test_addresses_come_and_go_and_those_that_stay_are_never_missed(lab: Lab, capture: Capture) -> None:
    first, _ = pair(
        lab,
        instance_text(priority=150, virtual_ipaddress=[VIP, VIP_2], garp_master_delay=0),
        instance_text(virtual_ipaddress=[VIP, VIP_2]),
    )
    probe = PingProbe(lab, [VIP])
    with closing(Monitor(lab)) as monitor:
        answered = probe.wait_for_reply(10.0)
        assert answered is not None
        begin = after_the_takeover(capture)
        changes = first.reload(instance_text(priority=150, virtual_ipaddress=[VIP, VIP_3], garp_master_delay=0))
        assert changes == (f"VI_1 virtual_ipaddress -{VIP_2}, +{VIP_3}",)
        eventually(lambda: addresses(first) >= {f"{VIP}/32", f"{VIP_3}/32"})
        assert f"{VIP_2}/32" not in addresses(first)
        eventually(lambda: capture.garps("r1", VIP_3, since=begin))
        assert not capture.garps("r1", VIP, since=begin)
        assert not [change for change in monitor.addresses("r1", VIP) if not change.present]
    assert probe.outage(answered.time_ns).ms < 100, "not as long as an advert takes to come"
    probe.stop()
    assert first.status()["state"] == "MASTER"
    assert set(capture.adverts("r1")[-1].addresses) == {VIP, VIP_3}


def test_an_address_moves_between_instances_without_leaving_the_interface(lab: Lab) -> None:
    def text(first: list[str], second: list[str]) -> str:
        return instance_text(virtual_ipaddress=first) + instance_text("VI_2", vrid=52, virtual_ipaddress=second)

    node = alone(lab, text([VIP, VIP_2], [VIP_3]), "VI_1", "VI_2")
    with closing(Monitor(lab)) as monitor:
        node.reload(text([VIP], [VIP_2, VIP_3]))
        eventually(lambda: len(node.status("VI_2")["addresses"]) == 2)
        assert addresses(node) >= {f"{VIP}/32", f"{VIP_2}/32", f"{VIP_3}/32"}
        assert not [change for change in monitor.addresses("r1") if not change.present]
    assert node.stop() == 0
    assert not addresses(node) & {f"{VIP}/32", f"{VIP_2}/32", f"{VIP_3}/32"}


def test_an_address_of_a_removed_instance_stays_with_the_one_that_has_it_now(lab: Lab) -> None:
    other = instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2])
    node = alone(lab, instance_text() + other, "VI_1", "VI_2")
    with closing(Monitor(lab)) as monitor:
        node.reload(instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2, VIP]))
        assert addresses(node) >= {f"{VIP}/32", f"{VIP_2}/32"}
        assert not [change for change in monitor.addresses("r1") if not change.present]


def test_another_prefix_replaces_the_address(lab: Lab) -> None:
    node = alone(lab, instance_text())
    node.reload(instance_text(virtual_ipaddress=[f"{VIP}/24"]))
    eventually(lambda: f"{VIP}/24" in addresses(node))
    assert f"{VIP}/32" not in addresses(node)
    node.reload(instance_text())
    eventually(lambda: f"{VIP}/32" in addresses(node))
    assert f"{VIP}/24" not in addresses(node)
    assert node.state() == "MASTER"


# --- the election -----------------------------------------------------------------------------------------------


def test_a_lower_priority_is_told_and_the_other_node_takes_over(lab: Lab) -> None:
    first, second = pair(lab, instance_text(priority=150), instance_text(priority=100))
    assert first.reload(instance_text(priority=50)) == ("VI_1 priority 150 -> 50",)
    second.becomes("MASTER")
    first.becomes("BACKUP")
    eventually(lambda: second.lines("BACKUP -> MASTER: priority 100 is higher than 50 of 192.168.1.1"), "logged")


def test_a_removed_instance_resigns_and_a_new_one_listens_first(lab: Lab, capture: Capture) -> None:
    first, second = pair(lab, instance_text(priority=150, advert_int=1), instance_text(advert_int=1))
    changes = first.reload(instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2]))
    assert changes == (
        "VI_1 is removed: virtual router 51 on eth0, priority 150",
        "VI_2 is new: virtual router 52 on eth0, priority 100",
    )
    second.becomes("MASTER")
    eventually(lambda: second.lines("BACKUP -> MASTER: 192.168.1.1 resigned"), "logged")
    assert not first.holds()
    assert [advert.priority for advert in capture.adverts("r1", 51)][-1] == 0
    first.becomes("MASTER", "VI_2")
    assert first.holds(VIP_2)
    eventually(lambda: first.lines("VI_2 INIT -> BACKUP: started"), "logged")


def test_another_number_under_the_same_name_is_another_instance(lab: Lab) -> None:
    node = alone(lab, instance_text())
    node.reload(instance_text(vrid=99))
    eventually(lambda: node.lines("VI_1 MASTER -> INIT: no longer configured; 1 VIP removed"), "logged")
    node.becomes("MASTER")
    assert node.status()["virtual_router_id"] == 99
    assert node.holds()


def test_a_new_instance_hears_its_peers_through_the_socket_that_was_there(lab: Lab) -> None:
    other = instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2], priority=200)
    first, second = pair(lab, instance_text(priority=150), instance_text() + other)
    second.becomes("MASTER", "VI_2")
    first.reload(instance_text(priority=150) + instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2]))
    first.becomes("BACKUP", "VI_2")
    eventually(lambda: first.status("VI_2")["master"], "hears the master")


# --- scripts --------------------------------------------------------------------------------------------------------


def script(name: str, command: str) -> str:
    return f'[vrrp_script.{name}]\nscript = "{command}"\ninterval = 1\nuser = "root"\n'


def test_a_script_that_stays_keeps_its_result_and_a_new_one_is_awaited(lab: Lab) -> None:
    tracked = 'track_script = ["chk"]'
    node = alone(lab, script("chk", "true") + instance_text(extra=tracked))
    node.reload(script("chk", "true") + instance_text(extra=tracked, priority=120))
    (tracker,) = node.status()["trackers"]
    assert tracker["status"] == "up"
    node.reload(script("chk", "false") + instance_text(extra=tracked, priority=120))
    node.becomes("FAULT")
    eventually(lambda: node.lines("MASTER -> FAULT: track_failed: chk"), "logged")
    node.reload(instance_text(priority=120))
    node.becomes("MASTER")


def test_another_interval_of_a_check_leaves_its_result_as_it_is(lab: Lab) -> None:
    """keepalived: the same command of the same user keeps its result. Without it the priority would fall meanwhile."""
    slow = lab["r1"].directory / "slow"
    slow.write_text("#!/bin/sh\nsleep 0.5\n")
    slow.chmod(0o755)
    check = script("chk", str(slow)) + "weight = 20\n"
    node = alone(lab, check + instance_text(extra='track_script = ["chk"]'))
    eventually(lambda: node.status()["effective_priority"] == 120)
    node.reload(check.replace("interval = 1", "interval = 30\nfall = 3") + node.config.read_text().removeprefix(check))
    assert node.status()["effective_priority"] == 120
    assert node.status()["trackers"][0]["status"] == "up"
    node.reload(check.replace("/slow", "/slow 1") + instance_text(extra='track_script = ["chk"]'))
    assert node.status()["trackers"][0]["status"] == "unknown"


# --- what is refused --------------------------------------------------------------------------------------------


def test_with_an_error_in_the_file_the_old_configuration_goes_on(lab: Lab, capture: Capture) -> None:
    first, second = pair(lab, instance_text(priority=150, garp_master_delay=0), instance_text())
    begin = after_the_takeover(capture)
    first.config.write_text(instance_text(priority=150) + "virtual_ipaddres = 3\npriority = 300\n")
    done = subprocess.run(  # the command line talks to the socket by its path
        [sys.executable, "-m", "vrrpd", "reload", "--run-dir", str(first.run_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "not reloaded: the old configuration goes on" in done.stderr
    assert f"{first.config}:" in done.stderr
    eventually(lambda: first.lines("ERROR not reloaded"), "logged")
    assert first.state() == "MASTER"
    assert second.state() == "BACKUP"
    assert not capture.garps(since=begin)


def test_what_is_read_when_the_daemon_is_told_to_stop_begins_no_more(lab: Lab) -> None:
    """The owner of an address would take it at once, and nobody would take it off again."""
    slow = lab["r1"].directory / "slow"
    slow.write_text("#!/bin/sh\nsleep 0.8\n")
    slow.chmod(0o755)
    text = instance_text(notify_stop=str(slow))
    node = alone(lab, text)
    node.config.write_text(text + instance_text("VI_2", vrid=52, priority=255, virtual_ipaddress=[VIP_2]))
    node.process.send(signal.SIGHUP)
    node.process.send(signal.SIGTERM)
    assert node.process.wait(20)
    assert node.process.returncode == 0
    assert not addresses(node) & {f"{VIP}/32", f"{VIP_2}/32"}
    assert not node.lines("VI_2")


def test_the_file_that_says_that_a_reload_is_under_way_goes_though_it_is_called_otherwise_then(lab: Lab) -> None:
    first, second = (lab["r1"].directory / name for name in ("first", "second"))

    def text(reload_file: object) -> str:
        return f'[global_defs]\nreload_file = "{reload_file}"\n{instance_text()}'

    node = alone(lab, text(first))
    node.config.write_text(text(second))
    second.write_text("of somebody else")
    node.reload()
    eventually(lambda: not first.exists())
    assert second.exists()


def test_a_file_that_is_gone_changes_nothing(lab: Lab) -> None:
    node = alone(lab, instance_text())
    node.config.unlink()
    node.process.send(signal.SIGHUP)
    eventually(lambda: node.lines("ERROR cannot read"))
    eventually(lambda: node.lines("ERROR not reloaded"))
    assert node.state() == "MASTER"


def test_the_plan_says_what_would_change_and_changes_nothing(lab: Lab) -> None:
    node = alone(lab, instance_text())
    node.config.write_text(instance_text(priority=120))
    done = subprocess.run(
        [sys.executable, "-m", "vrrpd", "reload", "--plan", "--json", "--run-dir", str(node.run_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout) == {"plan": True, "changes": ["VI_1 priority 100 -> 120"], "errors": []}
    assert done.returncode == 0
    assert node.status()["base_priority"] == 100
    assert ControlClient(node.run_dir / "control.sock").call("reload_result", number=12345) == {"done": False}


# --- sync groups, and keepalived's language ---------------------------------------------------------------------


def test_a_group_comes_and_goes_and_its_members_notice_only_that(lab: Lab) -> None:
    check = 'track_script = ["chk"]'
    text = script("chk", "false") + instance_text() + instance_text("VI_2", vrid=52, virtual_ipaddress=[VIP_2])
    node = alone(lab, text, "VI_1", "VI_2")
    since = node.status()["since"]
    group = '[vrrp_sync_group.VG]\ngroup = ["VI_1", "VI_2"]\n'
    assert node.reload(text + group) == ("sync group VG is new",)
    assert node.status()["since"] == pytest.approx(since)
    assert node.lines("group VG INIT -> MASTER")
    node.reload(text.replace("virtual_router_id = 52", f"virtual_router_id = 52\n{check}") + group)
    node.becomes("FAULT", "VI_1")
    assert node.status()["faults"] == [{"reason": "sync_group", "name": "VI_2 (track_failed: chk)"}]
    node.reload(text)
    node.becomes("MASTER", "VI_1")
    node.becomes("MASTER", "VI_2")
    assert not node.lines("CRITICAL")


def test_a_keepalived_conf_is_reloaded_too(lab: Lab) -> None:
    def conf(*vips: str) -> str:
        words = "interface eth0\n virtual_router_id 51\n priority 100\n advert_int 0.1\n version 3\n"
        return f"vrrp_instance VI_1 {{\n {words} virtual_ipaddress {{\n" + "\n".join(vips) + "\n}\n}\n"

    node = Node(lab["r1"], conf(VIP))
    node.config = node.config.rename(node.config.with_suffix(".conf"))
    node.start().becomes("MASTER")
    assert node.reload(conf(VIP, VIP_2)) == (f"VI_1 virtual_ipaddress +{VIP_2}",)
    eventually(lambda: node.holds(VIP_2))
    node.config.write_text(conf("not-an-address"))
    node.process.send(signal.SIGHUP)
    eventually(lambda: node.lines("ERROR not reloaded") or node.lines("reloaded in .*nothing|virtual_ipaddress -"))
    assert node.state() == "MASTER"


# --- one after the other ----------------------------------------------------------------------------------------


def random_config(seed: int) -> tuple[str, dict[str, set[str]]]:
    """Some instances, perhaps in a group, and the addresses of each."""
    chance = random.Random(seed)
    vips = [f"192.168.1.{number}" for number in range(100, 108)]
    chance.shuffle(vips)
    names = chance.sample(["VI_1", "VI_2", "VI_3", "VI_4"], chance.randint(1, 3))
    numbers = chance.sample([51, 52, 53, 54], len(names))
    text, wanted = "", {}
    for name, vrid in zip(names, numbers, strict=True):
        own = [f"{vips.pop()}/{chance.choice([24, 32])}" for _ in range(chance.randint(1, 2))]
        extra = chance.choice(["", "nopreempt = true", "preempt_delay = 1", "track_interface = ['lo weight 5']"])
        priority = chance.choice([100, 150, 255])
        text += instance_text(name, vrid=vrid, priority=priority, virtual_ipaddress=own, extra=extra)
        wanted[name] = set(own)
    if len(names) > 1 and chance.random() < 0.5:
        text += f"[vrrp_sync_group.VG]\ngroup = {json.dumps(names[:2])}\n"
    return text, wanted


def becomes(node: Node, expected: set[str]) -> None:
    eventually(lambda: addresses(node) == expected, f"addresses {expected}")


def test_after_any_number_of_reloads_it_is_as_if_just_started(lab: Lab) -> None:
    first, wanted = random_config(0)
    node = alone(lab, first, *wanted)
    own = addresses(node) - set().union(*wanted.values())
    for seed in range(1, 25):
        text, wanted = random_config(seed)
        node.reload(text)
        for name in wanted:
            node.becomes("MASTER", name)
        becomes(node, own.union(*wanted.values()))
    assert node.stop() == 0
    assert addresses(node) == own
    assert not node.lines("ERROR|CRITICAL")
