"""What keepalived's dump files are made of, taken from the running daemon."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from vrrpd.config.model import Command, Config, VirtualAddress
from vrrpd.core.node import Node
from vrrpd.daemon.kernel_form import Standing, key_of, standing
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.link_view import LinkView
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.spacing import GARP, NA, Spacing
from vrrpd.daemon.trackers import Trackers
from vrrpd.errors import VrrpdError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.observe.dump_facts import (
    DumpFacts,
    InstanceFacts,
    InterfaceFacts,
    LinkFacts,
    ProcessFacts,
    ScriptFacts,
    SpacingFacts,
)
from vrrpd.units import Seconds, between
from vrrpd.view import group_views_of, view_of


class Snapshots:
    """``take`` only reads, and keeps nothing of what may change."""

    def __init__(
        self,
        node: Node,
        watch: InterfaceWatch,
        trackers: Trackers,
        view: LinkView,
        spacing: Spacing,
        static_addresses: Callable[[], Iterable[tuple[VirtualAddress, str]]],
    ) -> None:
        self._node = node
        self._static_addresses = static_addresses
        self._watch = watch
        self._trackers = trackers
        self._view = view
        self._spacing = spacing

    def take(self, config: Config, plans: Sequence[InstancePlan], launcher: Launcher) -> DumpFacts:
        return DumpFacts(
            now=time.time(),
            config=config,
            instances=tuple(self._instances(config, plans)),
            groups=group_views_of(self._node, read_clock()),
            scripts=tuple(
                ScriptFacts(
                    known.script, known.status, known.level, known.runs_now, _account(known.script.command, launcher)
                )
                for known in self._trackers.scripts
            ),
            files=self._trackers.numbers,
            processes=tuple(
                ProcessFacts(
                    known.config,
                    known.quorum.count,
                    known.status,
                    known.quorum.forked is not None,
                    known.quorum.terminated is not None,
                )
                for known in self._trackers.processes.values()
            ),
            interfaces=tuple(self._interfaces()),
            spacing=tuple(self._distances(config, plans)),
            static_addresses=tuple(
                (vip, device, key_of(vip) in self._on_device(device)) for vip, device in self._static_addresses()
            ),
            accounts={
                (command.user or "", command.group or ""): _account(command, launcher) for command in _commands(plans)
            },
        )

    def _instances(self, config: Config, plans: Sequence[InstancePlan]) -> Iterator[InstanceFacts]:
        now, clock = read_clock(), time.time()
        group_of = {name: group.name for group in reversed(config.sync_groups) for name in group.group}
        there: dict[str, Standing] = {}
        for plan in plans:
            for device in plan.devices:
                if device not in there:
                    there[device] = self._on_device(device)
            router = self._node.router(plan.name)
            view = view_of(router, now)
            yield InstanceFacts(
                config=plan.config,
                view=view,
                since=clock - between(view.since, now),
                group=group_of.get(plan.name, ""),
                wants_master=router.wants_master,
                destination=plan.groups[0] if plan.groups else None,
                present=tuple(key_of(vip) in there[plan.device_of(vip)] for vip in plan.vips),
            )

    def _on_device(self, name: str) -> Standing:
        link = self._watch.link(name)
        return standing(() if link is None else self._watch.addresses(link.index))

    def _interfaces(self) -> Iterator[InterfaceFacts]:
        for link in self._watch.links:
            addresses = tuple(item.address for item in self._watch.addresses(link.index))
            delay, method = self._view.delay(link.name), self._view.method(link.name)
            yield InterfaceFacts(
                link.name, link.index, link.mac, link.mtu, link.admin_up, link.running, addresses,
                LinkFacts(delay.down, delay.up, self._view.is_pending(link.name), method.value if method else None),
            )  # fmt: skip

    def _distances(self, config: Config, plans: Sequence[InstancePlan]) -> Iterator[SpacingFacts]:
        grouped: set[str] = set()
        for number, group in enumerate(config.garp_groups, start=1):
            grouped |= set(group.interfaces)
            yield self._distance(number, group.interfaces, group.garp_interval, group.gna_interval)
        defs = config.global_defs
        if defs.vrrp_garp_interval or defs.vrrp_gna_interval:
            for device in dict.fromkeys(device for plan in plans for device in plan.devices):
                if device not in grouped:
                    yield self._distance(0, (device,), defs.vrrp_garp_interval, defs.vrrp_gna_interval)

    def _distance(self, number: int, interfaces: tuple[str, ...], garp: float, gna: float) -> SpacingFacts:
        moments = [
            max((self._spacing.next_at(device, version) for device in interfaces), default=0.0)
            for version in (GARP, NA)
        ]
        epoch = time.time() - read_clock()
        at = [moment + epoch if moment else 0.0 for moment in moments]
        return SpacingFacts(number, interfaces, Seconds(garp), Seconds(gna), *at)


def _commands(plans: Sequence[InstancePlan]) -> Iterator[Command]:
    for plan in plans:
        notify = plan.config.notify
        all_of_them = (notify.master, notify.backup, notify.fault, notify.stop, notify.generic, notify.deleted)
        yield from (command for command in (*all_of_them, notify.master_rx_lower_pri) if command is not None)


def _account(command: Command, launcher: Launcher) -> str:
    identity = launcher.resolve(command)
    return "?" if isinstance(identity, VrrpdError) else f"{identity.uid}:{identity.gid}"
