import pytest

from vrrpd.config.diagnostics import Diagnostic, Location, Severity
from vrrpd.daemon.findings import NOTES, log_findings


def finding(severity: Severity, line: int, code: str = "state-master") -> Diagnostic:
    return Diagnostic(severity, Location("x.conf", line, 1), code, f"said of line {line}")


def test_warnings_all_and_notes_while_they_are_new(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    notes = [finding(Severity.NOTE, line) for line in range(1, NOTES + 3)]
    warnings = [finding(Severity.WARNING, line) for line in range(101, 111)]
    log_findings([*notes, finding(Severity.NOTE, 50, "other"), *warnings, finding(Severity.ERROR, 99)])
    logged = [(record.levelname, record.message) for record in caplog.records]
    assert len(logged) == NOTES + 1 + 10 + 1
    assert logged[0] == ("INFO", "x.conf:1:1: note: said of line 1")
    assert logged[NOTES] == ("INFO", "x.conf:50:1: note: said of line 50")
    assert logged[-2] == ("WARNING", "x.conf:110:1: warning: said of line 110")
    assert logged[-1] == ("INFO", "2 more notes of these kinds: vrrpd check shows all")


def test_as_many_notes_as_are_logged_need_no_further_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    log_findings(finding(Severity.NOTE, line) for line in range(NOTES))
    assert len(caplog.records) == NOTES
