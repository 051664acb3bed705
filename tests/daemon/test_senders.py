from ipaddress import IPv4Address

import pytest

from vrrpd.daemon import senders as senders_module
from vrrpd.daemon.senders import Senders
from vrrpd.units import Family

SOURCE, OTHER, GROUP = (IPv4Address(text) for text in ("192.168.1.1", "192.168.1.2", "224.0.0.18"))


class Socket:
    def __init__(self, *how: object) -> None:
        self.how = how
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def closed(sender: object) -> int:
    assert isinstance(sender, Socket)
    return sender.closed


@pytest.fixture
def senders(monkeypatch: pytest.MonkeyPatch) -> Senders:
    monkeypatch.setattr(senders_module, "open_sender", Socket)
    return Senders()


def test_who_sends_alike_shares_a_socket_until_nobody_needs_it(senders: Senders) -> None:
    first, second = (senders.take(("eth0", 2, Family.IPV4, SOURCE, GROUP, 255)) for _ in range(2))
    assert second is first
    assert isinstance(first, Socket)
    assert first.how == ("eth0", 2, Family.IPV4, SOURCE, GROUP, 255)
    senders.give_back(first)
    assert closed(first) == 0
    senders.give_back(second)
    assert closed(first) == 1
    assert senders.take(("eth0", 2, Family.IPV4, SOURCE, GROUP, 255)) is not first


@pytest.mark.parametrize(
    "other",
    [
        ("eth1", 2, Family.IPV4, SOURCE, GROUP, 255),
        ("eth0", 3, Family.IPV4, SOURCE, GROUP, 255),
        ("eth0", 2, Family.IPV4, OTHER, GROUP, 255),
        ("eth0", 2, Family.IPV4, SOURCE, OTHER, 255),
        ("eth0", 2, Family.IPV4, SOURCE, GROUP, None),
    ],
)
def test_who_sends_otherwise_has_another(
    senders: Senders, other: tuple[str, int, Family, IPv4Address, IPv4Address, int | None]
) -> None:
    assert senders.take(other) is not senders.take(("eth0", 2, Family.IPV4, SOURCE, GROUP, 255))
