"""What really crossed the bridge, with the kernel's time stamps."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from netns import kernel
from netns.bridge import NAME
from netns.kernel import ACCEPT, JUMP_EQUAL, LOAD_BYTE, LOAD_HALF, LOAD_WORD, REJECT, Instruction
from netns.lab import Lab
from netns.reader import Reader
from netns.wire import Advert, Announcement, Record, parse

_PACKET_OUTGOING: Final = 4
_BUFFER: Final = 64 << 20
_NEVER: Final = 1 << 63


class Capture:
    """Every VRRP, ARP and Neighbour Advertisement frame that a host of the lab sends, from now until it is closed.

    Times are ns since the epoch. A frame is seen as it enters the bridge, so also when ``Host.isolate`` drops it after.
    """

    def __init__(self, lab: Lab) -> None:
        self._frames: list[tuple[int, str, bytes]] = []
        self._records: list[Record] = []
        self._news = threading.Condition()
        self._socket = kernel.in_namespace(lab.bridge.network, _open)
        self._lost = 0
        self._reader = Reader("capture", {self._socket.fileno(): self._drain})
        lab.on_close().callback(self.close)

    def adverts(
        self, host: str | None = None, vrid: int | None = None, *, since: int = 0, until: int = _NEVER
    ) -> list[Advert]:
        """Advertisements in order, of one host and virtual router or of all."""
        return [
            record
            for record in self.records(since, until)
            if isinstance(record, Advert) and host in {None, record.host} and vrid in {None, record.vrid}
        ]

    def garps(
        self, host: str | None = None, address: str | None = None, *, since: int = 0, until: int = _NEVER
    ) -> list[Announcement]:
        """Gratuitous ARPs and unsolicited Neighbour Advertisements in order."""
        return [
            record
            for record in self.records(since, until)
            if isinstance(record, Announcement) and host in {None, record.host} and address in {None, record.address}
        ]

    def first_advert(self, since: int, host: str | None = None, vrid: int | None = None) -> Advert | None:
        """The first advertisement at or after ``since``."""
        return next(iter(self.adverts(host, vrid, since=since)), None)

    def last_advert(self, until: int, host: str | None = None, vrid: int | None = None) -> Advert | None:
        """The last advertisement at or before ``until``."""
        return next(reversed(self.adverts(host, vrid, until=until)), None)

    def records(self, since: int = 0, until: int = _NEVER) -> list[Record]:
        with self._news:
            return [record for record in self._records if since <= record.time_ns <= until]

    def wait_for(
        self, condition: Callable[[Record], bool], timeout: float, *, since: int | None = None
    ) -> Record | None:
        """The first record for which ``condition`` holds, among those at or after ``since`` (None: that come from now
        on); None after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        with self._news:
            seen = 0 if since is not None else len(self._records)
            while True:
                for record in self._records[seen:]:
                    if (since is None or record.time_ns >= since) and condition(record):
                        return record
                seen = len(self._records)
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._news.wait(left)

    def wait_for_advert(
        self,
        timeout: float,
        *,
        host: str | None = None,
        vrid: int | None = None,
        priority: int | None = None,
        since: int | None = None,
    ) -> Advert | None:
        """The first advertisement with these properties; as ``wait_for``."""

        def matches(record: Record) -> bool:
            return (
                isinstance(record, Advert)
                and host in {None, record.host}
                and vrid in {None, record.vrid}
                and priority in {None, record.priority}
            )

        found = self.wait_for(matches, timeout, since=since)
        return found if isinstance(found, Advert) else None

    @property
    def lost(self) -> int:
        """Frames that the kernel could not queue; anything but 0 makes the record incomplete."""
        if self._socket.fileno() >= 0:
            _, dropped = struct.unpack("II", self._socket.getsockopt(kernel.SOL_PACKET, kernel.PACKET_STATISTICS, 8))
            self._lost += dropped
        return self._lost

    def write_pcap(self, path: Path) -> None:
        """Everything captured, for tshark or Wireshark (pcap with nanoseconds, Ethernet)."""
        with self._news:
            frames = list(self._frames)
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
            for time_ns, _, frame in frames:
                seconds, nanoseconds = divmod(time_ns, kernel.NANOSECONDS)
                file.write(struct.pack("<IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        self._reader.close()
        self._lost = self.lost
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drain(self) -> None:
        frames = []
        while True:
            try:
                time_ns, frame, address = kernel.receive_with_time(self._socket)
            except BlockingIOError:
                break
            frames.append((time_ns, address[0], frame))
        records = [record for item in frames if (record := parse(*item)) is not None]
        with self._news:
            self._frames += frames
            self._records += records
            if records:
                self._news.notify_all()


def _open() -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kernel.ETH_P_ALL))
    kernel.attach_filter(sock, _filter(socket.if_nametoindex(NAME)))
    sock.setsockopt(socket.SOL_SOCKET, kernel.SO_RCVBUFFORCE, _BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, kernel.SO_TIMESTAMPNS, 1)
    sock.setblocking(False)
    _discard_unfiltered(sock)
    return sock


def _discard_unfiltered(sock: socket.socket) -> None:
    """Forget what was queued before the filter was attached."""
    while True:
        try:
            sock.recv(64)
        except BlockingIOError:
            return


def _filter(bridge_index: int) -> tuple[Instruction, ...]:
    """VRRP, ARP and Neighbour Advertisements that come in at a port (so the port's name is the sender's)."""
    return (
        Instruction(LOAD_WORD, kernel.ANCILLARY_PACKET_TYPE),
        Instruction(JUMP_EQUAL, _PACKET_OUTGOING, 14, 0),  # reject
        Instruction(LOAD_WORD, kernel.ANCILLARY_INTERFACE),
        Instruction(JUMP_EQUAL, bridge_index, 12, 0),  # reject
        Instruction(LOAD_HALF, 12),
        Instruction(JUMP_EQUAL, 0x0806, 9, 0),  # accept
        Instruction(JUMP_EQUAL, 0x86DD, 3, 0),
        Instruction(JUMP_EQUAL, 0x0800, 0, 8),
        Instruction(LOAD_BYTE, 23),  # IPv4 protocol
        Instruction(JUMP_EQUAL, 112, 5, 6),
        Instruction(LOAD_BYTE, 20),  # IPv6 next header
        Instruction(JUMP_EQUAL, 112, 3, 0),
        Instruction(JUMP_EQUAL, 58, 0, 3),
        Instruction(LOAD_BYTE, 54),  # ICMPv6 type
        Instruction(JUMP_EQUAL, 136, 0, 1),
        ACCEPT,
        REJECT,
    )
