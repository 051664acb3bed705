"""What the caller is told when the other end does not do its part."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vrrpd.control.client import ControlClient, RefusedError, UnreachableError
from vrrpd.errors import ControlError


@contextmanager
def answering(path: Path, answer: bytes, *, hang: bool = False) -> Iterator[None]:
    """A daemon that answers anything with ``answer`` and closes (or goes on saying nothing)."""
    over = threading.Event()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(20)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            if hang:
                over.wait(20)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)
        listener.close()


def test_a_good_answer(tmp_path: Path) -> None:
    with answering(tmp_path / "s", b'{"v":1,"id":1,"ok":true,"result":{"a":[1]},"later":0}\n'):
        assert ControlClient(tmp_path / "s").call("x") == {"a": [1]}


def test_a_refusal_keeps_its_code(tmp_path: Path) -> None:
    reply = b'{"v":1,"id":null,"ok":false,"error":{"code":"new_code","message":"not today"}}\n'
    with answering(tmp_path / "s", reply), pytest.raises(RefusedError, match="not today") as caught:
        ControlClient(tmp_path / "s").call("x")
    assert caught.value.code == "new_code"


@pytest.mark.parametrize(
    "answer",
    [
        b"\n",
        b"hello\n",
        b"\xff\n",
        b"[]\n",
        b"{}\n",
        b'{"v":2,"id":1,"ok":true,"result":{}}\n',
        b'{"v":1,"id":9,"ok":true,"result":{}}\n',
        b'{"v":1,"id":1,"ok":true}\n',
        b'{"v":1,"id":1,"ok":true,"result":[]}\n',
        b'{"v":1,"id":1,"ok":false,"error":"no"}\n',
        b'{"v":1,"id":1,"ok":1,"result":{}}\n',
    ],
)
def test_an_answer_that_is_not_the_protocol(tmp_path: Path, answer: bytes) -> None:
    with answering(tmp_path / "s", answer), pytest.raises(ControlError, match="the daemon's answer is"):
        ControlClient(tmp_path / "s").call("x")


@pytest.mark.parametrize("answer", [b"", b'{"v":1,"id":1,"ok":true,"res'])
def test_an_end_without_an_answer(tmp_path: Path, answer: bytes) -> None:
    with answering(tmp_path / "s", answer), pytest.raises(ControlError, match="closed the connection"):
        ControlClient(tmp_path / "s").call("x")


@pytest.mark.parametrize("answer", [b"", b'{"v":1'])
def test_silence(tmp_path: Path, answer: bytes) -> None:
    with (
        answering(tmp_path / "s", answer, hang=True),
        pytest.raises(UnreachableError, match=r"no answer within 0\.2 s"),
    ):
        ControlClient(tmp_path / "s", timeout=0.2).call("x")


def test_a_backlog_that_stays_full(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(str(tmp_path / "s"))
        listener.listen(0)
        waiting.connect(str(tmp_path / "s"))
        with pytest.raises(UnreachableError, match="overloaded"):
            ControlClient(tmp_path / "s", timeout=0.2).call("x")


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"Is it running.*--run-dir"):
        ControlClient(tmp_path / "s").call("x")
    with pytest.raises(UnreachableError, match="Is it running"):
        ControlClient(tmp_path / ("d" * 120) / "s").call("x")


def test_a_socket_left_behind(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "s"))
    with pytest.raises(UnreachableError, match="left its socket behind"):
        ControlClient(tmp_path / "s").call("x")


def test_not_a_socket(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(UnreachableError, match="left its socket behind"):
        ControlClient(tmp_path / "s").call("x")


def test_a_great_answer_arrives_whole(tmp_path: Path) -> None:
    data = "x" * 3_000_000
    with answering(tmp_path / "s", b'{"v":1,"id":1,"ok":true,"result":{"a":"' + data.encode() + b'"}}\n'):
        assert ControlClient(tmp_path / "s").call("x") == {"a": data}


def test_the_client_needs_no_event_loop() -> None:
    """A one-shot command does not pay for asyncio."""
    program = "import sys, vrrpd.control.client, vrrpd.control.status; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
