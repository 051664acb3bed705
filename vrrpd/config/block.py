"""One block of a file on its way into the model."""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any, Final, TypeVar

from vrrpd.config.diagnostics import Location
from vrrpd.config.keywords import BLOCKS
from vrrpd.config.values import Listed, Value
from vrrpd.records import dataclass

T = TypeVar("T")

Doubts = frozenset[tuple[str, str, str]]
"""(block, name, keyword) of values that could not be read, so that no further conclusions are drawn from them."""

NO_DOUBTS: Final[Doubts] = frozenset()


@dataclass(slots=True)
class Block:
    """One block of a file: its values and their places, and the keywords whose values could not be read."""

    kind: str
    name: str
    location: Location
    values: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, Location] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def find(self, keyword: str, kind: type[T]) -> T | None:
        value = self.values.get(keyword)
        return value if isinstance(value, kind) else None

    def get(self, keyword: str, kind: type[T], default: T) -> T:
        value = self.values.get(keyword)
        return value if isinstance(value, kind) else default

    def at(self, keyword: str) -> Location:
        return self.origins.get(keyword, self.location)

    def all_origins(self) -> Mapping[str, Location]:
        return {"": self.location, **self.origins}

    def listed(self, keyword: str, kind: type[T]) -> tuple[T, ...]:
        """The elements of a list; their places become ``keyword.0`` and so on."""
        found: list[T] = []
        for entry in self.get(keyword, tuple, ()):
            if isinstance(entry, Listed) and isinstance(entry.value, kind):
                self.origins[f"{keyword}.{len(found)}"] = entry.location
                found.append(entry.value)
        return tuple(found)


def plain_fields(model: type[Any], block: Block) -> dict[str, Any]:
    """The values of the keywords that have a field of the same name and need nothing done to them."""
    names = {item.name for item in fields(model)} & BLOCKS[block.kind].keys() & block.values.keys()
    values: dict[str, Any] = {}
    for name in sorted(names):
        value = block.values[name]
        if isinstance(value, tuple) and any(isinstance(entry, Listed) for entry in value):
            value = block.listed(name, object)
        values[name] = value
    return values


def filled(model: Callable[..., T], values: Mapping[str, object]) -> T:
    """The readers see to it that each value has the type of its field."""
    return model(**values)
