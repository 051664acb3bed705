"""The real HAProxy on both nodes, watched by ``killall -0 haproxy``; a client requests through the virtual address."""

import time
from dataclasses import replace
from typing import Final

from netns.kernel import LabError
from netns.peers import haproxy
from netns.peers.spec import InstanceSpec, NodeSpec, ScriptSpec
from netns.probe import Answer, HttpProbe, Outage
from netns.process import Process
from netns.stage import Stage
from vrrpd.sim.scenario import Protocol

PROTOCOL: Final = Protocol(password="SecretPassword")
SCRIPT: Final = ScriptSpec("chk_haproxy", ("killall", "-0", "haproxy"), interval=2, weight=2)
_PATIENCE: Final = 20.0
_WORK: Final = 0.3
"""Seconds that all but waiting takes, generously."""


class LoadBalancers:
    """Two nodes with HAProxy, two servers behind them, and a client that requests all the time.

    ``fast``: with fast_failover, where vrrpd runs. ``weight``: of the check; 0: its failure is FAULT.
    """

    def __init__(self, stage: Stage, *, fast: bool = False, weight: int = SCRIPT.weight) -> None:
        if haproxy.missing():
            raise LabError(f"needs {haproxy.missing()}")
        self.stage = stage
        self._fast = fast
        self._script = replace(SCRIPT, weight=weight)
        for host in stage.lab.backends:
            haproxy.start_backend(host)
        self._services = {host.name: self._serve(host.name) for host in stage.lab.routers}
        self._start("r1", 101)
        stage.await_advert("r1", _PATIENCE)
        self._start("r2", 100)
        self.client = HttpProbe(stage.lab, stage.vip)

    def _serve(self, name: str) -> Process:
        return haproxy.start_haproxy(self.stage.lab[name], self.stage.lab.backends)

    def _start(self, name: str, priority: int) -> None:
        instance = InstanceSpec(
            priority=priority,
            auth=PROTOCOL.password,
            state="MASTER" if name == "r1" else "BACKUP",
            track_script=(self._script.name,),
            probe="overdue" if self._fast else None,
        )
        self.stage.start(name, NodeSpec((instance,), (self._script,))).wait_ready()

    def settle(self) -> None:
        """Until r1 serves, and both have the weight that comes with the first good result of the script."""
        self.stage.capture.wait_for_advert(_PATIENCE, host="r1", priority=101 + self._script.weight)
        self.expect("r1", self.stage.started_ns, "start")

    def kill_service(self, name: str) -> int:
        return self.stage.note("kill", f"HAProxy on {name}", at=self._services[name].kill())

    def start_service(self, name: str) -> int:
        self._services[name] = self._serve(name)
        return self.stage.note("start", f"HAProxy on {name}", at=self._services[name].started_at)

    def return_of(self, name: str, priority: int) -> int:
        restored_at = self.stage.restore(name)
        self.start_service(name)
        self._start(name, priority)
        return restored_at

    def expect(self, name: str, since: int, what: str) -> Outage[Answer]:
        """Wait until ``name`` alone holds and its HAProxy answers; the client's longest silence since then."""
        stage = self.stage
        alone = stage.await_sole_holder(name, _PATIENCE, since=since)
        stage.check(f"{what}: {name} holds alone", alone)
        first = stage.first_advert_of(name, since)
        answer = self.client.wait_for_answer(_PATIENCE, served_by=name, since=first)
        stage.check(f"{what}: HAProxy of {name} answers", answer is not None)
        time.sleep(0.2)
        outage = self.client.outage(since)
        stage.figure(f"{what}: requests not answered, ms", outage.ms)
        return outage


def haproxy_pair(stage: Stage) -> None:
    """HAProxy dies and comes back, its node crashes and comes back: a client requests through the VIP"""
    pair = LoadBalancers(stage)
    pair.settle()
    pair.expect("r2", pair.kill_service("r1"), "HAProxy killed")
    pair.expect("r1", pair.start_service("r1"), "HAProxy back")
    crashed_at = stage.crash("r1")
    outage = pair.expect("r2", crashed_at, "crash")
    due = PROTOCOL.master_down_interval(102) * 1e3
    # The last advert was sent at most one interval before the crash; a request that was on its way is tried again.
    stage.check(
        "crash: out for Master_Down_Interval, and no interval longer", outage.ms < due + 1e3, f"{outage.ms:.0f} ms"
    )
    pair.expect("r1", pair.return_of("r1", 101), "return")
    pair.client.stop()
    answers = pair.client.answers()
    stage.figure("requests answered, share", sum(answer.ok for answer in answers) / max(1, len(answers)))
    backends = {answer.body.split()[0] for answer in answers if answer.ok}
    stage.check("both servers behind HAProxy answer", backends == {"b1", "b2"}, " ".join(sorted(backends)))
    stage.stop_all()
    stage.check_books(longest_overlap=PROTOCOL.advert_interval)


def haproxy_killed(stage: Stage) -> None:
    """HAProxy is killed on the master, with fast_failover where vrrpd runs, and comes back: a client requests"""
    _killed(stage, SCRIPT.weight)


def haproxy_killed_fault(stage: Stage) -> None:
    """The same where the failure of its check is FAULT, weight 0"""
    _killed(stage, 0)


def _killed(stage: Stage, weight: int) -> None:
    pair = LoadBalancers(stage, fast=True, weight=weight)
    pair.settle()
    outage = pair.expect("r2", pair.kill_service("r1"), "HAProxy killed")
    due = longest_outage(stage, weight)
    stage.check(f"HAProxy killed: out for {due:.2f} s at most", outage.ms <= due * 1e3, f"{outage.ms:.0f} ms")
    pair.expect("r1", pair.start_service("r1"), "HAProxy back")


def longest_outage(stage: Stage, weight: int) -> float:
    """Seconds from the end of r1's HAProxy to an answer of r2's, by what the two daemons wait for."""
    fast = {name: daemon.name == "vrrpd" for name, daemon in stage.daemons.items()}
    heir = 100 + weight
    until_taken: float = PROTOCOL.master_down_interval(heir) if weight else PROTOCOL.skew_time(heir)
    if fast["r2"]:
        until_taken = PROTOCOL.skew_time(heir) / 4
    # keepalived waits for its script, and with a weight for its next advertisement.
    until_told = 0.0 if fast["r1"] else SCRIPT.interval + (PROTOCOL.advert_interval if weight else 0.0)
    return until_told + until_taken + _WORK
