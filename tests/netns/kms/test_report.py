"""The report of made-up runs, taken apart again."""

import itertools
import re
import stat
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from netns.kms.record import Record, load
from netns.kms.report import PAGE, PICTURE, RECORD, write
from netns.kms.report.__main__ import main
from netns.kms.report.failover import best_failover, of_all, picture
from netns.kms.report.page import page
from netns.kms.report.strips import LETTER
from tests.netns.kms.made_up import HOSTILE, VIP, chaos, hostile, parsed, record

SVG = "{http://www.w3.org/2000/svg}"
HTML = """html head meta title style body header main section details summary h1 h2 h3 p span code ul li dl dt dd
table thead tbody tr th td figure figcaption div"""
DRAWN = "svg defs pattern rect line path g text title style"
KNOWN = {*HTML.split(), *DRAWN.split()}


def tree(made: Record) -> ET.Element:
    text = page(made)
    assert text.startswith("<!DOCTYPE html>\n")
    return parsed(text)


def bare(tag: str) -> str:
    return tag.removeprefix(SVG)


def words(root: ET.Element) -> str:
    return " ".join(" ".join(root.itertext()).split())


MADE = {
    "ordinary": record(),
    "late": record("keepalived", 3.3),
    "empty": replace(record(), rows=(), happenings=()),
    "huge": chaos(),
    "hostile": hostile(),
}


@pytest.mark.parametrize("name", MADE)
def test_the_page_stands_alone_and_runs_nothing(name: str) -> None:
    text = page(MADE[name])
    root = tree(MADE[name])
    assert {bare(one.tag) for one in root.iter()} <= KNOWN
    for one in root.iter():
        assert not [key for key in one.attrib if key.lower().startswith("on") or key in ("href", "src")]
    assert not re.search(r"(?i)<script|javascript:|@import|<!--|url\((?!#hatch\))", text)
    assert "default-src 'none'" in text.replace("&#39;", "'")


@pytest.mark.parametrize("name", MADE)
def test_nothing_is_drawn_outside_of_its_picture(name: str) -> None:
    for svg in tree(MADE[name]).iter(f"{SVG}svg"):
        width, height = map(float, svg.attrib["viewBox"].split()[2:])
        for rect in svg.iter(f"{SVG}rect"):
            x, y, wide, high = (float(rect.get(key, 0)) for key in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert x + wide <= width + 0.1
            assert y + high <= height


@pytest.mark.parametrize("name", MADE)
def test_whoever_does_not_see_it_is_told(name: str) -> None:
    root = tree(MADE[name])
    assert root.get("lang") == "en"
    for svg in root.iter(f"{SVG}svg"):
        assert svg.get("role") == "img"
        assert svg[0].tag == f"{SVG}title"
        assert svg[0].text
    for svg in root.iter("svg"):
        assert svg.get("aria-hidden") == "true"
    for one in root.iter("div"):
        assert (one.get("tabindex"), one.get("role")) == ("0", "region")
        assert one.get("aria-label")
    levels = [int(bare(one.tag)[1]) for one in root.iter() if re.fullmatch("h[1-6]", bare(one.tag))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_it_says_what_was_run_and_what_came_of_it() -> None:
    text = words(tree(record()))
    for expected in (
        "KMS lab: vrrpd",
        "2 of 2 events went as expected",
        "100 keys were acknowledged; all were read back.",
        "python -m netns kms --daemon vrrpd",
        "haproxy 2.6.12",
        "VIP on the next node, s: 0.2 / 0.22 / 0.24 (at most 2)",
        "10.0.0.100",
        "Site 2",
    ):
        assert expected in text
    assert "NOT as expected" not in text


def test_what_did_not_hold_is_said_in_words() -> None:
    text = words(tree(record("keepalived", 3.3)))
    assert "1 of 2 events went as expected" in text
    assert "✗ NOT as expected" in text
    assert "3.3 s, expected at most 2 s" in text
    assert "nobody holds the address for 3.290 s" in text


def test_a_lost_key_is_bad_news_whatever_the_table_says() -> None:
    made = record()
    text = page(replace(made, keys=replace(made.keys, read_back=99, lost=1)))
    assert "1 are lost" in text
    assert 'class="verdict failed"' in text
    assert 'class="verdict held"' in page(made)


def extent(text: ET.Element) -> tuple[float, float, float]:
    """Its height on the page, its left and its right end."""
    x, width = float(text.attrib["x"]), len(text.text or "") * LETTER
    return (
        float(text.attrib["y"]),
        x - width * (text.get("text-anchor") == "end"),
        x + width * ("text-anchor" not in text.attrib),
    )


def test_ten_minutes_of_chaos_stay_readable() -> None:
    text = page(chaos())
    assert len(text.encode()) < 1_000_000
    root = tree(chaos())
    strips = [svg for svg in root.iter(f"{SVG}svg") if svg.get("class") == "strip"]
    assert len(strips) == 11
    for svg in strips:
        labels = sorted(
            map(extent, (one for one in svg.iter(f"{SVG}text") if one.get("class", "").startswith("label")))
        )
        assert labels
        for (y, _, right), (below, left, _) in itertools.pairwise(labels):
            assert y < below or right <= left, "labels do not lie on each other"
    assert "more are in record.json" in words(root)
    assert "seed 1, 10 minutes" in words(root)


def test_texts_that_mean_harm_are_shown_as_texts() -> None:
    text = words(tree(hostile()))
    assert "<script>alert(1)</script> & \"quoted\" 'too' ]]> -->" in text
    assert "and 38 more" in text
    assert "not played" in text


def test_write_leaves_page_record_and_picture(tmp_path: Path) -> None:
    where = tmp_path / "a" / "b"
    write(record(), where)
    assert sorted(path.name for path in where.iterdir()) == sorted([PAGE, RECORD, PICTURE])
    assert load(where / RECORD) == record()
    assert stat.S_IMODE((where / PAGE).stat().st_mode) == 0o644
    write(replace(record(), happenings=()), tmp_path / "none")
    assert not (tmp_path / "none" / PICTURE).exists()


def test_a_record_with_hostile_texts_is_written_too(tmp_path: Path) -> None:
    write(hostile(), tmp_path)
    assert (tmp_path / PAGE).read_bytes().decode("utf-8").endswith("</html>\n")


def test_the_report_is_made_again_from_its_record(tmp_path: Path) -> None:
    write(record(), tmp_path / "one")
    done = CliRunner().invoke(main, [str(tmp_path / "one" / RECORD), str(tmp_path / "two")])
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'two' / PAGE}\n")
    assert (tmp_path / "two" / PAGE).read_text() == (tmp_path / "one" / PAGE).read_text()
    (tmp_path / "bad.json").write_text("{}")
    done = CliRunner().invoke(main, [str(tmp_path / "bad.json"), str(tmp_path / "two")])
    assert done.exit_code == 1
    assert "Error: not a record of the KMS lab" in done.output


def test_the_picture_is_of_the_run_in_the_middle() -> None:
    found = best_failover(record(runs=3, sites=1))
    assert found is not None
    assert (found.run.started, round(found.run.figures[VIP], 3)) == (10.0, 0.22)
    drawn = picture(found)
    assert drawn is not None
    root = parsed(drawn)
    assert "vrrpd, HAProxy on the active node dies. VIP on the next node, s: 0.22" in words(root)
    assert {one.text for one in root.iter(f"{SVG}text")} >= {"0 s", "-1 s", "3 s", "1 lb1: HAProxy killed"}
    assert len(drawn) < 40_000


def test_two_daemons_are_drawn_on_one_axis() -> None:
    both = of_all([record(), record("keepalived", 3.3)])
    drawn = picture(*both)
    assert drawn is not None
    texts = [one.text for one in parsed(drawn).iter(f"{SVG}text")]
    assert [text for text in texts if text and text.endswith(": HAProxy on the active node dies")] == [
        "vrrpd: HAProxy on the active node dies",
        "keepalived: HAProxy on the active node dies",
    ]
    assert texts.count("4 s") == 2
    assert of_all([record(), replace(record(), rows=())]) == []
    assert picture() is None


def test_what_comes_after_a_run_is_not_in_its_picture() -> None:
    """On the axis of a longer failover there would be room for it."""
    made = record()
    runs = tuple(replace(run, ended=run.started + 3) for run in made.rows[0].runs)
    short = replace(made, rows=(replace(made.rows[0], runs=runs),))
    drawn = picture(*of_all([short, record("keepalived", 3.3)]))
    assert drawn is not None
    texts = [one.text for one in parsed(drawn).iter(f"{SVG}text")]
    assert texts.count("1 lb1: HAProxy killed") == 2
    assert texts.count("2 lb1: HAProxy started") == 1


def test_hostile_texts_in_the_picture() -> None:
    made = hostile()
    seen = tuple(replace(one, what="holds", at=0.5) if one.kind == "holder" else one for one in made.happenings)
    drawn = picture(best_failover(replace(made, happenings=seen)))
    assert drawn is not None
    assert HOSTILE not in drawn
    assert {bare(one.tag) for one in parsed(drawn).iter()} <= KNOWN
