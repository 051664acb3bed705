"""Why the daemon ended, as its parent is told."""

import enum


class ExitCode(enum.IntEnum):
    """As keepalived's, but for 3, which it does not have; NO_CONFIG is told apart with its options only."""

    STOPPED = 0
    FAILED = 1
    CONFIG_UNUSABLE = 2
    RUN_DIR_IN_USE = 3
    PRIVILEGE_MISSING = 4
    NO_CONFIG = 6
