import state_diagram

from vrrpd.core.effects import Reason, State


def test_the_documentation_shows_what_the_election_does() -> None:
    document = state_diagram.DOCUMENT.read_text(encoding="utf-8")
    assert state_diagram.refreshed(document) == document, "run ./scripts/diagram"


def test_the_diagram_has_every_state_and_every_reason() -> None:
    arrows = state_diagram.arrows()
    assert {state for pair in arrows for state in pair} == set(State)
    assert {reason for reasons in arrows.values() for reason in reasons} <= set(Reason)
    assert (State.BACKUP, State.MASTER) in arrows


def test_a_document_that_is_out_of_date_is_made_anew() -> None:
    old = "before\n<!-- state diagram -->\nold\n<!-- end -->\nafter\n"
    new = state_diagram.refreshed(old)
    assert new.startswith("before\n<!-- state diagram -->\n```mermaid\n")
    assert "old\n" not in new
    assert "| BACKUP | MASTER |" in new
    assert new.endswith("<!-- end -->\nafter\n")
