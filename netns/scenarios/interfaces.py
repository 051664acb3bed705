"""Interfaces that go, come back, change their names or flap: does the node end in the right state, and say why?"""

import time
from typing import Final

from netns.peers.spec import InstanceSpec, NodeSpec
from netns.peers.vrrpd import Vrrpd, instance_status
from netns.stage import Stage
from vrrpd.sim.scenario import Protocol
from vrrpd.units import Seconds

PROTOCOL: Final = Protocol(version=3, advert_interval=Seconds(0.1))
_PATIENCE: Final = 10.0
_FLAPS: Final = 50
_FLAP_SECONDS: Final = 0.02


def start_pair(stage: Stage) -> None:
    """Both nodes; r1 (priority 101) is MASTER when this returns."""
    for name, priority in (("r1", 101), ("r2", 100)):
        instance = InstanceSpec(priority=priority, version=3, advert_int=PROTOCOL.advert_interval)
        stage.start(name, NodeSpec((instance,))).wait_ready()
    stage.await_sole_holder("r1", _PATIENCE)


def finish(stage: Stage) -> None:
    stage.stop_all()
    stage.check_books(longest_overlap=None)


def _taken_over(stage: Stage, since: int, *, state: str, reason: str) -> None:
    """r2 holds alone, and r1 says what is wrong with it."""
    held = stage.await_sole_holder("r2", _PATIENCE, since=since)
    stage.check("r2 takes over", held)
    _says(stage, state=state, reason=reason)


def _says(stage: Stage, *, state: str, reason: str) -> None:
    if not isinstance(stage.daemons["r1"], Vrrpd):
        return
    shown = instance_status(stage.lab["r1"])
    found = f"{shown['state']}, {shown['reason']}, faults {shown['faults']}"
    named = reason in {str(shown["reason"]), *_fault_reasons(shown["faults"])}
    stage.check(f"r1 is in {state} and names {reason}", shown["state"] == state and named, found)


def _fault_reasons(faults: object) -> list[str]:
    return [str(fault["reason"]) for fault in faults if isinstance(fault, dict)] if isinstance(faults, list) else []


def _returned(stage: Stage, since: int) -> None:
    """r1 holds alone again."""
    stage.check("r1 returns", stage.await_sole_holder("r1", _PATIENCE, since=since))
    if isinstance(stage.daemons["r1"], Vrrpd):
        state = instance_status(stage.lab["r1"])["state"]
        stage.check("r1 says that it is MASTER", state == "MASTER", str(state))


def interface_recreated(stage: Stage) -> None:
    """The MASTER's interface is deleted and made again under the same name"""
    start_pair(stage)
    for _ in range(2):
        removed_at = stage.note("delete", "eth0 of r1", at=stage.lab["r1"].remove_interface())
        _taken_over(stage, removed_at, state="FAULT", reason="link_down")
        created_at = stage.note("create", "eth0 of r1", at=stage.lab["r1"].create_interface())
        _returned(stage, created_at)
    finish(stage)


def interface_renamed(stage: Stage) -> None:
    """The MASTER's interface is renamed, and gets its name back"""
    start_pair(stage)
    renamed_at = stage.note("rename", "eth0 of r1 to lan0", at=stage.lab["r1"].rename_interface("eth0", "lan0"))
    _taken_over(stage, renamed_at, state="FAULT", reason="link_down")
    left = stage.lab["r1"].holds(stage.vip)
    stage.check("r1 left no address on the renamed interface", not left)
    back_at = stage.note("rename", "lan0 of r1 to eth0", at=stage.lab["r1"].rename_interface("lan0", "eth0"))
    _returned(stage, back_at)
    finish(stage)


def flapping(stage: Stage) -> None:
    """The MASTER's cable flaps 50 times, then its interface is taken down and up 50 times"""
    start_pair(stage)
    host = stage.lab["r1"]
    for what, change in (("cable", host.set_carrier), ("interface", host.set_link)):
        stage.note("flap", f"{what} of r1, {_FLAPS} times")
        for _ in range(_FLAPS):
            change(False)
            time.sleep(_FLAP_SECONDS)
            change(True)
            time.sleep(_FLAP_SECONDS)
        _returned(stage, stage.note("calm", f"{what} of r1"))
        change(False)
        _taken_over(stage, stage.note("down", f"{what} of r1"), state="FAULT", reason="link_down")
        change(True)
        _returned(stage, stage.note("up", f"{what} of r1"))
    finish(stage)


def address_removed(stage: Stage) -> None:
    """The MASTER's own address, the source of its adverts, is removed and restored"""
    start_pair(stage)
    host = stage.lab["r1"]
    removed_at = stage.note("remove", f"{host.address} of r1", at=host.ip(f"addr del {host.address}/24 dev eth0"))
    _taken_over(stage, removed_at, state="FAULT", reason="no_source_address")
    restored_at = stage.note("restore", f"{host.address} of r1", at=host.ip(f"addr add {host.address}/24 dev eth0"))
    _returned(stage, restored_at)
    finish(stage)


PLAYS: Final = (interface_recreated, interface_renamed, flapping, address_removed)
