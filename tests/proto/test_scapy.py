"""scapy builds what we read, and reads what we build."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from scapy.config import conf
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.vrrp import VRRP, VRRPv3

from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.proto.advertisement import Advertisement, Datagram, ReceiveRules, decode, encode
from vrrpd.proto.auth import pass_key
from vrrpd.units import Address, Family, Priority, Seconds, Vrid, family_of

KEY = pass_key("SecretPassword")
ENDS: dict[Family, tuple[Address, Address]] = {
    Family.IPV4: (ip_address("192.168.1.1"), ip_address("224.0.0.18")),
    Family.IPV6: (ip_address("fe80::1"), ip_address("ff02::12")),
}


def advertisement(version: int, priority: int, interval: float, *addresses: str) -> Advertisement:
    parsed = tuple(ip_address(address) for address in addresses)
    return Advertisement(version, Vrid(51), Priority(priority), Seconds(interval), parsed)


V2 = [
    advertisement(2, 101, 1, "192.168.1.100"),
    advertisement(2, 0, 255, "192.168.1.100", "10.0.0.1", "255.255.255.255"),
    advertisement(2, 255, 0),
]
V3 = [
    advertisement(3, 101, 1, "192.168.1.100"),
    advertisement(3, 0, 0.01, "192.168.1.100", "10.0.0.1"),
    advertisement(3, 255, 40.95, *(f"10.0.{number}.1" for number in range(255))),
    advertisement(3, 101, 1, "fe80::100"),
    advertisement(3, 0, 40.95, "fe80::100", "fd00:1::100", "2001:db8::1"),
]


def scapy_v2(advert: Advertisement, key: bytes | None) -> VRRP:
    auth = key or bytes(8)
    return VRRP(
        vrid=advert.vrid,
        priority=advert.priority,
        authtype=1 if key else 0,
        adv=int(advert.interval),
        addrlist=[str(address) for address in advert.addresses],
        auth1=int.from_bytes(auth[:4], "big"),
        auth2=int.from_bytes(auth[4:], "big"),
    )


def scapy_v3(advert: Advertisement) -> IP | IPv6:
    family = family_of(advert.addresses[0])
    source, destination = (str(end) for end in ENDS[family])
    vrrp = VRRPv3(
        vrid=advert.vrid,
        priority=advert.priority,
        adv=round(advert.interval * 100),
        addrlist=[str(address) for address in advert.addresses],
    )
    if family is Family.IPV4:
        return IP(src=source, dst=destination, ttl=255, proto=112) / vrrp
    return IPv6(src=source, dst=destination, hlim=255, nh=112) / vrrp


@pytest.mark.parametrize("key", [None, KEY], ids=["no-auth", "pass"])
@pytest.mark.parametrize("advert", V2, ids=str)
def test_version_2(advert: Advertisement, key: bytes | None) -> None:
    source, destination = ENDS[Family.IPV4]
    theirs = bytes(IP(src=str(source), dst=str(destination), ttl=255, proto=112) / scapy_v2(advert, key))
    datagram = parse_ipv4(theirs)
    assert isinstance(datagram, Datagram)
    assert encode(advert, source, destination, key) == datagram.payload
    assert decode(datagram, ReceiveRules(Family.IPV4, 2, Vrid(51), advert.interval, key)) == advert


@pytest.mark.parametrize("advert", V3, ids=lambda advert: f"{advert.priority}-{len(advert.addresses)}")
def test_version_3(advert: Advertisement) -> None:
    family = family_of(advert.addresses[0])
    source, destination = ENDS[family]
    theirs = bytes(scapy_v3(advert))
    payload = theirs[20 if family is Family.IPV4 else 40 :]
    assert encode(advert, source, destination) == payload
    rules = ReceiveRules(family, 3, Vrid(51), Seconds(1.0))
    assert decode(Datagram(family, source, destination, 255, payload), rules) == advert


@pytest.mark.parametrize("advert", V2, ids=str)
def test_scapy_reads_our_version_2(advert: Advertisement) -> None:
    read = VRRP(encode(advert, *ENDS[Family.IPV4], KEY))
    assert (read.version, read.type, read.vrid, read.priority, read.adv) == (2, 1, 51, advert.priority, advert.interval)
    assert (read.ipcount, read.addrlist) == (len(advert.addresses), [str(address) for address in advert.addresses])
    assert (read.authtype, read.auth1, read.auth2) == (1, 0x53656372, 0x65745061)


@pytest.mark.parametrize("advert", V3, ids=lambda advert: f"{advert.priority}-{len(advert.addresses)}")
def test_scapy_reads_our_version_3(advert: Advertisement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "max_list_count", 255)  # scapy gives up at 100
    family = family_of(advert.addresses[0])
    header = scapy_v3(replace(advert, priority=Priority(7)))
    header.remove_payload()
    read = type(header)(bytes(header / encode(advert, *ENDS[family])))[VRRPv3]
    assert (read.version, read.type, read.vrid, read.priority) == (3, 1, 51, advert.priority)
    assert (read.res, read.adv, read.ipcount) == (0, round(advert.interval * 100), len(advert.addresses))
    assert read.addrlist == [str(address) for address in advert.addresses]
