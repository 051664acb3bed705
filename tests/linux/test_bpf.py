"""The filters, run by the kernel on a pair of unix datagram sockets: no privilege needed."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.linux import bpf
from vrrpd.units import Family, Vrid

vrid_sets = st.frozensets(st.integers(1, 255).map(Vrid))


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with closing(left), closing(right):
        right.setblocking(False)
        yield left, right


def passes(pair: tuple[socket.socket, socket.socket], packet: bytes) -> bool:
    left, right = pair
    left.send(packet)
    try:
        return right.recv(2048) == packet
    except BlockingIOError:
        return False


@given(vrid_sets)
def test_an_ipv6_payload_passes_when_its_vrid_is_wanted(
    pair: tuple[socket.socket, socket.socket], vrids: frozenset[Vrid]
) -> None:
    bpf.attach(pair[1], bpf.accept_vrids(Family.IPV6, vrids))
    assert {vrid for vrid in range(256) if passes(pair, bytes([0x31, vrid, 100]))} == vrids


@given(vrid_sets, st.integers(5, 15))
def test_an_ipv4_packet_passes_whatever_its_header_length(
    pair: tuple[socket.socket, socket.socket], vrids: frozenset[Vrid], words: int
) -> None:
    bpf.attach(pair[1], bpf.accept_vrids(Family.IPV4, vrids))
    header = bytes([0x40 | words]) + bytes(words * 4 - 1)
    assert {vrid for vrid in range(256) if passes(pair, header + bytes([0x21, vrid, 100]))} == vrids


@pytest.mark.parametrize("family", Family)
def test_all_virtual_routers_at_once(pair: tuple[socket.socket, socket.socket], family: Family) -> None:
    program = bpf.accept_vrids(family, {Vrid(number) for number in range(1, 256)})
    bpf.attach(pair[1], program)
    header = bytes([0x45]) + bytes(19) if family is Family.IPV4 else b""
    assert sum(passes(pair, header + bytes([0x21, vrid])) for vrid in range(256)) == 255
    assert len(program) < 64


@pytest.mark.parametrize("packet", [b"\x45", b"\x4f" + bytes(30), b"\x45" + bytes(20)])
def test_a_packet_without_a_vrid_is_dropped(pair: tuple[socket.socket, socket.socket], packet: bytes) -> None:
    bpf.attach(pair[1], bpf.accept_vrids(Family.IPV4, {Vrid(number) for number in range(1, 256)}))
    assert not passes(pair, packet)


def test_drop_all(pair: tuple[socket.socket, socket.socket]) -> None:
    bpf.attach(pair[1], bpf.DROP_ALL)
    assert not passes(pair, bytes([0x21, 51]))


def test_a_program_the_kernel_refuses(pair: tuple[socket.socket, socket.socket]) -> None:
    endless = (bpf.Instruction(0x05, 0xFFFFFFFF),)
    with pytest.raises(OSError, match="Invalid argument"):
        bpf.attach(pair[1], endless)
