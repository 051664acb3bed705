"""The switch between the hosts: a bridge in a network namespace of its own."""

import os
import socket
import time
from collections.abc import Sequence
from typing import Final

from netns import kernel
from netns.commands import batch, output
from netns.kernel import LabError

NAME: Final = "br0"

_SYSCTLS: Final = (("net/ipv6/conf/all/disable_ipv6", "1"), ("net/ipv6/conf/default/disable_ipv6", "1"))


class Bridge:
    """Ports carry the names of the hosts behind them."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._network = -1
        self._control: socket.socket | None = None
        self._losses: dict[str, tuple[int, int]] = {}
        self._cuts: set[tuple[str, str]] = set()

    @property
    def network(self) -> int:
        return self._network

    def open(self) -> None:
        self._network = kernel.open_handle(f"/run/netns/{self.namespace}")
        kernel.in_namespace(self._network, kernel.write_sysctls, _SYSCTLS)
        self._control = kernel.in_namespace(self._network, socket.socket, socket.AF_INET, socket.SOCK_DGRAM)

    def build(self, ports: Sequence[tuple[str, str, str]]) -> None:
        """Make the bridge and its ports: (host, MAC of its eth0, its namespace)."""
        bridge = [f"link add {NAME} type bridge mcast_snooping 0 stp_state 0 forward_delay 0", f"link set {NAME} up"]
        batch(self.namespace, [*bridge, *_port_commands(ports)])

    def add_ports(self, ports: Sequence[tuple[str, str, str]]) -> None:
        batch(self.namespace, _port_commands(ports))

    def remove_port(self, host: str) -> None:
        batch(self.namespace, [f"link del {host}"])

    def set_port(self, host: str, *, up: bool) -> None:
        if self._control is None:
            raise LabError("the bridge is closed")
        kernel.set_interface_up(self._control, host, up)

    def drop(self, host: str, *, sending: int, hearing: int) -> int:
        """Lose a share (percent) of what a host sends and of what is sent to it; 0, 0 ends it. Returns when (ns)."""
        self._losses[host] = (sending, hearing)
        return self._filter()

    def cut(self, one: str, other: str) -> int:
        """Nothing passes between the two; everybody else reaches both. Returns when (ns)."""
        self._cuts |= {(one, other), (other, one)}
        return self._filter()

    def heal(self) -> int:
        """The end of every cut. Returns when (ns)."""
        self._cuts.clear()
        return self._filter()

    def _filter(self) -> int:
        rules = [f'iifname "{one}" oifname "{other}" drop' for one, other in sorted(self._cuts)]
        for name, (sent, heard) in self._losses.items():
            rules += _rule("iifname", name, sent) + _rule("oifname", name, heard)
        text = "table bridge lab\ndelete table bridge lab\n"
        if rules:
            text += "table bridge lab {\nchain forward { type filter hook forward priority 0; policy accept;\n"
            text += "\n".join(rules) + "\n}\n}\n"
        changed_at = time.time_ns()
        kernel.in_namespace(self._network, output, ["nft", "-f", "-"], given=text)
        return changed_at

    def close(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._network >= 0:
            os.close(self._network)
            self._network = -1


def _port_commands(ports: Sequence[tuple[str, str, str]]) -> list[str]:
    commands = []
    for host, mac, namespace in ports:
        commands.append(f"link add {host} type veth peer name eth0 address {mac} netns {namespace}")
        commands.append(f"link set {host} master {NAME} up")
    return commands


def _rule(direction: str, host: str, percent: int) -> list[str]:
    if not percent:
        return []
    chance = "" if percent >= 100 else f"numgen random mod 100 < {percent} "
    return [f'{direction} "{host}" {chance}drop']
