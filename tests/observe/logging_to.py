"""Places to log to that a test can read, and loggers that are put back as they were."""

import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vrrpd.observe.logs import Destination, Form, Level, LogWriter, Places, configure

LOG = logging.getLogger("vrrpd.test")


@contextmanager
def logging_to(
    places: Places, form: Form = "text", destination: Destination = "console", level: Level = "info"
) -> Iterator[LogWriter]:
    """What a daemon does, undone at the end. Handlers of the test runner are set aside: they would cost time."""
    root, ours = logging.getLogger(), logging.getLogger("vrrpd")
    levels, handlers = (root.level, ours.level), root.handlers[:]
    root.handlers.clear()
    writer = configure(level, form, destination, places=places)
    try:
        yield writer
    finally:
        writer.close()
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        root.handlers[:] = handlers


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        for descriptor in (reading, writing):
            with suppress(OSError):  # the test closed it
                os.close(descriptor)


@contextmanager
def datagrams_at(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        receiver.settimeout(20)
        yield receiver


def read_lines(descriptor: int, count: int) -> list[str]:
    data = bytearray()
    while data.count(b"\n") < count:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            break
        data += chunk
    return data.decode().splitlines()


def read_objects(descriptor: int, count: int) -> list[dict[str, object]]:
    return [json.loads(line) for line in read_lines(descriptor, count)]
