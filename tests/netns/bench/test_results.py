import xml.etree.ElementTree as ET
from pathlib import Path

from netns.bench.chart import svg
from netns.bench.results import Results, Row, Run, markdown


def results() -> Results:
    found = Results({"date": "2026-01-01", "machine": "2 x <CPU> & more"})
    found.runs += [
        Run("stop", "keepalived", {"outage": 600.0}),
        Run("stop", "vrrpd", {"outage": 4.0}),
        Run("stop", "keepalived", {"outage": 640.0}),
        Run("stop", "vrrpd", {"outage": 8.0}),
        Run("stop", "keepalived", {"outage": 604.0}),
        Run("stop", "vrrpd", {"outage": 6.04, "more": 1.0}),
        Run("adverts", "frr", {"CPU": 12.5}),
    ]
    found.skipped.append("stop with frr: pings cannot tell")
    return found


def test_a_row_has_the_spread_of_each_daemon_and_the_ratio_of_the_medians() -> None:
    outage, more, cpu = results().rows()
    spread = {"keepalived": (600.0, 604.0, 640.0), "vrrpd": (4.0, 6.04, 8.0)}
    assert outage == Row("stop", "outage", spread, 6.04 / 604.0)
    assert (more.spread, more.ratio) == ({"vrrpd": (1.0, 1.0, 1.0)}, None)
    assert (cpu.measure, cpu.ratio) == ("adverts", None)


def test_no_ratio_to_nothing() -> None:
    found = Results({}, runs=[Run("reload", "keepalived", {"lost": 0.0}), Run("reload", "vrrpd", {"lost": 0.0})])
    assert [row.ratio for row in found.rows()] == [None]
    assert "| lost | 0 / **0** / 0 | 0 / **0** / 0 | - |" in markdown(found, {})


def test_tables_name_the_machine_each_measure_and_what_is_missing() -> None:
    text = markdown(results(), {"stop": "asked to stop"})
    assert text.startswith("date: 2026-01-01; machine: 2 x <CPU> & more\n")
    assert "### stop: asked to stop" in text
    assert "| min / **median** / max | keepalived (n=3) | vrrpd (n=3) | frr (n=0) | vrrpd / keepalived |" in text
    assert "| outage | 600 / **604** / 640 | 4 / **6.04** / 8 | - | 0.01 |" in text
    assert text.endswith("Not measured: stop with frr: pings cannot tell\n")


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    results().save(path)
    assert Results.load(path) == results()


def test_the_chart_is_well_formed_and_has_a_bar_for_each_ratio() -> None:
    found = results()
    found.runs += [Run("slow", "keepalived", {"t": 1.0}), Run("slow", "vrrpd", {"t": 40.0})]
    drawn = ET.fromstring(svg(found))  # noqa: S314  # our own text
    width = int(drawn.attrib["width"])
    bars = [element for element in drawn.iter("{http://www.w3.org/2000/svg}rect") if element.attrib["fill"] != "white"]
    assert len(bars) == 2
    assert all(int(bar.attrib["x"]) + int(bar.attrib["width"]) < width for bar in bars)
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "slow: t" in texts
    assert "40.00" in texts
