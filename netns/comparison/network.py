"""Comparisons of what an instance has to do with its interface, its addresses and its peers."""

from typing import Final

from netns.comparison.departures import ADDRESS_REPAIRED, STOPS_AT_ONCE
from netns.comparison.files import VIP, VIP6, block, instance
from netns.comparison.work import Carrier, Comparison, Inject, Ip, Kill, Link, Start, Stop, Wait

INTERFACE: Final = Comparison(
    name="interface",
    summary="the cable of a master and of a backup is pulled and plugged; ip link set down",
    keywords=("interface",),
    files={"r1": instance(priority=150), "r2": instance(priority=100)},
    work=(
        Start("r1"),
        Wait(1.0),
        Start("r2"),
        Wait(0.5),
        Carrier("r1", up=False),
        Wait(1.3),
        Carrier("r1", up=True),
        Wait(1.3),
        Carrier("r2", up=False),
        Wait(0.5),
        Carrier("r2", up=True),
        Wait(1.0),
        Link("r2", up=False),
        Wait(0.5),
        Link("r2", up=True),
        Wait(1.0),
    ),
)

DONT_TRACK_PRIMARY: Final = Comparison(
    name="dont-track-primary",
    summary="a master goes on without a cable",
    keywords=("dont_track_primary",),
    files={"r1": instance("dont_track_primary")},
    work=(Start("r1"), Wait(1.2), Carrier("r1", up=False), Wait(1.2), Carrier("r1", up=True), Wait(1.2)),
)

DYNAMIC_INTERFACES: Final = Comparison(
    name="dynamic-interfaces",
    summary="an interface that is not there yet, comes, and goes",
    keywords=("dynamic_interfaces", "interface"),
    files={
        "r1": block("global_defs", "dynamic_interfaces")
        + instance(vips=("10.9.0.100",)).replace("interface eth0", "interface later")
    },
    work=(
        Start("r1"),
        Wait(0.5),
        Ip(
            "r1",
            "link add later address 02:00:00:00:09:01 type veth peer name farther address 02:00:00:00:09:02",
            "addr add 10.9.0.1/24 dev later",
            "link set farther up",
            "link set later up",
        ),
        Wait(1.5),
        Ip("r1", "link del later"),
        Wait(0.5),
    ),
)


def _unicast(own: int, other: int, vrid: int, name: str, *lines: str) -> str:
    peers = block("unicast_peer", f"192.168.1.{other}")
    lines = (*lines, f"unicast_src_ip 192.168.1.{own}", peers)
    return instance(*lines, name=name, vrid=vrid, priority=100 + own, vips=(f"192.168.1.1{vrid}",))


def _stranger(vrid: int, destination: int) -> Inject:
    return Inject(priority=250, vrid=vrid, destination=f"192.168.1.{destination}", addresses=(f"192.168.1.1{vrid}",))


UNICAST: Final = Comparison(
    name="unicast",
    summary="adverts to a peer instead of a group; a stranger is heard, or not where senders are checked",
    keywords=("unicast_peer", "unicast_src_ip", "check_unicast_src", "vrrp_check_unicast_src"),
    files={
        "r1": _unicast(1, 2, 51, "VI_1", "check_unicast_src") + _unicast(1, 2, 52, "VI_2"),
        "r2": block("global_defs", "vrrp_check_unicast_src") + _unicast(2, 1, 51, "VI_1") + _unicast(2, 1, 52, "VI_2"),
    },
    work=(
        Start("r1"),
        Wait(0.4),
        _stranger(51, 1),
        _stranger(52, 1),
        Wait(1.5),
        Start("r2"),
        Wait(0.4),
        _stranger(51, 2),
        _stranger(52, 2),
        Wait(1.0),
        Stop("r2"),
        Wait(1.5),
    ),
    departures=(STOPS_AT_ONCE,),
    pipe_in_order=False,
)

MULTICAST_SOURCE: Final = Comparison(
    name="mcast-src-ip",
    summary="adverts from an address of choice",
    keywords=("mcast_src_ip", "mcast_dst_ip", "vrrp_mcast_group4"),
    files={
        "r1": instance("mcast_src_ip 192.168.1.51")
        + instance("mcast_dst_ip 224.0.0.77", name="VI_2", vrid=52, vips=("192.168.1.102",)),
        "r2": block("global_defs", "vrrp_mcast_group4 224.0.0.77")
        + instance(priority=50, name="VI_2", vrid=52, vips=("192.168.1.102",)),
    },
    work=(
        Ip("r1", "addr add 192.168.1.51/24 dev eth0"),
        Start("r1"),
        Wait(1.0),
        Start("r2"),
        Wait(1.0),
        Kill("r1"),
        Wait(1.3),
    ),
    pipe_in_order=False,
)

ADDRESSES: Final = Comparison(
    name="addresses",
    summary="several addresses, with and without a prefix, in the advert or excluded from it",
    keywords=("virtual_ipaddress", "virtual_ipaddress_excluded"),
    files={
        "r1": instance(
            block("virtual_ipaddress_excluded", "192.168.1.111", "10.1.2.3/24 dev eth0", "fd00:1::111/64"),
            vips=(VIP, "192.168.1.101/24", "192.168.1.102/32 dev eth0 label eth0:2"),
        )
    },
    work=(Start("r1"), Wait(1.3), Stop("r1"), Wait(1.5)),
    departures=(STOPS_AT_ONCE,),
)

IPV6: Final = Comparison(
    name="ipv6",
    summary="VRRPv3 over IPv6: takeover, farewell, announcements",
    keywords=("virtual_ipaddress", "version"),
    files={
        "r1": instance(priority=100, version=None, vips=(VIP6, "fd00:1::100/64")),
        "r2": instance(priority=150, version=None, vips=(VIP6, "fd00:1::100/64")),
    },
    work=(Start("r1"), Wait(1.2), Start("r2"), Wait(1.3), Stop("r2"), Wait(1.5)),
    departures=(STOPS_AT_ONCE,),
)

ADDRESS_LOST: Final = Comparison(
    name="address-lost",
    summary="somebody removes an address from the master",
    keywords=("virtual_ipaddress",),
    files={"r1": instance(priority=150), "r2": instance(priority=100)},
    work=(
        Start("r1"),
        Wait(1.0),
        Start("r2"),
        Wait(0.5),
        Ip("r1", f"addr del {VIP}/32 dev eth0"),
        Wait(1.5),
    ),
    departures=(ADDRESS_REPAIRED,),
)


def _peer6(own: int, other: int) -> str:
    peers = block("unicast_peer", f"fd00:1::{other}")
    return instance(f"unicast_src_ip fd00:1::{own}", peers, priority=100 + own, vips=(VIP6, "fd00:1::100/64"))


UNICAST6: Final = Comparison(
    name="unicast-ipv6",
    summary="VRRPv3 over IPv6 to a peer",
    keywords=("unicast_peer", "unicast_src_ip"),
    files={"r1": _peer6(1, 2), "r2": _peer6(2, 1)},
    work=(Start("r1"), Wait(1.2), Start("r2"), Wait(1.3), Stop("r2"), Wait(1.5)),
    departures=(STOPS_AT_ONCE,),
)

COMPARISONS: Final = (
    ADDRESS_LOST,
    UNICAST6,
    INTERFACE,
    DONT_TRACK_PRIMARY,
    DYNAMIC_INTERFACES,
    UNICAST,
    MULTICAST_SOURCE,
    ADDRESSES,
    IPV6,
)
