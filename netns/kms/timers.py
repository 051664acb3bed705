"""What the two configuration files of the setting say about time, and what follows from it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netns.demo.promises import Node, node_of
from netns.kernel import LabError
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import read_any

SETTING: Final = Path(__file__).with_name("setting")
BALANCERS: Final = 3
MACHINE: Final = 0.25
"""Seconds that a machine with two cores and several sites on it may add."""

_SERVERS: Final = re.compile(r"^default-server\s+inter\s+(\d+)s\s+fall\s+(\d+)\s+rise\s+(\d+)\s*$", re.MULTILINE)
_PRIORITY: Final = re.compile(r"^priority\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Timers:
    """``interval`` of advertisements, ``check`` of HAProxy's process, Master_Down_Interval of each balancer in order of
    priority, HAProxy's ``inter`` between two checks of a server: all in seconds; its ``fall`` and ``rise`` in checks.
    """

    interval: float
    check: float
    master_down: tuple[float, ...]
    inter: float
    fall: int
    rise: int

    @property
    def check_and_master_down(self) -> float:
        """The longest by the protocol from HAProxy's death until the second balancer takes over."""
        return self.check + self.master_down[1]

    @property
    def server_down(self) -> float:
        return self.inter * self.fall

    @property
    def server_up(self) -> float:
        return self.inter * self.rise

    @property
    def first_is_back(self) -> float:
        """From its HAProxy's start until the first balancer has taken back: seen at the second check at the latest."""
        return 2 * self.check + self.master_down[0] + self.interval


def read(keepalived: str, haproxy: str) -> Timers:
    """From the first balancer's files. Raises LabError when they do not say it."""
    servers = _SERVERS.search(haproxy)
    if servers is None:
        raise LabError("haproxy.cfg has no line `default-server inter Ns fall N rise N`")
    nodes = [_node(_lowered(keepalived, position)) for position in range(BALANCERS)]
    first = nodes[0]
    inter, fall, rise = map(int, servers.groups())
    return Timers(first.interval, first.check_every, tuple(node.master_down for node in nodes), inter, fall, rise)


def _lowered(text: str, by: int) -> str:
    return _PRIORITY.sub(lambda found: f"priority {int(found[1]) - by}", text, count=1)


def _node(text: str) -> Node:
    config, diagnostics, _ = read_any(text.encode(), "keepalived.conf", ReadContext(directory=str(SETTING)))
    if config is None:
        raise LabError("\n".join(map(str, diagnostics)))
    return node_of(config)


def of_the_setting() -> Timers:
    keepalived, haproxy = ((SETTING / name).read_text(encoding="utf-8") for name in ("keepalived.conf", "haproxy.cfg"))
    return read(keepalived, haproxy)
