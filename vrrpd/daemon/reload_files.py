"""The files that a reload leaves for others to see."""

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger("vrrpd.reload")

FILE_MODE: Final = 0o640
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def write_verdict(path: str | None, lines: Iterable[str]) -> None:
    """reload_check_config: what was found in the configuration goes to that file too, which is emptied first."""
    _write("reload_check_config", path, "".join(f"{line}\n" for line in lines))


def touch(path: str | None) -> None:
    """reload_file: it exists while the configuration is read."""
    _write("reload_file", path, "")


def remove(path: str | None) -> None:
    if path:
        with suppress(OSError):
            Path(path).unlink()


def _write(keyword: str, path: str | None, text: str) -> None:
    """Never through a symbolic link, never waiting for the reader of a pipe; a failure is logged."""
    if not path:
        return
    try:
        descriptor = os.open(path, _FLAGS, FILE_MODE)
        try:
            os.write(descriptor, text.encode(errors="backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError as error:
        log.warning("cannot write %s %s: %s", keyword, path, error.strerror)
