"""The lines of a journal: what a node started from, and then what it was told, when, and what came of it.

Each line is a JSON object. Instants are seconds of the monotonic clock, exactly as the election was given them.
"""

import json
from dataclasses import field
from typing import Final, TypeAlias

from vrrpd.core.directed import Directed
from vrrpd.core.events import Event
from vrrpd.plain import Plain, PlainError, codec_of
from vrrpd.records import dataclass
from vrrpd.units import Instant

FORMAT: Final = 1
_EVENT, _DIRECTED = codec_of(Event), codec_of(tuple[Directed, ...])
_INSTANTS: Final = codec_of(list[Instant])
_END_OF_TIME: Final = 1e11


@dataclass(frozen=True, slots=True)
class Header:
    """All that the node knew at ``at``; ``wall`` is the same moment in seconds since the epoch."""

    vrrpd: str
    node: str
    why: str
    at: Instant
    wall: float
    state: Plain


@dataclass(slots=True)
class Happening:
    """One event of one router and its effects, the ``number``-th since the start; at ``again`` it came again."""

    number: int
    at: Instant
    wall: float
    router: str
    event: Event
    effects: tuple[Directed, ...]
    again: list[Instant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Gap:
    """From here to the next header nothing can be replayed: ``lost`` lines are missing, or (0) a reload goes on."""

    lost: int


Line: TypeAlias = Header | Happening | Gap


def write_line(line: Line) -> bytes:
    match line:
        case Header():
            plain: dict[str, Plain] = {
                "journal": FORMAT, "vrrpd": line.vrrpd, "node": line.node, "why": line.why,
                "t": line.at, "w": line.wall, "state": line.state,
            }  # fmt: skip
        case Happening():
            plain = {
                "n": line.number, "t": line.at, "w": line.wall, "r": line.router,
                "e": _EVENT.write(line.event), "f": _DIRECTED.write(line.effects),
            }  # fmt: skip
            if line.again:
                plain["again"] = _INSTANTS.write(line.again)
        case Gap():
            plain = {"lost": line.lost}
    return _pieces(plain, 3 if isinstance(line, Header) else 0).encode() + b"\n"


def _pieces(plain: Plain, depth: int) -> str:
    """JSON, encoded in pieces: whoever waits for the interpreter meanwhile gets it between two of them."""
    if depth == 0 or not isinstance(plain, dict):
        return json.dumps(plain, separators=(",", ":"))
    return "{" + ",".join(f"{json.dumps(name)}:{_pieces(item, depth - 1)}" for name, item in plain.items()) + "}"


def read_line(text: bytes) -> Line:
    """Raises PlainError for what is no line of a journal that this version knows."""
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise PlainError(f"no JSON: {error}") from None
    if not isinstance(plain, dict):
        raise PlainError("no line of a journal")
    try:
        return _understood(plain)
    except (KeyError, TypeError, ValueError) as error:
        raise PlainError(f"no line of a journal: {error}") from error


def _understood(plain: dict[str, Plain]) -> Line:
    if "lost" in plain:
        return Gap(codec_of(int).read(plain["lost"]))
    again = _INSTANTS.read(plain.get("again", []))
    moment, wall = _INSTANTS.read([plain["t"], plain["w"]])
    if not all(0 <= time < _END_OF_TIME for time in (moment, wall, *again)):
        raise PlainError("a time that never was")
    if "journal" in plain:
        if plain["journal"] != FORMAT:
            raise PlainError(f"a journal of format {plain['journal']}; this version reads {FORMAT}")
        version, node, why = (codec_of(str).read(plain[name]) for name in ("vrrpd", "node", "why"))
        return Header(version, node, why, moment, wall, plain["state"])
    event, effects = _EVENT.read(plain["e"]), _DIRECTED.read(plain["f"])
    number, router = codec_of(int).read(plain["n"]), codec_of(str).read(plain["r"])
    return Happening(number, moment, wall, router, event, effects, again)
