"""Wireshark finds nothing wrong with the packets we build."""

import json
import shutil
import struct
import subprocess
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from vrrpd.linux.arp import gratuitous_arp
from vrrpd.linux.ndisc import unsolicited_advertisement
from vrrpd.proto.advertisement import Advertisement, ChecksumForm, encode
from vrrpd.proto.auth import pass_key
from vrrpd.units import Priority, Seconds, Vrid

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark (Debian package tshark)")

MAC = bytes.fromhex("020000000001")
GOOD = "1"  # Wireshark's value of a verified checksum field


def frame(
    version: int,
    priority: int,
    interval: float,
    *addresses: str,
    password: str | None = None,
    form: ChecksumForm = ChecksumForm.PSEUDO_HEADER,
) -> bytes:
    parsed = tuple(ip_address(address) for address in addresses)
    advert = Advertisement(version, Vrid(51), Priority(priority), Seconds(interval), parsed, form)
    key = None if password is None else pass_key(password)
    packet: IP | IPv6
    if parsed[0].version == 4:
        packet = IP(src="192.168.1.1", dst="224.0.0.18", ttl=255, proto=112, tos=0xC0)
        ethernet = Ether(dst="01:00:5e:00:00:12", src="02:00:00:00:00:01")
    else:
        packet = IPv6(src="fe80::1", dst="ff02::12", hlim=255, nh=112, tc=0xC0)
        ethernet = Ether(dst="33:33:00:00:00:12", src="02:00:00:00:00:01")
    payload = encode(advert, ip_address(packet.src), ip_address(packet.dst), key)
    return bytes(ethernet / packet / payload)


ADVERTISEMENTS = {
    "v2": frame(2, 101, 1, "192.168.1.100"),
    "v2 PASS": frame(2, 101, 1, "192.168.1.100", password="SecretPassword"),
    "v2 three addresses": frame(2, 255, 255, "192.168.1.100", "192.168.1.101", "10.0.0.1"),
    "v2 farewell": frame(2, 0, 1, "192.168.1.100"),
    "v3 IPv6": frame(3, 101, 1, "fe80::100", "fd00:1::100"),
    "v3 IPv6 farewell": frame(3, 0, 0.01, "fe80::100"),
}
ANNOUNCEMENTS = {
    "request": gratuitous_arp(MAC, IPv4Address("192.168.1.100")),
    "reply": gratuitous_arp(MAC, IPv4Address("192.168.1.100"), reply=True),
    "host": unsolicited_advertisement(MAC, IPv6Address("fe80::100"), router=False),
    "router": unsolicited_advertisement(MAC, IPv6Address("fd00:1::100"), router=True),
}


def dissect(frames: list[bytes], directory: Path) -> list[dict[str, list[str]]]:
    """Every frame's fields by name, all occurrences."""
    path = directory / "frames.pcap"
    records = [struct.pack("<IIII", 0, 0, len(each), len(each)) + each for each in frames]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))
    command = ["tshark", "-n", "-r", str(path), "-T", "json", "--no-duplicate-keys", "-o", "ip.check_checksum:TRUE"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    fields: list[dict[str, list[str]]] = []
    for packet in json.loads(done.stdout):
        fields.append({})
        flatten(packet["_source"]["layers"], fields[-1])
    return fields


def flatten(tree: object, into: dict[str, list[str]]) -> None:
    if isinstance(tree, list):
        for element in tree:
            flatten(element, into)
    elif isinstance(tree, dict):
        for name, value in tree.items():
            if isinstance(value, str):
                into.setdefault(name, []).append(value)
            elif isinstance(value, list) and value and isinstance(value[0], str):
                into.setdefault(name, []).extend(value)
            else:
                into.setdefault(name, [])
                flatten(value, into)


def complaints(fields: dict[str, list[str]]) -> list[str]:
    """Malformed packets, and remarks of the dissectors graver than a note."""
    grave = [text for text in fields.get("_ws.expert.severity", []) if int(text) > 0x400000]
    return [name for name in fields if "malformed" in name] + grave


def test_advertisements(tmp_path: Path) -> None:
    for name, fields in zip(ADVERTISEMENTS, dissect(list(ADVERTISEMENTS.values()), tmp_path), strict=True):
        assert not complaints(fields), name
        assert fields["vrrp.checksum.status"] == [GOOD], name
        assert fields["vrrp.virt_rtr_id"] == ["51"], name
        assert fields["vrrp.version"] == [name[1]], name


def version_3(form: ChecksumForm) -> dict[str, bytes]:
    return {
        "v3": frame(3, 101, 1, "192.168.1.100", form=form),
        "v3 fast": frame(3, 101, 0.01, "192.168.1.100", "192.168.1.101", form=form),
        "v3 slow": frame(3, 101, 40.95, "192.168.1.100", form=form),
    }


def test_one_checksum_form_of_version_3_over_ipv4(tmp_path: Path) -> None:
    """Wireshark 4.0 checks it as RFC 5798 and keepalived have it, 4.4 as RFC 9568 has it."""
    verified = []
    for form in (ChecksumForm.PSEUDO_HEADER, ChecksumForm.PLAIN):
        frames = version_3(form)
        dissected = dict(zip(frames, dissect(list(frames.values()), tmp_path), strict=True))
        if dissected["v3"]["vrrp.checksum.status"] == [GOOD]:
            verified.append(form)
            for name, fields in dissected.items():
                assert not complaints(fields), name
                assert fields["vrrp.checksum.status"] == [GOOD], name
    assert len(verified) == 1


def test_values(tmp_path: Path) -> None:
    frames = ADVERTISEMENTS | version_3(ChecksumForm.PSEUDO_HEADER)
    by_name = dict(zip(frames, dissect(list(frames.values()), tmp_path), strict=True))
    assert by_name["v3"]["vrrp.version"] == ["3"]
    assert by_name["v2 PASS"]["vrrp.auth_type"] == ["1"]
    assert by_name["v2 PASS"]["vrrp.auth_string"] == ["SecretPa"]
    assert by_name["v2 farewell"]["vrrp.prio"] == ["0"]
    assert by_name["v3 fast"]["vrrp.short_adver_int"] == ["1"]
    assert by_name["v3 slow"]["vrrp.short_adver_int"] == ["4095"]
    assert by_name["v2 three addresses"]["vrrp.ip_addr"] == ["192.168.1.100", "192.168.1.101", "10.0.0.1"]
    assert by_name["v3 IPv6"]["vrrp.ipv6_addr"] == ["fe80::100", "fd00:1::100"]


def test_announcements(tmp_path: Path) -> None:
    by_name = dict(zip(ANNOUNCEMENTS, dissect(list(ANNOUNCEMENTS.values()), tmp_path), strict=True))
    for name in ("request", "reply"):
        assert by_name[name]["arp.isgratuitous"] == ["1"], name
        assert by_name[name]["arp.src.proto_ipv4"] == by_name[name]["arp.dst.proto_ipv4"] == ["192.168.1.100"]
    for name, router in (("host", "0"), ("router", "1")):
        assert not complaints(by_name[name]), name
        assert by_name[name]["icmpv6.checksum.status"] == [GOOD], name
        assert by_name[name]["icmpv6.nd.na.flag.r"] == [router], name
        assert by_name[name]["icmpv6.nd.na.flag.o"] == ["1"], name


def test_the_oracle_notices_a_fault(tmp_path: Path) -> None:
    broken = bytearray(ADVERTISEMENTS["v2"])
    broken[-1] ^= 1
    cut = ADVERTISEMENTS["v3 IPv6"][:-1]
    wrong_checksum, too_short = dissect([bytes(broken), cut], tmp_path)
    assert wrong_checksum["vrrp.checksum.status"] != [GOOD]
    assert complaints(too_short)
