"""A client's single connection, against sockets of the loopback interface."""

import select
import socket
from collections.abc import Iterator

import pytest

from netns.kms.health import body
from netns.kms.prober import Attempt

REQUEST = b"GET /health HTTP/1.0\r\n\r\n"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def play(attempt: Attempt, listener: socket.socket | None, answer: bytes | None) -> str:
    """Serve it (None: close at once) until it has ended; what was wrong."""
    wanted = select.EPOLLOUT
    with select.epoll() as poll:
        if attempt.ended is None:
            poll.register(attempt.socket, wanted)
        while attempt.ended is None:
            for _, events in poll.poll():
                if wanted == select.EPOLLOUT and listener is not None and answer is not None:
                    serve(listener, attempt, events, answer)
                    events = select.EPOLLIN
                wanted = attempt.advance(events)
                if wanted:
                    poll.modify(attempt.socket, wanted)
    return attempt.error


def serve(listener: socket.socket, attempt: Attempt, events: int, answer: bytes) -> None:
    attempt.advance(events)
    with listener.accept()[0] as peer:
        assert peer.recv(100) == REQUEST
        peer.sendall(answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\n" + body(up=True, latency_ms=1), ""),
        (b"HTTP/1.0 503 Service Unavailable\r\n\r\n", "answer 503"),
        (b"", "cut"),
    ],
)
def test_an_answer_is_read_to_its_end(listener: socket.socket, answer: bytes, expected: str) -> None:
    attempt = Attempt("127.0.0.1", port_of(listener), REQUEST)
    assert play(attempt, listener, answer) == expected


def test_a_connection_alone_is_enough_where_nothing_is_asked(listener: socket.socket) -> None:
    attempt = Attempt("127.0.0.1", port_of(listener), b"")
    assert play(attempt, listener, None) == ""
    assert attempt.ended is not None
    assert attempt.ended >= attempt.started


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        assert play(Attempt("127.0.0.1", port, REQUEST), None, None) == "refused"
