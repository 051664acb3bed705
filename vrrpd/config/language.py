"""Which language a configuration is written in: keepalived's own or TOML."""

import re
from pathlib import PurePath
from typing import Final

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.keepalived.complaints import Verdict
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.model import Config

_TOML_LINE: Final = re.compile(rb"\s*(?:\[\[?\s*[\w\"'-][\w.\"' -]*\]\]?\s*(?:#.*)?|[A-Za-z_][\w.-]*\s*=.*)")
_LOOKED_AT: Final = 200
"""Lines that are looked at for a sign of TOML."""


def is_keepalived(content: bytes, file: str) -> bool:
    """By the extension .toml or .conf, else by the first line that means something."""
    suffix = PurePath(file).suffix.lower()
    if suffix in {".toml", ".conf"}:
        return suffix == ".conf" and not _begins_as_toml(content)
    return not _begins_as_toml(content)


def _begins_as_toml(content: bytes) -> bool:
    for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n", _LOOKED_AT)[:_LOOKED_AT]:
        stripped = line.strip()
        if stripped and not stripped.startswith(b"#"):
            return _TOML_LINE.fullmatch(stripped) is not None
    return False


def read_any(
    content: bytes, file: str, context: ReadContext
) -> tuple[Config | None, tuple[Diagnostic, ...], Verdict | None]:  # fmt: skip
    """Read a configuration in either language; the verdict is keepalived's, None for TOML. Never raises."""
    # Each reader is loaded when a file in its language is read.
    if is_keepalived(content, file):
        from vrrpd.config.keepalived.load import read_keepalived

        return read_keepalived(content.decode("utf-8-sig", errors="replace"), file, context)
    from vrrpd.config.load import read_config_bytes

    return *read_config_bytes(content, file), None
