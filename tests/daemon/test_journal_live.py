"""Real failovers, recorded on both nodes: the same decisions come out again, and a changed one is found."""

import json
import resource
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netns.lab import Lab
from tests.daemon.nodes import VIP, Node, eventually, instance_text
from vrrpd.cli.main import vrrpd

pytestmark = pytest.mark.netns


def journal(node: Node) -> Path:
    return node.host.directory / "journals" / "journal"


def recording(lab: Lab, name: str, priority: int, *, extra: str = "") -> Node:
    (lab[name].directory / "journals").mkdir(mode=0o750, exist_ok=True)
    node = Node(lab[name], "")
    node.config.write_text(f'[global_defs]\njournal = "{journal(node)}"\n{extra}' + instance_text(priority=priority))
    return node


def replayed(*arguments: str | Path) -> Result:
    return CliRunner().invoke(vrrpd, ["replay", *map(str, arguments)])


def failover(lab: Lab) -> tuple[Node, Node]:
    first, second = recording(lab, "r1", 101).start(), recording(lab, "r2", 100).start()
    first.becomes("MASTER")
    second.becomes("BACKUP")
    eventually(lambda: second.status()["master"], "hears the master")
    first.process.kill()
    second.becomes("MASTER")
    first.start().becomes("MASTER")
    second.becomes("BACKUP")
    for node in (first, second):
        node.process.stop()
    return first, second


def test_a_failover_replays_on_both_nodes_without_a_difference(lab: Lab) -> None:
    first, second = failover(lab)
    for node in (first, second):
        result = replayed(journal(node))
        assert result.exit_code == 0, result.output
        assert "every decision is the same" in result.output
    assert replayed(journal(first)).output.count("the journal begins (start)") == 2
    story = replayed(journal(second), "--instance", "VI_1").output
    assert "hears 192.168.1.1, priority 101" in story
    assert "BACKUP -> MASTER (master_down): no advert from 192.168.1.1 for 0.3" in story
    assert "MASTER -> BACKUP (preempted): 192.168.1.1 has priority 101, ours is 100" in story
    assert "is told to stop" in story


def test_a_decision_that_was_another_one_is_shown(lab: Lab) -> None:
    _, second = failover(lab)
    path = journal(second)
    text = path.read_text()
    assert text.count('"reason":"preempted"') == 1
    path.write_text(text.replace('"reason":"preempted"', '"reason":"tie_break"'))
    result = replayed(path)
    assert result.exit_code == 1
    assert "FIRST DIFFERENCE at" in result.output
    assert "then  hears 192.168.1.1, priority 101: " in result.output
    found = json.loads(replayed(path, "--json").stdout)
    assert "(tie_break)" in found["difference"]["then"]
    assert "(preempted)" in found["difference"]["now"]


def test_a_reload_opens_moves_and_closes_it(lab: Lab) -> None:
    node = recording(lab, "r1", 100)
    with_journal = node.config.read_text()
    node.config.write_text(instance_text(priority=100))
    node.start().becomes("MASTER")
    assert not journal(node).exists()
    node.config.write_text(with_journal)
    node.reload()
    eventually(lambda: journal(node).exists())
    node.config.write_text(with_journal + instance_text("VI_2", vrid=52, virtual_ipaddress=["192.168.1.101"]))
    node.reload()
    node.becomes("MASTER")
    eventually(lambda: node.holds("192.168.1.101"))
    node.config.write_text(instance_text(priority=100))
    node.reload()
    eventually(lambda: not node.holds("192.168.1.101"))
    assert node.holds(VIP)
    node.process.stop()
    result = replayed(journal(node))
    assert result.exit_code == 0, result.output
    assert result.output.count("the journal begins (reloaded)") == 2
    assert "VI_2 BACKUP -> MASTER" in result.output


def test_a_place_that_is_not_fit_is_said_and_costs_nothing_else(lab: Lab) -> None:
    node = recording(lab, "r1", 100)
    journal(node).parent.chmod(0o777)
    node.start().becomes("MASTER")
    assert node.lines("ERROR no journal is kept: others may write to ")
    eventually(node.holds)


def test_a_full_disk_does_not_stop_a_failover(lab: Lab) -> None:
    """The limit of a file's size is as good as a full disk, and needs none."""
    node = recording(lab, "r1", 100).start()
    node.becomes("MASTER")
    resource.prlimit(node.worker, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    lab["r1"].set_link(up=False)
    node.becomes("FAULT")
    lab["r1"].set_link(up=True)
    node.becomes("MASTER")
    eventually(node.holds)
    resource.prlimit(node.worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    eventually(lambda: "lines were lost" in journal(node).read_text())
    node.process.stop()
    result = replayed(journal(node))
    assert result.exit_code == 0, result.output
    assert "lines are missing here" in result.output
