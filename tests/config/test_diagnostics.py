"""What is said, on one line and in order."""

from vrrpd.config.diagnostics import Diagnostic, Location, Report, Severity, Written, has_errors


def test_one_line_says_everything() -> None:
    item = Diagnostic(Severity.ERROR, Location("f", 2, 3), "code", "this is wrong", "that", "this = 5")
    assert str(item) == "f:2:3: error: this is wrong; expected: that; write: this = 5"
    assert str(Diagnostic(Severity.NOTE, Location("f"), "code", "hm")) == "f: note: hm"


def test_a_report_is_in_the_order_of_the_file() -> None:
    report = Report()
    report.note(Location("f", 9, 1), "c", "third")
    report.error(Location("f", 2, 5), "a", "second")
    report.warning(Location("f", 2, 1), "b", "first")
    assert [item.message for item in report.diagnostics] == ["first", "second", "third"]
    assert has_errors(report.diagnostics)
    assert not has_errors(report.diagnostics[::2])


def test_the_place_of_a_character_in_a_text() -> None:
    at = Location("f", 2, 10)
    assert Written("abc", at).at(2) == Location("f", 2, 12)
    assert Written("abc", at, exact=False).at(2) == at
