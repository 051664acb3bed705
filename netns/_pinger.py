"""Child process of netns.probe: ICMP echo requests at a fixed pace, answers as lines of text.

Run as ``python -I -S _pinger.py INTERVAL TARGET...`` inside the client, so it uses nothing but the standard library and
starts fast. Writes ``ready``, then for every answer ``time_ns target ttl`` (kernel time stamp), until its input closes.
"""

import contextlib
import os
import select
import socket
import struct
import sys
import time

SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
REPORT_SECONDS = 0.02
NANOSECONDS = 1_000_000_000


class Family:
    """One raw ICMP socket, and how its family spells echo."""

    def __init__(self, version: int, identifier: int) -> None:
        self.version = version
        self.identifier = identifier
        if version == 4:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        else:
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        self.socket.setblocking(False)

    def request(self, sequence: int) -> bytes:
        kind = 8 if self.version == 4 else 128
        return struct.pack(
            "!BBHHH", kind, 0, _checksum(kind << 8, self.identifier, sequence), self.identifier, sequence
        )

    def answer(self) -> str | None:
        """The next answer to one of our requests; raises BlockingIOError when there is none."""
        data, ancillary, _, address = self.socket.recvmsg(256, 128)
        values = {(level, kind): value for level, kind, value in ancillary}
        if self.version == 4:
            ttl, data, kind = data[8], data[(data[0] & 15) * 4 :], 0
        else:
            (ttl,) = struct.unpack("i", values[socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT])
            kind = 129
        if len(data) < 8 or data[0] != kind or data[4:6] != struct.pack("!H", self.identifier):
            return None
        seconds, nanoseconds = struct.unpack("qq", values[socket.SOL_SOCKET, SO_TIMESTAMPNS][:16])
        return f"{seconds * NANOSECONDS + nanoseconds} {address[0]} {ttl}\n"


def _checksum(*words: int) -> int:
    total = sum(words)
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _drain(families: dict[int, Family]) -> str:
    lines = []
    for family in families.values():
        with contextlib.suppress(BlockingIOError):
            while True:
                line = family.answer()
                if line is not None:
                    lines.append(line)
    return "".join(lines)


def main() -> None:
    interval, targets = float(sys.argv[1]), sys.argv[2:]
    # The measurer must not wait for what it measures.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    identifier = int.from_bytes(os.urandom(2), "big")
    versions = {target: 6 if ":" in target else 4 for target in targets}
    families = {version: Family(version, identifier) for version in set(versions.values())}
    stop = select.poll()
    stop.register(0, select.POLLIN | select.POLLHUP)
    os.write(1, b"ready\n")
    due, report_at, sequence = time.monotonic(), 0.0, 0
    while True:
        sequence = (sequence + 1) & 0xFFFF
        for target, version in versions.items():
            with contextlib.suppress(OSError):  # no route, no carrier: that is what is being measured
                families[version].socket.sendto(families[version].request(sequence), (target, 0))
        due = max(due + interval, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        if due >= report_at:
            report_at = due + REPORT_SECONDS
            os.write(1, _drain(families).encode())
            if stop.poll(0):
                return


if __name__ == "__main__":
    main()
