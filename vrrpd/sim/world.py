"""Nodes on a network in memory: the real elections, a clock that jumps from event to event, addresses in a dict.

Each node behaves as the daemon does: what has arrived is heard before a deadline counts, a late wake-up is a stall, and
leftover addresses are removed at the start. The same history gives the same journal.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Linger,
    Probe,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
    StopProbing,
)
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    EffectFailed,
    Event,
    FaultsChanged,
    LetGo,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.core.node import Directed, Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.handover import capture, restore
from vrrpd.sim.history import Happening, History, Trouble, limits_of
from vrrpd.sim.journal import (
    Able,
    Cleared,
    Disturbed,
    Entry,
    Forgotten,
    Journal,
    Raised,
    Refused,
    Seen,
    Stolen,
    Waiting,
    Wanted,
)
from vrrpd.sim.machine import SCRIPT, Machine, fast_failover, machine_of, vips, weighed
from vrrpd.sim.network import Network
from vrrpd.sim.prober import Prober
from vrrpd.sim.scenario import Action
from vrrpd.units import OWNER, Instant, Priority, Seconds, after
from vrrpd.view import views_of

_QUEUE: Final = 256
"""Packets that wait for a process that does not run; the kernel drops the rest."""
_STALL: Final = Seconds(0.1)
_FAST: Final = (None, "overdue", "always", "off")
"""What RELOAD_FAST means by its value."""


class World:
    """Plays one history."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.now = Instant(0.0)
        self.events = 0
        self._random = Random(history.seed)  # noqa: S311  # to be repeated, not to be secret
        self.network = Network(history.delay, self._random)
        self.routers = tuple(f"VI_{number}" for number in range(1, history.routers + 1))
        self.machines = {
            setup.name: machine_of(history, setup, number, self.routers)
            for number, setup in enumerate(history.setups, 1)
        }
        self._entries: list[Entry] = []
        self._queue: list[tuple[float, float, int, Callable[..., None], tuple[object, ...]]] = []
        self._number = 0
        self._able: dict[str, tuple[bool, Priority, bool]] = {}
        self._prober = Prober(self.machines, self.network, self._at, self._tell)
        self._settled_after = limits_of(history).held
        self._calm_since: Instant | None = None

    def run(self) -> Journal:
        """Everything that happens, to the end of the history."""
        self._disturbed(None)
        for name, machine in self.machines.items():
            if machine.setup.from_start:
                self._start(self.machines[name])
        self._look()
        for trouble in self.history.troubles:
            self._at(Instant(trouble.at), self._befall, trouble)
        queue, end = self._queue, self.history.duration
        try:
            while queue and queue[0][0] <= end:
                at, _, _, action, arguments = heapq.heappop(queue)
                self.now = Instant(at)
                action(*arguments)
            self.now = Instant(end)
            self._snapshot()
        except Exception as error:  # noqa: BLE001 - the election has to take everything in: whatever it raises breaks a law
            self._write("", "", Raised(f"{type(error).__name__}: {error}"))
        return Journal(tuple(self._entries), Instant(end), self.routers, self.events)

    # --- what happens to nodes --------------------------------------------------------------------------------------

    def _befall(self, trouble: Trouble) -> None:
        self._snapshot()
        self._disturbed(trouble)
        if trouble.what is Happening.CLOCK_STEP:
            return  # no clock that the election knows
        self._prober.disturb(self.now)
        machine = self.machines.get(trouble.node)
        if machine is None:
            self._network_trouble(trouble)
        elif isinstance(trouble.what, Action):
            self._ACTIONS[trouble.what](self, machine)
        elif trouble.what in (Happening.WEATHER, Happening.CUT, Happening.MEND):
            self._network_trouble(trouble)
        else:
            self._HAPPENINGS[trouble.what](self, machine, trouble.value)
        self._look()
        self._disturbed(None)
        self._await_late_packets()

    def _await_late_packets(self) -> None:
        """What was sent in bad weather may arrive long after it has cleared."""
        latest = self.network.latest
        if latest > self.now:
            self._at(latest, self._late_packets_over)

    def _late_packets_over(self) -> None:
        self._disturbed(None)
        self._await_late_packets()

    def _network_trouble(self, trouble: Trouble) -> None:
        match trouble.what:
            case Happening.WEATHER:
                self.network.set_weather(trouble.weather, trouble.node, trouble.other)
            case Happening.CUT:
                self.network.cut(trouble.node, trouble.other)
            case Happening.MEND:
                self.network.mend(trouble.node, trouble.other)

    def _crash(self, machine: Machine) -> None:
        self._end(machine)
        machine.powered = machine.paused = False
        self._clear(machine)

    def _restore(self, machine: Machine) -> None:
        machine.powered = True
        self._start(machine)

    def _stop(self, machine: Machine) -> None:
        if machine.node is not None and not machine.stopping:
            self._resume(machine)
            machine.stopping = True
            self._settle(machine, machine.node.handle_all(Shutdown(), self.now))

    def _stopped(self, machine: Machine) -> None:
        again = machine.starts_again
        self._end(machine)
        if again:
            self._disturbed(None)  # until now it could not serve
            self._start(machine)
            self._look()
            self._disturbed(None)

    def _kill(self, machine: Machine) -> None:
        self._end(machine)
        machine.paused = False

    def _end(self, machine: Machine) -> None:
        machine.node = machine.armed = None
        machine.stopping = machine.starts_again = False
        machine.inbox.clear()
        self._prober.forget(machine)
        for router in self.routers:
            self._write(machine.name, router, Forgotten())

    def _clear(self, machine: Machine) -> None:
        for router, held in machine.held.items():
            held.clear()
            self._write(machine.name, router, Cleared())

    def _start(self, machine: Machine) -> None:
        if machine.node is not None or not machine.powered:
            machine.starts_again = machine.stopping
            return
        self._clear(machine)
        machine.priority = weighed(machine)
        members = [VirtualRouter(name, machine.parameters[name]) for name in self.routers]
        for member in members:
            self._write(machine.name, member.name, Wanted(member.parameters.all_addresses))
        groups = {"VG": self.routers} if len(self.routers) > 1 else None
        machine.node = Node(members, groups)
        self._tell_all(machine, PrimaryAddressChanged(machine.address if machine.source else None))
        self._tell_all(machine, LinkChanged(machine.link))
        self._scripts(machine)
        self._tell_all(machine, PriorityChanged(machine.priority))
        if machine.maintenance:
            self._tell_all(machine, OperatorRequest(OperatorAction.MAINTENANCE_ON))
        self.events += len(members)
        self._settle(machine, machine.node.handle_all(Startup(), self.now))

    def _pause(self, machine: Machine) -> None:
        machine.paused = machine.node is not None

    def _resume(self, machine: Machine) -> None:
        if machine.paused:
            machine.paused = False
            self._attend(machine)
            self._prober.resume(machine, self.now)

    def _stall(self, machine: Machine, seconds: float) -> None:
        self._pause(machine)
        self._at(after(self.now, seconds), self._stall_over, machine, machine.node)

    def _stall_over(self, machine: Machine, node: Node) -> None:
        if machine.node is node and machine.paused:
            self._resume(machine)
            self._look()
            self._disturbed(None)

    def _carrier(self, machine: Machine, up: bool) -> None:
        machine.link = up
        self._tell_all(machine, LinkChanged(up))

    def _isolate(self, machine: Machine, cut: bool) -> None:
        machine.isolated = cut

    def _script(self, machine: Machine, well: bool) -> None:
        machine.script = well
        self._scripts(machine)
        if machine.setup.script_weight:
            self._priority(machine, weighed(machine))

    def _scripts(self, machine: Machine) -> None:
        if machine.setup.script_weight == 0:
            self._tell_all(machine, FaultsChanged(frozenset() if machine.script else frozenset({SCRIPT})))

    def _priority(self, machine: Machine, priority: float) -> None:
        if not machine.parameters[self.routers[0]].is_owner:
            machine.priority = Priority(int(priority))
            self._tell_all(machine, PriorityChanged(machine.priority))

    def _reload(self, machine: Machine, **changes: object) -> None:
        for router in self.routers:
            self._reload_one(machine, router, **changes)

    def _reload_one(self, machine: Machine, router: str, **changes: object) -> None:
        new = replace(machine.parameters[router], **changes)  # type: ignore[arg-type]  # the callers name the fields
        machine.parameters[router] = new
        machine.sent.clear()
        self._tell(machine, router, ParametersReplaced(new, machine.priority))

    def _reload_priority(self, machine: Machine, priority: float) -> None:
        if not machine.parameters[self.routers[0]].is_owner:
            machine.priority = Priority(int(priority))
            self._reload(machine, base_priority=machine.priority)

    def _reload_addresses(self, machine: Machine, count: float) -> None:
        for router in self.routers:
            self._reload_one(machine, router, addresses=vips(router, self.routers, int(count)))

    def _reload_fast(self, machine: Machine, mode: float) -> None:
        self._reload(machine, fast_failover=fast_failover(machine.setup, _FAST[int(mode)]))

    def _refuse(self, machine: Machine, *, add: bool = False, remove: bool = False) -> None:
        machine.refuses_to_add, machine.refuses_to_remove = add, remove

    def _adopt(self, machine: Machine) -> None:
        """A worker died, or was replaced by another version: all that the new one knows it was told."""
        if machine.node is not None and not machine.paused:
            machine.node = restore(capture(machine.node))
            machine.armed = None
            self._arm(machine)

    def _maintain(self, machine: Machine, on: bool) -> None:
        machine.maintenance = on
        self._request(machine, OperatorAction.MAINTENANCE_ON if on else OperatorAction.MAINTENANCE_OFF)

    def _request(self, machine: Machine, action: OperatorAction) -> None:
        if machine.node is not None:
            self._tell_all(machine, OperatorRequest(action))

    def _change_source(self, machine: Machine, present: bool) -> None:
        machine.source = present
        self._tell_all(machine, PrimaryAddressChanged(machine.address if present else None))

    def _steal(self, machine: Machine, _value: float) -> None:
        for router, held in machine.held.items():
            for address in sorted(held):
                held.discard(address)
                self._write(machine.name, router, Stolen(address))
                self._tell(machine, router, AddressLost(address, "somebody"))

    # --- how a node runs ----------------------------------------------------------------------------------------------

    def _tell_all(self, machine: Machine, event: Event) -> None:
        for router in self.routers:
            self._tell(machine, router, event)

    def _tell(self, machine: Machine, router: str, event: Event) -> None:
        if machine.node is not None:
            machine.inbox.append((router, event))
            if not machine.paused:
                self._attend(machine)

    def _deliver(self, machine: Machine, router: str, event: AdvertisementReceived) -> None:
        if machine.node is None or not machine.is_connected:
            return
        if machine.paused:
            if len(machine.inbox) < _QUEUE:
                machine.inbox.append((router, event))
            return
        if machine.armed is not None and machine.armed <= self.now:
            machine.inbox.append((router, event))
            self._deadline_passed(machine)
            return
        self.events += 1
        batch = machine.node.hear(((router, event),), self.now)
        if batch:
            self._settle(machine, batch)
        else:
            self._arm(machine)

    def _attend(self, machine: Machine) -> None:
        if machine.armed is not None and machine.armed <= self.now:
            self._deadline_passed(machine)
        else:
            self._drain(machine)

    def _wake(self, machine: Machine, node: Node, at: Instant) -> None:
        if machine.node is not node or machine.armed != at or machine.paused:
            return
        deadline = node.deadline
        if (deadline is None or deadline > self.now) and not machine.inbox:
            machine.armed = None  # adverts have moved it meanwhile
            self._arm(machine)
        else:
            self._deadline_passed(machine)

    def _drain(self, machine: Machine) -> None:
        node = machine.node
        while node is not None and machine.inbox:
            inbox, machine.inbox = machine.inbox, []
            self.events += len(inbox)
            for router, event in inbox:
                if isinstance(event, ParametersReplaced):
                    self._write(machine.name, router, Wanted(event.parameters.all_addresses))
                heard = isinstance(event, AdvertisementReceived)
                effects = node.hear(((router, event),), self.now) if heard else node.handle(router, event, self.now)
                self._settle(machine, effects)

    def _deadline_passed(self, machine: Machine) -> None:
        node, deadline = machine.node, machine.armed
        if node is None or deadline is None:
            return
        machine.armed = Instant(float("-inf"))  # nothing that happens meanwhile sets the timer
        self._drain(machine)
        late = self.now - deadline
        if late > _STALL:
            self._stalled(machine, node, Seconds(late))
        self.events += 1
        machine.armed = None
        self._settle(machine, node.due(self.now))

    def _stalled(self, machine: Machine, node: Node, late: Seconds) -> None:
        for router in self.routers:
            if late > machine.parameters[router].advert_interval:
                self.events += 1
                self._settle(machine, node.handle(router, Stalled(late), self.now))

    def _settle(self, machine: Machine, batch: Sequence[Directed]) -> None:
        failed: list[tuple[str, Event]] = []
        for directed in batch:
            router, effect = directed.router, directed.effect
            if isinstance(effect, SendAdvertisement):
                self._send(machine, router, effect.priority)
            elif isinstance(effect, AddAddresses | RemoveAddresses):
                if machine.refuses(effect):
                    self._write(machine.name, router, Refused(effect))
                    failed.append((router, EffectFailed(effect, "the kernel refuses")))
                    continue
                held = machine.held[router]
                change = held.update if isinstance(effect, AddAddresses) else held.difference_update
                change(effect.addresses)
            elif isinstance(effect, Probe | StopProbing):
                self._prober.take(machine, router, effect, self.now)
            elif isinstance(effect, Announce):
                self._announce(machine, router)
                continue
            elif not isinstance(effect, StateChanged | Linger):
                continue
            self._entries.append(Entry(self.now, machine.name, router, effect))
        self._arm(machine)
        if failed:
            machine.inbox += failed
            self._drain(machine)
        if machine.stopping and machine.node is not None and not machine.node.lingering:
            self._stopped(machine)

    def _arm(self, machine: Machine) -> None:
        node, armed = machine.node, machine.armed
        if node is None or (armed is not None and not node.may_be_due_before(armed)):
            return
        deadline = node.deadline
        if deadline is not None and (armed is None or deadline < armed):
            machine.armed = deadline
            at = max(self.now, deadline + machine.setup.lateness)
            self._at(Instant(at), self._wake, machine, node, deadline)

    def _send(self, machine: Machine, router: str, priority: Priority) -> None:
        if not machine.is_connected:
            return
        event, name = machine.advert(router, priority), machine.name
        for other in self.machines.values():
            if other is not machine and other.powered:
                for at in self.network.arrivals(name, other.name, self.now):
                    self._at(at, self._deliver, other, router, event)

    def _announce(self, machine: Machine, router: str) -> None:
        """Whoever keeps the addresses for a successor hears that this one has them."""
        for other in self.machines.values() if machine.is_connected else ():
            if other is not machine and other.node is not None and router in other.node.lingering:
                for at in self.network.passing((machine.name, other.name), self.now):
                    self._at(at, self._hear_announcement, other, router)

    def _hear_announcement(self, machine: Machine, router: str) -> None:
        if machine.is_connected and not machine.paused:
            self._tell(machine, router, LetGo("announced by the successor"))

    def _at(self, instant: Instant, action: Callable[..., None], *arguments: object) -> None:
        self._number += 1
        heapq.heappush(self._queue, (instant, self._random.random(), self._number, action, arguments))

    # --- what is written down ---------------------------------------------------------------------------------------

    def _write(self, node: str, router: str, seen: Seen) -> None:
        self._entries.append(Entry(self.now, node, router, seen))

    def _disturbed(self, trouble: Trouble | None) -> None:
        machines, whole = self.machines.values(), self.network.is_clear(self.now)
        calm = trouble is None and whole and not any(machine.is_troubled for machine in machines)
        whole = whole and not any(machine.isolated for machine in machines)
        if trouble is None or trouble.what is not Happening.CLOCK_STEP:
            self._calm_since = self.now if calm else None
        self._write("", "", Disturbed(trouble, calm, whole))

    def _look(self) -> None:
        """Who could serve now, where that has changed."""
        for name, machine in self.machines.items():
            able = (machine.is_able, machine.priority, machine.answers)
            if self._able.get(name) != able:
                self._able[name] = able
                self._write(name, "", Able(*able))

    def _snapshot(self) -> None:
        """What each BACKUP waits for, where all has been quiet for long enough."""
        if self._calm_since is None or self.now <= self._calm_since + self._settled_after:
            return
        for name, machine in self.machines.items():
            if machine.node is None or machine.paused:
                continue
            for view in views_of(machine.node, self.now):
                left = view.timers.get("master_down")
                if view.state is State.BACKUP and view.master is not None and left is not None:
                    peer = next(peer for peer in view.peers if peer.address == view.master.address)
                    interval = peer.interval if self.history.version == 3 else machine.setup.interval
                    span = Seconds(round(self.now - view.master.last_heard + left, 6))
                    priority = OWNER if machine.parameters[view.name].is_owner else view.effective_priority
                    waiting = Waiting(view.master.address, view.master.priority, priority, interval, span)
                    self._write(name, view.name, waiting)

    _ACTIONS: Final[dict[Action, Callable[["World", Machine], None]]] = {
        Action.CRASH: _crash,
        Action.RESTORE: _restore,
        Action.STOP: _stop,
        Action.START: _start,
        Action.KILL: _kill,
        Action.PAUSE: _pause,
        Action.CONTINUE: _resume,
        Action.LINK_DOWN: lambda world, machine: world._carrier(machine, up=False),
        Action.LINK_UP: lambda world, machine: world._carrier(machine, up=True),
        Action.ISOLATE: lambda world, machine: world._isolate(machine, cut=True),
        Action.JOIN: lambda world, machine: world._isolate(machine, cut=False),
        Action.SCRIPT_FAIL: lambda world, machine: world._script(machine, well=False),
        Action.SCRIPT_OK: lambda world, machine: world._script(machine, well=True),
    }
    _HAPPENINGS: Final[dict[Happening, Callable[["World", Machine, float], None]]] = {
        Happening.STALL: _stall,
        Happening.PRIORITY: _priority,
        Happening.RELOAD_PRIORITY: _reload_priority,
        Happening.RELOAD_INTERVAL: lambda world, machine, value: world._reload(machine, advert_interval=Seconds(value)),
        Happening.RELOAD_PREEMPT: lambda world, machine, value: world._reload(machine, preempt=bool(value)),
        Happening.THEFT: _steal,
        Happening.SOURCE_LOST: lambda world, machine, _: world._change_source(machine, present=False),
        Happening.SOURCE_BACK: lambda world, machine, _: world._change_source(machine, present=True),
        Happening.STEP_DOWN: lambda world, machine, _: world._request(machine, OperatorAction.STEP_DOWN),
        Happening.TAKE_OVER: lambda world, machine, _: world._request(machine, OperatorAction.TAKE_OVER),
        Happening.MAINTENANCE_ON: lambda world, machine, _: world._maintain(machine, on=True),
        Happening.MAINTENANCE_OFF: lambda world, machine, _: world._maintain(machine, on=False),
        Happening.REFUSE_ADD: lambda world, machine, _: world._refuse(machine, add=True),
        Happening.REFUSE_REMOVE: lambda world, machine, _: world._refuse(machine, remove=True),
        Happening.REFUSE_NOTHING: lambda world, machine, _: world._refuse(machine),
        Happening.RELOAD_ADDRESSES: _reload_addresses,
        Happening.RELOAD_FAST: _reload_fast,
        Happening.ADOPTED: lambda world, machine, _: world._adopt(machine),
    }


def play(history: History) -> Journal:
    """The journal of a history: a pure function of it."""
    return World(history).run()
