"""How the service goes on where that of a dead process stood, or gives up what that one held."""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Final, cast

from vrrpd.config.model import Config
from vrrpd.core.effects import Linger, State
from vrrpd.core.events import DeadlineReached, ParametersReplaced, Startup
from vrrpd.core.handover_order import longest_wait
from vrrpd.core.node import Node
from vrrpd.daemon.continuity import Continuity, Memory, missing_of
from vrrpd.daemon.departures import Departures
from vrrpd.daemon.engine import Engine
from vrrpd.daemon.executor import Means
from vrrpd.daemon.journaling import Journaling
from vrrpd.daemon.kernel_settings import KernelSettings
from vrrpd.daemon.leftovers import remove_leftovers
from vrrpd.daemon.links import Links
from vrrpd.daemon.notify import Notifier
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.prober import Prober
from vrrpd.daemon.recorder import Recorder
from vrrpd.daemon.startup_delay import remainder
from vrrpd.daemon.statics import Statics
from vrrpd.daemon.status import StatusReporter
from vrrpd.daemon.trackers import Trackers
from vrrpd.handover import has_link, source_of, wanted_probes
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.netlink import Netlink
from vrrpd.loop import Handle, Loop
from vrrpd.plain import Plain
from vrrpd.units import Instant, Seconds, between
from vrrpd.view import view_of

TOLD: Final = Seconds(5.0)
"""That notify scripts are waited for before another version takes over,"""
TELLING: Final = Seconds(0.05)
"""and how long until they are looked at again."""
TIDY: Final = 0.1
"""Seconds until addresses are removed that a dead worker left where another node is the master."""


class Adopting:
    """The part of ``Service`` that knows of other processes. What it remembers for the next one is in ``_memory``."""

    _loop: Loop
    _config: Config
    _plans: Sequence[InstancePlan]
    _means: dict[str, Means]
    _node: Node
    _engine: Engine
    _links: Links
    _watch: InterfaceWatch
    _netlink: Netlink
    _kernel: KernelSettings
    _statics: Statics
    _trackers: Trackers
    _notifier: Notifier
    _prober: Prober
    _journaling: Journaling
    _recorder: Recorder | None
    _continuity: Continuity
    _started: Startup
    _started_at: Instant
    _ahead: Collection[str]
    _lost: Collection[str]
    _chores: list[Handle]
    reporter: StatusReporter
    departures: Departures

    def _set_up_process(self) -> None: ...
    def _install_statics(self) -> None: ...
    def _read_interfaces(self) -> None: ...
    def _open_announcers(self) -> None: ...

    def _memory(self) -> dict[str, Plain]:
        """What ``adopt`` takes."""
        return {
            "scripts": self._trackers.memory(),
            "notify": self._notifier.memory(),
            "kernel": dict(self._kernel.before),
            "probed": self._prober.memory(),
            "startup": [self._started.delay, self._started.why, self._started_at],
            "started": self.reporter.started,
            "refused": cast("Plain", self.reporter.refused_upgrade),
        }

    def record(self) -> None:
        """From now on a process that comes after this one finds out how everything is."""
        if self._recorder is not None:
            self._recorder.renew()

    def write_down(self) -> None:
        """How everything is now, for a process that comes after this one; what the journal has waits no longer."""
        if self._recorder is not None:
            self._recorder.write()
        self._journaling.close()

    def when_told(self, callback: Callable[[], None], patience: Seconds = TOLD) -> None:
        """Call it as soon as no notify script runs or waits for another one, or after ``patience``."""
        if self._notifier.busy and patience > 0:
            rest = Seconds(patience - TELLING)
            self._chores.append(self._loop.call_later(TELLING, self.when_told, callback, rest))
        else:
            callback()

    def adopt(self, memory: Memory, read_at: Instant, why: str) -> None:
        """Instead of ``start``: go on where another process stood. Nobody is told of it but the journal: ``why``."""
        for means in self._means.values():
            means.vips.patient = True
        routers = self._node.routers
        well = [name for name, router in routers.items() if router.is_started and has_link(router)]
        self._links.recall({name: source_of(router) for name, router in routers.items()}, well)
        self._continuity.speak_for_itself(self._node)
        self._engine.hasten()
        self._notifier.resume(memory.notify)
        self._notifier.open()
        self._journaling.configure(self._config.global_defs, why)
        self._kernel.recall(memory.kernel)
        self._set_up_process()
        self._engine.hasten()
        self._install_statics()
        self._loop.add_reader(self._watch.fileno(), self._read_interfaces)
        self._trackers.resume(memory.scripts)
        self._started, self._started_at = memory.startup, memory.startup_at
        self.reporter.started = memory.started
        self._prepare_rest(deque(self._means.values()))
        self._engine.hasten()
        self._links.review()
        self._open_announcers()
        self._engine.hasten()
        self._prober.resume(memory.probed, wanted_probes(self._node))
        self._set_right(read_at)
        self._engine.hasten()
        for name in self._node.lingering:
            self.departures.take(name, Linger(view_of(self._node.router(name), read_at).lingering))
        self._engine.resume()
        self._trackers.start()

    def _set_right(self, now: Instant) -> None:
        """The dead process may have been about to do something: what is not so is made so."""
        routers = self._node.routers
        self._engine.deliver((plan.name, event) for plan in self._plans for event in self._trackers.scene(plan.name))
        self._engine.deliver((name, DeadlineReached()) for name in self._ahead if name in routers)
        changed = [plan for plan in self._plans if routers[plan.name].parameters != plan.parameters]
        for plan in changed:
            priority = self._trackers.effective_priority(plan.name)
            self._engine.deliver([(plan.name, ParametersReplaced(plan.parameters, priority))])
        self._chores.append(self._loop.call_later(TIDY, self._tidy, now, frozenset()))
        masters = [plan for plan in self._plans if routers[plan.name].state is State.MASTER]
        for name, missing in missing_of(masters, self._watch).items():
            self._means[name].vips.add(self._netlink, missing)
        startup = remainder(self._started, between(self._started_at, now))
        fresh = [plan.name for plan in self._plans if not routers[plan.name].is_started]
        self._engine.deliver((name, startup) for name in fresh)

    def _prepare_rest(self, rest: deque[Means]) -> None:
        """What need not be ready for the next advertisement, a little in each turn of the loop."""
        if rest:
            rest.popleft().vips.prepare()
            self._chores[:1] = [self._loop.call_soon(self._prepare_rest, rest)]

    def _tidy(self, since: Instant, succeeded: Collection[str]) -> None:
        """Who had been a master and was none any more: if it is one again its addresses did not go for a moment.

        ``succeeded``: they resigned, and had heard their successors the last time.
        """
        routers, now = self._node.routers, read_clock()
        lost = [plan for plan in self._plans if plan.name in self._lost]
        idle = [plan for plan in lost if routers[plan.name].state is not State.MASTER]
        stays = frozenset(self._continuity.leaving) - frozenset(succeeded)
        waiting = [plan for plan in idle if plan.name in stays and between(since, now) < longest_wait(plan.parameters)]
        self._lost = frozenset(plan.name for plan in waiting)
        remove_leftovers([plan for plan in idle if plan.name not in self._lost], self._watch, self._netlink)
        if waiting:
            heard = frozenset(name for name in self._lost if view_of(routers[name], now).master is not None)
            self._chores.append(self._loop.call_later(TIDY, self._tidy, since, heard))

    def surrender(self, memory: Memory | None) -> None:
        """After a death too many: nothing is trusted but what the kernel says. Who has addresses here resigns."""
        if memory is not None:
            self._kernel.recall(memory.kernel)
            self._notifier.resume(memory.notify)
        self._statics.install()
        self._links.review()
        missing = missing_of(self._plans, self._watch)
        for plan in self._plans:
            self._engine.give_up(plan.name, resign=len(missing.get(plan.name, ())) < len(plan.vips))
        self._statics.remove()
