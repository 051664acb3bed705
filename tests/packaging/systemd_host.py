"""A host of the lab on which systemd is the first process, with the units that a test gives it and no others.

The root file system is the machine's, read-only; /etc is a copy, /run, /dev and /usr/local/sbin are its own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from netns.host import Host
from netns.process import Process, descendants
from tests.daemon.nodes import PATIENCE, eventually

SYSTEMD: Final = Path("/lib/systemd/systemd")
UNITS: Final = Path("/lib/systemd/system")
JOURNAL: Final = ("systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket")
TARGETS: Final = ("sysinit", "basic", "sockets", "shutdown", "network", "network-online", "multi-user")

_CGROUPS: Final = "mount -t tmpfs none /mnt && mkdir /mnt/cgroup && mount -t cgroup2 none /mnt/cgroup"
_BOOT: Final = f"""
set -e
if [ "$3" != inside ]; then
    mount --make-rprivate /
    {_CGROUPS} || {{ echo "no cgroup2 can be mounted"; exit 1; }}
    mkdir "/mnt/cgroup/$2"
    echo 0 >"/mnt/cgroup/$2/cgroup.procs"
    exec unshare -C sh "$0" "$1" "$2" inside
fi
umount /mnt/cgroup
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
mkdir /mnt/dev
cp -a /etc /mnt/etc
rm -rf /mnt/etc/systemd/system
cp -a "$1/etc/." /mnt/etc/
cp -a "$1/sbin" /mnt/sbin
for each in null zero full random urandom tty; do
    : >"/mnt/dev/$each"
    mount --bind "/dev/$each" "/mnt/dev/$each"
done
ln -s /proc/self/fd /mnt/dev/fd
ln -s /run/systemd/journal/dev-log /mnt/dev/log
mount --bind /mnt/etc /etc
mount --bind /mnt/sbin /usr/local/sbin
mount --rbind /mnt/dev /dev
mount -t tmpfs -o mode=755 none /run
mkdir /run/systemd
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -o remount,bind,ro /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=lab \\
    SYSTEMD_UNIT_PATH=/etc/systemd/system {SYSTEMD} --system --unit=multi-user.target --show-status=0
"""


def missing() -> str | None:
    """Why there can be no such host here; None: there can."""
    if not SYSTEMD.exists():
        return f"{SYSTEMD} (Debian package systemd) is not installed"
    if "\tcgroup2\n" not in Path("/proc/filesystems").read_text():
        return "this kernel has no cgroup2, in which systemd keeps its services"
    return None


class SystemdHost:
    """``files`` are laid over /etc; ``self.sbin`` is /usr/local/sbin, where ``vrrpd`` is."""

    def __init__(self, host: Host, files: Mapping[str, str]) -> None:
        self.host = host
        self._root = host.directory / "systemd"
        self._cgroup = f"vrrpd-{os.getpid()}-{host.namespace}"
        self._process: Process | None = None
        self._pid = 0
        self._lay_out(files)

    def _lay_out(self, files: Mapping[str, str]) -> None:
        units = {f"systemd/system/{name}": (UNITS / name).read_text() for name in JOURNAL}
        units |= {
            f"systemd/system/{name}.target": f"[Unit]\nDescription={name}\nDefaultDependencies=no\n" for name in TARGETS
        }
        for name, text in {**units, **files}.items():
            path = self._root / "etc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        sbin = self._root / "sbin"
        sbin.mkdir()
        program = Path(sys.executable).with_name("vrrpd")
        for name in ("vrrpd", "keepalived"):
            (sbin / name).symlink_to(program)

    def boot(self) -> None:
        script = self._root / "boot"
        script.write_text(_BOOT)
        argv = ["unshare", "-pfmu", "--kill-child", "sh", str(script), str(self._root), self._cgroup]
        self._process = self.host.spawn(argv, log="systemd.log")
        eventually(self._has_booted, "systemd as the first process")
        self.systemctl("start", "systemd-journald.service")

    def _has_booted(self) -> bool:
        assert self._process is not None
        if not self._process.running:
            pytest.skip(f"systemd does not start here: {self._process.log().strip()}")
        family = descendants(self._process.pid)
        if len(family) < 2:
            return False
        self._pid = family[1]
        return self.call("systemctl", "is-active", "multi-user.target").stdout == "active\n"

    def call(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """A program on this host."""
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        inside = ["nsenter", "-a", "-t", str(self._pid), "env", "-i", f"PATH={path}", *argv]
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=60, cwd="/")

    def systemctl(self, *words: str) -> None:
        """Fails with the journal when systemctl does."""
        done = self.call("systemctl", *words)
        assert done.returncode == 0, done.stderr + self.journal()

    def show(self, unit: str, *names: str) -> dict[str, str]:
        shown = self.call("systemctl", "show", unit, *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in shown.stdout.splitlines())

    def state(self, unit: str) -> str:
        return self.show(unit, "ActiveState")["ActiveState"]

    def main_pid(self, unit: str) -> str:
        """In the host's own numbers."""
        return self.show(unit, "MainPID")["MainPID"]

    def write(self, path: str, text: str) -> None:
        """A file below /etc."""
        Path(f"/proc/{self._pid}/root/etc/{path}").write_text(text)

    def journal(self, unit: str = "") -> str:
        return self.call("journalctl", "--no-pager", "-o", "short-precise", *(["-u", unit] if unit else [])).stdout

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
        # Everything in it has ended with its PID namespace; the kernel takes a moment to count that.
        remove = f"{_CGROUPS} && find /mnt/cgroup/{self._cgroup} -depth -type d -exec rmdir {{}} +"
        give_up = time.monotonic() + PATIENCE
        while subprocess.run(["unshare", "-m", "sh", "-c", remove], capture_output=True, check=False).returncode:
            assert time.monotonic() < give_up, f"the cgroup {self._cgroup} does not go away"
            time.sleep(0.05)


@contextmanager
def systemd_on(host: Host, files: Mapping[str, str]) -> Iterator[SystemdHost]:
    """``files``: paths below /etc and what is in them."""
    system = SystemdHost(host, files)
    try:
        system.boot()
        yield system
    finally:
        system.close()
