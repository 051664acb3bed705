"""What keepalived makes of files with mistakes, block by block; all of it seen with keepalived itself."""

import pytest

from tests.config.keepalived.reading import BODY, FILE, instance, read
from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.complaints import Complaint


def test_an_unknown_keyword_is_skipped_with_its_line() -> None:
    outcome = instance("nonsense 1 2 3\npriority 90")
    assert outcome.instance.priority == 90
    assert outcome.codes == ["unknown-keyword"]
    assert outcome.verdict.worst is Complaint.UNKNOWN_KEYWORD
    assert outcome.find("unknown-keyword").location == Location(FILE, 8, 1)


def test_a_near_word_is_suggested() -> None:
    assert instance("prioritty 90").find("unknown-keyword").suggestion == "priority"


def test_an_unknown_block_ends_the_block_around_it() -> None:
    """Its } is taken for that of the block around it, and what follows stands outside."""
    outcome = instance("nonsense {\npriority 7\n}\npriority 90")
    assert outcome.instance.priority == 7
    assert outcome.codes == ["unknown-keyword", "unexpected-brace", "unknown-keyword", "extra-brace"]


def test_a_brace_behind_a_keyword_without_block() -> None:
    outcome = instance("priority 90 {\nnopreempt\n}\n")
    assert outcome.instance.priority == 90
    assert outcome.instance.nopreempt
    assert outcome.codes == ["unexpected-brace", "extra-brace"]


def test_a_missing_opening_brace() -> None:
    outcome = read(f"vrrp_instance A\n{BODY}}}\n")
    assert outcome.instance.interface == "eth0"
    assert outcome.codes == ["missing-brace", "extra-brace"]


def test_a_missing_closing_brace() -> None:
    outcome = read(f"vrrp_instance A {{\n{BODY}")
    assert outcome.codes == ["missing-brace"]
    assert outcome.instance.virtual_router_id == 51
    assert outcome.verdict.worst is Complaint.MISSING_CLOSING


def test_a_closing_brace_too_many() -> None:
    outcome = instance("}")
    assert outcome.codes == ["extra-brace"]
    assert outcome.code == 5


def test_a_value_block_needs_no_opening_brace() -> None:
    outcome = instance("virtual_ipaddress_excluded\n10.0.0.1\n}\npriority 5")
    assert len(outcome.instance.virtual_ipaddress_excluded) == 1
    assert outcome.instance.priority == 5


def test_an_opening_brace_within_a_value_block() -> None:
    outcome = instance("virtual_ipaddress_excluded {\n10.0.0.1\n{ 10.0.0.2\n}\nnopreempt\n")
    assert len(outcome.instance.virtual_ipaddress_excluded) == 2
    assert "unexpected-brace" in outcome.codes


def test_words_behind_a_value_block_s_keyword() -> None:
    outcome = read(f"vrrp_instance A {{\n{BODY.replace('{', '{ ')}virtual_ipaddress 10.0.0.9\n}}\n}}\n")
    assert "extra-word" in outcome.codes


@pytest.mark.parametrize("name", ["", "A B"])
def test_an_instance_without_a_name_is_left_out(name: str) -> None:
    outcome = read(f"vrrp_instance {name} {{\n{BODY}}}\n")
    assert sorted(outcome.codes) == ["bad-name", "nothing-to-run"]
    assert outcome.code == 5


def test_a_second_block_of_the_same_name_is_left_out_whole() -> None:
    outcome = read(f"vrrp_instance A {{\n{BODY}}}\nvrrp_instance A {{\npriority {{\nfoo\n}}\n}}\n")
    assert outcome.codes == ["repeated"]
    assert outcome.instance.priority == 100


def test_blocks_on_one_line() -> None:
    outcome = read("vrrp_instance A { interface eth0\n virtual_router_id 5\n virtual_ipaddress { 10.0.0.1 } }")
    assert outcome.codes == []
    assert outcome.instance.name == "A"


def test_a_missing_value_ends_keepalived_at_once() -> None:
    outcome = instance("state\nnonsense\n")
    assert outcome.code == 2
    assert outcome.config is None
    found = outcome.find("missing-value")
    assert found.location == Location(FILE, 8, 6)
    assert "unknown-keyword" in outcome.codes, "all the rest is reported too"


def test_definitions_come_before_their_use() -> None:
    outcome = instance("track_script {\nlater\n}\n")
    assert outcome.codes == ["undefined-tracker"]
    text = f"vrrp_instance A {{\n{BODY}track_script {{\nc\n}}\n}}\nvrrp_script c {{\nscript /bin/x\n}}\n"
    assert read(text).instance.track_script == ()


def test_everything_is_said_once_however_often_a_definition_is_used() -> None:
    outcome = read("$M=\\\nfoo 1 \\\nbar 2\n$M\n$M\n$M\n")
    assert outcome.codes.count("unknown-keyword") == 2
