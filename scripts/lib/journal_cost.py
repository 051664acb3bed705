"""What a journal costs for each advertisement, in microseconds of CPU of all threads, its writing included."""

import sys
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path

from vrrpd.core.events import AdvertisementReceived, DeadlineReached, Event, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.node import Node
from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.observe.journal import Journal
from vrrpd.observe.journal_file import JournalFile
from vrrpd.proto.advertisement import Advertisement
from vrrpd.units import Address, Instant, Priority, Seconds, Vrid

ROUTERS = 255
ROUNDS = 1200
INTERVAL = 0.1
VIP: tuple[Address, ...] = (IPv4Address("192.168.1.100"),)
ADVERT = Advertisement(3, Vrid(51), Priority(200), Seconds(INTERVAL), VIP)
HEARD = AdvertisementReceived(ADVERT, IPv4Address("192.168.1.1"))


class Clock:
    now = Instant(0.0)

    def __call__(self) -> Instant:
        return self.now


def cost(event: Event, directory: Path | None) -> tuple[float, float]:
    """Microseconds and bytes for each of ``ROUNDS`` adverts of every router, 0.1 s apart."""
    settings = Parameters(Vrid(51), version=3, advert_interval=Seconds(INTERVAL), addresses=VIP)
    node, clock = Node(VirtualRouter(f"VI_{number}", settings) for number in range(ROUTERS)), Clock()
    for first in (PrimaryAddressChanged(IPv4Address("192.168.1.2")), LinkChanged(up=True), Startup()):
        node.handle_all(first, clock.now)
    if isinstance(event, DeadlineReached):
        clock.now = Instant(1.0)
        node.due(clock.now)
    file = JournalFile(directory / "journal", 1 << 30, 1) if directory is not None else None
    journal = Journal(node, file, ("cost", "cost"), clock, "measured") if file is not None else None
    if journal is not None:
        journal.tidy()
    begin = time.process_time()
    for count in range(ROUNDS):
        clock.now = Instant(clock.now + INTERVAL)
        if isinstance(event, DeadlineReached):
            node.due(clock.now)
        else:
            for name in node.routers:
                node.handle(name, event, clock.now)
        if journal is not None and count % 10 == 0:
            journal.tidy()
    if journal is not None:
        journal.close(60.0)
    spent = time.process_time() - begin
    size = (directory / "journal").stat().st_size if directory is not None else 0
    return spent * 1e6 / (ROUNDS * ROUTERS), size / (ROUNDS * ROUTERS)


def main() -> int:
    for name, event in (("heard", HEARD), ("sent", DeadlineReached())):
        without, _ = cost(event, None)
        with tempfile.TemporaryDirectory() as directory:
            recorded, size = cost(event, Path(directory))
        print(
            f"each advert {name}: {without:.2f} us in the election without a journal,"
            f" {recorded:.2f} us with it, {size:.0f} bytes"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
