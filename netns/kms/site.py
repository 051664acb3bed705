"""One site of the KMS lab: clients, virtual address, load balancers, KMS nodes and their database.

with Site(daemon="vrrpd", balancers=2) as site:
    site.balancers["lb1"].kill_haproxy()

Several may exist side by side, each in namespaces of its own and with the same addresses. Nothing of them is left when
the ``with`` block ends, at exit, on SIGTERM, and when the process is killed.
"""

import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.metadata import version
from types import TracebackType
from typing import Final, Self

from netns.commands import output
from netns.kernel import LabError
from netns.kms import certificates, database
from netns.kms.balancer import DAEMONS, KEEPALIVED, LANGUAGES, VRRPD, Balancer, Duty
from netns.kms.balancer import missing as missing_for_balancer
from netns.kms.clients import Books, Clients, Pace
from netns.kms.database import Database
from netns.kms.nodes import KmsNode
from netns.kms.record import Happening, Topology
from netns.kms.server_events import ServerEvents
from netns.kms.shared import Shared
from netns.kms.waiting import wait_until
from netns.lab import Lab
from netns.monitor import AddressChange, Monitor
from netns.peers.spec import VIP
from vrrpd import __version__

MOST_BALANCERS: Final = 3
SPARE_NODES: Final = 1
_HOLDER_SECONDS: Final = 20.0


def missing(daemon: str = VRRPD) -> str | None:
    """What must be installed before a site can run; None: it can."""
    return missing_for_balancer(daemon) or database.missing() or _missing_modules()


def _missing_modules() -> str | None:
    from importlib.util import find_spec

    absent = [name for name in ("kmip", "sqlalchemy", "psycopg2", "cryptography") if find_spec(name) is None]
    return f"the Python packages of the extra kms ({', '.join(absent)})" if absent else None


def versions(daemon: str) -> dict[str, str]:
    """Of everything that takes part."""
    found = {
        "haproxy": output(["haproxy", "-v"]).split()[2],
        "postgresql": database.version(),
        "pykmip": version("pykmip"),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    if daemon == KEEPALIVED:
        # Its version is on standard error.
        shown = output(["sh", "-c", "exec keepalived --version 2>&1"])
        return {"keepalived": shown.split()[1].lstrip("v"), **found}
    return {"vrrpd": __version__, **found}


class Site:
    """``told`` hears of every happening (from several threads), ``clock`` gives seconds since the run's start.

    ``language``: "keepalived" has vrrpd run the setting's own keepalived.conf. ``number`` is the site's place in
    happenings.
    """

    def __init__(
        self,
        daemon: str = VRRPD,
        *,
        balancers: int = 2,
        nodes: int = 3,
        fast_failover: bool = True,
        language: str = "toml",
        number: int = 0,
        told: Callable[[Happening], None] | None = None,
        clock: Callable[[], float] | None = None,
        pace: Pace | None = None,
    ) -> None:
        if daemon not in DAEMONS or language not in LANGUAGES or not 2 <= balancers <= MOST_BALANCERS:
            raise LabError(f"no such site: {balancers} balancers with {daemon} ({language})")
        self.daemon = daemon
        self.number = number
        self.vip = VIP
        self._began = time.monotonic()
        self._told = told or _nobody
        self._clock = clock or (lambda: time.monotonic() - self._began)
        self._unused: list[str] = []
        with ExitStack() as undo:
            self.shared = Shared.acquire()
            undo.callback(self.shared.release)
            self.lab = Lab(routers=balancers, clients=1, extra=nodes + SPARE_NODES + 1)
            undo.pop_all()
            undo.callback(self.lab.close)
            # It reaps what it has forked: without it, that would be left to the machine's first process.
            self.lab.after_close().callback(self.shared.release)
            self._make(balancers, nodes, fast_failover, language, pace or Pace())
            self._start()
            undo.pop_all()

    def _make(self, balancers: int, nodes: int, fast_failover: bool, language: str, pace: Pace) -> None:
        lab = self.lab
        *node_hosts, database_host = lab.backends
        names = [f"kms{position}" for position in range(1, len(node_hosts) + 1)]
        addresses = {name: str(host.address) for name, host in zip(names, node_hosts, strict=True)}
        made = certificates.make(lab.directory, [self.vip, *addresses.values()])
        self.database = Database(database_host, self.shared.template)
        machines = {
            name: KmsNode(name, host, self.database.url, made, self.shared.warm)
            for name, host in zip(names, node_hosts, strict=True)
        }
        self.nodes = {name: machines[name] for name in names[:nodes]}
        self._spare = {name: machines[name] for name in names[nodes:]}
        servers = {name: addresses[name] for name in self.nodes}
        self.balancers = {
            f"lb{position + 1}": Balancer(
                f"lb{position + 1}",
                lab.routers[position],
                Duty(position, self.vip, self.daemon, language, fast_failover),
                servers,
            )
            for position in range(balancers)
        }
        books = Books(self.number, self._told, time.monotonic() - self._clock())
        self.clients = Clients(lab.client, self.vip, made, self.shared.warm, books, pace=pace, seed=self.number)
        self._names = {balancer.host.name: name for name, balancer in self.balancers.items()}

    def _start(self) -> None:
        self.monitor = Monitor(self.lab, self._address_changed)
        self.server_events = ServerEvents(self.balancers.values(), self._server_changed)
        self.lab.on_close().callback(self.server_events.close)
        self.database.start()
        for node in self.nodes.values():
            node.start(wait=False)
        for node in self.nodes.values():
            node.await_serving()
        first, *others = self.balancers.values()
        side_by_side([balancer.start_service for balancer in self.balancers.values()])
        first.start_daemon()  # it alone: a race would decide who holds the address for the first moment
        side_by_side([balancer.start_daemon for balancer in others])
        self.await_holder(first.name)
        self.lab.on_close().callback(self.clients.close)
        self.clients.start()
        self.clients.wait_until_served()

    # -- who holds the address -----------------------------------------------------------------------------------------

    def holders(self) -> list[str]:
        """The balancers that have the virtual address on an interface now."""
        return [name for name, balancer in self.balancers.items() if balancer.holds_vip()]

    def await_holder(self, name: str, timeout: float = _HOLDER_SECONDS) -> None:
        """Wait until it alone holds the address; LabError when it does not."""
        wait_until(
            lambda: self.holders() == [name],
            timeout,
            lambda: f"held by {', '.join(self.holders()) or 'nobody'}, not by {name}, after {timeout:g} s",
        )

    def _address_changed(self, change: AddressChange) -> None:
        if change.address == self.vip:
            self._tell("holder", self._names[change.host], "holds" if change.present else "releases")

    # -- faults of the site --------------------------------------------------------------------------------------------

    def cut(self, one: str, other: str) -> None:
        """Partition: two balancers do not hear each other, everybody else reaches both."""
        self.lab.bridge.cut(self.balancers[one].host.name, self.balancers[other].host.name)

    def heal(self) -> None:
        self.lab.bridge.heal()

    def add_node(self, name: str) -> KmsNode:
        """Start a KMS node on the spare machine. The balancers do not know it yet: ``Balancer.add_server``."""
        node = self._spare.pop(name)
        node.start()
        self.nodes[name] = node
        return node

    def remove_node(self, name: str) -> None:
        """The reverse, after the balancers have forgotten it."""
        node = self.nodes.pop(name)
        node.kill()
        self._spare[name] = node

    # -- what is told --------------------------------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock()

    @property
    def topology(self) -> Topology:
        return Topology(
            clients={"client": str(self.lab.client.address)},
            balancers={name: balancer.address for name, balancer in self.balancers.items()},
            nodes={name: node.address for name, node in self.nodes.items()},
            database={self.database.name: self.database.address},
            vip=self.vip,
        )

    def _server_changed(self, balancer: str, what: str) -> None:
        self._tell("server", balancer, what)

    def _tell(self, kind: str, where: str, what: str) -> None:
        self._told(Happening(self._clock(), self.number, kind, where, what))

    # -- the end -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        self.lab.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _nobody(_: Happening) -> None:
    """Nobody listens."""


def side_by_side(works: list[Callable[[], None]]) -> None:
    """All at once; the first error is raised when all have ended."""
    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(work) for work in works]
    for future in running:
        future.result()
