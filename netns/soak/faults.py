"""What is done to a node, and how it is undone."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from netns.process import descendants
from netns.soak.pair import NODES, Pair

Act = Callable[[Pair, str, Random], object]
DELETED: Final = 4
"""Addresses removed at once; the daemon puts them back."""
HOLD: Final = 60.0
"""Seconds for which whoever was asked to hand over leaves the other one alone."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``seconds`` that it lasts, at least and at most. Meanwhile the other node has to hold everything (``away``), or
    nothing may change, or nothing is asked (``unsettled``). ``stale``: addresses that stay on the node do not count.

    ``nodes``: only these may suffer it. What ends a process keeps to r2, so that r1's grows old. ``available`` says
    whether the pair knows it.
    """

    name: str
    begin: Act
    end: Act
    seconds: tuple[float, float] = (0.0, 0.0)
    away: bool = True
    unsettled: bool = False
    stale: bool = False
    nodes: tuple[str, ...] = NODES
    available: Callable[[Pair, str], bool] = lambda _pair, _name: True


def _nothing(_pair: Pair, _name: str, _random: Random) -> None:
    """It passes by itself."""


def _pause(pair: Pair, name: str, _random: Random) -> None:
    pair.nodes[name].pause()


def _resume(pair: Pair, name: str, _random: Random) -> None:
    pair.nodes[name].resume()


def _kill(pair: Pair, name: str, _random: Random) -> None:
    pair.nodes[name].kill()


def _stop(pair: Pair, name: str, _random: Random) -> None:
    pair.nodes[name].stop()


def _start(pair: Pair, name: str, _random: Random) -> None:
    pair.start(name)


def _crash(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].crash()


def _restore(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].restore()
    pair.start(name)


def _unplug(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].set_carrier(False)


def _plug(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].set_carrier(True)


def _link_down(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].set_link(False)


def _link_up(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].set_link(True)


def _remove_interface(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].remove_interface()


def _create_interface(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].create_interface()


def _lose(pair: Pair, name: str, random: Random) -> None:
    pair.lab[name].random_loss(random.choice((10, 20, 40)), sending=True, hearing=True)


def _isolate(pair: Pair, name: str, random: Random) -> None:
    one_way = random.choice(((True, True), (True, False), (False, True)))
    pair.lab[name].isolate(sending=one_way[0], hearing=one_way[1])


def _join(pair: Pair, name: str, _random: Random) -> None:
    pair.lab[name].join()


def _reload(pair: Pair, name: str, _random: Random) -> None:
    pair.reload(name)


def _sicken(pair: Pair, name: str, _random: Random) -> None:
    pair.set_healthy(name, False)


def _heal(pair: Pair, name: str, _random: Random) -> None:
    pair.set_healthy(name, True)


def _flap(pair: Pair, name: str, random: Random) -> None:
    for _ in range(random.randint(2, 5)):
        pair.set_healthy(name, False)
        time.sleep(random.uniform(0.2, 1.5))
        pair.set_healthy(name, True)
        time.sleep(random.uniform(0.2, 1.5))


def _delete_addresses(pair: Pair, name: str, random: Random) -> None:
    held = sorted(pair.held(name))
    chosen = random.sample(held, min(DELETED, len(held)))
    pair.lab[name].ip(*(f"addr del {address}/32 dev eth0" for address in chosen))


def _switch_over(pair: Pair, name: str, random: Random) -> None:
    vrid = random.choice([vrid for vrid, address in pair.addresses.items() if pair.home[address] == name])
    if pair.ask(name, "switchover", instance=f"VI_{vrid}") is not None:
        pair.leave(pair.addresses[vrid], 2 * HOLD)


def _maintain(pair: Pair, name: str, _random: Random) -> None:
    pair.ask(name, "maintenance", on=True)


def _end_maintenance(pair: Pair, name: str, _random: Random) -> None:
    pair.ask(name, "maintenance", on=False)


def _question(pair: Pair, name: str, _random: Random) -> None:
    for _ in range(5):
        pair.ask(name, "status")


def _knows(command: str) -> Callable[[Pair, str], bool]:
    def knows(pair: Pair, name: str) -> bool:
        answer = pair.ask(name, "help") if pair.runs_vrrpd(name) else None
        return command in str(answer)

    return knows


def workers(pid: int) -> list[int]:
    """Processes below the daemon that run the same program in the same way: what a supervisor watches over."""

    def command(member: int) -> bytes:
        return Path(f"/proc/{member}/cmdline").read_bytes()

    found = []
    with suppress(OSError):
        found = [member for member in descendants(pid)[1:] if command(member) == command(pid)]
    return found


def _has_worker(pair: Pair, name: str) -> bool:
    return pair.runs_vrrpd(name) and bool(workers(pair.nodes[name].process.pid))


def _kill_worker(pair: Pair, name: str, _random: Random) -> None:
    for pid in workers(pair.nodes[name].process.pid)[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


MORTAL: Final = ("r2",)

FAULTS: Final = (
    Fault("stop for a moment", _pause, _resume, (0.05, 0.5), unsettled=True),
    Fault("stop for long", _pause, _resume, (3.0, 8.0), stale=True),
    Fault("cable", _unplug, _plug, (1.5, 4.0)),
    Fault("link down", _link_down, _link_up, (1.5, 4.0)),
    Fault("interface removed", _remove_interface, _create_interface, (1.5, 3.0)),
    Fault("loss", _lose, _join, (3.0, 6.0), unsettled=True),
    Fault("partition", _isolate, _join, (2.0, 5.0), unsettled=True),
    Fault("reload", _reload, _nothing, (0.5, 1.0), away=False),
    Fault("check fails", _sicken, _heal, (3.0, 5.0)),
    Fault("check flaps", _flap, _nothing, unsettled=True),
    Fault("addresses deleted", _delete_addresses, _nothing, away=False),
    Fault("questions", _question, _nothing, away=False),
    Fault("daemon killed", _kill, _start, (1.5, 3.0), stale=True, nodes=MORTAL),
    Fault("daemon stopped", _stop, _start, (1.5, 3.0), nodes=MORTAL),
    Fault("power failure", _crash, _restore, (1.5, 3.0), stale=True, nodes=MORTAL),
    Fault("worker killed", _kill_worker, _nothing, (0.5, 1.0), away=False, nodes=MORTAL, available=_has_worker),
    Fault("switchover", _switch_over, _nothing, (0.5, 1.0), away=False, available=_knows("switchover")),
    Fault("maintenance", _maintain, _end_maintenance, (2.0, 4.0), available=_knows("maintenance")),
)
BY_NAME: Final[Mapping[str, Fault]] = {fault.name: fault for fault in FAULTS}
