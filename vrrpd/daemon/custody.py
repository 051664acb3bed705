"""Sockets that outlive the process which opened them."""

from typing import Protocol


class Custody(Protocol):
    """``keep`` has a socket kept under a name, ``drop`` no longer; ``claim`` is the one that was kept, or None."""

    def keep(self, name: str, descriptor: int) -> None: ...
    def drop(self, name: str) -> None: ...
    def claim(self, name: str) -> int | None: ...


class NoCustody:
    """Nobody keeps anything."""

    def keep(self, name: str, descriptor: int) -> None: ...

    def drop(self, name: str) -> None: ...

    def claim(self, _name: str) -> int | None:
        return None
