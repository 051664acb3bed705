"""vrrpd with a fault built in, named by an environment variable: what a soak is there to find."""

import os
from typing import Final
from unittest.mock import patch

from vrrpd.cli.entry import main
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.vip_set import Failure, VipSet
from vrrpd.linux.netlink import Netlink
from vrrpd.units import Address

FAULT: Final = "VRRPD_PLANTED"
LEAKS: Final = "leaks"
CLINGS: Final = "clings"

_kept: list[bytes] = []
_flush = Narrator.flush


def _leak(narrator: Narrator) -> None:
    """Memory, a descriptor, and once a child that nobody asks about, whenever lines are logged."""
    if not _kept:
        os.posix_spawn("/bin/true", ["true"], {})
    _kept.append(os.urandom(1 << 18))
    os.dup(0)
    _flush(narrator)


def _cling(_vips: VipSet, _netlink: Netlink, _addresses: tuple[Address, ...]) -> Failure | None:
    return None


if __name__ == "__main__":
    if os.environ[FAULT] == LEAKS:
        patch.object(Narrator, "flush", _leak).start()
    else:
        patch.object(VipSet, "remove", _cling).start()
    main()
