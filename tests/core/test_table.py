"""The election as a table: nothing is missing from it, and the machine does what it says."""

import typing

import pytest

from tests.core.table import EVENTS, LETTERS, SCENES, SPECIAL, STORIES, TABLE, Cell, cells, rows
from vrrpd.core.effects import Effect, Reason, State
from vrrpd.core.events import Event, GroupAction, GroupRequest, OperatorAction, OperatorRequest


@pytest.mark.parametrize("cell", tuple(cells()), ids=lambda cell: f"{cell.before} - {cell.event}")
def test_what_follows(cell: Cell) -> None:
    assert cell.outcome == cell.expected


def test_the_table_has_a_row_for_every_event_and_a_column_for_every_scene() -> None:
    heading, *lines = rows(TABLE)
    assert heading == ["event", *SCENES]
    assert [line[0] for line in lines] == list(EVENTS)


def test_every_type_of_event_and_every_request_has_a_row() -> None:
    assert {type(event) for event in EVENTS.values()} == set(typing.get_args(Event))
    asked = {event.action for event in EVENTS.values() if isinstance(event, OperatorRequest)}
    assert asked == set(OperatorAction)
    assert {event.action for event in EVENTS.values() if isinstance(event, GroupRequest)} == set(GroupAction)


def test_every_state_has_a_column() -> None:
    assert {scene().state for scene in SCENES.values()} == set(State)


def test_every_effect_has_a_letter() -> None:
    assert set(LETTERS) == set(typing.get_args(Effect))
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_every_story_is_used() -> None:
    assert list(dict.fromkeys(line[0] for line in rows(SPECIAL)[1:])) == list(STORIES)


@pytest.mark.parametrize(("before", "event", "follows", "reason"), rows(SPECIAL)[1:])
def test_why(before: str, event: str, follows: str, reason: str) -> None:
    (cell,) = (cell for cell in cells() if (cell.before, cell.event) == (before, event))
    assert [change.reason.value for change in cell.changes] == ([reason] if reason else [])


def test_every_reason_is_reached_and_no_change_leads_nowhere() -> None:
    changes = [change for cell in cells() for change in cell.changes]
    assert {change.reason for change in changes} == set(Reason)
    assert all(change.old is not change.new for change in changes)
    assert all(change.detail for change in changes)
