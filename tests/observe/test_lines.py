"""A record's forms: one line, printable, and without secrets."""

import enum
import json
import logging
import math
import re
import sys
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.observe.lines import dropped_entry, entry_of, render_json, render_text


class Colour(enum.Enum):
    RED = "red"


def record(message: object, *args: object, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
    return logging.getLogger("vrrpd.test").makeRecord(
        "vrrpd.test", level, "file.py", 7, message, args, None, extra=extra
    )


def test_the_text_form() -> None:
    line = render_text(entry_of(record("%s BACKUP -> MASTER: no advert for %.2f s", "VI_1", 3.6))).decode()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} INFO VI_1 BACKUP -> MASTER: no advert for 3\.60 s\n", line
    )


def test_the_time_is_the_records_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made = record("x")
    made.created = 1767268803.0625
    assert render_json(entry_of(made)) == (b'{"ts": "2026-01-01T12:00:03.062Z", "level": "info", "message": "x"}\n')


def test_the_json_form_keeps_fields_and_its_own_keys() -> None:
    fields = {"instance": "VI_1", "old": Colour.RED, "source": IPv4Address("10.0.0.1"), "seconds": 3.6, "level": "mine"}
    value = json.loads(render_json(entry_of(record("m", fields=fields, level=logging.WARNING))))
    assert value | {"ts": ""} == {
        "ts": "",
        "level": "warning",
        "message": "m",
        "instance": "VI_1",
        "old": "red",
        "source": "10.0.0.1",
        "seconds": 3.6,
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_stays_json_with_numbers_that_it_has_not(value: float) -> None:
    line = render_json(entry_of(record("m", fields={"n": value, "list": [value, {1: value}]})))
    json.loads(line, parse_constant=pytest.fail)


@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.text())))
def test_any_message_and_fields_are_one_printable_line(message: str, fields: dict[str, object]) -> None:
    entry = entry_of(record("%s", message, fields=fields))
    assert render_json(entry).count(b"\n") == 1
    assert json.loads(render_json(entry))["message"] == entry.message
    text = render_text(entry).decode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    head, *rest = text.removesuffix("\n").split("\n")
    assert " INFO " in head
    assert all(line.startswith("    | ") for line in rest)


def test_a_line_cannot_be_forged() -> None:
    text = render_text(
        entry_of(record("script %s", "x\n2026-01-01T12:00:00.000 INFO VI_1 BACKUP -> MASTER\x1b[2J"))
    ).decode()
    first, second, _ = text.split("\n")
    assert second == "    | 2026-01-01T12:00:00.000 INFO VI_1 BACKUP -> MASTER\\x1b[2J"
    assert first.endswith("INFO script x")


def test_a_traceback_follows_its_line() -> None:
    try:
        raise KeyError("eth0")
    except KeyError:
        made = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    lines = render_text(entry_of(made)).decode().splitlines()
    assert lines[0].endswith("ERROR failed")
    assert lines[1] == "    | Traceback (most recent call last):"
    assert lines[-1] == "    | KeyError: 'eth0'"
    assert json.loads(render_json(entry_of(made)))["traceback"].endswith("KeyError: 'eth0'")


@pytest.mark.parametrize(
    ("message", "args"), [("%d", ("x",)), ("%s %s", ("x",)), ("%(name)s", ({"x": 1},)), ("%", (1,))]
)
def test_a_record_that_does_not_format_is_still_a_line(message: str, args: tuple[object, ...]) -> None:
    line = render_text(entry_of(record(message, *args))).decode()
    assert message in line
    assert "file.py:7" in line


def test_a_very_long_message_is_cut_and_says_so() -> None:
    line = render_text(entry_of(record("x" * 1_000_000))).decode()
    assert len(line) < 5000
    assert line.endswith("... (995904 more characters)\n")


SECRET = "S3cretPw"


@pytest.mark.parametrize(
    "message",
    [
        f'auth_pass = "{SECRET}"',
        f"auth_pass={SECRET}",
        f"auth_pass: '{SECRET}'",
        f'auth_pass "{SECRET}"',
        f'authentication = {{ auth_type = "PASS", auth_pass = "{SECRET}" }}',
        f'{{"password": "{SECRET}"}}',
        f"Authentication(auth_type='PASS', password='{SECRET}')",
        f'auth_pass = "{SECRET}',
    ],
)
def test_a_secret_is_never_written(message: str) -> None:
    fields = {"auth_pass": SECRET, "more": {"password": SECRET}, "text": message}
    entry = entry_of(record("%s", message, fields=fields))
    for line in (render_text(entry), render_json(entry)):
        assert SECRET.encode() not in line
        assert b"****" in line


@pytest.mark.parametrize(
    "message", ["auth_pass longer than 8 characters", "a wrong password from 10.0.0.1", "the secret of it"]
)
def test_words_about_secrets_stay(message: str) -> None:
    assert entry_of(record(message)).message == message


def test_a_secret_in_an_exception_is_not_written() -> None:
    try:
        raise ValueError(f'auth_pass = "{SECRET}"')
    except ValueError:
        made = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    assert SECRET.encode() not in render_text(entry_of(made)) + render_json(entry_of(made))


def test_the_report_of_drops() -> None:
    assert b" WARNING 12 log lines dropped\n" in render_text(dropped_entry(12))
    assert b" WARNING 1 log line dropped\n" in render_text(dropped_entry(1))
    assert json.loads(render_json(dropped_entry(12)))["dropped"] == 12
