"""The same strict configuration under keepalived and under vrrpd: what others' advertisements lead to."""

import time
from collections.abc import Callable
from ipaddress import IPv4Address

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import eventually
from tests.daemon.test_notify_as_keepalived import start_keepalived, start_vrrpd
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.sockets import open_sender
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.units import Family, Priority, Seconds, Vrid

pytestmark = [pytest.mark.netns, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]

VIP = IPv4Address("192.168.1.100")
GROUP = IPv4Address("224.0.0.18")
CONFIG = """
global_defs {{
    {wide}
    vrrp_garp_master_delay 0
    vrrp_garp_lower_prio_delay 0
    vrrp_higher_prio_send_advert true
}}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        192.168.1.100
    }}
}}
"""


def send_advert(priority: int) -> None:
    watch = InterfaceWatch()
    link = watch.link("eth0")
    assert link is not None
    source = watch.primary_address(link.index, Family.IPV4, ())
    assert source is not None
    advert = Advertisement(2, Vrid(51), Priority(priority), Seconds(1.0), (VIP,))
    sender = open_sender("eth0", link.index, Family.IPV4, source, GROUP)
    sender.send(encode(advert, source, GROUP))
    sender.close()
    watch.close()


def _answers(start: Callable[[Host], Process], wide: str, priority: int, heard: int) -> tuple[int, int, bool]:
    """Adverts and announcements within a third of an interval after one of another master; whether it is one still."""
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        host = lab["r1"]
        (host.directory / "keepalived.conf").write_text(CONFIG.format(wide=wide, priority=priority))
        process = start(host)
        eventually(lambda: host.holds(str(VIP)), "master")
        last = capture.wait_for_advert(20, host="r1", vrid=51)
        assert last is not None
        time.sleep(0.3)
        since = time.time_ns()
        lab["r2"].enter(send_advert, heard)
        time.sleep(0.35)
        until = time.time_ns()
        result = (
            len(capture.adverts("r1", 51, since=since, until=until)),
            len(capture.garps("r1", since=since, until=until)),
        )
        holds = host.holds(str(VIP))
        assert process.stop() == 0
        return *result, holds


@pytest.mark.parametrize(
    ("wide", "priority", "heard", "expected"),
    [
        ("", 100, 50, (1, 5, True)),
        ("vrrp_strict", 100, 50, (0, 0, True)),
        ("", 100, 150, (1, 0, False)),
        ("vrrp_strict", 100, 150, (0, 0, False)),
        ("vrrp_owner_ignore_adverts", 255, 255, (0, 0, True)),
        ("vrrp_strict", 255, 255, (0, 0, True)),
        ("", 255, 255, (1, 0, False)),
    ],
)
def test_another_master(wide: str, priority: int, heard: int, expected: tuple[int, int, bool]) -> None:
    ours = _answers(start_vrrpd, wide, priority, heard)
    assert ours == expected
    if not (wide and priority == 255):  # 2.2.7 does not know vrrp_owner_ignore_adverts, which strict mode means too
        assert _answers(start_keepalived, wide, priority, heard) == ours
