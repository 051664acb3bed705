from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from vrrpd.linux import rtnl
from vrrpd.linux.rtnl import AddressRequest
from vrrpd.units import Address

PEERS: dict[int, Address] = {4: IPv4Address("10.0.0.9"), 6: IPv6Address("fd00::9")}


@st.composite
def requests(draw: st.DrawFn) -> AddressRequest:
    address: Address = draw(
        st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), st.sampled_from([*rtnl._STAND_INS.values()]))
    )
    version = address.version
    return AddressRequest(
        index=draw(st.integers(1, 3)),
        address=address,
        prefix=draw(st.integers(0, 32 if version == 4 else 128)),
        scope=draw(st.sampled_from((0, 253))),
        label=draw(st.sampled_from((None, "eth0:1"))),
        broadcast=draw(st.sampled_from((None, PEERS[4], rtnl._STAND_INS[4]))) if version == 4 else None,
        peer=draw(st.sampled_from((None, PEERS[version], rtnl._STAND_INS[version]))),
        protocol=draw(st.sampled_from((None, 18))),
    )


@given(st.lists(requests(), max_size=8))
def test_many_are_encoded_as_each_one_alone(wanted: list[AddressRequest]) -> None:
    wanted += [replace(item, address=PEERS[item.address.version]) for item in wanted]
    for encode in (rtnl.encode_new_address, rtnl.encode_delete_address):
        assert rtnl.encode_addresses(encode, wanted) == [encode(item) for item in wanted]
