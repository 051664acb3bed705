"""What goes beyond keepalived's own complaints: said in its language, and never part of the verdict."""

import pytest

from tests.config.keepalived.reading import BODY, instance, read
from vrrpd.config.diagnostics import Severity


@pytest.mark.parametrize(
    ("keywords", "code", "words"),
    [
        ("state MASTER\npriority 101", "state-master", "starts as BACKUP all the same"),
        ("state BACKUP\npriority 255", "owner-backup", "priority 254, or state MASTER"),
        ("virtual_ipaddress_excluded {\n10.0.0.255/24\n}", "not-a-host", "broadcast address"),
        ("virtual_ipaddress_excluded {\n10.0.0.1 label eth7\n}", "label", "does not begin with"),
        ("priority 254\ntrack_interface {\neth1 weight 20\n}", "weight-without-effect", "can never cause a failover"),
        ("nopreempt\ntrack_interface {\neth1 weight -20\n}", "weight-with-nopreempt", "nopreempt do not take over"),
    ],
)
def test_advice(keywords: str, code: str, words: str) -> None:
    outcome = instance(keywords)
    assert words in str(outcome.find(code))
    assert outcome.code == 0, "keepalived says nothing of it"


@pytest.mark.parametrize(
    ("top", "code", "words"),
    [
        ("interface_up_down_delays {\neth0 5 3\n}", "long-delay", "the delays are 1.99609 and 1.99609 s"),
        ("linkbeat_interfaces {\neth0\n}\ninterface_up_down_delays {\neth0 1\n}", "polled-link", "is polled"),
    ],
)
def test_advice_on_links(top: str, code: str, words: str) -> None:
    outcome = read(f"{top}\nvrrp_instance A {{\n{BODY}}}\n")
    found = outcome.find(code)
    assert words in str(found)
    assert found.location.line == top.count("\n"), "where the delay stands"
    assert outcome.code == 0


def test_nothing_is_an_error_that_keepalived_lives_with() -> None:
    other = f"vrrp_instance B {{\n{BODY.replace('51', '52')}}}\n"
    outcome = instance("", other)
    assert outcome.find("shared-address").severity is Severity.WARNING
    assert len(outcome.model.vrrp_instances) == 2
    assert outcome.code == 0


def test_the_spelling_is_keepalived_s() -> None:
    outcome = instance("priority 254\nnopreempt\ntrack_interface {\neth1 weight 20\n}\nstate BACKUP")
    texts = [f"{item.message} {item.expected} {item.suggestion}" for item in outcome.diagnostics]
    assert texts
    assert not [text for text in texts if " = " in text]


def test_what_is_not_handled_yet_is_named() -> None:
    outcome = read(f"vrrp_instance A {{\n{BODY}use_vmac\n}}\n")
    assert any("use_vmac" in item.message and "not handled" in item.message for item in outcome.diagnostics)
    assert outcome.code == 0


def test_a_keyword_of_another_block_is_sent_home() -> None:
    found = read("interface eth0\n").find("unknown-keyword")
    assert (found.expected, found.suggestion) == ("interface in a vrrp_instance", "")


def test_limits_are_written_without_exponents() -> None:
    found = read("vrrp_script c {\nscript true\ninterval 2s\n}\n").find("bad-number")
    assert found.expected == "seconds from 0.001 to 4294967.295"
    assert found.message.endswith("it is ignored")
