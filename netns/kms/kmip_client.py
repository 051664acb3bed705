"""The KMIP clients: one that creates keys and reads older ones back, each request over a fresh connection, and another
whose connection stays. Runs in a process that ``netns.kms.warm`` has forked.

A key counts as acknowledged once the answer to its creation was read; from then on it must be there. Its digest is that
of the first reading, which as a rule another node answers than the one that made the key.
"""

import hashlib
import json
import logging
import os
import random
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from kmip.core.enums import CryptographicAlgorithm
from kmip.core.exceptions import KmipError
from kmip.pie.client import ProxyKmipClient
from kmip.pie.exceptions import ClientConnectionFailure, ClientConnectionNotOpen, KmipOperationFailure
from kmip.services.kmip_protocol import RequestLengthMismatch

from netns.kms.configs import KMIP_PORT
from netns.kms.recording import Recorder

CREATE_EVERY: Final = 4
"""One request in so many creates a key, the others read one."""

_SESSION_SECONDS: Final = 0.5
_KEY_BITS: Final = 256
_READERS: Final = 3
_FAILURES: Final = (
    OSError,
    EOFError,
    KmipError,
    KmipOperationFailure,
    ClientConnectionFailure,
    ClientConnectionNotOpen,
    RequestLengthMismatch,
)


class WrongKeyError(Exception):
    """A key that is not what it was."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a client reaches the KMS. ``timeout`` seconds for each step of a request."""

    address: str
    authority: str
    certificate: str
    key: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Work:
    """A request every ``pace`` seconds; ``record`` and ``keys`` are the files that it writes."""

    access: Access
    pace: float
    record: str
    keys: str
    seed: int


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Read every key of the file ``keys``; ``result`` is the file for what was found. ``patience`` seconds a key."""

    access: Access
    keys: str
    result: str
    patience: float


class Keys:
    """The acknowledged keys: uuid -> digest (None: not read yet), on disk before anything else is done."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._digests: dict[str, str | None] = {}
        self._names: list[str] = []
        self._lock = threading.Lock()

    def created(self, uuid: str) -> None:
        with self._lock:
            self._digests[uuid] = None
            self._names.append(uuid)
        self._write(uuid, None)

    def read(self, uuid: str, value: bytes) -> None:
        """WrongKeyError when it is not what was read before."""
        digest = digest_of(value)
        with self._lock:
            known = self._digests[uuid]
            self._digests[uuid] = digest
        if known is None:
            self._write(uuid, digest)
        elif known != digest:
            raise WrongKeyError(uuid)

    def any(self, rng: random.Random) -> str | None:
        """The newest one when it was not read yet, else any."""
        with self._lock:
            if not self._names:
                return None
            newest = self._names[-1]
            return newest if self._digests[newest] is None else rng.choice(self._names)

    def _write(self, uuid: str, digest: str | None) -> None:
        os.write(self._descriptor, (json.dumps({"uuid": uuid, "digest": digest}) + "\n").encode())


def digest_of(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def load_keys(file: Path) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for line in file.read_text(encoding="ascii").splitlines():
        entry = json.loads(line)
        found[entry["uuid"]] = entry["digest"] or found.get(entry["uuid"])
    return found


class Client:
    """A KMIP client whose requests fail within a bounded time."""

    def __init__(self, access: Access) -> None:
        self._client = ProxyKmipClient(
            hostname=access.address,
            port=KMIP_PORT,
            cert=access.certificate,
            key=access.key,
            ca=access.authority,
            ssl_version="PROTOCOL_TLSv1_2",
        )
        self._client.proxy.timeout = access.timeout

    def open(self) -> None:
        self._client.open()

    def close(self) -> None:
        self._client.close()

    def create(self) -> str:
        return str(self._client.create(CryptographicAlgorithm.AES, _KEY_BITS))

    def get(self, uuid: str) -> bytes:
        return bytes(self._client.get(uuid).value)

    def fresh(self, request: Callable[[], None]) -> None:
        """``request`` over a connection of its own."""
        self.open()
        try:
            request()
        finally:
            self.close()


def reason(error: BaseException) -> str:
    """What went wrong, in few words: "timeout", "refused", "cut", "unreachable", "tls …" or "answer …".

    "cut" is a connection that had come about: reset, closed, or silent, as those are which the address moves away from.
    """
    if isinstance(error, TimeoutError):
        # "The handshake operation timed out", "The read operation timed out": only before that there was no connection.
        return "cut" if "operation timed out" in str(error) else "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError | EOFError | RequestLengthMismatch | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "cut"
    if isinstance(error, ssl.SSLError):
        return f"tls {error.reason}"
    if isinstance(error, OSError):
        return "unreachable"
    if isinstance(error, KmipOperationFailure):
        return f"answer {error.reason.name}"
    return f"answer {type(error).__name__}: {error}"


def run(work: Work) -> None:
    _quiet()
    keys = Keys(Path(work.keys))
    session = threading.Thread(target=_stay, args=(work, keys), daemon=True)
    session.start()
    client, rng = Client(work.access), random.Random(work.seed)
    recorder = Recorder("kmip", Path(work.record))
    due, number = time.monotonic(), 0
    while True:
        uuid = None if number % CREATE_EVERY == 0 else keys.any(rng)
        started = time.monotonic()
        error = _failure(partial(client.fresh, partial(_request, client, keys, uuid)))
        recorder.attempt(started, time.monotonic(), error)
        number += 1
        due = max(due + work.pace, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


def _request(client: Client, keys: Keys, uuid: str | None) -> None:
    """Read that key, or create one."""
    if uuid is None:
        keys.created(client.create())
    else:
        keys.read(uuid, client.get(uuid))


def _stay(work: Work, keys: Keys) -> None:
    """The client "session": one connection for all requests, and another one when it is lost."""
    client, rng, is_open = Client(work.access), random.Random(work.seed + 1), False
    recorder = Recorder("session", Path(work.record))
    while True:
        time.sleep(_SESSION_SECONDS)
        uuid = keys.any(rng)
        if uuid is None:
            continue
        started = time.monotonic()
        error = None if is_open else _failure(client.open)
        if error is None:
            error = _failure(partial(_request, client, keys, uuid))
        recorder.attempt(started, time.monotonic(), error)
        is_open = error is None
        if not is_open:
            client.close()


def _failure(request: Callable[[], None]) -> str | None:
    try:
        request()
    except WrongKeyError as error:
        return f"answer wrong key {error}"
    except _FAILURES as error:
        return reason(error)
    return None


def read_back(work: ReadBack) -> None:
    """Ask for every key until it comes, or ``patience`` is over, or what comes is not the key."""
    _quiet()
    keys = sorted(load_keys(Path(work.keys)).items(), key=lambda item: int(item[0]))
    with ThreadPoolExecutor(_READERS) as pool:
        lost = list(pool.map(lambda part: _read_part(work, keys[part::_READERS]), range(_READERS)))
    found = Found(len(keys), tuple(uuid for part in lost for uuid in part))
    target = Path(work.result)
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(found)))
    fresh.rename(target)


@dataclass(frozen=True, slots=True)
class Found:
    acknowledged: int
    lost: tuple[str, ...]


def _read_part(work: ReadBack, keys: list[tuple[str, str | None]]) -> list[str]:
    client, lost, is_open = Client(work.access), [], False
    for uuid, digest in keys:
        end = time.monotonic() + work.patience
        while True:
            error = None if is_open else _failure(client.open)
            if error is None:
                error = _failure(partial(_compare, client, uuid, digest))
            is_open = error is None
            if is_open:
                break
            client.close()
            if time.monotonic() > end:
                print(f"key {uuid}: {error}", flush=True)
                lost.append(uuid)
                break
            time.sleep(0.05)
    client.close()
    return lost


def _compare(client: Client, uuid: str, digest: str | None) -> None:
    if digest not in {None, digest_of(client.get(uuid))}:
        raise WrongKeyError(uuid)


def _quiet() -> None:
    """PyKMIP logs every failure; they are written down here, in fewer words."""
    logging.getLogger("kmip").setLevel(logging.CRITICAL)
