import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.config.model import TrackProcess
from vrrpd.daemon.process_census import Census, Pattern, Quorum
from vrrpd.units import Instant, Seconds

WORDS = st.lists(st.text("ab ", min_size=1, max_size=3), min_size=1, max_size=4).map(tuple)


def command(*words: str) -> bytes:
    return b"".join(word.encode() + b"\0" for word in words)


def pattern(*words: str, param_match: str | None = None, full_command: bool = True) -> Pattern:
    return Pattern.of(TrackProcess("p", words, param_match=param_match, full_command=full_command))


def test_a_name_is_compared_literally() -> None:
    haproxy = pattern("haproxy", full_command=False)
    assert haproxy.matches(b"haproxy", command("/usr/sbin/haproxy", "-f", "x"))
    for other in (b"haprox", b"haproxy2", b"HAproxy", b"/usr/sbin/haproxy", b""):
        assert not haproxy.matches(other, command("haproxy"))


@pytest.mark.parametrize(
    ("configured", "match", "running", "counts"),
    [
        ("/bin/x", None, "/bin/x", True),
        ("/bin/x", None, "/bin/x a b", True),
        ("/bin/x", None, "x", False),
        ("/bin/x", None, "/bin/xy", False),
        ("/bin/x", "exact", "/bin/x", True),
        ("/bin/x", "exact", "/bin/x a", False),
        ("/bin/x a", "exact", "/bin/x a", True),
        ("/bin/x a", "exact", "/bin/x", False),
        ("/bin/x a", "exact", "/bin/x a b", False),
        ("/bin/x a", "exact", "/bin/x ab", False),
        ("/bin/x a", "partial", "/bin/x a b", True),
        ("/bin/x a", "partial", "/bin/x a", True),
        ("/bin/x a", "partial", "/bin/x ab", False),
        ("/bin/x", "partial", "/bin/x ab", True),
        ("/bin/x a b", "partial", "/bin/x a", False),
        ("/bin/x a", "initial", "/bin/x ab c", True),
        ("/bin/x a", "initial", "/bin/x a", True),
        ("/bin/x a", "initial", "/bin/x b", False),
        ("/bin/x a b", "initial", "/bin/x ab", False),
        ("/bin/x", "initial", "/bin/x", True),
    ],
)
def test_command_lines(configured: str, match: str | None, running: str, counts: bool) -> None:
    wanted = pattern(*configured.split(), param_match=match)
    assert wanted.matches(b"whatever", command(*running.split())) is counts


@given(WORDS, WORDS)
def test_exact_is_equal_partial_the_first_words_and_initial_the_first_letters(
    wanted: tuple[str, ...], running: tuple[str, ...]
) -> None:
    seen = command(*running)
    same_program = wanted[0] == running[0]
    head, last = wanted[1:-1], wanted[-1]
    assert pattern(*wanted, param_match="exact").matches(b"", seen) is (wanted == running)
    assert pattern(*wanted, param_match="partial").matches(b"", seen) is (running[: len(wanted)] == wanted)
    begins = len(wanted) == 1 or (
        len(running) >= len(wanted)
        and running[1 : len(wanted) - 1] == head
        and running[len(wanted) - 1].startswith(last)
    )
    assert pattern(*wanted, param_match="initial").matches(b"", seen) is (same_program and begins)
    assert pattern(*wanted).matches(b"", seen) is same_program


@given(st.binary(max_size=30), st.binary(max_size=60), WORDS, st.sampled_from([None, "exact", "partial", "initial"]))
def test_any_bytes_match_or_do_not(name: bytes, seen: bytes, words: tuple[str, ...], match: str | None) -> None:
    assert pattern(*words, param_match=match).matches(name, seen) in (True, False)


def test_a_process_may_count_for_several() -> None:
    census = Census()
    census.adopt({"name": pattern("x", full_command=False), "line": pattern("/x", "a")}, ())
    assert census.needs_commands
    assert census.matching(b"x", command("/x", "a")) == {"name", "line"}
    assert census.place(7, frozenset({"name", "line"})) == (frozenset({"name", "line"}), frozenset())
    assert census.renamed(7, b"y") == {"line"}, "the command line stays what it was"
    assert census.place(7, frozenset({"line"})) == (frozenset(), frozenset({"name"}))
    assert census.renamed(7, b"x") == {"name", "line"}
    census.adopt({"name": pattern("x", full_command=False)}, ("name",))
    assert not census.counted
    assert not census.needs_commands


@given(st.lists(st.tuples(st.integers(1, 4), st.frozensets(st.sampled_from("abc")))))
def test_what_joined_and_left_adds_up(places: list[tuple[int, frozenset[str]]]) -> None:
    census = Census()
    census.adopt({name: pattern(name) for name in "abc"}, ())
    counts = dict.fromkeys("abc", 0)
    for pid, names in places:
        joined, left = census.place(pid, names)
        for name in joined:
            counts[name] += 1
        for name in left:
            counts[name] -= 1
    for name, count in counts.items():
        assert count == sum(name in names for names in census.counted.values())


def quorum(least: int = 1, most: int | None = None, fork: float = 0.0, end: float = 0.0) -> Quorum:
    return Quorum(least, most, Seconds(fork), Seconds(end))


def test_without_delays_the_number_counts_at_once() -> None:
    two_or_three = quorum(2, 3)
    statuses = []
    for _ in range(4):
        two_or_three.joined(Instant(0.0), by_fork=True)
        statuses.append(two_or_three.status)
    for _ in range(4):
        two_or_three.left(Instant(0.0), by_end=True)
        statuses.append(two_or_three.status)
    assert statuses == [False, True, True, False, True, True, False, False]
    assert two_or_three.deadline is None


def test_none_wanted_is_healthy_from_the_start() -> None:
    none = quorum(0, 0)
    assert none.status
    none.joined(Instant(0.0), by_fork=False)
    assert not none.status


def test_a_fork_waits_and_a_new_program_does_not() -> None:
    forked, executed = quorum(fork=1.0), quorum(fork=1.0)
    forked.joined(Instant(10.0), by_fork=True)
    executed.joined(Instant(10.0), by_fork=False)
    assert (forked.status, forked.deadline) == (False, 11.0)
    assert (executed.status, executed.deadline) == (True, None)
    forked.due(Instant(10.9))
    assert not forked.status
    forked.due(Instant(11.0))
    assert (forked.status, forked.deadline) == (True, None)


def test_a_fork_that_becomes_something_else_was_never_there() -> None:
    one = quorum(fork=1.0)
    one.joined(Instant(0.0), by_fork=True)
    one.left(Instant(0.1), by_end=False)
    assert (one.status, one.deadline, one.count) == (False, None, 0)


def test_a_restart_within_the_delay_goes_unnoticed() -> None:
    one = quorum(end=1.0)
    one.joined(Instant(0.0), by_fork=False)
    one.left(Instant(5.0), by_end=True)
    assert (one.status, one.deadline) == (True, 6.0)
    one.joined(Instant(5.5), by_fork=False)
    assert (one.status, one.deadline) == (True, None)


def test_an_end_counts_after_its_delay_and_another_name_at_once() -> None:
    ended, renamed = quorum(end=1.0), quorum(end=1.0)
    for one in (ended, renamed):
        one.joined(Instant(0.0), by_fork=False)
    ended.left(Instant(5.0), by_end=True)
    renamed.left(Instant(5.0), by_end=False)
    assert ended.status
    assert not renamed.status
    ended.due(Instant(6.0))
    assert not ended.status


def test_the_number_at_the_deadline_counts() -> None:
    """As many come as are wanted and then one more, within the delay."""
    one = quorum(1, 1, fork=1.0)
    one.joined(Instant(0.0), by_fork=True)
    one.joined(Instant(0.5), by_fork=True)
    assert one.deadline == 1.0
    one.due(Instant(1.0))
    assert (one.status, one.count) == (False, 2)


@dataclasses.dataclass(frozen=True)
class Step:
    wait: float
    joins: bool
    special: bool


STEPS = st.builds(Step, st.floats(0, 2, allow_nan=False), st.booleans(), st.booleans())


@given(
    st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)), st.sampled_from([0.0, 1.0]),
    st.sampled_from([0.0, 0.5]), st.lists(STEPS, max_size=40),
)  # fmt: skip
def test_the_status_is_that_of_the_number_unless_a_delay_runs(
    least: int, extra: int | None, fork: float, end: float, steps: list[Step]
) -> None:
    watched = quorum(least, None if extra is None else least + extra, fork, end)
    now = 0.0
    for step in steps:
        now += step.wait
        watched.due(Instant(now))
        if step.joins:
            watched.joined(Instant(now), by_fork=step.special)
        elif watched.count:
            watched.left(Instant(now), by_end=step.special)
        assert watched.forked is None or watched.terminated is None
        if watched.deadline is None:
            assert watched.status is watched.enough
        else:
            assert watched.deadline - now <= max(fork, end) + 1e-9  # both are rounded
    watched.due(Instant(now + 10.0))
    assert watched.deadline is None
    assert watched.status is watched.enough
