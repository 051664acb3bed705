"""Somebody else removes the virtual address from the MASTER."""

import statistics
import time
from typing import Final

from netns.kernel import LabError
from netns.peers.vrrpd import Vrrpd, instance_status
from netns.scenarios.interfaces import finish, start_pair
from netns.stage import Stage

_PATIENCE: Final = 10.0
_RESTORED_MS: Final = 20.0
_LIMIT: Final = 5


def _remove(stage: Stage) -> int:
    removed_at = stage.lab["r1"].ip(f"addr del {stage.vip}/32 dev eth0")
    return stage.note("remove", f"{stage.vip} of r1", at=removed_at)


def _restored_after(stage: Stage, since: int) -> float | None:
    """ms from the kernel's word that the address is gone to its word that it is back; None: it does not come back."""
    gone = stage.monitor.wait_for_address("r1", stage.vip, _PATIENCE, present=False, since=since)
    back = None if gone is None else stage.monitor.wait_for_address("r1", stage.vip, _PATIENCE, since=gone.time_ns)
    return None if gone is None or back is None else (back.time_ns - gone.time_ns) / 1e6


def vip_removed(stage: Stage) -> None:
    """The virtual address is deleted on the MASTER: it puts it back, announces it and says who did it"""
    if not isinstance(stage.daemons["r1"], Vrrpd):
        raise LabError("only vrrpd puts an address back; run it with r1=vrrpd")
    start_pair(stage)
    times = []
    for _ in range(_LIMIT - 1):
        time.sleep(0.3)
        removed_at = _remove(stage)
        took = _restored_after(stage, removed_at)
        announced = stage.capture.wait_for(lambda record: record.host == "r1", _PATIENCE, since=removed_at)
        stage.check("put back", took is not None, "" if took is None else f"{took:.2f} ms")
        stage.check("announced again", bool(stage.capture.garps("r1", stage.vip, since=removed_at)), str(announced))
        times.append(_PATIENCE * 1e3 if took is None else took)
    median = statistics.median(times)
    stage.figure("put back after, median, ms", median)
    stage.check("put back within 20 ms (median)", median < _RESTORED_MS, f"{median:.2f} ms")
    log = stage.nodes["r1"].log()
    stage.check("the log names the address and who removed it", f"{stage.vip}" in log and "pid" in log)
    stage.check("the other node never took over", not stage.capture.adverts("r2"))
    _hand_over(stage)
    finish(stage)


def _hand_over(stage: Stage) -> None:
    """One removal more within 10 s is too many: the other node takes over, and keeps the address."""
    removed_at = _remove(stage)
    stage.check(f"after {_LIMIT} removals r2 takes over", stage.await_sole_holder("r2", _PATIENCE, since=removed_at))
    first = stage.capture.first_advert(removed_at, "r2")
    if first is not None:
        stage.figure("last removal to r2's first advert, ms", (first.time_ns - removed_at) / 1e6)
    stage.check("r1 resigns", any(a.priority == 0 for a in stage.capture.adverts("r1", since=removed_at)))
    time.sleep(1.0)
    shown = instance_status(stage.lab["r1"])
    stage.check("r1 does not take it back at once", shown["state"] == "BACKUP", f"{shown['state']}, {shown['reason']}")


PLAYS: Final = (vip_removed,)
