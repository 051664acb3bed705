"""The table of links and addresses against a model that is too simple to be wrong."""

from dataclasses import replace
from ipaddress import IPv4Address, ip_address

from hypothesis import given
from hypothesis import strategies as st

from vrrpd.linux import rtnl
from vrrpd.linux.rtnl import AddressChange, Change, InterfaceAddress, Link, LinkChange
from vrrpd.linux.table import UNKNOWN_PORT, AddressEvent, InterfaceEvent, InterfaceTable, LinkEvent
from vrrpd.units import Address, Family

ETH0 = Link(2, "eth0", bytes(6), 1500, admin_up=True, running=True, multicast=True, arp=True)


def address(text: str, flags: int = 0, scope: int = 0, index: int = 2) -> InterfaceAddress:
    value, _, prefix = text.partition("/")
    return InterfaceAddress(index, ip_address(value), int(prefix or 32), flags, scope)


links = st.builds(replace, st.just(ETH0), index=st.integers(1, 4), name=st.sampled_from("abc"), running=st.booleans())
addresses = st.builds(
    address,
    st.sampled_from(["10.0.0.1/24", "10.0.0.1/32", "10.0.0.2/24", "fe80::1/64"]),
    flags=st.sampled_from([0, rtnl.IFA_F_SECONDARY]),
    index=st.integers(1, 4),
)
changes = st.one_of(
    st.builds(LinkChange, links, st.booleans()),
    st.builds(AddressChange, addresses, st.booleans(), st.integers(0, 3)),
)


def replay(events: list[InterfaceEvent]) -> tuple[dict[int, Link], set[tuple[int, Address, int]]]:
    """What somebody knows who has only heard the events."""
    known: dict[int, Link] = {}
    present = set()
    for event in events:
        if isinstance(event, LinkEvent):
            assert known.pop(event.index, None) == event.before
            if event.after:
                known[event.index] = event.after
        else:
            key = (event.index, event.address, event.prefix)
            present.add(key) if event.added else present.remove(key)
    return known, present


def state_of(table: InterfaceTable) -> tuple[dict[int, Link], set[tuple[int, Address, int]]]:
    entries = [entry for index in range(1, 5) for entry in table.addresses(index)]
    return {link.index: link for link in table.links}, {(e.index, e.address, e.prefix) for e in entries}


@given(st.lists(changes, max_size=40))
def test_the_events_tell_the_whole_story(history: list[Change]) -> None:
    table = InterfaceTable()
    events = [event for change in history for event in table.apply(change)]
    assert replay(events) == state_of(table)


dumps = st.lists(addresses, max_size=6, unique_by=lambda entry: (entry.index, entry.address, entry.prefix))


@given(st.lists(changes, max_size=20), st.lists(links, max_size=4, unique_by=lambda link: link.index), dumps)
def test_a_dump_replaces_everything(
    history: list[Change], dumped_links: list[Link], dumped: list[InterfaceAddress]
) -> None:
    table = InterfaceTable()
    events = [event for change in history for event in table.apply(change)]
    events += table.replace(dumped_links, dumped)
    assert replay(events) == state_of(table)
    wanted = {link.index: link for link in dumped_links}
    assert {link.index: link for link in table.links} == wanted
    assert state_of(table)[1] == {(e.index, e.address, e.prefix) for e in dumped if e.index in wanted}
    assert table.replace(dumped_links, dumped) == ()


@given(st.lists(changes, max_size=40))
def test_names_lead_to_links_of_that_name(history: list[Change]) -> None:
    table = InterfaceTable()
    for change in history:
        table.apply(change)
    for name in "abc":
        found = table.link(name)
        assert found is None or (found.name == name and table.link_at(found.index) == found)


def table_with(*entries: InterfaceAddress) -> InterfaceTable:
    table = InterfaceTable()
    table.replace([ETH0], entries)
    return table


def test_two_interfaces_swap_their_names() -> None:
    table = InterfaceTable()
    other = replace(ETH0, index=3, name="eth1")
    table.replace([ETH0, other], [])
    for link in (replace(ETH0, name="tmp"), replace(other, name="eth0"), replace(ETH0, name="eth1")):
        table.apply(LinkChange(link, deleted=False))
    assert table.link("eth0") == replace(other, name="eth0")
    assert table.link("eth1") == replace(ETH0, name="eth1")
    assert table.link("tmp") is None


def test_a_repeated_message_is_no_event() -> None:
    table = table_with(address("10.0.0.1/24"))
    assert table.apply(LinkChange(ETH0, deleted=False)) == ()
    assert table.apply(AddressChange(address("10.0.0.1/24"), deleted=False, port_id=7)) == ()
    assert table.apply(AddressChange(address("10.9.9.9/24"), deleted=True, port_id=7)) == ()


def test_a_deleted_interface_takes_its_addresses_along() -> None:
    table = table_with(address("10.0.0.1/24"))
    gone = AddressEvent(2, IPv4Address("10.0.0.1"), 24, added=False, port_id=UNKNOWN_PORT)
    assert table.apply(LinkChange(ETH0, deleted=True)) == (gone, LinkEvent(2, "eth0", ETH0, None))
    assert table.addresses(2) == ()


def test_a_promoted_address_is_an_event() -> None:
    table = table_with(address("10.0.0.2/24", rtnl.IFA_F_SECONDARY))
    promoted = AddressChange(address("10.0.0.2/24"), deleted=False, port_id=7)
    assert table.apply(promoted) == (AddressEvent(2, IPv4Address("10.0.0.2"), 24, added=True, port_id=7),)


def test_the_source_is_the_first_primary_address_that_does_not_move() -> None:
    vip = address("10.0.0.100/32")
    secondary = address("10.0.0.3/24", rtnl.IFA_F_SECONDARY)
    table = table_with(vip, secondary, address("10.0.0.1/24"), address("10.1.0.1/24"))
    assert table.primary_address(2, Family.IPV4, {vip.address}) == IPv4Address("10.0.0.1")
    assert table.primary_address(2, Family.IPV4, ()) == vip.address
    assert table.primary_address(3, Family.IPV4, ()) is None


def test_a_secondary_address_is_better_than_none() -> None:
    vip = address("10.0.0.100/24")
    table = table_with(vip, address("10.0.0.3/24", rtnl.IFA_F_SECONDARY))
    assert table.primary_address(2, Family.IPV4, {vip.address}) == IPv4Address("10.0.0.3")


def test_a_host_address_is_no_source() -> None:
    assert table_with(address("127.0.0.1/8", scope=254)).primary_address(2, Family.IPV4, ()) is None


def test_ipv6_sends_from_a_link_local_address_that_is_settled() -> None:
    table = table_with(
        address("fd00::1/64"),
        address("fe80::1/64", rtnl.IFA_F_TENTATIVE),
        address("fe80::2/64", rtnl.IFA_F_DADFAILED),
        address("fe80::3/64"),
        address("fe80::4/64"),
    )
    assert table.primary_address(2, Family.IPV6, {ip_address("fe80::3")}) == ip_address("fe80::4")
    assert table_with(address("fe80::1/64", rtnl.IFA_F_TENTATIVE)).primary_address(2, Family.IPV6, ()) is None
