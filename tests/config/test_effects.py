"""What is asked for but not done yet: said by a check, and a reason not to start where it cannot be ignored."""

import pytest

from tests.config.findings import WARNING, found, instance, read
from vrrpd.config.effects import pending, refusals
from vrrpd.config.unsupported import PENDING, Handling

AH = instance('authentication = { auth_type = "AH", auth_pass = "x" }')


@pytest.mark.parametrize(
    ("text", "keyword", "line"),
    [
        (instance("no_accept = true"), "no_accept", 5),
        (instance("accept = false"), "no_accept", 5),
        (AH, "auth_ah", 5),
    ],
)
def test_what_cannot_be_ignored_is_a_valid_language_but_no_start(text: str, keyword: str, line: int) -> None:
    word = PENDING["vrrp_instance"].get(keyword)
    if word is None or word.handling is not Handling.REFUSED:
        pytest.skip("it is carried out by now")
    (said,) = (item for item in found(text) if item.code == "refused")
    assert said.severity is WARNING
    (refusal,) = refusals(read(text))
    assert refusal.is_error
    assert refusal.location.line == said.location.line == line


def test_what_can_be_ignored_is_a_warning_at_its_place() -> None:
    config = read(instance("use_vmac_addr = true\nmcast_src_ip = '10.0.0.7'"))
    assert refusals(config) == ()
    if "use_vmac_addr" in PENDING["vrrp_instance"]:
        (said,) = pending(config)
        assert (said.code, said.location.line) == ("not-handled", 5)


def test_a_clean_configuration_has_nothing_pending() -> None:
    assert pending(read(instance())) == ()
