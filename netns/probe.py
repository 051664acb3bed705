"""What a client sees: is the virtual address answered, by whom, and for how long is it not."""

import itertools
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from netns.host import Host
from netns.kernel import LabError
from netns.lab import Lab

_HERE: Final = Path(__file__).resolve().parent
_NEVER: Final = 1 << 63
_REPORT_DELAY: Final = 50_000_000


class Timed(Protocol):
    @property
    def time_ns(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An echo reply; ``host`` is told by its TTL (None: none of the lab's routers)."""

    time_ns: int
    target: str
    host: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one HTTP request: ``status`` 0 means that it failed, and ``error`` says how.

    ``served_by`` is the X-Served-By header, ``body`` the first line of the body.
    """

    started_ns: int
    time_ns: int
    status: int
    served_by: str | None
    body: str
    error: str

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def latency_ms(self) -> float:
        return (self.time_ns - self.started_ns) / 1e6


E = TypeVar("E", bound=Timed)


@dataclass(frozen=True, slots=True)
class Outage(Generic[E]):
    """The longest silence: from ``before`` to ``after`` (None: it began or ended outside what was looked at)."""

    ms: float
    before: E | None
    after: E | None


class _Probe(ABC, Generic[E]):
    """A child process in a client, and a thread that reads its lines."""

    def __init__(self, lab: Lab, client: Host | None, script: str, arguments: Sequence[str]) -> None:
        self._lab = lab
        self._results: list[E] = []
        self._news = threading.Condition()
        host = client or lab.client
        self.started_ns = time.time_ns()
        self._process = host.spawn_piped([sys.executable, "-I", "-S", str(_HERE / script), *arguments])
        self._thread = threading.Thread(target=self._read, name=script, daemon=True)
        if self._process.output.readline() != b"ready\n":
            raise LabError(f"{script} did not start in {host.name}")
        self._thread.start()
        lab.on_close().callback(self.stop)

    @abstractmethod
    def _parse(self, line: str) -> E: ...

    def _read(self) -> None:
        for line in self._process.output:
            result = self._parse(line.decode())
            with self._news:
                self._results.append(result)
                self._news.notify_all()

    def _between(self, since: int, until: int) -> list[E]:
        with self._news:
            return [result for result in self._results if since <= result.time_ns <= until]

    def _wait_for(self, condition: Callable[[E], bool], timeout: float, since: int | None) -> E | None:
        after = time.time_ns() if since is None else since
        end = time.monotonic() + timeout
        seen = 0
        with self._news:
            while True:
                for result in self._results[seen:]:
                    if result.time_ns >= after and condition(result):
                        return result
                seen = len(self._results)
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._news.wait(left)

    def stop(self) -> None:
        """Ask no more; what was seen stays readable."""
        self._process.close_input()
        if not self._process.wait(5):
            self._process.kill()
        self._thread.join()


def longest_silence(results: Sequence[E], since: int, until: int) -> Outage[E]:
    """The longest gap between two results of which some part lies between ``since`` and ``until``; measured whole."""
    longest: Outage[E] = Outage(0.0, None, None)
    before: E | None = None
    for after in [*results, None]:
        start = since if before is None else before.time_ns
        end = until if after is None else after.time_ns
        if end > since and start < until and (end - start) / 1e6 > longest.ms:
            longest = Outage((end - start) / 1e6, before, after)
        before = after
    return longest


def _settled() -> int:
    """Up to when the results are complete: the children report with a delay."""
    return time.time_ns() - _REPORT_DELAY


class PingProbe(_Probe[Reply]):
    """ICMP echo to each of ``targets`` (IPv4 or IPv6) every ``interval`` seconds; from the first client by default."""

    def __init__(
        self, lab: Lab, targets: Sequence[str], *, interval: float = 0.002, client: Host | None = None
    ) -> None:
        self.interval = interval
        self.targets = tuple(targets)
        super().__init__(lab, client, "_pinger.py", [str(interval), *targets])

    def _parse(self, line: str) -> Reply:
        time_ns, target, ttl = line.split()
        return Reply(int(time_ns), target, self._lab.host_of_ttl(int(ttl)))

    def replies(self, target: str | None = None, *, since: int = 0, until: int = _NEVER) -> list[Reply]:
        wanted = target or self.targets[0]
        return [reply for reply in self._between(since, until) if reply.target == wanted]

    def outage(self, since: int, until: int | None = None, target: str | None = None) -> Outage[Reply]:
        """The longest time without a reply from ``target`` (the first by default) that ends after ``since``."""
        return longest_silence(self.replies(target), since, _settled() if until is None else until)

    def lost_ms(self, since: int, until: int | None = None, target: str | None = None) -> float:
        """All silences longer than five intervals between ``since`` and ``until`` together, in ms."""
        end = _settled() if until is None else until
        times = [since, *(reply.time_ns for reply in self.replies(target, since=since, until=end)), end]
        gaps = [(after - before) / 1e6 for before, after in itertools.pairwise(times)]
        return sum(gap for gap in gaps if gap > 5e3 * self.interval)

    def answered_by(self, target: str | None = None) -> str | None:
        """Who sent the last reply."""
        replies = self.replies(target)
        return replies[-1].host if replies else None

    def wait_for_reply(
        self, timeout: float, *, host: str | None = None, target: str | None = None, since: int | None = None
    ) -> Reply | None:
        """The first reply (from ``host``) at or after ``since`` (None: from now on); None after ``timeout`` seconds."""
        wanted = target or self.targets[0]
        return self._wait_for(lambda r: r.target == wanted and host in {None, r.host}, timeout, since)


class HttpProbe(_Probe[Answer]):
    """``GET path`` from ``address:port`` every ``interval`` seconds, each request over its own connection.

    A request that is not answered within ``timeout`` seconds has failed. Requests do not wait for each other.
    """

    def __init__(
        self,
        lab: Lab,
        address: str,
        *,
        port: int = 80,
        path: str = "/",
        interval: float = 0.015,
        timeout: float = 1.0,
        client: Host | None = None,
    ) -> None:
        self.interval = interval
        super().__init__(lab, client, "_requester.py", [str(interval), str(timeout), address, str(port), path])

    def _parse(self, line: str) -> Answer:
        started_ns, ended_ns, status, served_by, rest = line.rstrip("\n").split(" ", 4)
        ok = status != "0"
        return Answer(
            started_ns=int(started_ns),
            time_ns=int(ended_ns),
            status=int(status),
            served_by=None if served_by == "-" else served_by,
            body=rest if ok else "",
            error="" if ok else rest,
        )

    def answers(self, *, since: int = 0, until: int = _NEVER) -> list[Answer]:
        """Finished requests, failed ones too, in the order in which they ended."""
        return self._between(since, until)

    def outage(self, since: int, until: int | None = None) -> Outage[Answer]:
        """The longest time without a complete answer (status 200) that ends after ``since``."""
        answered = [answer for answer in self.answers() if answer.ok]
        return longest_silence(answered, since, _settled() if until is None else until)

    def served_by(self) -> str | None:
        """Who gave the last good answer."""
        return next((answer.served_by for answer in reversed(self.answers()) if answer.ok), None)

    def wait_for_answer(
        self, timeout: float, *, served_by: str | None = None, since: int | None = None
    ) -> Answer | None:
        """The first good answer (from ``served_by``) at or after ``since`` (None: from now on)."""
        return self._wait_for(lambda a: a.ok and served_by in {None, a.served_by}, timeout, since)
