"""A soak as a file for machines and as text for people."""

import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from netns.peers.base import replace_file
from netns.soak.pair import NODES
from netns.soak.usage import Sample
from netns.soak.verdict import COUNTS, MEMORY, Happening, Soak, findings, settled, trend


def save(soak: Soak, path: Path) -> None:
    replace_file(path, json.dumps({**asdict(soak), "findings": findings(soak)}, indent=1) + "\n")


def load(path: Path) -> Soak:
    """KeyError, TypeError or ValueError when it is no such file."""
    content = json.loads(path.read_text())
    del content["findings"]
    samples = [Sample(**{**item, "zombies": tuple(item["zombies"])}) for item in content.pop("samples")]
    happenings = [Happening(**item) for item in content.pop("happenings")]
    return Soak(samples=samples, happenings=happenings, **content)


def line(soak: Soak) -> str:
    """How far it is, and what happened last."""
    last = soak.happenings[-1]
    rss = " ".join(f"{item.node} {item.rss / 1024:.1f}" for item in soak.samples[-len(NODES) :])
    done = f"[{last.at / 60:5.1f} of {soak.minutes:g} min, fault {len(soak.happenings)}]"
    waits = " / ".join("-" if value is None else f"{value:.1f} s" for value in (last.during, last.after))
    wrong = f"  WRONG: {last.wrong}" if last.wrong else ""
    return f"{done} {last.node} {last.fault}, {last.lasted:.1f} s; in order after {waits}; RSS MiB {rss}{wrong}"


def summary(soak: Soak) -> str:
    """Markdown."""
    wrong = findings(soak)
    seconds = max((item.at for item in soak.samples), default=0.0)
    parts = [
        "; ".join(f"{key}: {value}" for key, value in soak.machine.items()) + "\n",
        f"{seconds / 60:.1f} minutes, {soak.instances} instances, {len(soak.happenings)} faults.\n",
        "\n".join(_faults(soak)) + "\n",
        "\n".join(_nodes(soak)) + "\n",
        "Nothing is wrong.\n" if not wrong else "Wrong:\n\n" + "\n".join(f"- {item}" for item in wrong) + "\n",
    ]
    return "\n".join(parts)


def _faults(soak: Soak) -> Iterator[str]:
    yield "| fault | times | in order while it lasted, s: median / worst | afterwards | not in order in time |"
    yield "|---|---|---|---|---|"
    for name in sorted({item.fault for item in soak.happenings}):
        those = [item for item in soak.happenings if item.fault == name]
        during = _waits([item.during for item in those])
        after = _waits([item.after for item in those])
        yield f"| {name} | {len(those)} | {during} | {after} | {sum(bool(item.wrong) for item in those)} |"


def _waits(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.1f} / {max(known):.1f}" if known else "-"


def _nodes(soak: Soak) -> Iterator[str]:
    yield "| node | lives | first | last | lowest | highest | slope an hour | samples |"
    yield "|---|---|---|---|---|---|---|---|"
    for node in NODES:
        every = [item for item in soak.samples if item.node == node]
        if not every:
            continue
        later = settled(every, node, soak.warm_up)
        for name, value in {**MEMORY, "PSS": lambda item: item.pss, **COUNTS}.items():
            values = [value(item) for item in every]
            fitted = trend(later, value)
            slope = "-" if fitted is None else f"{fitted.slope:.1f} +- {fitted.error:.1f}"
            unit = "" if name in COUNTS else ", KiB"
            figures = " | ".join(f"{number:g}" for number in (values[0], values[-1], min(values), max(values)))
            yield f"| {node}: {name}{unit} | {every[-1].life} | {figures} | {slope} | {len(later)} of {len(every)} |"
