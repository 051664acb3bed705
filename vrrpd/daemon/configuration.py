"""The configuration as the daemon runs it: the file, read as the command line says."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.effects import refusals
from vrrpd.config.language import read_any
from vrrpd.config.model import Config
from vrrpd.daemon.machine import machine_context
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.script_review import review_scripts
from vrrpd.daemon.source import read_source


def read_configuration(
    options: DaemonOptions, content: bytes | None = None
) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """At the start and at each reload; without the scripts that cannot or must not be run. None with what is wrong, or
    with what cannot be ignored and is not handled yet.

    ``content``: of the file, when it has been read. Raises OSError when there is no file to read.
    """
    manners = options.manners
    context = machine_context(options.config, config_id=manners.config_id, check_all_includes=manners.check_includes)
    if content is None:
        content = read_source(options.config)
    config, diagnostics, _ = read_any(content, str(options.config), context)
    if config is not None and not manners.runs_vrrp:
        config = replace(config, vrrp_instances=(), vrrp_scripts=(), sync_groups=())
    if config is None:
        return None, diagnostics
    refused = refusals(config)
    if refused:
        return None, refused
    config, remarks = review_scripts(config)
    return config, (*diagnostics, *_news(diagnostics, remarks))


def _news(said: Iterable[Diagnostic], remarks: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """What was not said while the file was read: keepalived.conf's reader names each insecure script at its place."""
    named = any(item.code == "script-insecure" for item in said)
    yield from (item for item in remarks if not (named and item.code == "script-security"))
