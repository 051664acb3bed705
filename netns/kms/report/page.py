"""The report as a page: HTML that needs nothing but itself, and is well-formed XML as well."""

from collections.abc import Iterator, Sequence
from typing import Final

from netns.kms.record import Record, Row
from netns.kms.report.events import events_table
from netns.kms.report.figures import NOTHING, measured, number, sentence_of
from netns.kms.report.markup import Markup, element, joined
from netns.kms.report.plan import plan
from netns.kms.report.strips import frames, strip
from netns.kms.report.style import for_page, hatching
from netns.kms.report.timeline import Timeline, sites, timeline

MOST_EVENTS: Final = 2400
MOST_FAILURES: Final = 12
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(record: Record) -> str:
    title = f"KMS lab: {record.daemon}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        for_page(),
    )
    body = element(
        "body",
        element("svg", hatching(), class_="hidden", aria_hidden="true", focusable="false"),
        element("header", element("h1", title), *_verdict(record)),
        element("main", *_facts(record), *_table(record), *_keys(record), *_site(record), *_timelines(record)),
    )
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


def _verdict(record: Record) -> Iterator[Markup]:
    held = sum(row.passed for row in record.rows)
    text = f"{held} of {len(record.rows)} events went as expected" if record.rows else "nothing was played"
    good = record.passed and record.keys.lost == 0
    yield element("p", _sign(good), text, ". ", sentence_of(record.keys), class_=f"verdict {_class(good)}")


def _sign(good: bool) -> Markup:
    """Text, not colour alone."""
    return element("span", "✓ " if good else "✗ ", aria_hidden="true")


def _class(good: bool) -> str:
    return "held" if good else "failed"


def _facts(record: Record) -> Iterator[Markup]:
    facts = {
        "Command": element("code", record.command),
        "Began": record.began,
        "Took": f"{record.seconds / 60:.1f} minutes",
        "Machine": record.machine,
        "Versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()),
    }
    if record.chaos is not None:
        facts["Chaos"] = f"seed {record.chaos.seed}, {record.chaos.minutes:g} minutes"
    yield element("section", element("h2", "What was run"), _list(facts), aria_label="What was run")


def _list(facts: dict[str, str]) -> Markup:
    return element("dl", *(joined(element("dt", name), element("dd", value)) for name, value in facts.items()))


def _table(record: Record) -> Iterator[Markup]:
    heads = [
        element("th", "Event", scope="col", role="columnheader"),
        element("th", "Expected", scope="col", role="columnheader"),
        element("th", "Measured: min / median / max", scope="col", role="columnheader"),
        element("th", "Runs", scope="col", class_="n", role="columnheader"),
        element("th", "Result", scope="col", role="columnheader"),
    ]
    yield element(
        "section",
        element("h2", "The failover table"),
        element(
            "table",
            element("thead", element("tr", *heads, role="row"), role="rowgroup"),
            element("tbody", *map(_row, record.rows), role="rowgroup"),
            class_="stacked",
            role="table",
        ),
        element("details", element("summary", "All figures"), _figures(record.rows)),
        aria_label="The failover table",
    )


def _row(row: Row) -> Markup:
    bound = "" if row.bound is None else f" (at most {number(row.bound)})"
    failures = [element("li", text) for text in row.failures[:MOST_FAILURES]]
    if len(row.failures) > MOST_FAILURES:
        failures.append(element("li", f"and {len(row.failures) - MOST_FAILURES} more"))
    verdict = "as expected" if row.passed else "NOT as expected" if row.runs else "not played"
    return element(
        "tr",
        element("th", row.event, scope="row", role="rowheader"),
        element("td", row.expected, data_label="Expected", role="cell"),
        element("td", measured(row) + bound if row.runs else NOTHING, data_label="Measured", role="cell"),
        element("td", str(len(row.runs)), data_label="Runs", class_="n", role="cell"),
        element(
            "td",
            element("span", _sign(row.passed), verdict, class_=_class(row.passed)),
            element("ul", *failures) if failures else "",
            data_label="Result",
            role="cell",
        ),
        role="row",
    )


def _figures(rows: Sequence[Row]) -> Markup:
    heads = [element("th", text, scope="col") for text in ("Event", "Figure")]
    heads += [element("th", text, scope="col", class_="n") for text in ("Runs", "Min", "Median", "Max")]
    lines = []
    for row in rows:
        for figure in dict.fromkeys(name for run in row.runs for name in run.figures):
            spread = row.spread(figure) or ()
            count = sum(figure in run.figures for run in row.runs)
            cells = [element("td", text, class_="n") for text in (str(count), *map(number, spread))]
            lines.append(element("tr", element("th", row.name, scope="row"), element("td", figure), *cells))
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *lines))
    return _wide("All figures", table)


def _wide(label: str, *content: Markup) -> Markup:
    """A part that scrolls by itself where the screen is narrow, also by the keyboard."""
    return element("div", *content, class_="wide", tabindex="0", role="region", aria_label=label)


def _keys(record: Record) -> Iterator[Markup]:
    keys = record.keys
    counts = {
        "keys acknowledged": keys.acknowledged,
        "read back": keys.read_back,
        "lost": keys.lost,
        "KMIP requests": keys.requests,
        "of them failed": keys.errors,
    }
    items = [element("li", element("span", str(value), class_="count"), name) for name, value in counts.items()]
    yield element("section", element("h2", "Keys"), element("ul", *items, class_="counts"), aria_label="Keys")


def _site(record: Record) -> Iterator[Markup]:
    yield element(
        "section",
        element("h2", "One site"),
        element(
            "figure",
            _wide("The site, drawn", plan(record.topology)),
            element("figcaption", "TLS passes through HAProxy untouched; PyKMIP stands in for Cosmian KMS."),
            class_="plan",
        ),
        aria_label="One site",
    )


def _timelines(record: Record) -> Iterator[Markup]:
    found = sites(record)
    if not found:
        return
    yield element("h2", "Timelines")
    yield element("p", _legend())
    for site in found:
        yield _timeline(record, timeline(record, site), len(found))


def _legend() -> Markup:
    def key(name: str, *drawn: Markup) -> Markup:
        picture = element("svg", *drawn, viewBox="0 0 22 12", aria_hidden="true", focusable="false")
        return element("span", picture, name, class_="key")

    def bar(kind: str, inset: int) -> Markup:
        return element("rect", x=0, y=inset, width=22, height=12 - 2 * inset, class_=kind)

    return joined(
        key("fault", element("path", d="M7 2h8l-4 8z", class_="sign fault")),
        key("repair", element("path", d="M7 10h8l-4 -8z", class_="sign repair")),
        key("holds the virtual address", bar("holder", 1)),
        key("nobody holds it; a balancer (one above the other) sends a server nothing", bar("nobody", 3)),
        key("errors of a client (above)", bar("error", 3)),
        key("gap between its answers (below)", bar("gap", 3)),
    )


def _timeline(record: Record, drawn: Timeline, count: int) -> Markup:
    all_frames = frames(drawn)
    strips = []
    for frame in all_frames:
        faults = sum(mark.kind == "fault" and frame.start <= mark.at < frame.end for mark in drawn.marks)
        title = f"Site {drawn.site + 1}, {frame.start:g} s to {frame.end:g} s: {faults} faults"
        strips.append(strip(drawn, frame, title))
    name = f"Site {drawn.site + 1}"
    return element(
        "section",
        element("h3", name),
        element("figure", _wide(f"{name}, drawn", *strips)),
        events_table(record, drawn, MOST_EVENTS // count),
        aria_label=name,
    )
