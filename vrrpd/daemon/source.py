"""The bytes of a configuration: a file, or a pattern that stands for several (keepalived's ``-f``)."""

import glob
from pathlib import Path

LIMIT = 16 << 20
"""Bytes of a configuration file; no real one comes near it, /dev/zero does."""


def read_source(path: Path) -> bytes:
    """At most LIMIT bytes of it. Raises OSError when there is no such file, and none that the pattern means."""
    try:
        with path.open("rb") as stream:
            return stream.read(LIMIT)
    except FileNotFoundError:
        if not glob.has_magic(str(path)) or not glob.glob(str(path)):  # noqa: PTH207  an absolute pattern
            raise
    return f'include "{path}"\n'.encode()
