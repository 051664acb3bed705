"""Plays a scenario with real daemons, and says whether what it expects came about."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from netns.peers.base import NodeDaemon
from netns.peers.spec import VIP, VIP6, InstanceSpec, NodeSpec, ScriptSpec
from netns.report import Report
from netns.stage import Stage
from netns.wire import Advert
from vrrpd.sim.invariants import broken
from vrrpd.sim.scenario import Action, Held, Node, Scenario, Step
from vrrpd.units import Family, Seconds

VRID: Final = 51
_SCRIPT: Final = "chk"
_ON_ITS_WAY: Final = 5_000_000
_COLLECT: Final = 0.1  # what the probes have seen arrives a little later
_NEXT: Final = 20_000_000  # the silence after the next step begins with the last reply before it


def spec_of(scenario: Scenario, node: Node, health_file: str) -> NodeSpec:
    """What a node of the scenario is to do; ``health_file`` exists as long as its script is to succeed."""
    protocol = scenario.protocol
    tracked = node.script_weight is not None
    instance = InstanceSpec(
        priority=node.priority,
        vips=(VIP if protocol.family is Family.IPV4 else VIP6,),
        version=protocol.version,
        advert_int=protocol.advert_interval,
        auth=protocol.password,
        nopreempt=not node.preempt,
        preempt_delay=node.preempt_delay,
        track_script=(_SCRIPT,) if tracked else (),
    )
    script = ScriptSpec(_SCRIPT, ("/usr/bin/test", "-e", health_file), weight=node.script_weight or 0)
    return NodeSpec((instance,), (script,) if tracked else ())


class Play:
    """One scenario on one stage.

    The scenario's clock stops while a daemon starts, and while a holder is awaited at the time from which the scenario
    expects it (at most ``patience`` seconds): a busy machine makes a run longer, not wrong.
    """

    def __init__(self, stage: Stage, scenario: Scenario, patience: float = 20.0) -> None:
        self.stage = stage
        self.scenario = scenario
        self._patience = patience
        self._stopped = 0.0
        self._times: list[tuple[Step, int]] = []

    def run(self) -> None:
        for node in self.scenario.nodes:
            self._health(node.name).touch()
        self.stage.started_ns = time.time_ns()
        self._start(*(node.name for node in self.scenario.nodes if node.from_start))
        windows = []
        for item in self._in_order():
            if isinstance(item, Step):
                self._sleep_until(item.at)
                self._times.append((item, self._act(item)))
            else:
                windows.append(self._watch(item))
        time.sleep(_COLLECT)
        ended_ns = time.time_ns()
        for window in windows:
            self._judge(window)
        for index, (step, at) in enumerate(self._times):
            following = [later for _, later in self._times[index + 1 :] if later > at]
            self._measure(step, at, following[0] if following else ended_ns)
        self.stage.figure("the machine was waited for, s", self._stopped)
        self.stage.stop_all()
        allowed = None if self.scenario.may_split else self.scenario.protocol.advert_interval
        self.stage.check_books(longest_overlap=allowed)

    def _in_order(self) -> list[Step | Held]:
        """Everything by its time; what ends when something else happens comes before that."""
        timed: list[tuple[float, int, Step | Held]] = [(held.start, 0, held) for held in self.scenario.expectations]
        timed += [(step.at, 1, step) for step in self.scenario.steps]
        return [item for _, _, item in sorted(timed, key=lambda entry: entry[:2])]

    def _sleep_until(self, at: float) -> None:
        time.sleep(max(0.0, (self.stage.nanoseconds(at + self._stopped) - time.time_ns()) / 1e9))

    def _watch(self, held: Held) -> Held:
        """Let the time go by in which it is to hold; the same with the times when that really was."""
        self._sleep_until(held.start)
        expected = () if held.node is None else (held.node,)
        with self._clock_stopped():
            end = time.monotonic() + self._patience
            while self.stage.holders_now() != expected and time.monotonic() < end:
                time.sleep(0.01)
        self._sleep_until(held.end)
        return replace(held, start=Seconds(held.start + self._stopped), end=Seconds(held.end + self._stopped))

    @contextmanager
    def _clock_stopped(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._stopped += time.monotonic() - began

    def _start(self, *names: str) -> int:
        """Start their daemons and wait until they take part; returns when the first was started (ns)."""
        with self._clock_stopped():
            running = [self.stage.start(name, self._spec(name)) for name in names]
            for node in running:
                node.wait_ready(self._patience)
        return min((node.process.started_at for node in running), default=time.time_ns())

    def _spec(self, name: str) -> NodeSpec:
        return spec_of(self.scenario, self.scenario.node(name), str(self._health(name)))

    def _health(self, name: str) -> Path:
        return self.stage.lab[name].directory / "healthy"

    def _act(self, step: Step) -> int:
        """Make it happen; returns when (ns)."""
        stage, name = self.stage, step.node
        if step.action is Action.CRASH:
            return stage.crash(name)
        if step.action is Action.RESTORE:
            restored_at = stage.restore(name)
            self._start(name)
            return restored_at
        if step.action is Action.START:
            return self._start(name)
        return stage.note(step.action.value, name, at=self._acts(name)[step.action]())

    def _acts(self, name: str) -> Mapping[Action, Callable[[], int]]:
        host, node = self.stage.lab[name], self.stage.nodes[name]
        return {
            Action.STOP: node.stop,
            Action.KILL: node.kill,
            Action.PAUSE: node.pause,
            Action.CONTINUE: node.resume,
            Action.LINK_DOWN: lambda: host.set_carrier(False),
            Action.LINK_UP: lambda: host.set_carrier(True),
            Action.ISOLATE: host.isolate,
            Action.JOIN: host.join,
            Action.SCRIPT_FAIL: lambda: _at(self._health(name).unlink),
            Action.SCRIPT_OK: lambda: _at(self._health(name).touch),
        }

    # -- afterwards ------------------------------------------------------------------------------------------------

    def _judge(self, held: Held) -> None:
        who = held.node or "nobody"
        fault = broken(self.stage.holdings(), held) or self._client_disagrees(held)
        self.stage.check(f"held by {who} from {held.start:.2f} s to {held.end:.2f} s", fault is None, fault or "")

    def _client_disagrees(self, held: Held) -> str | None:
        """What a client saw that does not fit, within the window (a reply may have been on its way at its edges)."""
        pings = self.stage.pings
        if pings is None or not held.reached:
            return None
        since, until = self.stage.nanoseconds(held.start) + _ON_ITS_WAY, self.stage.nanoseconds(held.end) - _ON_ITS_WAY
        answered = {reply.host for reply in pings.replies(since=since, until=until)}
        if answered != ({held.node} if held.node else set()):
            return f"a client was answered by {' and '.join(sorted(map(str, answered))) or 'nobody'}"
        return None

    def _measure(self, step: Step, at: int, end: int) -> None:
        """Figures of what came after a step: who took over, when, and what a client missed."""
        stage, name = self.stage, f"{step.action.value} {step.node}"
        before = stage.capture.last_advert(at, vrid=VRID)
        adverts = [advert for advert in stage.capture.adverts(vrid=VRID, since=at, until=end) if advert.priority]
        first = next((advert for advert in adverts if before is None or advert.host != before.host), None)
        if stage.pings is not None:
            stage.figure(f"{name}: client not answered, ms", stage.pings.outage(at, end - _NEXT).ms)
        if first is None or before is None:
            return
        stage.figure(f"{name}: {first.host} advertises after, ms", (first.time_ns - at) / 1e6)
        if step.action is Action.CRASH and before.host == step.node:
            due = self.scenario.protocol.master_down_interval(first.priority) * 1e3
            stage.figure(
                f"{name}: {first.host} later than Master_Down_Interval, ms",
                (first.time_ns - before.time_ns) / 1e6 - due,
            )
        if step.action is Action.STOP and before.host == step.node:
            self._measure_farewell(name, step.node, at, first)

    def _measure_farewell(self, name: str, stopped: str, at: int, first: Advert) -> None:
        farewells = [a for a in self.stage.capture.adverts(stopped, VRID, since=at) if a.priority == 0]
        self.stage.check(f"{name}: it resigns", bool(farewells), "" if farewells else "no advert with priority 0")
        if farewells:
            due = self.scenario.protocol.skew_time(first.priority) * 1e3
            took = (first.time_ns - farewells[0].time_ns) / 1e6
            self.stage.figure(f"{name}: {first.host} later than Skew_Time, ms", took - due)
            if self.scenario.protocol.advert_interval >= 1:
                silence = self.scenario.protocol.master_down_interval(first.priority) * 1e3
                self.stage.check(f"{name}: the farewell is acted upon", took < silence, f"{took:.0f} ms")


def _at(act: Callable[[], object]) -> int:
    began_at = time.time_ns()
    act()
    return began_at


def play(scenario: Scenario, daemons: Mapping[str, NodeDaemon]) -> Report:
    """Play it in a lab of its own, which is gone afterwards."""
    with Stage(scenario.name, daemons) as stage:
        Play(stage, scenario).run()
        return stage.report()
