"""The clients of one site, and the books that are kept of what they saw."""

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from netns.commands import output
from netns.host import Host
from netns.kernel import LabError
from netns.kms.certificates import Certificates
from netns.kms.configs import CONNECT_PORT, HEALTH_PORT
from netns.kms.record import Happening, KeyCount
from netns.kms.waiting import wait_until
from netns.kms.warm import ROOT, Forked, Warm
from netns.process import Process

KMIP: Final = "kmip"
SESSION: Final = "session"
HEALTH: Final = "health"
CONNECT: Final = "connect"
NAMES: Final = (KMIP, SESSION, HEALTH, CONNECT)

_READ_PAUSE: Final = 0.05
_START_SECONDS: Final = 20.0
_KMIP_TIMEOUT: Final = 2.0
_PATIENCE: Final = {HEALTH: 1.0, CONNECT: 0.5}
_RECORD: Final = "requests.jsonl"
_KEYS: Final = "keys.jsonl"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two requests of a client; 0: that client is left out."""

    kmip: float = 0.11
    health: float = 0.02
    connect: float = 0.002


@dataclass(frozen=True, slots=True)
class Outage:
    """From the start of a client's first failed request to its first answer after that, in seconds of the run.

    ``end`` is None while it lasts.
    """

    client: str
    start: float
    end: float | None
    failed: int

    @property
    def ms(self) -> float:
        """Infinite while it lasts."""
        return float("inf") if self.end is None else 1000 * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class ClientError:
    """A failed request. ``what``: "timeout", "refused", "cut", "unreachable", "tls …" or "answer …".

    "cut": its connection had come about, and was reset, closed, or fell silent.
    """

    client: str
    began: float
    at: float
    what: str


class Books:
    """What the clients' lines say. ``offset`` is subtracted from the clocks of the clients."""

    def __init__(self, site: int, told: Callable[[Happening], None], offset: float) -> None:
        self._site = site
        self._told = told
        self._offset = offset
        self._lock = threading.Lock()
        self._outages: list[Outage] = []
        self._down: dict[str, float] = {}
        self._errors: list[ClientError] = []
        self._counts: dict[str, tuple[int, int]] = {}

    def take(self, line: str) -> None:
        entry = json.loads(line)
        kind, client, at = entry["kind"], entry["client"], entry["at"] - self._offset
        with self._lock:
            if kind == "down":
                self._down[client] = at
            elif kind == "error":
                self._errors.append(ClientError(client, entry["began"] - self._offset, at, entry["what"]))
            elif kind == "up":
                self._down.pop(client, None)
                self._outages.append(Outage(client, at, entry["end"] - self._offset, entry["failed"]))
            elif kind == "count":
                self._counts[client] = (entry["requests"], entry["errors"])
        if kind == "error":
            self._told(Happening(at, self._site, "error", client, entry["what"]))
        elif kind == "up":
            ms = 1000 * (entry["end"] - entry["at"])
            self._told(Happening(at, self._site, "gap", client, f"outage {ms:.0f} ms"))

    def outages(self, since: float, client: str | None) -> list[Outage]:
        """Those that end after ``since``, or last."""
        with self._lock:
            lasting = [Outage(name, at, None, 0) for name, at in self._down.items()]
            found = [outage for outage in self._outages if outage.end is not None and outage.end >= since]
        return [outage for outage in (*found, *lasting) if client in {None, outage.client}]

    def errors(self, since: float, client: str | None) -> list[ClientError]:
        with self._lock:
            return [error for error in self._errors if error.at >= since and client in {None, error.client}]

    def counts(self) -> dict[str, tuple[int, int]]:
        with self._lock:
            return dict(self._counts)


class Clients:
    """KMIP, one long-lived KMIP session, /health, and bare connections, all to the virtual address."""

    def __init__(
        self,
        host: Host,
        vip: str,
        certificates: Certificates,
        warm: Warm,
        books: Books,
        *,
        pace: Pace,
        seed: int,
    ) -> None:
        self.host = host
        self.vip = vip
        self.pace = pace
        self._warm = warm
        self._books = books
        self._seed = seed
        self._access = {
            "address": vip,
            "authority": str(certificates.authority),
            "certificate": str(certificates.client.certificate),
            "key": str(certificates.client.key),
            "timeout": _KMIP_TIMEOUT,
        }
        self._record = host.directory / _RECORD
        self.keys = host.directory / _KEYS
        self._running: list[Process | Forked] = []
        self._readings = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        for file in (self._record, self.keys):
            file.touch(mode=0o640)

    def start(self) -> None:
        if self.pace.kmip:
            work = {"pace": self.pace.kmip, "record": str(self._record), "keys": str(self.keys), "seed": self._seed}
            self._running.append(self._warm.fork("kmip", self.host, {"access": dict(self._access), **work}))
        if self.pace.health:
            self._probe(HEALTH, HEALTH_PORT, self.pace.health)
        if self.pace.connect:
            self._probe(CONNECT, CONNECT_PORT, self.pace.connect)
        self._thread = threading.Thread(target=self._read, name="clients", daemon=True)
        self._thread.start()

    def _probe(self, kind: str, port: int, interval: float) -> None:
        arguments = [kind, self.vip, str(port), str(interval), str(_PATIENCE[kind]), str(self._record)]
        argv = [sys.executable, "-S", "-m", "netns.kms.prober", *arguments]
        self._running.append(self.host.spawn(argv, log=f"{kind}.log", env={"PYTHONPATH": str(ROOT)}))

    def wait_until_served(self, timeout: float = _START_SECONDS) -> None:
        """Wait until every client was answered last; LabError with what they say instead."""
        wait_until(self._served, timeout, lambda: f"the clients are not served: {self.log()[-800:]}")

    def _served(self) -> bool:
        paces = {KMIP: self.pace.kmip, HEALTH: self.pace.health, CONNECT: self.pace.connect}
        counts = self._books.counts()
        answered = all(
            counts.get(name, (0, 0))[0] > counts.get(name, (0, 0))[1] for name, pace in paces.items() if pace
        )
        return answered and not any(outage.end is None for outage in self.outages())

    def outages(self, since: float = 0.0, client: str | None = None) -> list[Outage]:
        """Of one client or all, those that end after ``since`` seconds of the run, or last."""
        return self._books.outages(since, client)

    def errors(self, since: float = 0.0, client: str | None = None) -> list[ClientError]:
        return self._books.errors(since, client)

    def neighbour(self) -> str | None:
        """Where the clients' kernel sends what is for the virtual address: a MAC address."""
        words = output(["ip", "-n", self.host.namespace, "neigh", "show", self.vip]).split()
        return words[words.index("lladdr") + 1] if "lladdr" in words else None

    def forget_neighbour(self) -> None:
        output(["ip", "-n", self.host.namespace, "neigh", "flush", "to", self.vip])

    def counts(self) -> dict[str, tuple[int, int]]:
        """Requests and errors of each client so far, at most half a second old."""
        return self._books.counts()

    def longest_ms(self, since: float, client: str) -> float:
        """The longest outage; 0 when there was none."""
        return max((outage.ms for outage in self.outages(since, client)), default=0.0)

    def read_back_all(self, patience: float = 10.0) -> KeyCount:
        """Read every key acknowledged so far through the virtual address; ``patience`` seconds for each."""
        self._readings += 1
        keys = self.host.directory / f"keys-{self._readings}.jsonl"
        keys.write_text(_whole_lines(self.keys.read_text(encoding="ascii")))
        result = self.host.directory / f"read-back-{self._readings}.json"
        told = {"access": dict(self._access), "keys": str(keys), "result": str(result), "patience": patience}
        reader = self._warm.fork("read-back", self.host, told)
        expected = keys.read_text(encoding="ascii").count("\n")
        if not reader.wait(60 + patience * (1 + expected)) or not result.exists():
            raise LabError(f"the keys cannot be read back: {reader.log()[-800:]}")
        found = json.loads(result.read_text())
        requests, errors = (sum(parts) for parts in zip(*self._kmip_counts(), strict=True))
        lost = len(found["lost"])
        return KeyCount(found["acknowledged"], found["acknowledged"] - lost, lost, requests, errors)

    def _kmip_counts(self) -> list[tuple[int, int]]:
        counts = self.counts()
        return [counts.get(name, (0, 0)) for name in (KMIP, SESSION)]

    def log(self) -> str:
        return "".join(process.log() for process in self._running)

    def _read(self) -> None:
        with self._record.open(encoding="ascii") as file:
            rest = ""
            while not self._stop.wait(_READ_PAUSE):
                *lines, rest = (rest + file.read()).split("\n")
                for line in lines:
                    self._books.take(line)

    def close(self) -> None:
        """Read no more; the host ends the clients."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()


def _whole_lines(text: str) -> str:
    return text[: text.rfind("\n") + 1]
