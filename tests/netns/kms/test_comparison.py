from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from netns.kms.comparison import DOCUMENT, MARKER, PICTURE, into, main, markdown, thinned
from netns.kms.record import Record, load, save, to_json
from netns.kms.report.failover import of_all, picture
from tests.netns.kms.made_up import chaos, hostile, parsed, record

BOTH = [record("vrrpd", 0.2), record("keepalived", 3.3)]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_both_tables_and_all_figures() -> None:
    text = markdown(BOTH)
    assert text.count("\n| Event | Expected |") == 2
    assert "`python -m netns kms --daemon keepalived`, 2026-01-01T00:00:00Z, 0.7 minutes." in text
    assert (
        "| HAProxy on the active node dies | within 2 s | VIP on the next node, s: 0.2 / **0.22** / 0.24 (at most 2) "
        "| 6 | yes |\n" in text
    )
    assert "| **no**, in 6 of 6: 3.3 s, expected at most 2 s |\n" in text
    side = text.partition("## Side by side")[2]
    assert "| VIP on the next node, s | 0.2 / **0.22** / 0.24 | 3.3 / **3.63** / 3.96 |\n" in side
    assert "|  | KMIP errors | 2 / **2** / 2 | 2 / **2** / 2 |\n" in side


def test_a_row_that_one_of_them_lacks_is_a_dash() -> None:
    text = markdown([BOTH[0], replace(BOTH[1], rows=BOTH[1].rows[1:])]).partition("## Side by side")[2]
    assert "| VIP on the next node, s | 0.2 / **0.22** / 0.24 | - |\n" in text


def test_texts_that_mean_harm_stay_in_their_cells() -> None:
    lines = [line for line in markdown([hostile(), hostile()]).splitlines() if line.startswith("| ")]
    assert {len(cells(line.replace("\\|", ""))) for line in lines} == {5, 4}
    assert "<" not in "".join(lines)


def docs(directory: Path) -> Path:
    (directory / DOCUMENT).write_text(f"# Heading\n\n{MARKER}\n\nold tables\n")
    return directory


def records(directory: Path) -> list[str]:
    for made in BOTH:
        save(made, directory / f"{made.daemon}-whole.json")
    return [str(directory / f"{made.daemon}-whole.json") for made in BOTH]


def test_the_command_prints_or_writes_into_the_documentation(tmp_path: Path) -> None:
    paths = records(tmp_path)
    for given in (paths, paths[::-1]):
        done = CliRunner().invoke(main, given)
        assert (done.exit_code, done.output) == (0, markdown(BOTH))
    done = CliRunner().invoke(main, [*paths, "--docs", str(docs(tmp_path))])
    assert (done.exit_code, done.output) == (0, "")
    assert (tmp_path / DOCUMENT).read_text() == f"# Heading\n\n{MARKER}\n\n{markdown(BOTH)}"
    parsed((tmp_path / PICTURE).read_text())


def test_what_is_kept_makes_the_same_again(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, [*records(tmp_path), "--docs", str(docs(tmp_path))]).exit_code == 0
    kept = [load(tmp_path / "kms" / f"{made.daemon}.json") for made in BOTH]
    assert markdown(kept) == markdown(BOTH)
    assert picture(*of_all(kept)) == picture(*of_all(BOTH))
    assert sum(len(one.happenings) for one in kept) < sum(len(one.happenings) for one in BOTH) / 3
    assert [to_json(one) for one in thinned(kept)] == [to_json(one) for one in kept]


def test_where_a_report_was_written_is_nobodys_business() -> None:
    made = replace(BOTH[0], command="python -m netns kms --report /home/me/x --runs 5 --plain")
    assert "`python -m netns kms --runs 5`, " in markdown([made])
    assert "/home" not in to_json(thinned([made])[0])


def test_chaos_has_a_table_and_a_file_but_no_column(tmp_path: Path) -> None:
    wild = chaos(minutes=1)
    assert "## Side by side" not in markdown([BOTH[0], wild])
    text = markdown([*BOTH, wild])
    assert "\n## vrrpd, random faults\n\n`python -m netns kms --chaos 1`, " in text
    assert text.partition("## Side by side")[2] == markdown(BOTH).partition("## Side by side")[2]
    save(wild, tmp_path / "wild.json")
    done = CliRunner().invoke(main, [*records(tmp_path), str(tmp_path / "wild.json"), "--docs", str(docs(tmp_path))])
    assert done.exit_code == 0, done.output
    assert load(tmp_path / "kms" / "vrrpd-chaos.json").happenings == ()
    assert load(tmp_path / "kms" / "vrrpd.json").happenings != ()


def test_without_a_failover_no_happening_is_kept() -> None:
    bare: Record = replace(BOTH[0], happenings=BOTH[0].happenings[:1])
    assert thinned([bare])[0].happenings == ()


def test_a_document_without_its_marker_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / DOCUMENT).write_text("# Heading\n")
    done = CliRunner().invoke(main, [*records(tmp_path), "--docs", str(tmp_path)])
    assert done.exit_code == 1
    assert "has no line" in done.output
    assert (tmp_path / DOCUMENT).read_text() == "# Heading\n"
    with pytest.raises(ValueError, match="has no line"):
        into("text", "tables")
