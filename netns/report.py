"""What came of a run: for people, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """Something that had to be so, and how it was."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline, ``at`` seconds after all nodes were started."""

    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """``figures`` carry their unit in their name."""

    scenario: str
    daemons: Mapping[str, str]
    checks: tuple[Check, ...]
    timeline: tuple[Entry, ...]
    figures: Mapping[str, float]
    logs: Mapping[str, str]

    @property
    def passed(self) -> bool:
        return all(check.ok for check in self.checks)

    def failures(self) -> list[str]:
        return [f"{check.name}: {check.detail}" for check in self.checks if not check.ok]

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "passed": self.passed}

    def as_text(self, *, with_logs: bool = False) -> str:
        who = ", ".join(f"{node} {daemon}" for node, daemon in self.daemons.items())
        lines = [f"{self.scenario} ({who})"]
        lines += [f"  {entry.at:9.3f} s  {entry.kind:<9} {entry.text}" for entry in self.timeline]
        lines += [f"  {'ok  ' if c.ok else 'FAIL'} {c.name}{f': {c.detail}' if c.detail else ''}" for c in self.checks]
        lines += [f"  {name}: {value:.3f}" for name, value in self.figures.items()]
        if with_logs:
            lines += [f"--- log of {node}\n{text.rstrip()}" for node, text in self.logs.items()]
        lines.append(f"{self.scenario}: {'passed' if self.passed else 'FAILED'}")
        return "\n".join(lines)
