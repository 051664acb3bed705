"""Reads the configuration in a process of its own: the options as an argument, the ``Reading`` on standard output."""

import contextlib
import os
import pickle
import sys
from typing import Final

from vrrpd import __version__
from vrrpd.daemon.reading import read

NICENESS: Final = 5


def main() -> None:
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(NICENESS)
    options = pickle.loads(bytes.fromhex(sys.argv[1]))  # noqa: S301  # the daemon's own, by argument
    sys.stdout.buffer.write(__version__.encode() + b"\n" + pickle.dumps(read(options), pickle.HIGHEST_PROTOCOL))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
