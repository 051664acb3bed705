import pytest

from tests.config.findings import instance, read
from vrrpd.daemon.plan import plan_instance
from vrrpd.daemon.receive_buffer import ReceiveBuffer, advert_length, together
from vrrpd.proto.advertisement import Advertisement, encode

SIX = "virtual_ipaddress = ['fe80::1', 'fd00::1']\nversion = 3"
FOUR = "virtual_ipaddress = ['10.0.0.1', '10.0.0.2']"


@pytest.mark.parametrize(
    ("policy", "lines", "expected"),
    [
        ("", "", ReceiveBuffer()),
        ("vrrp_rx_bufs_policy = 'MTU'", "", ReceiveBuffer(packets=3)),
        ("vrrp_rx_bufs_policy = 'MTU'\nvrrp_rx_bufs_multiplier = 9", "", ReceiveBuffer(packets=9)),
        ("vrrp_rx_bufs_policy = 'ADVERT'", "", ReceiveBuffer(3 * 40)),
        ("vrrp_rx_bufs_policy = '70000'", "", ReceiveBuffer(70000)),
        ("vrrp_rx_bufs_policy = 'MTU'", "kernel_rx_buf_size = 5000", ReceiveBuffer(5000)),
    ],
)
def test_what_an_instance_asks_for(policy: str, lines: str, expected: ReceiveBuffer) -> None:
    config = read(f"[global_defs]\n{policy}\n{instance(lines)}")
    assert plan_instance(config.vrrp_instances[0], config.global_defs).buffer == expected


@pytest.mark.parametrize(("lines", "header"), [(FOUR, 20), (f"{FOUR}\nversion = 3", 20), (SIX, 40)])
def test_an_advertisement_is_as_long_as_it_is_sent(lines: str, header: int) -> None:
    made = read(instance(lines)).vrrp_instances[0]
    addresses = tuple(vip.address for vip in made.virtual_ipaddress)
    advert = Advertisement(made.version, made.virtual_router_id, made.priority, made.advert_int, addresses)
    assert advert_length(made) == header + len(encode(advert, addresses[0], addresses[0]))


def test_instances_share_one_socket() -> None:
    assert together((ReceiveBuffer(100), ReceiveBuffer(packets=2)), 1500) == 3100
