"""Clients that do not behave: each is bounded, and a well-behaved one is served all the while."""

import errno
import json
import os
import random
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.control.serving import Serving, ends, read_line, serving
from vrrpd.control.connection import Limits
from vrrpd.control.protocol import Request, encode_request

BIG = encode_request(Request(1, "big", {"size": 2_000_000}))
ECHO = encode_request(Request(1, "echo"))


def is_served(it: Serving) -> bool:
    return it.client().call("echo", n=1) == {"args": {"n": 1}, "uid": os.geteuid()}


def send_what_fits(connection: socket.socket, data: bytes, most: int) -> int:
    """Send again and again until the other end takes no more (or ``most`` bytes); how much it took."""
    connection.settimeout(0.3)
    sent = 0
    try:
        while sent < most:
            sent += connection.send(data)
    except TimeoutError:
        pass
    connection.settimeout(20)
    return sent


def send_or_fail(connection: socket.socket, data: bytes) -> bool:
    """False when the other end has closed."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def test_never_reading_a_reply(tmp_path: Path) -> None:
    """The reply waits; further requests are not carried out, and not even read."""
    with serving(tmp_path / "s") as it, it.connect() as stuck:
        taken = send_what_fits(stuck, BIG * 100, most=50_000_000)
        assert taken < 5_000_000
        assert is_served(it)
        assert [name for name, _, _ in it.calls] == ["big", "echo"]


def test_never_reading_small_replies(tmp_path: Path) -> None:
    """The bound holds for many small replies as for a great one."""
    line = encode_request(Request(1, "echo", {"pad": "x" * 1000}))
    with serving(tmp_path / "s", Limits(queued=100_000)) as it, it.connect() as stuck:
        taken = send_what_fits(stuck, line * 50, most=50_000_000)
        assert taken < 5_000_000
        assert is_served(it)
        # what waits in the server and what the kernel holds for the client
        assert len(it.calls) * 1000 < 100_000 + 2 * stuck.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) + 100_000


def test_never_reading_is_dropped_in_the_end(tmp_path: Path) -> None:
    with serving(tmp_path / "s", Limits(stall=0.2)) as it, it.connect() as stuck, it.connect() as idle:
        stuck.sendall(BIG)
        stuck.recv(1)
        while it.unread():
            assert is_served(it)
        assert ends(stuck)
        idle.sendall(ECHO)  # one who waits without a reply pending is left in peace
        assert json.loads(read_line(idle))["ok"] is True


def test_sending_without_reading_does_not_put_off_the_drop(tmp_path: Path) -> None:
    with serving(tmp_path / "s", Limits(stall=0.2)) as it, it.connect() as stuck:
        stuck.sendall(encode_request(Request(1, "big", {"size": 300_000})))
        while send_or_fail(stuck, b" "):
            assert is_served(it)


def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    with serving(tmp_path / "s", Limits(stall=0.5)) as it, it.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(BIG)
        received = bytearray()
        while not received.endswith(b"\n"):
            received += slow.recv(50_000)
            if len(received) % 4 == 0:
                assert is_served(it)
        assert len(json.loads(received)["result"]["data"]) == 2_000_000


def test_closing_in_the_middle_of_a_reply(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it:
        for _ in range(50):
            with it.connect() as rude:
                rude.sendall(BIG)
                rude.recv(10)
        assert is_served(it)
        assert it.defects == []
        it.on_loop(lambda: None)
    assert it.server._clients == set()


def test_closing_before_the_answer(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it:
        for _ in range(50):
            with it.connect() as rude:
                rude.sendall(ECHO * 20)
        assert is_served(it)
        assert it.defects == []


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_of_a_megabyte(tmp_path: Path, end: bytes) -> None:
    with serving(tmp_path / "s") as it, it.connect() as long:
        assert not send_or_fail(long, b'{"v":1,"id":1,"command":"' + b"x" * 1_000_000 + b'"}' + end)
        reply = json.loads(read_line(long))
        assert reply["id"] is None
        assert reply["error"]["code"] == "line_too_long"
        assert ends(long)
        assert is_served(it)


def test_a_line_of_exactly_the_limit_is_taken(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as long:
        frame = len(encode_request(Request(1, "echo", {"pad": ""}))) - 1
        long.sendall(encode_request(Request(1, "echo", {"pad": "x" * (65536 - frame)})))
        assert json.loads(read_line(long))["ok"] is True
        long.sendall(encode_request(Request(1, "echo", {"pad": "x" * (65536 - frame + 1)})))
        assert json.loads(read_line(long))["error"]["code"] == "line_too_long"


def test_half_lines_that_never_end(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(it.connect()).sendall(b'{"v":1,')
        assert is_served(it)
        assert sum(len(client._input._data) for client in it.server._clients) == 20 * len(b'{"v":1,')


def test_a_request_byte_by_byte(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as slow:
        for byte in ECHO:
            slow.send(bytes([byte]))
        assert json.loads(read_line(slow))["ok"] is True


def test_binary_noise(tmp_path: Path) -> None:
    noise = random.Random(7)
    with serving(tmp_path / "s") as it:
        for _ in range(30):
            with it.connect() as rude:
                rude.sendall(noise.randbytes(5000) + b"\n" + ECHO)
        with it.connect() as rude:
            rude.sendall(b"GET / HTTP/1.1\r\n")
            assert json.loads(read_line(rude))["error"]["code"] == "bad_request"
        assert is_served(it)
        assert it.defects == []


def test_a_flood_of_requests_leaves_turns_for_others(tmp_path: Path) -> None:
    """While one client always has a thousand requests waiting, another one's are answered in its turn."""
    with serving(tmp_path / "s") as it, it.connect() as flood:
        flood.sendall(ECHO * 1000)
        assert is_served(it)
        served_before = [args for _, args, _ in it.calls].index({"n": 1})
        assert served_before < 900
        for _ in range(1000):
            read_line(flood)
        assert is_served(it)


def test_a_hundred_connections_and_still_room_for_one(tmp_path: Path) -> None:
    """The one silent longest makes room; the others stay."""
    with serving(tmp_path / "s", Limits(clients=32)) as it, ExitStack() as stack:
        clients = [stack.enter_context(it.connect()) for _ in range(100)]
        assert is_served(it)
        assert len(it.server._clients) <= 32
        assert all(ends(client) for client in clients[:60])
        clients[-1].sendall(ECHO)
        assert json.loads(read_line(clients[-1]))["ok"] is True


def test_out_of_descriptors_the_server_waits_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []

    class Exhausted:
        """A listener whose process has no descriptor left for the first two clients."""

        def __init__(self, listener: socket.socket) -> None:
            self.listener = listener

        def accept(self) -> tuple[socket.socket, object]:
            attempts.append(1)
            if len(attempts) <= 2:
                raise OSError(errno.EMFILE, "Too many open files")
            return self.listener.accept()

        def fileno(self) -> int:
            return self.listener.fileno()

        def close(self) -> None:
            self.listener.close()

    monkeypatch.setattr("vrrpd.control.server._ACCEPT_PAUSE", 0.05)
    with serving(tmp_path / "s") as it:
        endpoint = it.server._endpoint
        assert endpoint is not None
        endpoint.socket = Exhausted(endpoint.socket)  # type: ignore[assignment]  # stands in for the real listener
        assert is_served(it)
        assert len(attempts) == 3


def test_warnings_about_clients_cannot_fill_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path / "s", Limits(clients=2)) as it, ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(it.connect())
        assert is_served(it)
    lines = [record.getMessage() for record in caplog.records if record.name == "vrrpd.control"]
    assert len(lines) == 1
    assert "made room for a newcomer" in lines[0]
