"""A campaign that goes on where it was interrupted: what was counted so far is kept in a file."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import vrrpd
from vrrpd.errors import VrrpdError
from vrrpd.records import dataclass
from vrrpd.sim.campaign import Broken, Tally
from vrrpd.sim.evidence import Violation

_FORMAT: Final = 1
_PARTS: Final = ("core", "sim", "proto")


class KeepingError(VrrpdError):
    """What is kept cannot be used, or not be written."""


@dataclass(frozen=True, slots=True)
class Kept:
    """``seed`` is that of the first history, ``seconds`` the time that it all took."""

    seed: int
    nodes: int | None
    tally: Tally
    seconds: float


def sources() -> str:
    """A digest of what a history depends on: another election, or other laws, would begin another campaign."""
    root, digest = Path(vrrpd.__file__).parent, hashlib.sha256()
    for path in sorted(file for part in _PARTS for file in (root / part).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def read(path: Path, seed: int, nodes: int | None) -> Kept:
    """What is kept there, or a beginning. Raises KeepingError for a campaign that is not this one."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Kept(seed, nodes, Tally(), 0.0)
    except OSError as error:
        raise KeepingError(f"{path}: {error.strerror}") from error
    try:
        found: dict[str, Any] = json.loads(text)
        if found["format"] != _FORMAT or (found["seed"], found["nodes"]) != (seed, nodes):
            raise KeepingError(f"{path} keeps another campaign: use its --seed and --nodes, or another file")
        if found["sources"] != sources():
            raise KeepingError(f"{path} was begun with another version of the election or its laws: use another file")
        return Kept(seed, nodes, _tally(found["tally"]), float(found["seconds"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeepingError(f"{path} keeps no campaign: {error}") from error


def write(path: Path, kept: Kept) -> None:
    """All or nothing: whoever is interrupted meanwhile leaves what was there before."""
    tally = kept.tally
    value = {
        "format": _FORMAT,
        "sources": sources(),
        "seed": kept.seed,
        "nodes": kept.nodes,
        "seconds": round(kept.seconds, 1),
        "tally": {
            "histories": tally.histories,
            "seconds": tally.seconds,
            "events": tally.events,
            "nodes": tally.nodes,
            "troubles": dict(tally.troubles.most_common()),
            "changes": dict(tally.changes.most_common()),
            "broken": [
                {"seed": item.seed, "law": item.violation.law, "at": item.violation.at, "detail": item.violation.detail}
                for item in tally.broken
            ],
        },
    }
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise KeepingError(f"{path}: {error.strerror}") from error


def _tally(value: dict[str, Any]) -> Tally:
    broken = [Broken(item.pop("seed"), Violation(**item)) for item in value.pop("broken")]
    troubles, changes = Counter[str](value.pop("troubles")), Counter[str](value.pop("changes"))
    return Tally(**value, troubles=troubles, changes=changes, broken=broken)
