"""``include`` and its five variants."""

from dataclasses import replace

import pytest

from tests.config.keepalived.reading import FILE, lines, machine, places, read
from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.limits import INCLUDE_DEPTH


def test_files_in_order_and_relative_to_the_including_one() -> None:
    files = {
        "/etc/keepalived/d/b.conf": "b\ninclude inner\n",
        "/etc/keepalived/d/a.conf": "a ${_PWD}\n",
        "/etc/keepalived/d/inner": "inner\n",
    }
    text = "first\ninclude d/*\nlast ${_PWD}\n"
    assert lines(text, machine({**files, "/etc/keepalived/d/inner": "i\n"})) == [
        "first", "a /etc/keepalived/d", "b", "i", "i", "last /etc/keepalived",
    ]  # fmt: skip


def test_places_name_the_included_file() -> None:
    found = places("include x\n", machine({"/etc/keepalived/x": "one\n two\n"}))
    assert found[1] == ("two", Location("/etc/keepalived/x", 2, 2))


def test_definitions_go_through_includes() -> None:
    assert lines("$A=1\ninclude $F$A\n$F=x\n", machine({"/etc/keepalived/$F1": "no"})) == ["no"]
    assert lines("$A=1\ninclude x\n$B\n", machine({"/etc/keepalived/x": "$B=2$A"})) == ["21"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("include none", 0),
        ("include none*", 0),
        ("includer none", 0),
        ("includem none", 4),
        ("includem none*", 0),
        ("includew none*", 4),
        ("includeb {one,none}", 4),
        ("includeb {one,one}", 0),
        ("includea none*", 4),
        ("includem {one,none}", 0),
        ("include closed", 0),
        ("includer closed", 4),
        ("include_check\ninclude none*", 4),
        ("include_check match\ninclude none", 4),
        ("include_check match\ninclude none*", 0),
        ("include_check\ninclude_check -match\ninclude none", 0),
        ("include_check +wildcard_match\ninclude none*", 4),
        ("include_check sometimes", 5),
        ("include", 2),
    ],
)
def test_what_is_missing_and_what_that_means(line: str, code: int) -> None:
    context = machine({"/etc/keepalived/one": "\n", "/etc/keepalived/closed": "unreadable"})
    assert read(line + "\n", context).code == code


def test_the_option_that_checks_all_includes() -> None:
    assert read("include none*\n", replace(machine(), check_all_includes=True)).code == 4


def test_a_file_that_includes_itself_ends() -> None:
    outcome = read("include x\n", machine({"/etc/keepalived/x": "include y\n", "/etc/keepalived/y": "include x\n"}))
    assert outcome.codes == ["nothing-to-run", "include-loop"]
    assert outcome.find("include-loop").location == Location("/etc/keepalived/y", 1, 1)
    assert outcome.config is None


def test_a_chain_of_a_hundred_files_ends_with_an_answer() -> None:
    files = {f"/etc/keepalived/{number}": f"include {number + 1}\n" for number in range(100)}
    outcome = read("include 0\n", machine(files))
    assert outcome.codes == ["too-much"]
    assert str(INCLUDE_DEPTH) in outcome.diagnostics[0].message
    short = {f"/etc/keepalived/{number}": f"include {number + 1}\n" for number in range(INCLUDE_DEPTH - 1)}
    assert read("include 0\n", machine(short)).codes != ["too-much"]


def test_an_included_block_is_a_block() -> None:
    outcome = read("vrrp_instance A {\ninclude body\n}\n", machine({"/etc/keepalived/body": "interface eth0\n"}))
    assert outcome.find("missing-keyword").location.file == FILE
    assert "unknown-keyword" not in outcome.codes
