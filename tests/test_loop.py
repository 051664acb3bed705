"""What the daemon relies on holds for its own loop and for asyncio's, of which it has a part."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vrrpd.loop import EventLoop, Handle, Loop


@pytest.fixture(params=[EventLoop, asyncio.new_event_loop], ids=["own", "asyncio"])
def loop(request: pytest.FixtureRequest) -> Iterator[EventLoop]:
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def own() -> Iterator[EventLoop]:
    made = EventLoop()
    yield made
    made.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    made = socket.socketpair()
    yield made
    for end in made:
        end.close()


def turn(loop: Loop, turns: int = 1) -> None:
    for _ in range(turns):
        loop.call_soon(loop.stop)
        loop.run_forever()


def test_what_is_called_soon_is_called_in_order_and_what_that_asks_for_in_the_next_turn(loop: Loop) -> None:
    called: list[str] = []
    loop.call_soon(lambda: loop.call_soon(called.append, "next turn"))
    loop.call_soon(called.append, "first")
    loop.call_soon(called.append, "second")
    turn(loop)
    assert called == ["first", "second"]
    turn(loop)
    assert called == ["first", "second", "next turn"]


def test_timers_come_by_their_time(loop: Loop) -> None:
    called: list[int] = []
    now = loop.time()
    for number, when in ((3, now + 0.02), (1, now + 0.01), (2, now + 0.011), (0, now - 5)):
        loop.call_at(when, called.append, number)
    loop.call_at(now + 0.03, loop.stop)
    loop.run_forever()
    assert called == [0, 1, 2, 3]
    assert loop.time() >= now + 0.03, "none comes too early"


def test_timers_of_the_same_time_come_in_order(own: EventLoop) -> None:
    called: list[int] = []
    now = own.time()
    for number in range(100):
        own.call_at(now, called.append, number)
    turn(own)
    assert called == list(range(100))


def test_a_timer_knows_when_it_comes(loop: Loop) -> None:
    assert loop.call_at(loop.time() + 50, print).when() > loop.time() + 49
    assert loop.call_later(-1.0, print).when() < loop.time()


@pytest.mark.parametrize("ask", ["soon", "at", "later"])
def test_what_is_cancelled_is_not_called(loop: Loop, ask: str) -> None:
    called: list[int] = []
    ways: dict[str, Callable[[], Handle]] = {
        "soon": lambda: loop.call_soon(called.append, 1),
        "at": lambda: loop.call_at(loop.time(), called.append, 1),
        "later": lambda: loop.call_later(0, called.append, 1),
    }
    asked = ways[ask]()
    asked.cancel()
    asked.cancel()
    turn(loop, 3)
    assert called == []


def test_what_is_due_may_be_cancelled_by_what_is_called_before_it(loop: Loop) -> None:
    called: list[int] = []
    asked: list[Handle] = []

    def cancel() -> None:
        asked[0].cancel()

    first = loop.call_soon(cancel)
    asked.append(loop.call_soon(called.append, 2))
    loop.call_soon(called.append, 3)
    turn(loop)
    assert called == [3]
    first.cancel()  # it has been called: that is no error


def test_cancelled_timers_are_forgotten(own: EventLoop) -> None:
    """One that is set anew with every packet, an hour ahead each time, must not grow."""
    kept = own.call_later(3600, print)
    for _ in range(1000):
        own.call_later(3600, print).cancel()
        turn(own)
    assert len(own._timers) < 200
    kept.cancel()
    own.call_later(0, own.stop)
    own.run_forever()
    assert own._cancelled[0] == len(own._timers)


def test_descriptors_are_read_as_long_as_there_is_something(
    loop: Loop, ends: tuple[socket.socket, socket.socket]
) -> None:
    heard: list[bytes] = []
    loop.add_reader(ends[0], lambda: heard.append(ends[0].recv(1)))
    ends[1].send(b"ab")
    turn(loop, 3)
    assert heard == [b"a", b"b"]
    assert loop.remove_reader(ends[0].fileno())
    assert not loop.remove_reader(ends[0])
    ends[1].send(b"c")
    turn(loop, 2)
    assert heard == [b"a", b"b"]


def test_one_descriptor_may_be_read_and_written_and_its_reader_replaced(
    loop: Loop, ends: tuple[socket.socket, socket.socket]
) -> None:
    called: list[str] = []
    loop.add_reader(ends[0], called.append, "old")
    loop.add_reader(ends[0], called.append, "read")
    loop.add_writer(ends[0], called.append, "write")
    ends[1].send(b"a")
    turn(loop)
    assert called == ["read", "write"]
    assert loop.remove_reader(ends[0])
    turn(loop)
    assert called == ["read", "write", "write"]
    loop.add_reader(ends[0], called.append, "again")
    assert loop.remove_writer(ends[0])
    turn(loop)
    assert called[3:] == ["again"]


def test_the_end_of_the_other_side_wakes_reader_and_writer(
    loop: Loop, ends: tuple[socket.socket, socket.socket]
) -> None:
    called: list[str] = []
    loop.add_reader(ends[0], called.append, "read")
    ends[1].close()
    turn(loop)
    loop.remove_reader(ends[0])
    loop.add_writer(ends[0], called.append, "write")
    turn(loop)
    assert called == ["read", "write"]


def test_a_reader_that_another_one_removed_in_the_same_turn_is_not_called(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    called: list[int] = []

    def heard(which: int) -> None:
        called.append(which)
        for here, _ in pairs:
            loop.remove_reader(here)

    for which, (here, there) in enumerate(pairs):
        loop.add_reader(here, heard, which)
        there.send(b"x")
    turn(loop, 2)
    assert len(called) == 1
    for end in (end for pair in pairs for end in pair):
        end.close()


def test_a_descriptor_that_is_closed_before_it_is_removed_does_no_harm(
    loop: Loop, ends: tuple[socket.socket, socket.socket]
) -> None:
    number = ends[0].fileno()
    loop.add_reader(number, print)
    ends[0].close()
    assert loop.remove_reader(number)
    turn(loop)


def test_nobody_waits_for_a_file_and_it_may_be_asked_again(own: EventLoop) -> None:
    with Path(__file__).open() as file:
        for _ in range(2):
            with pytest.raises(PermissionError):
                own.add_reader(file, print)
        assert not own.remove_reader(file)


def test_a_signal_is_handled_in_the_loop_until_its_handler_is_removed(loop: EventLoop) -> None:
    called: list[str] = []
    loop.add_signal_handler(signal.SIGUSR1, called.append, "first")
    loop.add_signal_handler(signal.SIGUSR2, called.append, "second")
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR2)
    assert called == []
    turn(loop, 3)
    assert called == ["first", "second"]
    assert loop.remove_signal_handler(signal.SIGUSR1)
    assert not loop.remove_signal_handler(signal.SIGUSR1)
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    os.kill(os.getpid(), signal.SIGUSR2)
    turn(loop, 3)
    assert called == ["first", "second", "second"]


def test_a_signal_wakes_a_loop_that_waits(loop: EventLoop) -> None:
    loop.add_signal_handler(signal.SIGUSR1, loop.stop)
    thread = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
    thread.start()
    loop.run_forever()
    thread.join()


def test_a_closed_loop_has_given_its_signals_back() -> None:
    loop = EventLoop()
    loop.add_signal_handler(signal.SIGUSR1, print)
    loop.close()
    loop.close()
    assert loop.is_closed()
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    assert signal.set_wakeup_fd(-1) == -1
    assert not loop.remove_reader(0)


def test_another_thread_wakes_a_loop_that_waits(loop: Loop) -> None:
    thread = threading.Timer(0.05, loop.call_soon_threadsafe, (loop.stop,))
    thread.start()
    loop.run_forever()
    thread.join()


def test_a_thousand_calls_from_another_thread_arrive_though_the_loop_does_not_read_meanwhile(own: EventLoop) -> None:
    called: list[int] = []
    for number in range(100_000):
        own.call_soon_threadsafe(called.append, number)
    turn(own, 2)
    assert called == list(range(100_000))


def test_a_closed_loop_takes_nothing_from_other_threads(loop: Loop) -> None:
    loop.close()
    with pytest.raises(RuntimeError):
        loop.call_soon_threadsafe(print)


def test_a_defect_in_a_callback_goes_to_the_handler_and_the_others_are_called(loop: EventLoop) -> None:
    told: list[object] = []
    called: list[int] = []
    loop.set_exception_handler(lambda _, context: told.append(type(context["exception"])))
    loop.call_soon(lambda: 1 // 0)
    loop.call_soon(called.append, 1)
    turn(loop)
    assert told == [ZeroDivisionError]
    assert called == [1]


def test_without_a_handler_whoever_runs_the_loop_gets_the_defect(own: EventLoop) -> None:
    own.call_soon(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        own.run_forever()
    turn(own)


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt])
def test_who_wants_to_end_the_process_ends_it(loop: EventLoop, end: type[BaseException]) -> None:
    def raise_it() -> None:
        raise end

    loop.set_exception_handler(lambda *_: None)
    loop.call_soon(raise_it)
    with pytest.raises(end):
        loop.run_forever()


def test_stopped_before_it_runs_it_runs_one_turn(loop: Loop) -> None:
    called: list[int] = []
    loop.call_soon(called.append, 1)
    loop.stop()
    loop.run_forever()
    assert called == [1]
