"""Limits of interface_up_down_delays, and what is polled."""

import pytest

from tests.config.findings import NOTE, WARNING, instance, one, read
from vrrpd.config.link_delays import LinkDelay, link_delays, polled_links
from vrrpd.units import Seconds


def delays(words: str, lines: str = "") -> str:
    return f'interface_up_down_delays = ["{words}"]\n{instance(lines)}'


LIMIT = 2 - 1 / 256


@pytest.mark.parametrize(
    ("words", "lines", "expected"),
    [
        ("eth0 1.5", "", (1.5, 0.0)),
        ("eth0 0.5 1.25", "", (0.5, 1.25)),
        ("eth0 5 3", "", (LIMIT, LIMIT)),
        ("eth0 5 1", "", (LIMIT, 1.0)),
        ("eth0 5", "advert_int = 3", (5.0, 0.0)),
        ("eth0 5", "version = 3\nadvert_int = 0.1", (LIMIT / 10, 0.0)),
        ("eth0 5", "down_timer_adverts = 5", (4 - 1 / 256, 0.0)),
        ("eth0 5 5", "down_timer_adverts = 1", None),
        ("eth1 5 5", "", (5.0, 5.0)),
        ("eth1 5", 'virtual_ipaddress = ["10.0.0.1 dev eth1"]', (LIMIT, 0.0)),
        ("eth1 5", 'track_interface = ["eth1"]', (LIMIT, 0.0)),
    ],
)
def test_a_delay_ends_before_the_others_lose_their_patience(
    words: str, lines: str, expected: tuple[float, float] | None
) -> None:
    """keepalived's limits; a list of nothing else is no delay at all."""
    found = link_delays(read(delays(words, lines)))
    wanted = {} if expected is None else {words[:4]: LinkDelay(Seconds(expected[0]), Seconds(expected[1]))}
    assert {name: (round(item.down, 6), round(item.up, 6)) for name, item in found.items()} == {
        name: (round(item.down, 6), round(item.up, 6)) for name, item in wanted.items()
    }


def test_the_shortest_limit_counts() -> None:
    two = instance("version = 3\nadvert_int = 0.5", name="VI_2", vrid=52, address="192.168.1.200")
    assert link_delays(read(delays("eth0 1.5") + two))["eth0"].down == pytest.approx(0.998047)


def test_a_reduced_delay_is_said_at_its_place() -> None:
    finding, place = one(delays("eth0 5 3").replace('"eth0', '"§eth0'))
    assert (finding.severity, finding.code) == (WARNING, "long-delay")
    assert "VI_1 would be given up before eth0 counts as down: the delays are 1.99609 and 1.99609 s" in finding.message
    assert finding.location.line == place[0]
    finding, _ = one(delays("eth0 5", "down_timer_adverts = 1"))
    assert "none with down_timer_adverts 1" in str(finding)


def test_what_is_polled_and_how() -> None:
    text = 'linkbeat_interfaces = ["eth0 MII", "eth7"]\n' + instance()
    assert polled_links(read(text)) == {"eth0": "MII", "eth7": None}
    assert polled_links(read(instance("linkbeat_use_polling = true"))) == {"eth0": None}
    everything = 'linkbeat_use_polling = true\nlinkbeat_interfaces = ["eth0 IOCTL"]\n'
    lines = 'virtual_ipaddress = ["10.0.0.1 dev eth1"]\ntrack_interface = ["eth2"]'
    assert polled_links(read(everything + instance(lines))) == {"eth0": "IOCTL", "eth1": None, "eth2": None}
    assert polled_links(read(instance())) == {}


def test_a_polled_link_has_no_delays() -> None:
    text = 'linkbeat_interfaces = ["eth0"]\n' + delays("eth0 1 1")
    assert link_delays(read(text)) == {}
    finding, _ = one(text)
    assert (finding.severity, finding.code) == (NOTE, "polled-link")
