"""The configuration as the daemon runs it: the file, read as the command line says."""

from dataclasses import replace

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.load import read_config_bytes
from vrrpd.config.model import Config
from vrrpd.daemon.options import DaemonOptions


def read_configuration(options: DaemonOptions) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """As ``read_config_bytes``; at the start and at each reload. Raises OSError when there is no file to read."""
    config, diagnostics = read_config_bytes(options.config.read_bytes(), str(options.config))
    if config is not None and not options.manners.runs_vrrp:
        config = replace(config, vrrp_instances=(), vrrp_scripts=(), sync_groups=())
    return config, diagnostics
