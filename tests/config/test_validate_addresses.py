"""Static addresses, track groups and options that the kernel refuses."""

import pytest

from tests.config.findings import found, instance, read
from vrrpd.config.effects import pending

ROUTES = 'static_routes = ["10.0.0.0/8 via 10.0.0.254 track_group G"]\n'
GROUP = '[track_group.G]\ngroup = ["VI_1"]\n'


def codes(text: str) -> list[str]:
    return [item.code for item in found(text)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10.5.0.1/24", []),
        ("10.5.0.1/24 peer 10.5.0.255/24", []),
        ("10.5.0.1 autojoin", ["kernel-refuses"]),
        ("224.0.0.77 autojoin", []),
        ("224.0.0.77", ["bad-address"]),
        ("fd00::1/65 mngtmpaddr", ["kernel-refuses"]),
        ("fd00::1/64 mngtmpaddr", []),
        ("10.0.0.1/24", ["repeated-address"]),
        ("10.0.0.1/24 dev eth1", []),
    ],
)
def test_static_addresses(line: str, expected: list[str]) -> None:
    text = f'static_ipaddress = ["{line}"]\n' + instance('virtual_ipaddress = ["10.0.0.1"]')
    assert codes(text) == expected


def test_a_static_address_twice() -> None:
    assert codes('static_ipaddress = ["10.5.0.1/24", "10.5.0.1/24"]\n' + instance()) == ["repeated-address"]


def test_a_track_group_that_only_routes_name_never_faults() -> None:
    said = [str(item) for item in pending(read(ROUTES + instance() + GROUP))]
    assert any("track_group G never faults an instance: only static routes and rules name it" in text for text in said)


def test_a_track_group_of_an_address_does() -> None:
    static = 'static_ipaddress = ["10.5.0.1/24 track_group G"]\n'
    assert pending(read(static + instance() + GROUP)) == ()
    assert not any("never faults" in str(item) for item in pending(read(static + ROUTES + instance() + GROUP)))
