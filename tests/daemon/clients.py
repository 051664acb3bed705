"""Programs that watch keepalived, written anew from what is known of them: keepalived-exporter and VyOS.

None of them knows vrrpd: they have a program, a pid file and a directory for temporary files, and signal by number.
"""

import ctypes
import json
import os
import re
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

IN_CLOSE_WRITE: Final = 0x8
STATES: Final = ("INIT", "BACKUP", "MASTER", "FAULT")
STATISTICS: Final = (
    *("advert_rcvd", "advert_sent", "become_master", "release_master", "packet_len_err", "advert_interval_err"),
    *("ip_ttl_err", "invalid_type_rcvd", "addr_list_err", "invalid_authtype", "authtype_mismatch", "auth_failure"),
    *("pri_zero_rcvd", "pri_zero_sent"),
)


@contextmanager
def closings(directory: Path) -> Iterator[Callable[[], list[str]]]:
    """The names of files that were closed after writing, as VyOS waits for them (IN_CLOSE_WRITE)."""
    libc = ctypes.CDLL(None)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, os.fsencode(directory), IN_CLOSE_WRITE) > 0
    found: list[str] = []

    def read() -> list[str]:
        try:
            data = os.read(watch, 65536)
        except BlockingIOError:
            data = b""
        while data:
            length = struct.unpack_from("iIII", data)[3]
            found.append(data[16 : 16 + length].rstrip(b"\0").decode())
            data = data[16 + length :]
        return found

    try:
        yield read
    finally:
        os.close(watch)


@dataclass(frozen=True)
class Machine:
    """``call``: stdout and stderr of keepalived with these options; ``kill``: a signal to the pid in its pid file."""

    call: Callable[[Sequence[str]], tuple[str, str]]
    kill: Callable[[int], None]
    directory: Path


# --- keepalived-exporter --------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """What the exporter makes metrics of, for one instance."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    vips: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)


class Exporter:
    """keepalived-exporter on the same host: in JSON mode where keepalived can do it, else in text mode."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def version(self) -> tuple[int, ...]:
        """From the second word of the first line of ``-v``, on stderr."""
        word = self._machine.call(["-v"])[1].splitlines()[0].split(" ")[1]
        return tuple(int(number) for number in word.removeprefix("v").split("."))

    def can_json(self) -> bool:
        return "--enable-json" in "".join(self._machine.call(["--version"]))

    def number(self, name: str) -> int:
        return int(self._machine.call([f"--signum={name}"])[0].strip())

    def json(self) -> list[Watched]:
        text = self._dump("JSON", "keepalived.json")["keepalived.json"]
        return [_from_json(item) for item in json.loads(text)]

    def text(self) -> tuple[list[Watched], dict[str, dict[str, str]]]:
        """Instances and scripts."""
        self._machine.kill(self.number("STATS"))
        texts = self._dump("DATA", "keepalived.data", "keepalived.stats")
        instances = _from_data(texts["keepalived.data"])
        statistics = _from_stats(texts["keepalived.stats"])
        assert len(instances) == len(statistics)
        for instance in instances:
            instance.counters = statistics[instance.name]
        return instances, _scripts(texts["keepalived.data"])

    def _dump(self, signal: str, *names: str) -> Mapping[str, str]:
        """Two seconds with pauses from 10 ms on; the files go once they are read."""
        self._machine.kill(self.number(signal))
        paths = [self._machine.directory / name for name in names]
        pause, end = 0.01, time.monotonic() + 2
        while not all(path.exists() for path in paths):
            assert time.monotonic() < end, f"no {names}"
            time.sleep(pause)
            pause *= 1.5
        texts = {path.name: path.read_text() for path in paths}
        for path in paths:
            path.unlink()
        return texts


def _from_json(item: Mapping[str, Mapping[str, object]]) -> Watched:
    """Go's decoder refuses a number with a fraction for an integer, and a text for a number."""
    data, statistics = item["data"], item["stats"]
    for word in ("state", "wantstate", "garp_delay", "vrid"):
        assert type(data[word]) is int, word
    counters = {}
    for word in STATISTICS:
        value = statistics[word]
        assert type(value) is int, word
        counters[word] = value
    vips, excluded = data.get("vips", []), data.get("evips", [])
    assert isinstance(vips, list)
    assert isinstance(excluded, list)
    values = {
        "State": STATES[int(str(data["state"]))],
        "Wantstate": STATES[int(str(data["wantstate"]))],
        "Interface": str(data["ifp_ifname"]),
        "Virtual Router ID": str(data["vrid"]),
        "Gratuitous ARP delay": str(data["garp_delay"]),
    }
    return Watched(str(data["iname"]), values, vips, excluded, counters)


def _from_data(text: str) -> list[Watched]:
    found: list[Watched] = []
    items: list[str] | None = None
    inside = False
    for line in text.splitlines():
        if line.startswith(" VRRP Instance = "):
            found.append(Watched(line.removeprefix(" VRRP Instance = ")))
            inside, items = True, None
        elif not inside:
            continue
        elif re.match(r" {5}\S", line):
            if items is not None:
                items.append(line.strip())
        elif re.match(r" {3}\S", line):
            key, _, value = line.strip().partition(" = ")
            found[-1].values.setdefault(key, value)
            items = {"Virtual IP": found[-1].vips, "Virtual IP Excluded": found[-1].excluded}.get(
                re.sub(r" (\(\d+\))?:$", "", key)
            )
        else:
            inside = False
    return found


def _from_stats(text: str) -> dict[str, dict[str, int]]:
    words = {
        "Advertisements/Received": "advert_rcvd",
        "Advertisements/Sent": "advert_sent",
        "Became master": "become_master",
        "Released master": "release_master",
        "Packet Errors/Length": "packet_len_err",
        "Packet Errors/TTL": "ip_ttl_err",
        "Packet Errors/Invalid Type": "invalid_type_rcvd",
        "Packet Errors/Address List": "addr_list_err",
        "Packet Errors/Advertisement Interval": "advert_interval_err",
        "Authentication Errors/Invalid Type": "invalid_authtype",
        "Authentication Errors/Type Mismatch": "authtype_mismatch",
        "Authentication Errors/Failure": "auth_failure",
        "Priority Zero/Received": "pri_zero_rcvd",
        "Priority Zero/Sent": "pri_zero_sent",
    }
    found: dict[str, dict[str, int]] = {}
    title = name = ""
    for line in text.splitlines():
        if line.startswith("VRRP Instance: "):
            name, title = line.removeprefix("VRRP Instance: "), ""
            found[name] = {}
            continue
        match = re.fullmatch(r"( {2}| {4})(\S[^:]*):(?: (\d+))?", line)
        assert match, line
        if match[3] is None:
            assert len(match[1]) == 2, line
            title = f"{match[2]}/"
            continue
        key = f"{title}{match[2]}" if len(match[1]) == 4 else match[2]
        if key in words:
            found[name][words[key]] = int(match[3])
    return found


def _scripts(text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith(" VRRP Script = "):
            name = line.removeprefix(" VRRP Script = ")
            found[name] = {}
        elif name and line.startswith("   ") and " = " in line:
            key, _, value = line.strip().partition(" = ")
            found[name][key] = value
        elif not line.startswith("   "):
            name = ""
    return found


# --- VyOS -----------------------------------------------------------------------------------------------------------

VYOS_SIGNALS: Final = {"keepalived.json": 36, "keepalived.data": 10, "keepalived.stats": 12}
"""SIGRTMIN+2, SIGUSR1, SIGUSR2."""

VYOS_FIFO_SCRIPT: Final = r"""
import re, sys
line_of = re.compile(r'^(\w+) "([\w-]+)" (\w+) (\d+)$', re.MULTILINE)
with open(sys.argv[1]) as pipe, open(sys.argv[0] + ".heard", "a", buffering=1) as heard:
    for line in pipe:
        kind, name, state, priority = line_of.search(line).groups()
        heard.write(f"{kind} {name} {state} {priority}\n")
"""


class Vyos:
    """VyOS's reader: waits for the file's final name to be closed after writing, reads it, removes it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def fetch(self, name: str) -> str:
        path = self._machine.directory / name
        with closings(self._machine.directory) as closed:
            self._machine.kill(VYOS_SIGNALS[name])
            end = time.monotonic() + 30
            while name not in closed():
                assert time.monotonic() < end, f"{name} was not closed"
                time.sleep(0.01)
            text = path.read_text()
            path.unlink()
        return text

    def groups(self) -> list[tuple[str, str, int, str, int, float]]:
        """The rows of ``show vrrp``."""
        return [
            (
                data["iname"],
                data["ifp_ifname"],
                data["vrid"],
                STATES[data["state"]],
                data["effective_priority"],
                float(data["last_transition"]),
            )
            for data in (item["data"] for item in json.loads(self.fetch("keepalived.json")))
        ]
