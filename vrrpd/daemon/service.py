"""The parts of a running daemon, put together, started and stopped."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from vrrpd.config.group_tracking import with_group_tracking
from vrrpd.config.link_delays import link_delays, polled_links
from vrrpd.config.model import Config
from vrrpd.core.effects import Linger, Notify, NotifyEvent, Probe, State, StopProbing
from vrrpd.core.events import Event, ParametersReplaced, Shutdown, Startup
from vrrpd.core.statistics import Statistics
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.address_log import log_addresses
from vrrpd.daemon.adopting import Adopting
from vrrpd.daemon.auto_priority import AutoPriority
from vrrpd.daemon.continuity import Continuity
from vrrpd.daemon.custody import Custody
from vrrpd.daemon.departures import Departures
from vrrpd.daemon.duplicates import Duplicates
from vrrpd.daemon.engine import QUIET, Engine
from vrrpd.daemon.executor import Executor, Later, Means
from vrrpd.daemon.hooks import run_and_wait
from vrrpd.daemon.journaling import Journaling
from vrrpd.daemon.kernel_settings import KernelSettings, settings_of
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.leftovers import remove_leftovers
from vrrpd.daemon.link_view import LinkView
from vrrpd.daemon.links import Links
from vrrpd.daemon.losses import Losses
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.notify import Notifier
from vrrpd.daemon.operator import Operator
from vrrpd.daemon.plan import InstancePlan, places_of_sources, plan_instance
from vrrpd.daemon.prober import Prober
from vrrpd.daemon.repeats import Repeats
from vrrpd.daemon.rivals import Rivals
from vrrpd.daemon.senders import Packets, Senders
from vrrpd.daemon.silent_peers import SilentPeers
from vrrpd.daemon.spacing import Spacing, distances_of
from vrrpd.daemon.speaker import Speaker
from vrrpd.daemon.stalls import StallDetector
from vrrpd.daemon.startup_delay import LONG, listened, remainder, startup_of
from vrrpd.daemon.statics import Statics
from vrrpd.daemon.status import StatusReporter
from vrrpd.daemon.succession import Changes, compare, inherited, places
from vrrpd.daemon.trackers import Trackers
from vrrpd.daemon.vip_set import VipSet
from vrrpd.errors import LinuxError
from vrrpd.linux.announce import Announcer
from vrrpd.linux.clock import boot_now
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import AddressEvent, InterfaceEvent, InterfaceWatch, LinkEvent, is_forwarding
from vrrpd.linux.netlink import Netlink
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.linux.realtime import describe as describe_scheduling
from vrrpd.loop import Handle, Loop
from vrrpd.units import Priority, Seconds, between
from vrrpd.view import VirtualRouterView, view_of

if TYPE_CHECKING:
    from vrrpd.observe.dump_facts import DumpFacts

log = logging.getLogger("vrrpd")

NEWS = 64
"""Changes of interfaces and addresses that are read before others have their turn."""
NAMED = 5
"""Instances that the line about being ready names."""


class Announcers:
    """One announcing socket for each interface, opened when it is first needed; ``between`` as it has it.

    They are in custody for the sake of time: the kernel takes 10 ms to close such a socket, and tells of the end of a
    worker that was killed when that is done.
    """

    def __init__(self, between: Callable[[], None], custody: Custody) -> None:
        self._between = between
        self._custody = custody
        self._by_index: dict[int, Announcer] = {}

    def on(self, index: int) -> Announcer:
        """Raises LinuxError."""
        if index not in self._by_index:
            deposit = f"announcer {index}"
            kept = self._custody.claim(deposit)
            announcer = self._by_index[index] = Announcer(index, self._between, kept)
            if kept is None:
                self._custody.keep(deposit, announcer.fileno())
        return self._by_index[index]

    def keep(self, indices: Iterable[int]) -> None:
        """Open those, close the others: their interfaces are gone."""
        wanted = set(indices)
        for index in self._by_index.keys() - wanted:
            self._custody.drop(f"announcer {index}")
            self._by_index.pop(index).close()
        for index in wanted:
            try:
                self.on(index)
            except LinuxError as error:
                log.debug("%s", error)  # gone as well; whoever announces there is told


class Service(Adopting):
    """Everything between ``start`` and ``close``. LinuxError from the constructor or ``start``: it cannot run here."""

    def __init__(
        self,
        config: Config,
        source: str,
        loop: Loop,
        connector: ProcessConnector,
        continuity: Continuity | None = None,
    ) -> None:
        continuity = continuity or Continuity()
        self._loop = loop
        self._config = config = with_group_tracking(config)
        self.log_addresses = False
        self._netlink = Netlink()
        self._watch = InterfaceWatch(self._netlink)
        self._continuity = continuity
        self._announcers = Announcers(lambda: self._engine.breathe(), continuity.custody)  # noqa: PLW0108  there is none yet
        self._senders = Senders()
        self._spacing = Spacing(self._announcers.on, loop)
        self._spacing.configure(distances_of(config))
        self._connector = connector
        self._kernel = KernelSettings()
        self._started = Startup()
        self._started_at = read_clock()
        self._plans = _plans_of(config)
        self._places = places_of_sources(self._plans)
        self._ahead, self._lost = continuity.ahead, continuity.lost
        self._node = continuity.node(self._plans, _groups_of(config))
        self._chores: list[Handle] = []
        self._journaling = Journaling(self._node, loop)
        self._launcher = launcher = Launcher.of(config.global_defs)
        self._notifier = Notifier(config, launcher, loop)
        self._means = {plan.name: self._equip(plan) for plan in self._plans}
        self._vips = {name: means.vips for name, means in self._means.items()}
        self._engine = self._build_engine()
        self._view = LinkView(self._watch, loop, self._links_changed)
        self._view.configure(link_delays(config), polled_links(config))
        self._links = Links(self._plans, self._means, self._view, loop, self._engine, continuity.custody)
        self._priority = AutoPriority(loop.call_later)
        self._engine.woken, self._engine.stalled = self._priority.woken, self._priority.stalled
        self._engine.lost = self._links.lost
        self._engine.catch_up = self._read_interfaces
        self._statics = Statics(config, self._watch, self._links.usable, self._netlink, loop, self._static_changed)
        deliver, statics = self._engine.report, self._statics
        self._trackers = Trackers(config, launcher, self._links.usable, loop, deliver, connector, statics.reports)
        self._losses = self._build_losses()
        self._duplicates = Duplicates(self._vips, self._watch.addresses)
        self._silent_peers = SilentPeers(self._plans, self._view_of, self._watch.index_of, loop)
        self.reporter = StatusReporter(self._plans, self._node, self._watch, self._trackers, source, read_clock())
        self.reporter.silent_peers = self._silent_peers.of
        self.operator = Operator(self._node, deliver)
        self._rivals = Rivals(self._plans, self._view_of, self._watch, loop)
        self.reporter.rival = self._rivals.of
        self._prober = Prober(self._plans, self._view_of, self._watch, loop, self._engine.report)
        self.reporter.probe = self._prober.of
        self._engine.look_again = self._prober.look_again
        self.departures = Departures(self._node, self._means, loop, self._engine.deliver)
        self._engine.settled = self.departures.settled
        self.reporter.static_addresses = statics.all
        self._recorder = continuity.recorder(self._node, loop, self._memory, self._packets)
        if self._recorder is not None:
            self._engine.recorder = self._recorder
            self._trackers.noted = self._prober.noted = self._recorder.shell_changed

    def _view_of(self, name: str) -> VirtualRouterView:
        return view_of(self._node.router(name), read_clock())

    def _packets(self, name: str) -> Packets:
        """With which it announces itself."""
        return self._means[name].speaker.packets(self._node.router(name).effective_priority)

    def _equip(self, plan: InstancePlan) -> Means:
        return Means(Speaker(plan, self._senders), VipSet(plan, self._spacing, is_forwarding, self._watch.addresses))

    def _build_engine(self) -> Engine:
        narrator = Narrator(Repeats(self._loop))
        executor = Executor(self._means, self._netlink, narrator, self._tell)
        engine = Engine(self._node, executor, self._means, narrator, self._loop, StallDetector())
        self._netlink.between = narrator.between = executor.between = engine.breathe
        return engine

    def _build_losses(self) -> Losses:
        return Losses(
            self._vips,
            self._netlink.port_id,
            lambda name: self._node.router(name).state,
            self._watch.addresses,
            self._loop,
            self._engine.report,
        )

    def run_startup_script(self) -> None:
        """Before ``start``; turns the loop meanwhile."""
        defs = self._config.global_defs
        run_and_wait(self._loop, self._launcher, defs.startup_script, "startup_script", defs.startup_script_timeout)

    def run_shutdown_script(self) -> None:
        """After ``close``; turns the loop meanwhile."""
        defs = self._config.global_defs
        run_and_wait(self._loop, self._launcher, defs.shutdown_script, "shutdown_script", defs.shutdown_script_timeout)

    def start(self) -> None:
        self._notifier.open()
        self._journaling.configure(self._config.global_defs)
        remove_leftovers(self._plans, self._watch, self._netlink)
        self._set_up_process()
        self._install_statics()
        self._trackers.look_again()
        self._loop.add_reader(self._watch.fileno(), self._read_interfaces, NEWS)
        self._links.review()
        self._open_announcers()
        self._engine.deliver((plan.name, event) for plan in self._plans for event in self._trackers.scene(plan.name))
        self._trackers.start()
        self._started, self._started_at = startup_of(self._config.global_defs, boot_now()), read_clock()
        if self._started.delay >= LONG:
            log.warning("no part is taken for %.0f s (%s)", self._started.delay, self._started.why)
        self._engine.deliver_all(self._heard_already(self._started))
        log.info("it runs with %s", describe_scheduling())

    def _heard_already(self, startup: Startup) -> Startup:
        """Bringing up hundreds of instances takes a while, in which their peers are heard already."""
        since = self._links.listening_since
        if since is None or not self._plans:
            return startup
        shortest = min(plan.parameters.advert_interval for plan in self._plans)
        return listened(startup, between(since, read_clock()), shortest)

    def _set_up_process(self) -> None:
        """What the configuration says of the kernel, of this process's sockets and of its priority."""
        defs = self._config.global_defs
        self._kernel.want(settings_of(self._config))
        self._netlink.enlarge(defs.vrrp_netlink_cmd_rcv_bufs or 0)
        self._watch.enlarge(defs.vrrp_netlink_monitor_rcv_bufs or 0)
        self._connector.enlarge(defs.process_monitor_rcv_bufs or 0)
        self._priority.configure(defs)

    def _install_statics(self) -> None:
        """Before any instance looks for an address to send from: that may be one of them."""
        self._watch.read()
        self._statics.install()
        self._watch.read()

    @property
    def summary(self) -> str:
        """Which instances there are, for people."""
        return _enumerate(self._plans)

    def snapshot(self) -> "DumpFacts":
        """How everything is now, for keepalived's dump files."""
        from vrrpd.daemon.snapshot import Snapshots  # many daemons are never asked for one

        snapshots = Snapshots(self._node, self._watch, self._trackers, self._view, self._spacing, self._statics.all)
        return snapshots.take(self._config, self._plans, self._launcher)

    def ran_long(self) -> None:
        """Others waited for us, who run in real time."""
        self._priority.ran_long()

    def clear_statistics(self) -> None:
        for router in self._node.routers.values():
            router.catch_up()
            router.statistics = Statistics()
        self.record()

    # --- another configuration --------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        return self._config

    def when_quiet(self, callback: Callable[[], None], room: Seconds = QUIET) -> None:
        """Call it when no advertisement is due within ``room``."""
        self._engine.when_quiet(callback, room)

    def runs(self, config: Config) -> bool:
        """Whether this is what runs already."""
        return with_group_tracking(config) == self._config

    def differences(self, config: Config) -> tuple[str, ...]:
        """What ``replace`` would change, in lines for people."""
        config = with_group_tracking(config)
        if config == self._config:
            return ()
        from vrrpd.daemon.differences import describe  # a reload is rehearsed soon after the start

        return describe(compare(self._plans, self._succeeding(config)), self._config, config)

    def replace(self, config: Config) -> None:
        """Run this configuration from now on. What it leaves as it was is not touched."""
        self._engine.attentive = False
        if self._recorder is not None:
            self._recorder.hold()
        old, config = self._config, with_group_tracking(config)
        plans = self._succeeding(config)
        changes = compare(self._plans, plans)
        same_account = Launcher.settings(old.global_defs) == Launcher.settings(config.global_defs)
        self._launcher = self._launcher if same_account else Launcher.of(config.global_defs)
        self._notifier.reconfigure(config, self._launcher)
        self._journaling.pause()
        self._statics.replace(config)
        self.departures.let_go("reload", among={changes.former[name] for name in changes.changed})
        self._engine.intermission()
        self._make_room(changes)
        remove_leftovers(_unheard_of(changes), self._watch, self._netlink)
        retired = self._equip_anew(changes)
        self._config, self._plans, self._places = config, plans, places_of_sources(plans)
        self._set_up_process()
        self._spacing.configure(distances_of(config))
        recounted = self._view.configure(link_delays(config), polled_links(config))
        self.reporter.replace(plans)
        self._silent_peers.replace(plans)
        self._rivals.replace(plans)
        self._prober.replace(plans, changes.former)
        told = self._trackers.replace(config, self._launcher, changes.former, same_account=same_account)
        self._links.replace(plans, changes.former, changes.changed)
        names = {device for plan in plans if plan.name not in changes.former for device in plan.devices}
        names |= {device for plan in plans if plan.name in changes.changed for device in plan.devices}
        self._links.review(names)
        for speaker in retired:
            speaker.close()
        self._open_announcers()
        self._engine.deliver(self._replacements(changes, told))
        self._engine.regroup(_groups_of(config))
        self._engine.intermission()
        self._begin(changes)
        self._journaling.go_on(config.global_defs)
        self._links_changed(recounted)
        self._links.forget_former()
        self._notifier.states_kept(self._states(changes))
        self._engine.attentive = True

    def _succeeding(self, config: Config) -> tuple[InstancePlan, ...]:
        """The plans for this configuration; those of instances that are as they were exist already."""
        if config.global_defs != self._config.global_defs:
            return _plans_of(config)
        ready = {id(plan.config): plan for plan in self._plans}
        return tuple(
            ready.get(id(instance)) or plan_instance(instance, config.global_defs) for instance in config.vrrp_instances
        )

    def _make_room(self, changes: Changes) -> None:
        """Let those go that are no longer configured, without what others have from now on."""
        states = {plan.name: self._node.router(plan.name).state for plan in self._plans}
        for name, addresses in inherited(changes, states).items():
            self._vips[name].spare(addresses)
        if changes.removed:
            self._let_go({plan.name for plan in changes.removed})
        if changes.renamed:
            self._node.rename(changes.renamed)

    def _let_go(self, gone: Collection[str]) -> None:
        groups = {name: group.members for name, group in self._node.groups.items()}
        self._engine.regroup({name: [item for item in members if item not in gone] for name, members in groups.items()})
        self._engine.deliver((name, Shutdown(removed=True)) for name in gone)
        for name in gone:
            self._node.remove(name)
            self._means.pop(name).speaker.close()

    def _equip_anew(self, changes: Changes) -> list[Speaker]:
        """Means for those that are new or changed; the sockets that are then of no more use."""
        old = dict(self._means)
        self._means.clear()
        retired = []
        for before, after in changes.kept:
            means = old[before.name]
            if after.name in changes.changed:
                retired.append(means.speaker)
                fresh = self._equip(after)
                fresh.vips.succeed(means.vips)
                means = fresh
            self._means[after.name] = means
        for plan in changes.added:
            self._means[plan.name] = self._equip(plan)
            self._node.add(VirtualRouter(plan.name, plan.parameters))
        self._vips.clear()
        self._vips.update((name, means.vips) for name, means in self._means.items())
        return retired

    def _replacements(self, changes: Changes, told: Iterable[tuple[str, Event]]) -> Iterable[tuple[str, Event]]:
        for _, plan in changes.kept:
            if plan.name in changes.changed:
                priority = self._trackers.effective_priority(plan.name)
                means = self._means[plan.name]
                means.speaker.prepare(priority)
                yield plan.name, ParametersReplaced(plan.parameters, priority, means.vips.moved)
        yield from told

    def _states(self, changes: Changes) -> Iterable[tuple[str, NotifyEvent, Priority]]:
        for name in changes.former:
            router = self._node.router(name)
            if router.state is not State.INIT:
                yield name, NotifyEvent(router.state.value), router.effective_priority

    def _begin(self, changes: Changes) -> None:
        """Those that are new start as at the start of the daemon, with what is left of its startup delay."""
        names = [plan.name for plan in changes.added]
        self._engine.deliver((name, event) for name in names for event in self._trackers.scene(name))
        self._trackers.start()
        startup = remainder(self._started, between(self._started_at, read_clock()))
        self._engine.deliver((name, startup) for name in names)

    # --- the end ----------------------------------------------------------------------------------------------------

    def stop(self, done: Callable[[], None]) -> None:
        """Leave the elections; ``done`` is called when the addresses are gone and the stop scripts have ended."""
        self._trackers.stop()
        self._notifier.begin_stop()
        self._engine.deliver_all(Shutdown())
        self.departures.when_over(lambda: self._departed(done))

    def _departed(self, done: Callable[[], None]) -> None:
        """Static addresses may be what was heard and asked until now."""
        self._statics.remove()
        self._notifier.when_idle(done)

    def leave(self, done: Callable[[], None]) -> None:
        """End without a word to the others, the addresses where they are (keepalived's --dont-release-vrrp)."""
        self._trackers.stop()
        self._notifier.begin_stop()
        self.departures.let_go("stopping without a word to the others")
        self._notifier.when_idle(done)

    def hurry(self) -> None:
        """Wait for no script any more, and for no successor."""
        if self.departures.let_go("stopping at once"):
            self._statics.remove()
        self._notifier.abandon()

    def release(self) -> None:
        """After a defect: give the addresses up without relying on what may be broken."""
        self._engine.release()
        self._statics.remove()

    def close(self) -> None:
        for chore in self._chores:
            chore.cancel()
        if self._recorder is not None:
            self._recorder.close()
        self._trackers.stop()
        self._notifier.abandon()
        self._silent_peers.close()
        self._rivals.close()
        self._prober.close()
        self.departures.close()
        self._statics.close()
        self._links.close()
        self._view.close()
        self._engine.close()
        self._journaling.close()
        self._spacing.close()
        self._announcers.keep(())
        self._loop.remove_reader(self._watch.fileno())
        self._watch.close()
        self._netlink.close()
        self._kernel.restore()

    def _tell(self, name: str, notification: Later) -> None:
        if isinstance(notification, Probe | StopProbing):
            self._prober.take(name, notification)
        elif isinstance(notification, Linger):
            self.departures.take(name, notification)
        elif isinstance(notification, Notify):
            self._notifier.put(name, notification.event, notification.priority)
            self._silent_peers.notified(name, notification.event)
            self._rivals.notified(name, notification.event)
        else:
            self._notifier.put_group(notification.group, notification.event)

    def _read_interfaces(self, limit: int | None = None) -> None:
        self._engine.attend()
        events = self._watch.read(limit)
        if not events:
            return
        if self.log_addresses:
            log_addresses(events, self._watch.link_at, self._netlink.port_id)
        addresses = [event for event in events if isinstance(event, AddressEvent)]
        names = {name for event in events for name in self._names(event)}
        if any(isinstance(event, LinkEvent) for event in events):
            self._kernel.review()
        self._view.observe(names)
        self._statics.take(addresses)
        if names:
            self._links_changed(names)
        self._losses.removed(addresses)
        self._duplicates.examined(addresses)

    def _links_changed(self, names: Collection[str]) -> None:
        self._statics.links_changed(names)
        self._links.review(names)
        self._open_announcers()
        self._trackers.links_changed(names)

    def _names(self, event: InterfaceEvent) -> Iterable[str]:
        """The interfaces that an event is about."""
        if isinstance(event, LinkEvent):
            yield event.name
            if event.before is not None:
                yield event.before.name
            return
        link = self._watch.link_at(event.index)
        if link is not None and (event.port_id != self._netlink.port_id or self._statics.has(event.address)):
            yield link.name
        yield from self._places.get(event.address, ())

    def _static_changed(self, cause: str, good: bool) -> None:
        self._trackers.statics_changed(cause, good)

    def _open_announcers(self) -> None:
        self._announcers.keep(index for means in self._means.values() for index in means.vips.indices)


def _plans_of(config: Config) -> tuple[InstancePlan, ...]:
    return tuple(plan_instance(instance, config.global_defs) for instance in config.vrrp_instances)


def _groups_of(config: Config) -> dict[str, tuple[str, ...]]:
    """An instance is in one group only: the first that names it."""
    return {
        group.name: tuple(name for name in group.group if config.group_of(name) is group)
        for group in config.sync_groups
    }


def _unheard_of(changes: Changes) -> Iterable[InstancePlan]:
    """Those that are new and have only addresses that nobody had: what is there of them was left over by others."""
    if not changes.added:
        return ()
    ours = {place for plan in changes.removed for place in places(plan)}
    ours |= {place for old, _ in changes.kept for place in places(old)}
    return (plan for plan in changes.added if ours.isdisjoint(places(plan)))


def _enumerate(plans: Sequence[InstancePlan]) -> str:
    if not plans:
        return "no instances"
    names = ", ".join(f"{plan.name} on {plan.place}" for plan in plans[:NAMED])
    return names + (f" and {len(plans) - NAMED} more" if len(plans) > NAMED else "")
