"""Why the daemon ended, as its parent is told."""

import enum
from typing import Final


class ExitCode(enum.IntEnum):
    """As keepalived's, but for 3, which it does not have; NO_CONFIG is told apart with its options only."""

    STOPPED = 0
    FAILED = 1
    CONFIG_UNUSABLE = 2
    RUN_DIR_IN_USE = 3
    PRIVILEGE_MISSING = 4
    NO_CONFIG = 6


RELIEVED: Final = 71
"""Likewise: it made room for the installed version."""
CRASHED: Final = 70
"""Only between the worker and its supervisor: a defect, and everything is as it was."""
