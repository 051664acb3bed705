"""What is to be said about a configuration that runs, in the log."""

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Severity

log = logging.getLogger("vrrpd")

NOTES: Final = 3
"""Notes of one kind that are logged: hundreds of instances are often alike."""


def log_findings(diagnostics: Iterable[Diagnostic]) -> None:
    """Warnings all, notes as far as they say something new. Errors are another's business."""
    notes = Counter[str]()
    for item in diagnostics:
        if item.severity is Severity.WARNING:
            log.warning("%s", item)
        elif item.severity is Severity.NOTE:
            notes[item.code] += 1
            if notes[item.code] <= NOTES:
                log.info("%s", item)
    more = sum(count - NOTES for count in notes.values() if count > NOTES)
    if more:
        log.info("%d more note%s of these kinds: vrrpd check shows all", more, "s" if more > 1 else "")
