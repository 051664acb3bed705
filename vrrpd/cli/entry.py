"""The program: a command line that only runs the daemon is understood here, for click takes long to load.

Whatever else is written, or written wrongly, is click's.
"""

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vrrpd.daemon.options import DaemonOptions

_NAMES: Final = ("--config", "--run-dir", "--log-level", "--log-format", "--log-to")


def main() -> None:
    gc.disable()  # what is imported and read stays; the daemon collects and goes on with it when it has started
    _import_dataclasses_without_inspect()
    program, *words = sys.argv
    from vrrpd.cli import compat

    if compat.is_meant(program, words):
        sys.exit(compat.run(program, words))
    options = None if "_VRRPD_COMPLETE" in os.environ else plain_options(words)
    if options is not None:
        sys.exit(run_daemon(options))
    from vrrpd.cli.main import vrrpd

    vrrpd(prog_name="vrrpd")


def plain_options(words: Sequence[str]) -> "DaemonOptions | None":
    """What ``words`` ask of the daemon; None when there is anything else among them."""
    given = _given(words)
    if given is None or "--config" not in given:
        return None
    from vrrpd.daemon.options import DaemonOptions
    from vrrpd.observe.logs import DESTINATIONS, FORMS, LEVELS

    options = DaemonOptions(Path(given["--config"]))
    level = given.get("--log-level", options.log_level)
    form = given.get("--log-format", options.log_format)
    destination = given.get("--log-to", options.log_to)
    if level not in LEVELS or form not in FORMS or destination not in DESTINATIONS:
        return None
    run_dir = Path(given.get("--run-dir", options.run_dir))
    return DaemonOptions(
        options.config,
        run_dir,
        level,  # type: ignore[arg-type]  # one of LEVELS
        form,  # type: ignore[arg-type]  # one of FORMS
        destination,  # type: ignore[arg-type]  # one of DESTINATIONS
    )


def _given(words: Sequence[str]) -> dict[str, str] | None:
    """The last value of each option."""
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name not in _NAMES:
            return None
        if not equals:
            value = next(rest, "")
        if not value or value.startswith("-"):
            return None
        given[name] = value
    return given


def run_daemon(options: "DaemonOptions") -> int:
    from vrrpd.daemon.main import run

    gc.freeze()  # what is loaded stays: the collection before the start need not look at it
    return run(options)


def _import_dataclasses_without_inspect() -> None:
    """Which is a MiB with all that it loads, and used for nothing here: dataclasses gets it when it asks for it."""
    if "inspect" in sys.modules or "dataclasses" in sys.modules:
        return
    sys.modules["inspect"] = stand_in = ModuleType("inspect")
    stand_in.__getattr__ = _inspect  # type: ignore[method-assign]  # of a module: PEP 562
    try:
        import dataclasses  # noqa: F401  for those who import it later
    finally:
        del sys.modules["inspect"]


def _inspect(attribute: str) -> Any:
    return getattr(importlib.import_module("inspect"), attribute)
