"""Sending sockets, shared: instances that send from one address to one destination need one socket between them."""

from typing import TypeAlias

from vrrpd.linux.sockets import Sender, open_sender
from vrrpd.records import dataclass
from vrrpd.units import Address, Family

Key: TypeAlias = tuple[str, int, Family, Address, Address, int | None]
"""What ``open_sender`` takes."""
Packets: TypeAlias = tuple[tuple[Key, bytes], ...]


@dataclass(slots=True)
class _Shared:
    sender: Sender
    users: int = 0


class Senders:
    """Whoever takes one gives it back; the last to do so closes it."""

    def __init__(self) -> None:
        self._shared: dict[Key, _Shared] = {}
        self._keys: dict[Sender, Key] = {}

    def take(self, key: Key) -> Sender:
        """Raises LinuxError as ``open_sender``."""
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = _Shared(open_sender(*key))
            self._keys[shared.sender] = key
        shared.users += 1
        return shared.sender

    def key_of(self, sender: Sender) -> Key:
        return self._keys[sender]

    def give_back(self, sender: Sender) -> None:
        shared = self._shared[self._keys[sender]]
        shared.users -= 1
        if not shared.users:
            del self._shared[self._keys.pop(sender)]
            sender.close()
