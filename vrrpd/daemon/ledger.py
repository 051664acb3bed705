"""What outlives the worker: memory that the supervisor shares with each of its workers.

Two ways in. ``Pages`` hold a text of any length, written as a whole: always into the older of two copies, with a number
and a checksum, so that a process killed in the middle of it leaves the other one readable. ``Beats`` are a few numbers
for each virtual router that change with every advertisement: each is written in place, at one stroke of the processor.
"""

import mmap
import os
import struct
import zlib
from typing import Final, NamedTuple

from vrrpd.core.effects import State

_HEADER: Final = struct.Struct("<QQI")
"""Sequence, length, checksum of both and of what follows."""
_NUMBERS: Final = struct.Struct("<QQ")

SLOTS: Final = 8192
STATES: Final = {state: number for number, state in enumerate(State, 1)}
"""As numbers, for ``Beat.state``."""
LEAVING: Final = len(STATES) + 1
"""Likewise: it has resigned, and its addresses stay for the successor."""
_COLUMN: Final = SLOTS * 8


class Pages:
    """One text, or none yet. OSError where the kernel has no memory for it."""

    def __init__(self, name: str, inherited: tuple[int, ...] = ()) -> None:
        self._files = inherited or tuple(os.memfd_create(f"{name}-{which}", os.MFD_CLOEXEC) for which in "ab")
        self._sequence = 0

    def skip_to(self, number: int) -> None:
        """There is nothing in it, and that has this number."""
        self._sequence = number - 1
        self.write(b"")

    def write(self, content: bytes) -> None:
        self._sequence = (self._sequence or self._newest()[0]) + 1
        numbers = _NUMBERS.pack(self._sequence, len(content))
        checksum = zlib.crc32(content, zlib.crc32(numbers))
        os.pwritev(self._files[self._sequence % 2], (numbers, checksum.to_bytes(4, "little"), content), 0)

    def read(self) -> bytes | None:
        """The newest that is whole."""
        return self._newest()[1]

    @property
    def number(self) -> int:
        """Of the newest; 0: nothing was written."""
        return self._sequence or self._newest()[0]

    @property
    def descriptors(self) -> tuple[int, ...]:
        return self._files

    def close(self) -> None:
        for descriptor in self._files:
            os.close(descriptor)

    def _newest(self) -> tuple[int, bytes | None]:
        found = [entry for entry in map(_entry, self._files) if entry is not None]
        return max(found, key=lambda entry: entry[0], default=(0, None))


def _entry(descriptor: int) -> tuple[int, bytes] | None:
    header = os.pread(descriptor, _HEADER.size, 0)
    if len(header) < _HEADER.size:
        return None
    sequence, length, checksum = _HEADER.unpack(header)
    if length > os.fstat(descriptor).st_size:
        return None
    content = os.pread(descriptor, length, _HEADER.size)
    intact = len(content) == length and zlib.crc32(content, zlib.crc32(header[: _NUMBERS.size])) == checksum
    return (sequence, content) if intact else None


class Beat(NamedTuple):
    """How one virtual router stands: instants are CLOCK_MONOTONIC, 0.0 for none; ``state`` is a small number, not 0."""

    state: int
    advert_at: float
    heard_at: float
    sent: int
    received: int


class Beats:
    """A column for each number of ``Beat``, a line for each slot from 0 to ``SLOTS`` - 1; those beyond are not kept."""

    def __init__(self, inherited: int | None = None) -> None:
        self.descriptor = os.memfd_create("vrrpd-beats", os.MFD_CLOEXEC) if inherited is None else inherited
        os.ftruncate(self.descriptor, len(Beat._fields) * _COLUMN)
        memory = memoryview(mmap.mmap(self.descriptor, len(Beat._fields) * _COLUMN))
        columns = [memory[start : start + _COLUMN] for start in range(0, len(memory), _COLUMN)]
        self.state, self.sent, self.received = (columns[place].cast("Q") for place in (0, 3, 4))
        self.advert_at, self.heard_at = (columns[place].cast("d") for place in (1, 2))

    def read(self, slot: int) -> Beat | None:
        """None where nothing was written."""
        if slot >= SLOTS or not self.state[slot]:
            return None
        return Beat(self.state[slot], self.advert_at[slot], self.heard_at[slot], self.sent[slot], self.received[slot])

    def write(self, slot: int, beat: Beat) -> None:
        """All of it; not at one stroke."""
        if slot < SLOTS:
            self.advert_at[slot], self.heard_at[slot] = beat.advert_at, beat.heard_at
            self.sent[slot], self.received[slot] = beat.sent, beat.received
            self.state[slot] = beat.state

    def forget(self, slot: int) -> None:
        self.write(slot, Beat(0, 0.0, 0.0, 0, 0))

    def close(self) -> None:
        os.close(self.descriptor)


class Ledger:
    """``state`` and ``beats`` as above; ``config``: the configuration, since the first reload that succeeded;
    ``parameters``: those of all virtual routers, written down with the first state after ``config``; ``words``: see
    ``FirstWords``.
    """

    def __init__(self, pages: tuple[int, ...] = (), beats: int | None = None) -> None:
        self.parameters = Pages("vrrpd-parameters", pages[:2])
        self.state = Pages("vrrpd-state", pages[2:])
        self.config = Pages("vrrpd-config")
        self.words = Pages("vrrpd-words")
        self.beats = Beats(beats)

    @classmethod
    def inherited(cls, pages: tuple[int, ...], beats: int, configuration: int) -> "Ledger":
        """Of another version, which had a ``configuration`` of this number: that is not understood here."""
        ledger = cls(pages, beats)
        ledger.config.skip_to(configuration + 1)
        return ledger

    @property
    def pages(self) -> tuple[int, ...]:
        return self.parameters.descriptors + self.state.descriptors
