"""What systemd is told, read from a real socket."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vrrpd.linux.sd_notify import ServiceManager
from vrrpd.units import Seconds


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(10)
        yield receiver


def told(receiver: socket.socket) -> dict[str, str]:
    return dict(line.split("=", 1) for line in receiver.recv(4096).decode().split("\n"))


def test_each_message(manager: socket.socket) -> None:
    service = ServiceManager(manager.getsockname())
    service.ready("VI_1 on eth0")
    assert told(manager) == {"READY": "1", "MAINPID": str(os.getpid()), "STATUS": "VI_1 on eth0"}
    before = time.monotonic_ns() // 1000
    service.reloading()
    message = told(manager)
    assert message["RELOADING"] == "1"
    assert before <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    service.stopping()
    assert told(manager)["STOPPING"] == "1"
    service.failed(98, "address\nin use")
    assert told(manager) == {"ERRNO": "98", "STATUS": "address in use"}
    service.keep_alive()
    assert told(manager) == {"WATCHDOG": "1"}


def test_an_abstract_socket() -> None:
    name = f"vrrpd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0{name}")
        receiver.settimeout(10)
        ServiceManager(f"@{name}").keep_alive()
        assert told(receiver) == {"WATCHDOG": "1"}


def test_the_environment_is_taken_from_those_that_follow(manager: socket.socket) -> None:
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "3000000", "PATH": "/bin"}
    service = ServiceManager.take_from(environment)
    assert environment == {"PATH": "/bin"}
    assert service.watchdog == Seconds(3.0)
    service.keep_alive()
    assert told(manager) == {"WATCHDOG": "1"}


@pytest.mark.parametrize(
    "watchdog", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}]
)
def test_a_watchdog_that_is_not_ours(watchdog: dict[str, str]) -> None:
    assert ServiceManager.take_from({"NOTIFY_SOCKET": "/x", **watchdog}).watchdog is None


def test_nobody_to_tell() -> None:
    service = ServiceManager.take_from({"WATCHDOG_USEC": "5"})
    assert service.watchdog is None
    service.ready("x")


@pytest.mark.parametrize("address", ["/nonexistent/socket", "relative", "vsock:2:1", "", "/a\0b"])
def test_a_manager_that_cannot_be_reached_is_no_reason_to_stop(address: str) -> None:
    ServiceManager(address).ready("x")


def test_a_manager_that_does_not_read_is_not_waited_for(manager: socket.socket) -> None:
    service = ServiceManager(manager.getsockname())
    for _ in range(2000):
        service.keep_alive()
