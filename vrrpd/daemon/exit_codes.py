"""Why the daemon ended, as its parent is told."""

import enum


class ExitCode(enum.IntEnum):
    STOPPED = 0
    FAILED = 1
    CONFIG_UNUSABLE = 2
    RUN_DIR_IN_USE = 3
    PRIVILEGE_MISSING = 4
