"""log_unknown_vrids: what others on the network say, heard only where that is wanted."""

import time
from typing import Final

import pytest

from netns.capture import Capture
from netns.lab import Lab
from tests.daemon.nodes import Node, eventually, instance_text
from tests.netns.unicast import Start, keepalived, log_of, next_advert, vrrpd, wait_for_text

pytestmark = pytest.mark.netns

CONFIGURATION: Final = """
global_defs {{
    {words}
}}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id {vrid}
    version 2
    virtual_ipaddress {{ 192.168.1.{vrid} }}
}}
"""
LINES: Final[dict[Start, str]] = {
    keepalived: "Unknown VRID(52) received on interface(eth0)",
    vrrpd: "heard virtual router 52 on eth0",
}


@pytest.mark.parametrize("start", [keepalived, vrrpd])
@pytest.mark.parametrize("words", ["log_unknown_vrids", ""])
def test_as_keepalived(start: Start, words: str) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        for host, vrid, line in ((first, 51, words), (second, 52, "")):
            (host.directory / "pair.conf").write_text(CONFIGURATION.format(words=line, vrid=vrid))
        start(first)
        keepalived(second)
        next_advert(capture, first, 100)
        for _ in range(3):
            heard = next_advert(capture, second, 100, since=time.time_ns()).time_ns
        if words:
            wait_for_text(capture, first, LINES[start])
        else:
            assert next_advert(capture, first, 100, since=heard)
            assert LINES[start] not in log_of(first)


def test_a_flood_makes_one_line_and_a_reload_changes_the_ear() -> None:
    with Lab(routers=2, clients=0) as lab:
        stranger = Node(lab["r2"], instance_text(vrid=77, advert_int=0.01)).start()
        silent, curious = instance_text(), "[global_defs]\nlog_unknown_vrids = true\n" + instance_text()
        node = Node(lab["r1"], silent).start()
        stranger.becomes("MASTER")
        node.becomes("MASTER")
        since = node.status()["since"]
        assert not node.lines("heard virtual router")
        node.reload(curious)
        eventually(lambda: node.lines("INFO heard virtual router 77 on eth0 from 192.168.1.2"))
        Capture(lab).wait_for_advert(0.5, host="r1", vrid=51)
        assert len(node.lines("heard virtual router")) == 1
        node.reload(silent)
        assert node.state() == "MASTER"
        assert abs(node.status()["since"] - since) < 0.05, "the instance was not touched"
