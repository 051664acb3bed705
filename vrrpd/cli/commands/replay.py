"""``vrrpd replay``: a journal in words, and once more through the election."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.observe.journal_codec import Happening, Header, Line, read_line
from vrrpd.plain import PlainError
from vrrpd.sim.replay import Difference, Outcome, replay
from vrrpd.sim.story import describe_all, tell

SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "Every decision would be the same today."),
            ("1", "One would not; the first is shown."),
            ("2", "There is nothing that could be replayed; the message says why."),
        ),
    ),
    Section(
        "Examples",
        (
            ("vrrpd replay /var/log/vrrpd/journal", "What happened, and why."),
            ("vrrpd replay journal.1 journal --instance VI_1", "Older file first; one instance."),
            ("vrrpd replay journal --until '2026-01-31 03:15'", "Up to that time, local time."),
        ),
    ),
)


@click.command(
    "replay", cls=DocumentedCommand, sections=SECTIONS, short_help="Tell from a journal what happened, and why."
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE..."
)
@click.option("--instance", metavar="NAME", help="Tell of this instance only; all are replayed.")
@click.option("--until", metavar="TIME", help="Stop there: local time, such as 2026-01-31T03:15:00.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def replay_command(
    ctx: click.Context, files: tuple[Path, ...], instance: str | None, until: str | None, *, as_json: bool
) -> None:
    """Tell what a journal says: who was heard, what went wrong, who became master and why.

    All recorded events are given to this version's election, and what it answers is compared with what was answered
    then. Give several files in the order of time, the oldest first.
    """
    complaints: list[str] = []
    end = None if until is None else _moment(until)
    lines = [line for path in files for line in _lines(path, complaints) if end is None or _wall(line) <= end]
    outcome = replay(_cut(line, end) for line in lines)
    complaints += [f"a part cannot be replayed: {why}" for why in outcome.refused]
    story = [
        item
        for item in tell(lines)
        if (instance is None or item.router in {"", instance}) and (end is None or item.wall <= end)
    ]
    if as_json:
        events = [{"time": item.wall, "instance": item.router or None, "text": item.text} for item in story]
        click.echo(json.dumps({"story": events, **_summary(outcome), "complaints": complaints}, indent=2))
    else:
        for item in story:
            click.echo(f"{_time(item.wall)} {item.router + ' ' if item.router else ''}{item.text}")
        for line in _verdict(outcome):
            click.echo(line)
    for complaint in complaints:
        click.echo(complaint, err=True)
    ctx.exit(1 if outcome.difference else 0 if outcome.events else 2)


def _lines(path: Path, complaints: list[str]) -> Iterator[Line]:
    with path.open("rb") as stream:
        for number, text in enumerate(stream, 1):
            try:
                yield read_line(text)
            except PlainError as error:
                complaints.append(f"{path}:{number}: {error}")
                if text.endswith(b"\n"):
                    return  # what follows a line that is not understood cannot be trusted


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise click.BadParameter(f"{text} is no time such as 2026-01-31T03:15:00", param_hint="--until") from None


def _wall(line: Line) -> float:
    return line.wall if isinstance(line, Header | Happening) else 0.0


def _cut(line: Line, end: float | None) -> Line:
    """Without the repetitions that came later."""
    if end is None or not isinstance(line, Happening) or not line.again:
        return line
    last = end - line.wall + line.at
    return Happening(
        line.number, line.at, line.wall, line.router, line.event, line.effects, [at for at in line.again if at <= last]
    )


def _time(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall).astimezone():%Y-%m-%d %H:%M:%S.%f}"[:-3] if wall else " " * 23


def _verdict(outcome: Outcome) -> Sequence[str]:
    if outcome.difference is not None:
        return _difference(outcome.difference)
    skipped = f", {outcome.skipped} could not be" if outcome.skipped else ""
    if not outcome.events:
        return [f"nothing was replayed{skipped}"]
    return [f"{outcome.events} events replayed{skipped}: every decision is the same"]


def _difference(found: Difference) -> list[str]:
    item = found.happening
    then = [directed.effect for directed in item.effects]
    now = [directed.effect for directed in found.replayed]
    return [
        f"FIRST DIFFERENCE at {_time(item.wall + (found.at - item.at))}, {item.router}",
        f"  then  {describe_all(item.event, then)}",
        f"  now   {describe_all(item.event, now)}",
    ]


def _summary(outcome: Outcome) -> dict[str, object]:
    found = outcome.difference
    difference = None
    if found is not None:
        item = found.happening
        difference = {
            "time": item.wall + (found.at - item.at),
            "instance": item.router,
            "then": describe_all(item.event, [directed.effect for directed in item.effects]),
            "now": describe_all(item.event, [directed.effect for directed in found.replayed]),
        }
    return {"replayed": outcome.events, "skipped": outcome.skipped, "difference": difference}
