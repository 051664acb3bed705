"""What comes of reading the configuration file."""

from dataclasses import dataclass

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.model import Config
from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.options import DaemonOptions


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the file; ``config`` None: it cannot be used. ``error``: it could not even be read."""

    config: Config | None
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str = ""


def read(options: DaemonOptions) -> Reading:
    try:
        return Reading(*read_configuration(options))
    except OSError as error:
        return Reading(None, error=f"cannot read {options.config}: {error.strerror}")
