"""Settings of the kernel that are others while the daemon runs, and what they were before."""

import logging
from collections.abc import Callable, Mapping
from errno import ENOENT
from typing import Final

from vrrpd.config.model import Config
from vrrpd.errors import LinuxError
from vrrpd.linux.sysctl import read_sysctl, write_sysctl

log = logging.getLogger("vrrpd")

REPORTS: Final = "net/ipv4/igmp_link_local_mcast_reports"
"""Whether the kernel reports groups of 224.0.0.0/24 (IGMP)."""


def settings_of(config: Config) -> Mapping[str, str]:
    """What ``promote_secondaries`` and ``disable_local_igmp`` ask for, by name below /proc/sys."""
    wanted = {REPORTS: "0"} if config.global_defs.disable_local_igmp else {}
    for instance in config.vrrp_instances:
        if instance.promote_secondaries and instance.interface:
            wanted[f"net/ipv4/conf/{instance.interface}/promote_secondaries"] = "1"
    return wanted


class KernelSettings:
    """An interface that is not there yet gets its settings when ``review`` is called after it came."""

    def __init__(
        self,
        read: Callable[[str], str] = read_sysctl,
        write: Callable[[str, str], None] = write_sysctl,
    ) -> None:
        self._read = read
        self._write = write
        self._wanted: Mapping[str, str] = {}
        self._before: dict[str, str] = {}

    @property
    def before(self) -> Mapping[str, str]:
        """What is to be restored at the end."""
        return self._before

    def recall(self, before: Mapping[str, str]) -> None:
        """A process before this one has changed these."""
        self._before.update(before)

    def want(self, settings: Mapping[str, str]) -> None:
        """These from now on; what is no longer among them is as it was."""
        for name in self._before.keys() - settings.keys():
            self._give_back(name)
        self._wanted = settings
        self.review()

    def review(self) -> None:
        for name, value in self._wanted.items():
            self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        try:
            found = self._read(name)
            if found == value:
                return
            self._write(name, value)
        except LinuxError as error:
            if error.errno != ENOENT:
                log.warning("%s", error)
            return
        self._before.setdefault(name, found)
        log.info("%s %s -> %s while vrrpd runs", name, found, value)

    def restore(self) -> None:
        self.want({})

    def _give_back(self, name: str) -> None:
        try:
            self._write(name, self._before.pop(name))
        except LinuxError as error:
            if error.errno != ENOENT:
                log.warning("%s", error)
