"""Records of runs that never were."""

import random
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from netns.kms.record import Chaos, Happening, KeyCount, Record, Row, Run, Topology

TOPOLOGY = Topology(
    clients={"clients": "10.0.0.201"},
    balancers={"lb1": "10.0.0.1", "lb2": "10.0.0.2"},
    nodes={"kms1": "10.0.0.11", "kms2": "10.0.0.12", "kms3": "10.0.0.13"},
    database={"database": "10.0.0.21"},
    vip="10.0.0.100",
)
VIP = "VIP on the next node, s"
VERSIONS = {"vrrpd": "0.1.0", "haproxy": "2.6.12", "kernel": "6.18"}
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'too' ]]> --> \x00\x1b[31m \ud800 \u202e | `x` </svg><b>"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))  # noqa: S314 - it was written a moment ago


def failover(site: int, start: float, seconds: float) -> Iterator[Happening]:
    """HAProxy of lb1 killed a second after ``start``, started again 4 s later, the address back after 1 s more."""
    fault, back = start + 1, start + 6
    yield Happening(fault, site, "fault", "lb1", "HAProxy killed")
    yield Happening(fault + 0.01, site, "holder", "lb1", "releases")
    yield Happening(fault + seconds, site, "holder", "lb2", "holds")
    yield Happening(fault + 0.02, site, "error", "kmip", "ConnectionRefusedError")
    yield Happening(fault + 0.12, site, "error", "kmip", "ConnectionRefusedError")
    yield Happening(fault, site, "gap", "health", f"outage {seconds * 1000:.0f} ms")
    yield Happening(fault + 4, site, "repair", "lb1", "HAProxy started")
    yield Happening(back, site, "holder", "lb1", "holds")
    yield Happening(back + 0.003, site, "holder", "lb2", "releases")


def record(daemon: str = "vrrpd", seconds: float = 0.2, runs: int = 3, sites: int = 2) -> Record:
    happenings = [Happening(0.5, site, "holder", "lb1", "holds") for site in range(sites)]
    played = []
    for site in range(sites):
        for number in range(runs):
            start, took = 2.0 + 8 * number, seconds * (1 + number / 10)
            happenings += failover(site, start, took)
            late = (f"{took:.1f} s, expected at most 2 s",) if took > 2 else ()
            played.append(Run("haproxy-dies", site, start, start + 7.5, {VIP: took, "KMIP errors": 2.0}, late))
        happenings.append(Happening(30, site, "server", "lb1", "kms2 DOWN"))
        happenings.append(Happening(36, site, "server", "lb1", "kms2 UP"))
    return Record(
        daemon=daemon,
        versions=VERSIONS,
        machine="2 x CPU",
        command=f"python -m netns kms --daemon {daemon}",
        began="2026-01-01T00:00:00Z",
        seconds=40.0,
        topology=TOPOLOGY,
        rows=(
            Row("haproxy-dies", "HAProxy on the active node dies", "within 2 s", tuple(played), VIP, 2.0),
            Row("kms-added", "a KMS node is added", "no client notices", (Run("kms-added", 0, 30, 38, {"errors": 0}),)),
        ),
        happenings=tuple(happenings),
        keys=KeyCount(100, 100, 0, 300, 4),
    )


def chaos(minutes: float = 10, seed: int = 1) -> Record:
    """A fault every four seconds, thousands of errors and gaps, in one site."""
    chance = random.Random(seed)
    happenings = [Happening(0.0, 0, "holder", "lb1", "holds")]
    at = 1.0
    while at < minutes * 60:
        happenings += failover(0, at, chance.uniform(0.1, 1.0))
        for _ in range(25):
            happenings.append(Happening(at + chance.random() * 7, 0, "error", "kmip", "ssl.SSLEOFError: EOF occurred"))
            happenings.append(Happening(at + chance.random() * 7, 0, "gap", "health", "outage 31 ms"))
        for node in TOPOLOGY.nodes:
            happenings.append(Happening(at + chance.random(), 0, "server", "lb1", f"{node} DOWN"))
            happenings.append(Happening(at + 1 + chance.random() * 5, 0, "server", "lb1", f"{node} UP"))
        at += 4
    run = Run("chaos", 0, 0.0, minutes * 60, {"keys lost": 0.0})
    return Record(
        daemon="vrrpd",
        versions=VERSIONS,
        machine="2 x CPU",
        command=f"python -m netns kms --chaos {seed}",
        began="2026-01-01T00:00:00Z",
        seconds=minutes * 60,
        topology=TOPOLOGY,
        rows=(Row("chaos", "any single fault of a random schedule", "nothing is lost", (run,)),),
        happenings=tuple(happenings),
        keys=KeyCount(6000, 6000, 0, 12000, 700),
        chaos=Chaos(seed, minutes),
    )


def hostile() -> Record:
    """Every text of it means harm."""
    nan = float("nan")
    kinds = ("fault", "repair", "holder", "error", "gap", "server", "note", HOSTILE)
    seen = [
        Happening(float(at), 0, kind, HOSTILE, what) for at, kind in enumerate(kinds) for what in (HOSTILE, "holds")
    ]
    seen += [Happening(nan, 0, "fault", "lb1", "x"), Happening(float("inf"), 0, "error", "kmip", "x")]
    seen += [Happening(3.0, 0, "server", HOSTILE, f"{HOSTILE} DOWN"), Happening(3.0, 0, "gap", "x", "outage 1e999 ms")]
    run = Run(HOSTILE, 0, 0.0, 9.0, {HOSTILE: nan, "b": float("inf")}, (HOSTILE,) * 50)
    names = {f"{HOSTILE}{number}": HOSTILE for number in range(30)}
    return Record(
        daemon=HOSTILE,
        versions={HOSTILE: HOSTILE},
        machine=HOSTILE,
        command=HOSTILE,
        began=HOSTILE,
        seconds=1.0,
        topology=Topology(names, names, names, {}, HOSTILE),
        rows=(Row(HOSTILE, HOSTILE, HOSTILE, (run,), HOSTILE, nan), Row("never", "never", "played")),
        happenings=tuple(seen),
        keys=KeyCount(3, 1, 2, 3, 4),
    )
