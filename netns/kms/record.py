"""What was seen in the KMS lab, as a file that a report can be made of later."""

import json
import os
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

VERSION: Final = 1
MODE: Final = 0o640
KINDS: Final = ("fault", "repair", "holder", "error", "gap", "server", "note")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something at ``at`` seconds of the monotonic clock since all began, in the site with that number.

    ``kind`` is one of KINDS: "fault" and "repair" (``where``: to whom, ``what`` was done), "holder" (a node "holds" or
    "releases" the address), "error" (``where``: the client), "gap" (of a client, ``at`` its start), "server" (what a
    balancer says of a KMS node), "note".
    """

    at: float
    site: int
    kind: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Run:
    """A row played once, from ``started`` to ``ended`` seconds; ``figures`` carry their unit in their name."""

    row: str
    site: int
    started: float
    ended: float
    figures: Mapping[str, float]
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the failover table.

    ``headline`` names the figure that says most, ``bound`` the most that it may be, in its unit (None: no bound).
    """

    name: str
    event: str
    expected: str
    runs: tuple[Run, ...] = ()
    headline: str = ""
    bound: float | None = None

    @property
    def passed(self) -> bool:
        """A row that was never played has shown nothing."""
        return bool(self.runs) and not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        return tuple(failure for run in self.runs for failure in run.failures)

    def spread(self, figure: str) -> tuple[float, float, float] | None:
        """Lowest, median and highest value; None when no run has it."""
        values = [run.figures[figure] for run in self.runs if figure in run.figures]
        return (min(values), statistics.median(values), max(values)) if values else None


@dataclass(frozen=True, slots=True)
class Topology:
    """Names and addresses of all machines of one site; every site has the same."""

    clients: Mapping[str, str]
    balancers: Mapping[str, str]
    nodes: Mapping[str, str]
    database: Mapping[str, str]
    vip: str


@dataclass(frozen=True, slots=True)
class KeyCount:
    """Keys that the KMIP clients were told exist, and what became of them; ``requests`` and their ``errors``."""

    acknowledged: int = 0
    read_back: int = 0
    lost: int = 0
    requests: int = 0
    errors: int = 0

    def __add__(self, other: "KeyCount") -> "KeyCount":
        return KeyCount(
            self.acknowledged + other.acknowledged,
            self.read_back + other.read_back,
            self.lost + other.lost,
            self.requests + other.requests,
            self.errors + other.errors,
        )


@dataclass(frozen=True, slots=True)
class Chaos:
    seed: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Record:
    """``daemon`` kept the address in all of it. ``began`` is the time of day, ISO 8601, UTC; ``seconds`` it took."""

    daemon: str
    versions: Mapping[str, str]
    machine: str
    command: str
    began: str
    seconds: float
    topology: Topology
    rows: tuple[Row, ...] = ()
    happenings: tuple[Happening, ...] = ()
    keys: KeyCount = field(default_factory=KeyCount)
    chaos: Chaos | None = None

    @property
    def passed(self) -> bool:
        return bool(self.rows) and all(row.passed for row in self.rows)


def to_json(record: Record) -> str:
    return json.dumps({"version": VERSION, **asdict(record)}, indent=1) + "\n"


def from_json(text: str) -> Record:
    """ValueError when it is no such record."""
    try:
        content = json.loads(text)
        version = content.pop("version")
        if version != VERSION:
            raise ValueError(f"a record of version {version}; this program reads version {VERSION}")
        chaos = content.pop("chaos")
        return Record(
            topology=Topology(**content.pop("topology")),
            rows=tuple(_row(row) for row in content.pop("rows")),
            happenings=tuple(Happening(**item) for item in content.pop("happenings")),
            keys=KeyCount(**content.pop("keys")),
            chaos=None if chaos is None else Chaos(**chaos),
            **content,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record of the KMS lab: {error}") from error


def _row(content: dict[str, object]) -> Row:
    runs = content.pop("runs")
    if not isinstance(runs, Sequence):
        raise TypeError("runs is not a list")
    return Row(runs=tuple(_run(**run) for run in runs), **content)  # type: ignore[arg-type]  # a file's content


def _run(*, failures: Sequence[str], **content: object) -> Run:
    return Run(failures=tuple(failures), **content)  # type: ignore[arg-type]  # a file's content


def save(record: Record, path: Path) -> None:
    """Whole or not at all, for the owner and the group to read."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), MODE)
            file.write(to_json(record))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def load(path: Path) -> Record:
    """OSError, or ValueError when it is no such record."""
    return from_json(path.read_text(encoding="utf-8"))
