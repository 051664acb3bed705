"""``python -m netns.kms.comparison A.json B.json``: two records of the lab side by side, as the documentation has them.

A record of chaos has a table of its own, and no part in what is side by side.

With ``--docs`` it writes what docs/ has: the tables of comparison.md, the picture of a failover, and the records
without what these do not need, so that anybody can make them again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from netns.kms.record import Record, Row, load, save
from netns.kms.report.failover import BEFORE, Failover, of_all, picture
from netns.kms.report.figures import NOTHING, measured, number, sentence_of
from netns.peers.base import replace_file

DOCUMENT: Final = "comparison.md"
PICTURE: Final = "kms/failover.svg"
RECORDS: Final = "kms"
REACH: Final = 5.0
"""Seconds before the picture from which something may reach into it, such as a gap."""
_PLACE: Final = re.compile(r" --report[ =]\S+| --plain\b")
MARKER: Final = "<!-- What follows is written by python -m netns.kms.comparison; change it there. -->"


def thinned(records: Sequence[Record]) -> list[Record]:
    """Without all happenings that the picture does not show, and without the place of the report."""
    records = [replace(record, command=_command(record)) for record in records]
    shown = {id(one.record): _thin(one) for one in of_all(_tables(records))}
    return [shown.get(id(record), replace(record, happenings=())) for record in records]


def _tables(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.chaos is None]


def _order(record: Record) -> tuple[bool, bool]:
    """The order of the document, whatever that of the command line: our own daemon first, chaos last."""
    return record.chaos is not None, record.daemon != "vrrpd"


def name_of(record: Record) -> str:
    """Of its file among those that are kept."""
    return f"{record.daemon}.json" if record.chaos is None else f"{record.daemon}-chaos.json"


def _thin(one: Failover) -> Record:
    start, end, site = one.fault.at - BEFORE - REACH, one.run.ended, one.run.site
    kept = tuple(
        seen
        for seen in one.record.happenings
        if seen.site == site and seen.at <= end and (seen.at >= start or seen.kind == "holder")
    )
    return replace(one.record, happenings=kept)


def markdown(records: Sequence[Record]) -> str:
    parts = [part for record in records for part in _section(record)]
    tables = _tables(records)
    if len(tables) > 1:
        parts += ["## Side by side\n", "All figures: min / **median** / max.\n", _side_by_side(tables)]
    return "\n".join(parts)


def _section(record: Record) -> Iterator[str]:
    chaos = "" if record.chaos is None else ", random faults"
    yield f"## {_text(record.daemon)}{chaos}\n"
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    yield f"`{_command(record).replace('`', ' ')}`, {_text(record.began)}, {record.seconds / 60:.1f} minutes.\n"
    yield f"{_text(record.machine)}; {_text(versions)}.\n"
    yield _table(
        ["Event", "Expected", "Measured: min / **median** / max", "Runs", "As expected"],
        ([row.event, row.expected, _measured(row), str(len(row.runs)), _verdict(row)] for row in record.rows),
    )
    yield sentence_of(record.keys) + f" {record.keys.requests} KMIP requests, {record.keys.errors} of them failed.\n"


def _command(record: Record) -> str:
    return _PLACE.sub("", record.command)


def _measured(row: Row) -> str:
    bound = "" if row.bound is None else f" (at most {number(row.bound)})"
    return measured(row, strong="**") + bound


def _verdict(row: Row) -> str:
    """What a failure says first, for a table has no room for all."""
    if not row.runs:
        return "not played"
    bad = [run for run in row.runs if run.failures]
    return "yes" if not bad else f"**no**, in {len(bad)} of {len(row.runs)}: {bad[0].failures[0]}"


def _side_by_side(records: Sequence[Record]) -> str:
    heads = ["Event", "Figure", *(record.daemon for record in records)]
    return _table(heads, (line for name in _names(records) for line in _figures(records, name)))


def _names(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(row.name for record in records for row in record.rows))


def _by_name(records: Sequence[Record], name: str) -> list[Row | None]:
    return [next((row for row in record.rows if row.name == name), None) for record in records]


def _figures(records: Sequence[Record], name: str) -> Iterator[list[str]]:
    rows = _by_name(records, name)
    event = next(row.event for row in rows if row is not None)
    figures = dict.fromkeys(figure for row in rows if row for run in row.runs for figure in run.figures)
    for figure in figures:
        yield [event, figure, *(_spread(row, figure) for row in rows)]
        event = ""


def _spread(row: Row | None, figure: str) -> str:
    spread = None if row is None else row.spread(figure)
    if spread is None:
        return NOTHING
    low, median, high = map(number, spread)
    return f"{low} / **{median}** / {high}"


def _table(heads: Sequence[str], lines: Iterator[list[str]]) -> str:
    written = ["| " + " | ".join(map(_text, cells)) + " |" for cells in lines]
    return "\n".join(["| " + " | ".join(map(_text, heads)) + " |", "|" + "---|" * len(heads), *written, ""])


def _text(text: str) -> str:
    """As a cell of a table in Markdown."""
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")


def into(document: str, tables: str) -> str:
    """The document with everything below its marker replaced; ValueError when it has none."""
    head, found, _ = document.partition(MARKER)
    if not found:
        raise ValueError(f"has no line: {MARKER}")
    return f"{head}{MARKER}\n\n{tables}"


def write(records: Sequence[Record], docs: Path) -> None:
    document = docs / DOCUMENT
    replace_file(document, into(document.read_text(encoding="utf-8"), markdown(records)))
    (docs / RECORDS).mkdir(exist_ok=True)
    for record in thinned(records):
        save(record, docs / RECORDS / name_of(record))
    drawn = picture(*of_all(_tables(records)))
    if drawn is not None:
        replace_file(docs / PICTURE, drawn)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("records", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--docs", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Write it into this folder."
)
def main(records: tuple[Path, ...], docs: Path | None) -> None:
    """Put RECORDS, files named record.json that the lab has written, side by side."""
    try:
        loaded = sorted((load(path) for path in records), key=_order)
        if docs is None:
            click.echo(markdown(loaded), nl=False)
        else:
            write(loaded, docs)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="python -m netns.kms.comparison")
