"""Several destinations at once, as keepalived's options name them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.observe.logging_to import LOG, datagrams_at, pipe, read_lines
from vrrpd.observe.logs import Form, LogWriter, Places, Targets, configure_targets


@contextmanager
def targets_to(targets: Targets, form: Form = "text", places: Places | None = None) -> Iterator[LogWriter]:
    root, ours = logging.getLogger(), logging.getLogger("vrrpd")
    levels, handlers = (root.level, ours.level), root.handlers[:]
    root.handlers.clear()
    try:
        writer = configure_targets("info", form, targets, places=places or Places())
        try:
            yield writer
        finally:
            writer.close()
    finally:
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        root.handlers[:] = handlers


@pytest.mark.parametrize(("facility", "code"), [(3, 30), (1, 14), (16, 134), (23, 190)])
def test_facility_and_identifier(tmp_path: Path, facility: int, code: int) -> None:
    places = Places(syslog=str(tmp_path / "log"))
    with datagrams_at(tmp_path / "log") as receiver:
        with targets_to(Targets(facility=facility, identifier="Keepalived_vrrp_blue"), places=places):
            LOG.info("one")
        line = receiver.recv(4096).decode()
    assert line.startswith(f"<{code}>")
    assert " Keepalived_vrrp_blue[" in line


def test_every_destination_gets_every_line_once(tmp_path: Path) -> None:
    with pipe() as (reading, writing), datagrams_at(tmp_path / "log") as receiver:
        places = Places(console=writing, syslog=str(tmp_path / "log"))
        with targets_to(Targets(console=True, file=tmp_path / "file"), places=places) as writer:
            LOG.warning("one")
            assert [line.split(" ", 1)[1] for line in read_lines(reading, 1)] == ["WARNING one"]
            assert receiver.recv(4096).decode().endswith(": one")
        assert writer.dropped == 0
    assert (tmp_path / "file").read_text().endswith(" WARNING one\n")


def test_without_a_syslog_daemon_the_console_has_a_line_once(tmp_path: Path) -> None:
    for console in (True, False):
        with pipe() as (reading, writing):
            places = Places(console=writing, syslog=str(tmp_path / "nobody"))
            with targets_to(Targets(console=console), places=places):
                LOG.info("one")
                LOG.info("two")
                lines = read_lines(reading, 2)
        assert [line.split(" ", 1)[1] for line in lines] == ["INFO one", "INFO two"]


def test_nowhere_at_all(tmp_path: Path) -> None:
    with pipe() as (_, writing):
        with targets_to(Targets(syslog=False), places=Places(console=writing, syslog=str(tmp_path / "x"))) as writer:
            LOG.error("one")
        assert writer.dropped == 0
