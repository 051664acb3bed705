"""The process connector; its filter runs anywhere, its events only in the initial namespaces, as root."""

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Container, Iterator
from contextlib import closing
from errno import ECONNREFUSED, EOPNOTSUPP, EPROTONOSUPPORT, ETIMEDOUT

import pytest

from tests.linux.namespaces import Namespace
from vrrpd.errors import LinuxError
from vrrpd.linux import bpf, uapi
from vrrpd.linux.proc_events import EventsLost, Executed, Exited, Forked, ProcessConnector, ProcessEvent, Renamed

_HEADERS = 36
_PR_SET_NAME = 15


class Everything:
    def __contains__(self, pid: object) -> bool:
        return True


def message(what: int, *numbers: int) -> bytes:
    return bytes(_HEADERS) + struct.pack("=I12x", what) + struct.pack(f"={len(numbers)}I", *numbers).ljust(24, b"\0")


@pytest.mark.parametrize(
    ("packet", "passes"),
    [
        (message(uapi.PROC_EVENT_NONE, 0), True),
        (message(uapi.PROC_EVENT_FORK, 5, 4, 7, 7), True),
        (message(uapi.PROC_EVENT_FORK, 4, 4, 8, 4), False),
        (message(uapi.PROC_EVENT_EXEC, 7, 7), True),
        (message(uapi.PROC_EVENT_COMM, 7, 7), True),
        (message(uapi.PROC_EVENT_COMM, 8, 7), False),
        (message(uapi.PROC_EVENT_EXIT, 7, 7), True),
        (message(uapi.PROC_EVENT_EXIT, 8, 7), False),
        (message(0x4, 7, 7), False),
        (message(0x80, 7, 7), False),
        (b"short", False),
    ],
)
def test_the_filter_lets_through_what_is_of_whole_processes(packet: bytes, passes: bool) -> None:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with closing(left), closing(right):
        right.setblocking(False)
        bpf.attach(right, bpf.PROCESS_EVENTS)
        left.send(packet)
        try:
            received = right.recv(2048) == packet
        except BlockingIOError:
            received = False
    assert received is passes


@pytest.fixture
def connector() -> Iterator[ProcessConnector]:
    made = ProcessConnector()
    try:
        made.listen()
    except LinuxError as error:
        made.close()
        pytest.skip(f"no process events here: {error}")
    yield made
    made.close()


def read(connector: ProcessConnector, last: ProcessEvent, known: Container[int] = Everything()) -> list[ProcessEvent]:
    """Until that one has come."""
    events: list[ProcessEvent] = []
    give_up = time.monotonic() + 10
    while last not in events:
        assert time.monotonic() < give_up, events
        events += connector.read(known)
    return events


def run_and_rename(name: bytes) -> int:
    """A child of this process that gives itself a name and ends; it is reaped."""
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name, 0, 0, 0)
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


@pytest.mark.netns
def test_a_life_is_told_in_its_order(connector: ProcessConnector) -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    events = read(connector, Exited(pid))
    mine = [Forked(os.getpid(), pid), Executed(pid), Exited(pid)]
    assert [event for event in events if event in mine] == mine


@pytest.mark.netns
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_new_name_is_told(connector: ProcessConnector) -> None:
    pid = run_and_rename(b"a name")
    assert Renamed(pid, b"a name") in read(connector, Exited(pid))


@pytest.mark.netns
def test_threads_are_not_told(connector: ProcessConnector) -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    events = read(connector, Exited(pid))
    forks = [event for event in events if isinstance(event, Forked) and event.parent == os.getpid()]
    assert forks == [Forked(os.getpid(), pid)]
    assert Exited(os.getpid()) not in events


@pytest.mark.netns
def test_births_and_ends_of_others_are_left_out(connector: ProcessConnector) -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    events = read(connector, Executed(pid), known=())
    assert {type(event) for event in events} <= {Executed, Renamed}


@pytest.mark.netns
def test_lost_events_are_told(connector: ProcessConnector) -> None:
    with socket.socket(fileno=os.dup(connector.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel's least
    for _ in range(20):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    read(connector, EventsLost())


@pytest.mark.netns
def test_after_a_pause_it_hears_again(connector: ProcessConnector) -> None:
    connector.pause()
    while list(connector.read(Everything())):
        pass  # what others did before
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    assert list(connector.read(Everything())) == []
    connector.listen()
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    read(connector, Exited(pid))


@pytest.mark.netns
def test_another_network_namespace_has_none(namespace: Namespace, connector: ProcessConnector) -> None:
    def try_there() -> int:
        inside = ProcessConnector()
        try:
            inside.listen()
        except LinuxError as error:
            return error.errno
        finally:
            inside.close()
        return 0

    assert namespace.call(try_there) in (ECONNREFUSED, EPROTONOSUPPORT, ETIMEDOUT)
    del connector


@pytest.mark.netns
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare")
def test_in_another_pid_namespace_it_does_not_wait_for_an_answer_that_never_comes() -> None:
    code = (
        "from vrrpd.errors import LinuxError\nfrom vrrpd.linux.proc_events import ProcessConnector\n"
        "try:\n    ProcessConnector().listen()\nexcept LinuxError as error:\n    print(error.errno)\n"
    )
    argv = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == str(EOPNOTSUPP), said.stderr


@pytest.mark.netns
def test_opened_before_another_network_namespace_is_entered_it_hears_there(namespace: Namespace) -> None:
    made = ProcessConnector()
    with closing(made):
        try:
            made.listen()
        except LinuxError as error:
            pytest.skip(f"no process events here: {error}")
        made.pause()
        namespace.call(made.listen)
        pid = os.posix_spawn("/bin/true", ["true"], {})
        os.waitpid(pid, 0)
        assert Forked(os.getpid(), pid) in read(made, Exited(pid))
