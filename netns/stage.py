"""A lab with everything that a scenario needs: nodes, a capture, a monitor, a client that pings, and the books."""

import time
from collections.abc import Mapping
from typing import Self

from netns.capture import Capture
from netns.kernel import LabError
from netns.lab import Lab
from netns.monitor import Monitor
from netns.peers.base import NodeDaemon, RunningNode
from netns.peers.spec import VIP, NodeSpec
from netns.probe import PingProbe
from netns.report import Check, Entry, Report
from netns.wire import Advert, Record
from vrrpd.sim.invariants import Change, Holding, holders, holdings, overlaps
from vrrpd.units import Seconds


class Stage:
    """``daemons`` says what runs on each router; ``vip`` of ``vrid`` is the address whose holder is watched."""

    def __init__(
        self,
        scenario: str,
        daemons: Mapping[str, NodeDaemon],
        *,
        vip: str = VIP,
        vrid: int = 51,
        backends: int = 0,
        pace: float = 0.002,
        keep_running: bool = False,
    ) -> None:
        self.scenario = scenario
        self.daemons = dict(daemons)
        self.vip = vip
        self.vrid = vrid
        self.pace = pace
        self.keep_running = keep_running
        self.lab = Lab(routers=len(self.daemons), clients=1, extra=backends)
        self.capture = Capture(self.lab)
        self.monitor = Monitor(self.lab)
        self.nodes: dict[str, RunningNode] = {}
        self.pings = PingProbe(self.lab, [vip], interval=pace) if self.client_can_tell else None
        self.started_ns = time.time_ns()
        self._power: list[tuple[int, str, bool]] = []
        self._entries: list[tuple[int, str, str]] = []
        self._checks: list[Check] = []
        self._figures: dict[str, float] = {}

    @property
    def client_can_tell(self) -> bool:
        """Do a client's pings tell who holds the address, whichever node it is?"""
        return all(daemon.carries_traffic for daemon in self.daemons.values())

    # -- what happens ----------------------------------------------------------------------------------------------

    def start(self, name: str, spec: NodeSpec) -> RunningNode:
        """Start the node's daemon; LabError with the reason when it cannot do what ``spec`` says."""
        daemon = self.daemons[name]
        reason = daemon.missing() or daemon.unsupported(spec)
        if reason:
            raise LabError(f"{daemon.name} on {name}: {reason}")
        node = daemon.start(self.lab[name], spec)
        self.nodes[name] = node
        priorities = ", ".join(str(instance.priority) for instance in spec.instances)
        self.note("start", f"{name}: {daemon.name}, priority {priorities}", at=node.process.started_at)
        return node

    def crash(self, name: str) -> int:
        at = self.lab[name].crash()
        self._power.append((at, name, False))
        return self.note("crash", name, at=at)

    def restore(self, name: str) -> int:
        """Power on; the daemon is not started."""
        at = self.lab[name].restore()
        self._power.append((at, name, True))
        return self.note("restore", name, at=at)

    def note(self, kind: str, text: str, *, at: int | None = None) -> int:
        """A line for the timeline; returns its time (ns)."""
        at = time.time_ns() if at is None else at
        self._entries.append((at, kind, text))
        return at

    def check(self, name: str, ok: bool, detail: str = "") -> bool:
        self._checks.append(Check(name, ok, detail))
        return ok

    def figure(self, name: str, value: float) -> None:
        """A measured number; a name that exists already gets a number behind it."""
        names = (name, *(f"{name} #{count}" for count in range(2, 1000)))
        self._figures[next(free for free in names if free not in self._figures)] = value

    def await_advert(self, name: str, timeout: float, *, since: int = 0) -> Advert:
        """Wait until ``name`` advertises as master (at or after ``since``); LabError if it does not."""

        def matches(record: Record) -> bool:
            return isinstance(record, Advert) and record.host == name and record.priority > 0

        end = time.monotonic() + timeout
        while True:
            advert = self.capture.wait_for(matches, min(timeout, 0.5), since=since)
            if isinstance(advert, Advert):
                return advert
            node = self.nodes.get(name)
            ended = node is not None and not node.process.running
            if ended or time.monotonic() > end:
                what = "has ended" if ended else f"did not become master within {timeout:g} s"
                raise LabError(f"{name} {what}; its log ends: {node.log()[-500:] if node else ''}")

    def first_advert_of(self, name: str, since: int) -> int:
        """When ``name`` first advertised as master at or after ``since`` (ns); ``since`` if it did not."""
        advert = self.capture.first_advert(since, name)
        return since if advert is None else advert.time_ns

    def await_sole_holder(self, name: str, timeout: float, *, since: int = 0) -> bool:
        """Wait until ``name`` advertises (at or after ``since``) and it alone holds the address."""
        end = time.monotonic() + timeout
        self.await_advert(name, timeout, since=since)
        while self.holders_now() != (name,):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    # -- the books -------------------------------------------------------------------------------------------------

    def seconds(self, at: int) -> Seconds:
        """A time in ns as seconds since the start."""
        return Seconds((at - self.started_ns) / 1e9)

    def nanoseconds(self, at: float) -> int:
        return self.started_ns + round(at * 1e9)

    def changes(self) -> list[Change]:
        """Who began or ceased to hold the address, in order; a node without power holds nothing."""
        found: list[tuple[int, str, bool]] = []
        for name, daemon in self.daemons.items():
            power = [(at, up) for at, host, up in self._power if host == name]
            link = daemon.link_of(self.vrid)
            changed = (
                [(c.time_ns, c.present) for c in self.monitor.addresses(name, self.vip)]
                if link is None
                else [(c.time_ns, c.up) for c in self.monitor.links(name, link)]
            )
            found += [(at, name, holds) for at, holds in changed if _powered(power, at)]
            found += [(at, name, False) for at, up in power if not up]
        return [Change(self.seconds(at), name, holds) for at, name, holds in sorted(found)]

    def holders_now(self) -> tuple[str, ...]:
        now = self.seconds(time.time_ns())
        return holders(holdings(self.changes(), Seconds(now + 1.0)), now)

    def holdings(self) -> tuple[Holding, ...]:
        return holdings(self.changes(), self.seconds(time.time_ns()))

    def stop_all(self) -> None:
        """Ask every daemon to end; then no router may have the address. Nothing with ``keep_running``."""
        if self.keep_running:
            return
        for name, node in self.nodes.items():
            if node.process.running:
                self.note("stop", name, at=node.stop())
        self._check_leftovers()

    def _check_leftovers(self) -> None:
        for name, node in self.nodes.items():
            if self.lab[name].running and node.daemon.link_of(self.vrid) is None:
                status = node.process.returncode
                self.check(f"{name} ended in order", status == 0, f"exit status {status}" if status else "")
                left = self.lab[name].holds(self.vip)
                self.check(f"{name} left no address behind", not left, f"{self.vip} is still there" if left else "")

    def check_books(self, *, longest_overlap: float | None) -> None:
        """Nobody complained, nothing was lost, and two held at once no longer than ``longest_overlap`` seconds."""
        for name, node in self.nodes.items():
            complaints = node.complaints()
            what = f"{name} ({node.daemon.name}) found fault with no packet"
            self.check(what, not complaints, "; ".join(complaints[:3]))
        lost = self.capture.lost
        self.check("the capture is complete", lost == 0, f"{lost} frames lost" if lost else "")
        longest = max(overlaps(self.holdings()), default=Seconds(0.0))
        self.figure("longest time with two holders, ms", longest * 1e3)
        if longest_overlap is not None:
            self.check("two held only while they handed over", longest <= longest_overlap, f"{longest * 1e3:.1f} ms")

    def report(self) -> Report:
        entries = [Entry(self.seconds(at), kind, text) for at, kind, text in self._entries]
        entries += [Entry(c.at, "holds" if c.holds else "releases", c.node) for c in self._significant_changes()]
        entries += [
            Entry(self.seconds(advert.time_ns), "resigns", f"{advert.host} sends priority 0")
            for advert in self.capture.adverts()
            if advert.priority == 0
        ]
        return Report(
            scenario=self.scenario,
            daemons={name: daemon.name for name, daemon in self.daemons.items()},
            checks=tuple(self._checks),
            timeline=tuple(sorted(entries, key=lambda entry: entry.at)),
            figures=dict(self._figures),
            logs={name: node.log() for name, node in self.nodes.items()},
        )

    def _significant_changes(self) -> list[Change]:
        holds: dict[str, bool] = {}
        found = []
        for change in self.changes():
            if holds.get(change.node, False) != change.holds:
                holds[change.node] = change.holds
                found.append(change)
        return found

    def close(self) -> None:
        self.lab.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _powered(power: list[tuple[int, bool]], at: int) -> bool:
    """Had the host power at that time? It has from the start."""
    return next((up for since, up in reversed(power) if since <= at), True)
