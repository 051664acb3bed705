"""Whether a host on the link or behind routers answers: real questions to a real kernel."""

import contextlib
from ipaddress import ip_address

import pytest

from tests.linux.namespaces import Cable, Opened, eventually
from vrrpd.errors import LinuxError
from vrrpd.linux.host_probe import ByArp, ByEcho, BySolicitation, HostProbe, open_host_probe
from vrrpd.linux.interfaces import Link

pytestmark = pytest.mark.netns


def link_of(cable: Cable) -> Link:
    text = cable.left.ip("-o", "link", "show", "eth0").split("link/ether ")[1][:17]
    mac, index = bytes.fromhex(text.replace(":", "")), cable.left.index("eth0")
    return Link(index, "eth0", mac, 1500, admin_up=True, running=True, multicast=True, arp=True)


def probe(cable: Cable, network: str, number: int, *, on_link: bool = True) -> HostProbe:
    link = link_of(cable)
    source, host = ip_address(f"{network}1"), ip_address(f"{network}{number}")
    return cable.left.call(lambda: open_host_probe(link, source, host, [link.mac], on_link=on_link))


def _answers(probe: HostProbe) -> bool:
    """A new address takes a moment (IPv6)."""
    probe.ask(everybody=True)
    return eventually(probe.answered, 0.1)


@pytest.mark.parametrize(
    ("network", "on_link", "kind"),
    [
        ("192.168.1.", True, ByArp),
        ("fd00:1::", True, BySolicitation),
        ("192.168.1.", False, ByEcho),
        ("fd00:1::", False, ByEcho),
    ],
)
def test_a_host_that_lives_and_one_that_does_not(
    cable: Cable, opened: Opened, network: str, on_link: bool, kind: type[HostProbe]
) -> None:
    living, missing = (opened(probe(cable, network, number, on_link=on_link)) for number in (2, 7))
    assert isinstance(living, kind)
    assert eventually(lambda: _answers(living))
    for everybody in (True, False, True):
        eventually(living.answered, 0.1)
        living.ask(everybody=everybody)
        assert eventually(living.answered)
    missing.ask(everybody=True)
    assert not eventually(missing.answered, 0.2)


@pytest.mark.parametrize("network", ["192.168.1.", "fd00:1::"])
def test_a_host_that_fell_silent(cable: Cable, opened: Opened, network: str) -> None:
    living = opened(probe(cable, network, 2))
    assert eventually(lambda: _answers(living))
    cable.right.ip("link", "set", "eth0", "down")
    with contextlib.suppress(LinuxError):  # the cable has no carrier then
        living.ask(everybody=False)
    assert not eventually(living.answered, 0.2)
