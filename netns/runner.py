"""Plays a scenario with real daemons, and says whether what it expects came about."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from netns.peers.base import NodeDaemon
from netns.peers.spec import VIP, VIP6, InstanceSpec, NodeSpec, ScriptSpec
from netns.report import Report
from netns.stage import Stage
from netns.wire import Advert
from vrrpd.sim.invariants import broken
from vrrpd.sim.scenario import Action, Held, Node, Scenario, Step
from vrrpd.units import Family

VRID: Final = 51
_SCRIPT: Final = "chk"
_ON_ITS_WAY: Final = 5_000_000
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
    """One scenario on one stage."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self.stage = stage
        self.scenario = scenario
        self._times: list[tuple[Step, int]] = []

    def run(self) -> None:
        for node in self.scenario.nodes:
            self._health(node.name).touch()
        self.stage.started_ns = time.time_ns()
        for node in self.scenario.nodes:
            if node.from_start:
                self._start(node.name)
        for step in self.scenario.steps:
            self._sleep_until(step.at)
            self._times.append((step, self._act(step)))
        self._sleep_until(self.scenario.duration + 0.1)
        for held in self.scenario.expectations:
            self._judge(held)
        for step, at in self._times:
            self._measure(step, at)
        self.stage.stop_all()
        allowed = None if self.scenario.may_split else self.scenario.protocol.advert_interval
        self.stage.check_books(longest_overlap=allowed)

    def _sleep_until(self, at: float) -> None:
        time.sleep(max(0.0, (self.stage.nanoseconds(at) - time.time_ns()) / 1e9))

    def _start(self, name: str) -> int:
        spec = spec_of(self.scenario, self.scenario.node(name), str(self._health(name)))
        return self.stage.start(name, spec).process.started_at

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

    def _measure(self, step: Step, at: int) -> None:
        """Figures of what came after a step: who took over, when, and what a client missed."""
        stage, name = self.stage, f"{step.action.value} {step.node}"
        following = [other for other, _ in self._times if other.at > step.at]
        end = stage.nanoseconds(following[0].at) if following else stage.nanoseconds(self.scenario.duration)
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
            late = (first.time_ns - farewells[0].time_ns) / 1e6 - due
            self.stage.figure(f"{name}: {first.host} later than Skew_Time, ms", late)


def _at(act: Callable[[], object]) -> int:
    began_at = time.time_ns()
    act()
    return began_at


def play(scenario: Scenario, daemons: Mapping[str, NodeDaemon]) -> Report:
    """Play it in a lab of its own, which is gone afterwards."""
    with Stage(scenario.name, daemons) as stage:
        Play(stage, scenario).run()
        return stage.report()
