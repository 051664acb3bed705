"""What every language of configuration is advised of, in keepalived's spelling."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Severity
from vrrpd.config.model import Config
from vrrpd.config.validate import validate

_ADVICE: Final = frozenset(
    {
        "first-not-link-local",
        "label",
        "long-delay",
        "long-timeout",
        "not-a-host",
        "owner-backup",
        "polled-link",
        "shared-address",
        "source-moves",
        "source-not-link-local",
        "state-master",
        "unused-script",
        "weight-too-small",
        "weight-with-nopreempt",
        "weight-without-effect",
    }
)
"""The others are reported while the file is read, or are no matter for keepalived."""

_ASSIGNMENT: Final = re.compile(r'(\b\w+) = (?:"([^"]*)"|(\[[^\]]*\])|([\w.]+))')


def advice(config: Config) -> Iterator[Diagnostic]:
    """Nothing of it keeps keepalived, or vrrpd under its name, from running the file: there is no error among it."""
    for item in validate(config):
        if item.code in _ADVICE:
            severity = Severity.NOTE if item.severity is Severity.NOTE else Severity.WARNING
            yield replace(
                item,
                severity=severity,
                message=_spelt(item.message),
                expected=_spelt(item.expected),
                suggestion=_spelt(item.suggestion),
            )


def _spelt(text: str) -> str:
    """``priority 254`` for ``priority = 254``."""
    return _ASSIGNMENT.sub(lambda match: f"{match[1]} {match[2] or _listed(match[3]) or match[4]}", text)


def _listed(text: str | None) -> str:
    """``{ a b }`` for ``["a", "b"]``."""
    words = re.findall(r'[^\s\[\]",]+', text or "")
    return f"{{ {' '.join(words)} }}" if words else ""
