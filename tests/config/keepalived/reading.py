"""Reads texts in keepalived's language on a machine that the test describes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Location
from vrrpd.config.keepalived.complaints import Complaints, Verdict
from vrrpd.config.keepalived.context import FoundFile, ReadContext
from vrrpd.config.keepalived.load import read_keepalived
from vrrpd.config.keepalived.preprocess import Preprocessor
from vrrpd.config.model import Config, VrrpInstance

FILE: Final = "/etc/keepalived/keepalived.conf"
BODY: Final = "interface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.168.1.100\n}\n"
"""What every instance needs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    config: Config | None
    diagnostics: tuple[Diagnostic, ...]
    verdict: Verdict

    @property
    def code(self) -> int:
        return self.verdict.exit_code

    @property
    def codes(self) -> list[str]:
        """Of everything that is more than a note about what vrrpd does not do yet."""
        return [item.code for item in self.diagnostics if item.code not in {"not-supported-yet", "not-supported"}]

    @property
    def model(self) -> Config:
        assert self.config is not None, self.diagnostics
        return self.config

    @property
    def instance(self) -> VrrpInstance:
        return self.model.vrrp_instances[0]

    def find(self, code: str) -> Diagnostic:
        return next(item for item in self.diagnostics if item.code == code)


def read(text: str, context: ReadContext | None = None) -> Outcome:
    return Outcome(*read_keepalived(text, FILE, context or ReadContext()))


def instance(keywords: str, before: str = "", context: ReadContext | None = None) -> Outcome:
    """A file with one instance that has these keywords besides what it needs."""
    return read(f"{before}\nvrrp_instance VI_1 {{\n{BODY}{keywords}\n}}\n", context)


def machine(files: Mapping[str, str] | None = None, context: ReadContext | None = None) -> ReadContext:
    """``files`` by path: a pattern without directory is looked for in that of the including file; ``*`` is all."""

    def find(pattern: str, directory: str) -> tuple[FoundFile, ...]:
        wanted = pattern if pattern.startswith("/") else f"{directory}/{pattern}"
        return tuple(
            FoundFile(path, None if text == "unreadable" else text.encode(), "Permission denied")
            for path, text in (files or {}).items()
            if path == wanted or (wanted.endswith("*") and path.startswith(wanted[:-1]))
        )

    return replace(context or ReadContext(), find_files=find, directory="/etc/keepalived")


def lines(text: str, context: ReadContext | None = None) -> list[str]:
    """What is left of a text when includes, conditions and definitions are gone."""
    return [line.text for line in Preprocessor(context or ReadContext(), Complaints()).lines(text, FILE)]


def places(text: str, context: ReadContext | None = None) -> list[tuple[str, Location]]:
    """The same, with where each line stands."""
    found = Preprocessor(context or ReadContext(), Complaints()).lines(text, FILE)
    return [(line.text, line.location) for line in found]
