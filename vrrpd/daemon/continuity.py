"""How a worker goes on where another one died."""

import logging
import os
import signal
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from typing import cast

from vrrpd.config.model import Config
from vrrpd.control.status import RefusedUpgrade
from vrrpd.core.effects import State
from vrrpd.core.events import Startup
from vrrpd.core.node import Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.custody import Custody, NoCustody
from vrrpd.daemon.first_words import FirstWords
from vrrpd.daemon.kernel_form import key_of, standing
from vrrpd.daemon.ledger import Ledger
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.reading import unpack
from vrrpd.daemon.recorder import Legacy, Recorder
from vrrpd.daemon.senders import Packets
from vrrpd.handover import bring_up_to_date
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.orphans import parent_of
from vrrpd.loop import Loop
from vrrpd.plain import Plain
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant, Seconds

log = logging.getLogger("vrrpd")


@dataclass(frozen=True, slots=True)
class Memory:
    """What ``Service`` remembers besides its node."""

    scripts: Mapping[str, Plain]
    notify: Mapping[str, Plain]
    kernel: Mapping[str, str]
    probed: Plain
    startup: Startup
    startup_at: Instant
    started: Instant
    refused: RefusedUpgrade | None

    @classmethod
    def of(cls, plain: Mapping[str, Plain]) -> "Memory":
        delay, why, at = cast("tuple[float, str, float]", plain["startup"])
        return cls(
            cast("Mapping[str, Plain]", plain["scripts"]),
            cast("Mapping[str, Plain]", plain["notify"]),
            cast("Mapping[str, str]", plain["kernel"]),
            plain["probed"],
            Startup(Seconds(delay), why),
            Instant(at),
            Instant(cast("float", plain["started"])),
            cast("RefusedUpgrade | None", plain.get("refused")),  # older versions did not write it
        )


@dataclass(frozen=True, slots=True)
class Continuity:
    """``ledger`` None: there is no supervisor, and nothing is kept. ``legacy`` None: nobody was here before."""

    ledger: Ledger | None = None
    legacy: Legacy | None = None
    custody: Custody = field(default_factory=NoCustody)
    words: FirstWords | None = None

    def node(self, plans: Sequence[InstancePlan], groups: Mapping[str, Sequence[str]]) -> Node:
        """Those that took part go on, if it is known how they stood; all others are new."""
        old = self.legacy.node if self.legacy is not None else Node()
        routers = [
            known
            if (known := old.routers.get(plan.name)) is not None and known.is_started and plan.name not in self.lost
            else VirtualRouter(plan.name, plan.parameters)
            for plan in plans
        ]
        node = Node(routers, groups)
        for name in node.groups.keys() & old.groups.keys():
            node.groups[name].succeed(old.groups[name])
        return node

    @property
    def ahead(self) -> Collection[str]:
        """Those that had just become masters: see ``Legacy``."""
        return () if self.legacy is None else self.legacy.ahead

    @property
    def lost(self) -> Collection[str]:
        """Those that had been masters: see ``Legacy``."""
        return () if self.legacy is None else self.legacy.lost

    @property
    def leaving(self) -> Collection[str]:
        """Those of ``lost`` whose addresses stay for the successor."""
        return () if self.legacy is None else self.legacy.leaving

    def speak_for_itself(self, node: Node) -> None:
        """The election goes on from what was said without it."""
        if self.ledger is None or self.legacy is None or self.words is None:
            return
        self.words.close()
        for name, slot in self.legacy.slots.items():
            router, beat = node.routers.get(name), self.ledger.beats.read(slot)
            if router is not None and beat is not None and router.state is State.MASTER:
                bring_up_to_date(router, beat.advert_at, beat.heard_at, beat.sent, beat.received)

    def recorder(
        self, node: Node, loop: Loop, shell: Callable[[], Mapping[str, Plain]], packets: Callable[[str], Packets]
    ) -> Recorder | None:
        if self.ledger is None:
            return None
        return Recorder(self.ledger, node, loop, shell, self.legacy, packets)


def config_of(ledger: Ledger, first: Config) -> Config:
    """That of the last reload, or the first one."""
    content = ledger.config.read()
    config = unpack(content, first.vrrp_instances).config if content else None
    return first if config is None else config


def end_scripts(memory: Memory, supervisor: int) -> None:
    """Checks that the dead worker waited for, and readers of its pipes: there will be others. Notify scripts go on."""
    checks = [cast("Mapping[str, Plain]", script)["pid"] for script in memory.scripts.values()]
    _end([pid for pid in checks if isinstance(pid, int)], supervisor, signal.SIGKILL)
    readers = cast("list[Plain]", memory.notify["readers"])
    _end([pid for pid in readers if isinstance(pid, int)], supervisor, signal.SIGTERM)


def _end(pids: Collection[int], supervisor: int, number: signal.Signals) -> None:
    for pid in pids:
        if parent_of(pid) == supervisor:  # else it has ended, and the number may be anybody's
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, number)


def missing_of(plans: Iterable[InstancePlan], watch: InterfaceWatch) -> dict[str, tuple[Address, ...]]:
    """By instance: its virtual addresses that are not where they belong; who has them all is left out."""
    there = {link.name: standing(watch.addresses(link.index)) for link in watch.links}
    found = {
        plan.name: tuple(vip.address for vip in plan.vips if key_of(vip) not in there.get(plan.device_of(vip), ()))
        for plan in plans
    }
    return {name: missing for name, missing in found.items() if missing}
