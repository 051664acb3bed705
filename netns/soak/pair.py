"""Two nodes that share the addresses out between them, and who has which of them now."""

import time
from collections.abc import Collection, Mapping
from typing import Final

from netns.commands import output
from netns.kernel import LabError
from netns.lab import Lab
from netns.peers.base import NodeDaemon, RunningNode
from netns.peers.spec import InstanceSpec, NodeSpec, ScriptSpec
from netns.peers.vrrpd import Vrrpd, run_directory
from netns.soak.usage import Sample, sample
from vrrpd.control.client import ControlClient
from vrrpd.errors import ControlError

NODES: Final = ("r1", "r2")
BETTER, OTHER = 101, 100
CHECK_WEIGHT: Final = -10
HEALTHY: Final = "healthy"
POLL: Final = 0.1


class Pair:
    """Odd virtual routers are at home on r1, even ones on r2. All depend on a check of their node."""

    def __init__(self, daemons: Mapping[str, NodeDaemon], instances: int, interval: float) -> None:
        self.interval = interval
        self.addresses = {vrid: f"10.20.{vrid // 250}.{vrid % 250 + 1}" for vrid in range(1, instances + 1)}
        self.home = {address: NODES[(vrid + 1) % 2] for vrid, address in self.addresses.items()}
        self.lab = Lab(routers=len(NODES), clients=0)
        self.began = time.monotonic()
        self.nodes: dict[str, RunningNode] = {}
        self.lives = dict.fromkeys(NODES, 0)
        self._daemons = dict(daemons)
        self._variants = dict.fromkeys(NODES, 0)
        self._away: dict[str, float] = {}

    def close(self) -> None:
        self.lab.close()

    @property
    def now(self) -> float:
        """Seconds since the soak began."""
        return time.monotonic() - self.began

    @property
    def patience(self) -> float:
        """Master_Down_Interval of the lowest priority, s."""
        return 4 * self.interval

    # -- the daemons -------------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start the node's daemon and wait until it takes part."""
        (self.lab[name].directory / HEALTHY).touch()
        self.nodes[name] = self._daemons[name].start(self.lab[name], self._spec(name))
        self.lives[name] += 1
        self.nodes[name].wait_ready(60.0)

    def reload(self, name: str) -> None:
        """With another configuration each time, one that leaves every address where it is."""
        self._variants[name] += 1
        self.nodes[name].reload(self._spec(name))

    def _spec(self, name: str) -> NodeSpec:
        variant = self._variants[name] % 2
        check = ScriptSpec(
            "check",
            ("/usr/bin/test", "-e", str(self.lab[name].directory / HEALTHY)),
            weight=CHECK_WEIGHT,
            rise=1 + variant,
        )
        return NodeSpec(tuple(self._instance(name, vrid, variant) for vrid in self.addresses), (check,))

    def _instance(self, name: str, vrid: int, variant: int) -> InstanceSpec:
        address = self.addresses[vrid]
        priority = BETTER + variant if self.home[address] == name else OTHER
        return InstanceSpec(vrid, priority, (address,), version=3, advert_int=self.interval, track_script=("check",))

    def set_healthy(self, name: str, healthy: bool) -> None:
        path = self.lab[name].directory / HEALTHY
        if healthy:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    def runs_vrrpd(self, name: str) -> bool:
        return isinstance(self._daemons[name], Vrrpd)

    def ask(self, name: str, command: str, **args: object) -> Mapping[str, object] | None:
        """Over the control socket; None when the daemon does not know the command, or refuses."""
        try:
            return ControlClient(run_directory(self.lab[name]) / "control.sock").call(command, **args)
        except ControlError:
            return None

    def sample(self, name: str) -> Sample:
        return sample(self.now, name, self.lives[name], self.nodes[name].process.pid)

    def alive(self) -> list[str]:
        """Nodes whose daemon has ended by itself."""
        return [name for name, node in self.nodes.items() if not node.process.running]

    # -- who has what ------------------------------------------------------------------------------------------------

    def leave(self, address: str, seconds: float) -> None:
        """For so long that address may be held by either node: an operator has moved it."""
        self._away[address] = self.now + seconds

    def held(self, name: str) -> set[str]:
        """The virtual addresses that the node has on an interface that is up."""
        shown = output(["ip", "-n", self.lab[name].namespace, "-o", "-4", "addr", "show", "up"])
        return {line.split()[3].partition("/")[0] for line in shown.splitlines()} & self.home.keys()

    def disorder(self, absent: str | None, counted: Collection[str]) -> str:
        """Of the ``counted`` nodes exactly the right one holds each address, with ``absent`` the other one all: "", or
        what is otherwise.
        """
        held = {name: self.held(name) for name in counted}
        now = self.now
        wrong = []
        for address, home in self.home.items():
            holders = [name for name in counted if address in held[name]]
            right = next(name for name in NODES if name != absent) if absent else home
            # Its home does not preempt who was given it, however low that one falls.
            either = self._away.get(address, 0.0) > now and right == home
            if len(holders) != 1 or (holders != [right] and not either):
                wrong.append(f"{address} at {'+'.join(holders) or 'no node'} instead of {right}")
        return f"{len(wrong)} addresses, {wrong[0]}" if wrong else ""

    def await_order(self, within: float, absent: str | None = None, counted: Collection[str] = NODES) -> float:
        """Seconds until all is in order. LabError with what is not when it does not come about in time."""
        began = time.monotonic()
        while True:
            wrong = self.disorder(absent, counted)
            took = time.monotonic() - began
            if not wrong:
                return took
            if took > within:
                raise LabError(f"after {took:.1f} s {wrong}")
            time.sleep(POLL)
