"""The bytes of a configuration: a file, or a pattern that stands for several (keepalived's ``-f``)."""

import glob
from pathlib import Path

from vrrpd.config.keepalived.limits import INPUT_LIMIT


def read_source(path: Path) -> bytes:
    """As much of it as tells that it is too large. Raises OSError when there is no such file, and none that the pattern
    means.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(INPUT_LIMIT + 1)
    except FileNotFoundError:
        if not glob.has_magic(str(path)) or not glob.glob(str(path)):  # noqa: PTH207  an absolute pattern
            raise
    return f'include "{path}"\n'.encode()
