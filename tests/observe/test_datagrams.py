"""syslog and the journal: the bytes on the socket, and what happens when nobody takes them."""

import json
import logging
import os
import re
import socket
import struct
from pathlib import Path

import pytest

from tests.observe.logging_to import LOG, datagrams_at, logging_to, pipe, read_lines
from vrrpd.observe.logs import Destination, Places


def parse_journal(datagram: bytes) -> dict[str, str]:
    """The native protocol as systemd documents it: KEY=value, or KEY, a 64-bit length and the value."""
    fields: dict[str, str] = {}
    while datagram:
        head, _, datagram = datagram.partition(b"\n")
        if b"=" in head:
            key, _, value = head.partition(b"=")
        else:
            key, length = head, struct.unpack("<Q", datagram[:8])[0]
            value = datagram[8 : 8 + length]
            assert datagram[8 + length : 9 + length] == b"\n"
            datagram = datagram[9 + length :]
        fields[key.decode()] = value.decode()
    return fields


@pytest.mark.parametrize(
    ("level", "priority"), [(logging.INFO, 30), (logging.WARNING, 28), (logging.ERROR, 27), (logging.CRITICAL, 26)]
)
def test_the_syslog_form(tmp_path: Path, level: int, priority: int) -> None:
    with (
        datagrams_at(tmp_path / "log") as receiver,
        logging_to(Places(syslog=str(tmp_path / "log")), destination="syslog"),
    ):
        LOG.log(level, "VI_1 BACKUP -> MASTER")
        text = receiver.recv(9999).decode()
    stamp = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123]\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"<{priority}>{stamp} vrrpd\[{os.getpid()}\]: VI_1 BACKUP -> MASTER", text)


def test_the_syslog_form_is_that_of_the_c_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte what syslog(3) sends, for a one-digit and a two-digit day."""
    for now, expected in ((1767268803, "Jan  1 12:00:03"), (1795089723, "Nov 19 12:02:03")):
        with datagrams_at(tmp_path / f"{now}") as receiver:
            monkeypatch.setenv("TZ", "UTC")
            places = Places(syslog=str(tmp_path / f"{now}"))
            with logging_to(places, destination="syslog") as writer:
                record = LOG.makeRecord("vrrpd", logging.INFO, "f", 1, "text", (), None)
                record.created = now
                writer.emit(record)
            assert receiver.recv(9999) == f"<30>{expected} vrrpd[{os.getpid()}]: text".encode()


def test_several_lines_are_several_syslog_messages(tmp_path: Path) -> None:
    with (
        datagrams_at(tmp_path / "log") as receiver,
        logging_to(Places(syslog=str(tmp_path / "log")), destination="syslog"),
    ):
        LOG.warning("one\ntwo")
        assert [receiver.recv(999).split(b": ")[1] for _ in range(2)] == [b"one", b"two"]


def test_json_to_syslog_is_one_message(tmp_path: Path) -> None:
    places = Places(syslog=str(tmp_path / "log"))
    with datagrams_at(tmp_path / "log") as receiver, logging_to(places, "json", "syslog"):
        LOG.warning("one\ntwo", extra={"fields": {"instance": "VI_1"}})
        value = json.loads(receiver.recv(999).split(b": ", 1)[1])
    assert (value["message"], value["instance"]) == ("one\ntwo", "VI_1")


def test_the_journal_fields(tmp_path: Path) -> None:
    places = Places(journal=str(tmp_path / "socket"))
    with datagrams_at(tmp_path / "socket") as receiver, logging_to(places, destination="journal"):
        fields = {"instance": "VI_1", "new": "MASTER", "vips": 1, "odd name!": None, "list": ["a", "b"], "two": "a\nb"}
        LOG.info("VI_1 BACKUP -> MASTER", extra={"fields": fields})
        assert parse_journal(receiver.recv(9999)) == {
            "MESSAGE": "VI_1 BACKUP -> MASTER",
            "PRIORITY": "6",
            "SYSLOG_IDENTIFIER": "vrrpd",
            "VRRPD_INSTANCE": "VI_1",
            "VRRPD_NEW": "MASTER",
            "VRRPD_VIPS": "1",
            "VRRPD_ODD_NAME_": "null",
            "VRRPD_LIST": '["a", "b"]',
            "VRRPD_TWO": "a\nb",
        }


def test_the_journal_keeps_lines_together_and_fields_cannot_be_forged(tmp_path: Path) -> None:
    places = Places(journal=str(tmp_path / "socket"))
    with datagrams_at(tmp_path / "socket") as receiver, logging_to(places, destination="journal"):
        LOG.error("one\nPRIORITY=0\nthree")
        fields = parse_journal(receiver.recv(9999))
    assert fields["MESSAGE"] == "one\nPRIORITY=0\nthree"
    assert fields["PRIORITY"] == "3"


@pytest.mark.parametrize("destination", ["syslog", "journal"])
def test_a_receiver_that_is_behind_costs_lines_not_time(tmp_path: Path, destination: Destination) -> None:
    """Its queue fills; the rest is counted and reported in the first line that gets through again."""
    places = Places(syslog=str(tmp_path / "s"), journal=str(tmp_path / "s"))
    with datagrams_at(tmp_path / "s") as receiver, logging_to(places, destination=destination) as writer:
        for number in range(5000):
            LOG.info("line %d.", number)
        dropped = writer.dropped
        receiver.setblocking(False)
        taken = drain(receiver)
        LOG.info("line afterwards.")
        after = drain(receiver)
    assert len(taken) + dropped == 5000
    assert dropped > 0
    assert f"{dropped} log lines dropped" in after[0]
    assert "line afterwards." in after[1]
    assert len(after) == 2


def drain(receiver: socket.socket) -> list[str]:
    texts = []
    try:
        while True:
            texts.append(receiver.recv(9999).decode())
    except BlockingIOError:
        return texts


@pytest.mark.parametrize("absent", ["no name", "nobody listens", "no socket", "a stream socket"])
def test_with_nobody_there_the_lines_go_to_the_console(tmp_path: Path, absent: str) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left, socket.socket(socket.AF_UNIX) as stream:
        if absent == "nobody listens":
            left.bind(str(path))
            left.close()
        elif absent == "no socket":
            path.write_text("")
        elif absent == "a stream socket":
            stream.bind(str(path))
            stream.listen()
        with pipe() as (reading, writing), logging_to(Places(writing, str(path)), destination="syslog") as writer:
            LOG.info("heard all the same")
            assert read_lines(reading, 1)[0].endswith("INFO heard all the same")
            assert writer.dropped == 0


def test_a_logger_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pipe() as (_, writing), logging_to(Places(console=writing, syslog=str(path)), destination="syslog"):
        for text in (b"one", b"two"):
            with datagrams_at(path) as receiver:
                LOG.info(text.decode())
                assert receiver.recv(999).endswith(b": " + text)
            path.unlink()
            LOG.info("in between")
