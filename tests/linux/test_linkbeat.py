import pytest

from tests.daemon.nodes import eventually
from tests.linux.namespaces import Cable, Opened
from vrrpd.errors import LinuxError
from vrrpd.linux.linkbeat import LinkProbe, Method

pytestmark = pytest.mark.netns


@pytest.fixture
def probe(cable: Cable, opened: Opened) -> LinkProbe:
    return opened(cable.left.call(LinkProbe))


def test_a_cable_without_registers_is_asked_by_ethtool(probe: LinkProbe) -> None:
    assert probe.choose("eth0") is Method.ETHTOOL
    assert probe.choose("eth0", Method.MII) is Method.ETHTOOL
    assert probe.choose("eth0", Method.ETHTOOL) is Method.ETHTOOL
    assert probe.choose("eth0", Method.IOCTL) is Method.IOCTL


@pytest.mark.parametrize("method", [Method.ETHTOOL, Method.IOCTL])
def test_the_link_goes_and_comes_with_the_far_end(cable: Cable, probe: LinkProbe, method: Method) -> None:
    eventually(lambda: probe.is_up("eth0", method))
    cable.right.ip("link", "set", "eth0", "down")
    eventually(lambda: not probe.is_up("eth0", method))  # the flags follow up to a second later
    cable.right.ip("link", "set", "eth0", "up")
    eventually(lambda: probe.is_up("eth0", method))
    cable.left.ip("link", "set", "eth0", "down")
    assert not probe.is_up("eth0", method), "switched off"


def test_an_interface_that_does_not_exist(probe: LinkProbe) -> None:
    with pytest.raises(LinuxError, match="poll eth7"):
        probe.is_up("eth7", Method.IOCTL)
    with pytest.raises(LinuxError, match="poll eth7"):
        probe.choose("eth7")
