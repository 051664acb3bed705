"""docs/compatibility.md says which comparison shows which keyword."""

from pathlib import Path

import pytest

from netns.comparison.catalogue import COMPARISONS
from netns.comparison.table import BEGIN, END, keywords_of, refreshed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/compatibility.md"


def test_the_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert refreshed(text) == text, "run ./scripts/reference"


def test_what_stands_around_it_stays() -> None:
    text = refreshed(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert text.startswith(f"before\n{BEGIN}\n\n| Keyword |")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text.split("\n")


def test_a_document_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        refreshed("nothing")


def test_every_comparison_and_departure_is_named() -> None:
    text = DOCUMENT.read_text()
    for comparison in COMPARISONS.values():
        assert comparison.name in text
        assert all(departure.reason in text for departure in comparison.departures)
    assert keywords_of(COMPARISONS.values())["nopreempt"] == ["nopreempt"]


COMMON = """
router_id notification_email notification_email_from smtp_server smtp_connect_timeout script_user enable_script_security
notify_fifo vrrp_notify_fifo vrrp_notify_fifo_script dynamic_interfaces vrrp_version vrrp_garp_master_delay
vrrp_garp_master_repeat vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat vrrp_garp_lower_prio_delay
vrrp_garp_lower_prio_repeat vrrp_check_unicast_src vrrp_skip_check_adv_addr vrrp_strict vrrp_startup_delay
state interface virtual_router_id priority advert_int version virtual_ipaddress virtual_ipaddress_excluded
authentication unicast_src_ip mcast_src_ip unicast_peer nopreempt preempt_delay dont_track_primary track_interface
track_script track_file track_process garp_master_delay garp_master_repeat garp_master_refresh
garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat smtp_alert notify_master notify_backup
notify_fault notify_stop notify down_timer_adverts lower_prio_no_advert higher_prio_send_advert skip_check_adv_addr
vrrp_sync_group
"""
"""What is common in real files, without virtual MAC addresses (not there yet), and what elections depend on."""


def test_every_common_keyword_is_shown() -> None:
    shown = keywords_of(COMPARISONS.values())
    assert [keyword for keyword in COMMON.split() if keyword not in shown] == []
