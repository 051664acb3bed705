"""The soak itself: fault after fault, and a look at both nodes after each."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from netns.kernel import LabError
from netns.peers.base import NodeDaemon
from netns.soak.faults import FAULTS, Fault
from netns.soak.pair import NODES, Pair
from netns.soak.verdict import Happening, Soak

CHECK_PERIOD: Final = 1.0
"""Seconds until a check that fails, or is well again, has been run once more; with ``rise`` 2 twice."""
START: Final = 60.0
DEFECTS: Final = ("Traceback", "defect in vrrpd", "CRITICAL")


@dataclass(frozen=True, slots=True)
class Plan:
    """``slack``: seconds that a machine with other work may take beyond what the protocol says, ``calm``: seconds
    between two faults, ``warm_up`` after each start that memory is not judged, ``tolerance`` in KiB.
    """

    minutes: float = 30.0
    instances: int = 255
    interval: float = 0.25
    seed: int = 1
    calm: float = 1.5
    slack: float = 3.0
    warm_up: float = 300.0
    tolerance: float = 512.0
    faults: Sequence[Fault] = FAULTS


class Work:
    """``daemons``: what runs on r1 and r2; memory is judged of those named in ``judged``. ``told`` gets every fault."""

    def __init__(
        self,
        plan: Plan,
        daemons: Mapping[str, NodeDaemon],
        judged: Sequence[str],
        machine: Mapping[str, str],
        told: Callable[[Soak], object],
    ) -> None:
        self.soak = Soak(machine, plan.minutes, plan.instances, plan.warm_up, plan.tolerance, judged)
        self._plan = plan
        self._random = Random(plan.seed)
        self._told = told
        self._pair = Pair(daemons, plan.instances, plan.interval)

    def run(self) -> None:
        """Until the time is over; LabError when the pair cannot go on."""
        pair, plan = self._pair, self._plan
        try:
            for name in NODES:
                pair.start(name)
            pair.await_order(START)
            pair.began = time.monotonic()
            for fault, name in self._faults():
                if pair.now >= plan.minutes * 60:
                    break
                self._suffer(fault, name)
                time.sleep(plan.calm)
                self._look()
                self._told(self.soak)
        finally:
            self._end()

    def _faults(self) -> Iterator[tuple[Fault, str]]:
        """Each of them in turn, in another order each time."""
        while True:
            again = [(fault, name) for fault in self._plan.faults for name in fault.nodes]
            self._random.shuffle(again)
            found = False
            for fault, name in again:
                if fault.available(self._pair, name):
                    found = True
                    yield fault, name
            if not found:
                raise LabError("none of these faults can be made here")

    def _suffer(self, fault: Fault, name: str) -> None:
        pair, plan = self._pair, self._plan
        at, during, after, wrong = pair.now, None, None, ""
        bound = pair.patience + plan.slack
        lasts = self._random.uniform(*fault.seconds)
        began = time.monotonic()
        try:
            fault.begin(pair, name, self._random)
            if not fault.unsettled:
                others = [other for other in NODES if other != name]
                during = pair.await_order(
                    bound + 2 * CHECK_PERIOD, name if fault.away else None, others if fault.stale else NODES
                )
            time.sleep(max(0.0, lasts - (time.monotonic() - began)))
        except LabError as error:
            wrong = f"while it lasted: {error}"
        lasted = time.monotonic() - began
        try:
            fault.end(pair, name, self._random)
            if fault.unsettled:
                time.sleep(pair.patience)  # what it has led to comes until then
            after = pair.await_order(bound + 3 * CHECK_PERIOD)
        except LabError as error:
            wrong = "; ".join(filter(None, (wrong, f"afterwards: {error}")))
        self.soak.happenings.append(Happening(at, fault.name, name, lasted, during, after, wrong))
        if wrong:
            self._mend()

    def _mend(self) -> None:
        """So that what follows is not blamed for what was: wait once more, generously."""
        with suppress(LabError):
            self._pair.await_order(START)

    def _look(self) -> None:
        for name in NODES:
            try:
                self.soak.samples.append(self._pair.sample(name))
            except OSError as error:
                raise LabError(f"{name} does not run any more: {self._pair.nodes[name].log()[-500:]}") from error

    def _end(self) -> None:
        """Ask both to stop, and read what they have logged."""
        pair, soak = self._pair, self.soak
        try:
            for name, node in pair.nodes.items():
                with suppress(LabError):
                    node.resume()
                    node.stop()
                log = node.log()
                soak.defects += [f"{name} logged {word!r}" for word in DEFECTS if word in log]
                if node.process.returncode:
                    soak.defects.append(f"{name} ended with {node.process.returncode}")
                left = pair.held(name) if pair.lab[name].running else set()
                if left and name in soak.judged:
                    soak.defects.append(f"{name} left {len(left)} addresses behind")
        finally:
            pair.close()
