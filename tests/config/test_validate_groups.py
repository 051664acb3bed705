"""What is said about sync groups."""

import pytest

from tests.config.findings import ERROR, WARNING, found, instance, script
from vrrpd.config.diagnostics import Severity


def group(members: str, *, lines: str = "", name: str = "VG") -> str:
    return f"[vrrp_sync_group.{name}]\ngroup = {members}\n{lines}\n"


def pair(extra: str = "", second: str = "") -> str:
    return instance(extra) + instance(second, name="VI_2", vrid=52, address="192.168.1.101")


BOTH = '["VI_1", "VI_2"]'
WEIGHED = "priority = 100\ntrack_interface = §['eth1 weight 5']"
CASES = [
    (pair() + group('["VI_1", "VI_2", "§VI_3x"]'), ERROR, "undefined-instance", "write: VI_"),
    (pair() + group(BOTH) + group('["§VI_1"]', name="B", lines=""), ERROR, "two-groups", "group VG already"),
    (pair() + group("§[]"), ERROR, "empty-group", "no members"),
    (pair() + group('§["VI_1"]'), WARNING, "single-member", "one member"),
    (pair(second="priority = 255") + group("§" + BOTH), WARNING, "mixed-owners", "VI_2"),
    (pair(WEIGHED) + group(BOTH), WARNING, "weight-in-group", "eth1 has a weight"),
    (
        script("weight = 5") + pair("track_script = §['chk']") + group(BOTH),
        WARNING,
        "weight-in-group",
        "it is not tracked",
    ),
]


@pytest.mark.parametrize(("text", "severity", "code", "words"), CASES)
def test_each_finding_at_its_place(text: str, severity: Severity, code: str, words: str) -> None:
    findings = [item for item in found(text.replace("§", "")) if item.code == code]
    (finding,) = findings
    before = text.partition("§")[0]
    assert finding.severity is severity
    assert words in str(finding)
    assert (finding.location.line, finding.location.column) == (
        before.count("\n") + 1,
        len(before.rpartition("\n")[2]) + 1,
    )


def test_a_sound_group_is_not_talked_about() -> None:
    assert not found(pair() + group(BOTH))
    assert not found(pair(WEIGHED.replace("§", "")) + group(BOTH, lines="sync_group_tracking_weight = true"))


def test_owners_only_are_no_mixture() -> None:
    assert not [
        item for item in found(pair("priority = 255", "priority = 255") + group(BOTH)) if item.code == "mixed-owners"
    ]
