import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from netns.kms.record import Chaos, Happening, KeyCount, Record, Row, Run, Topology, from_json, load, save, to_json

TOPOLOGY = Topology(
    clients={"client": "192.168.1.201"},
    balancers={"lb1": "192.168.1.1", "lb2": "192.168.1.2"},
    nodes={"kms1": "192.168.1.11"},
    database={"database": "192.168.1.21"},
    vip="192.168.1.100",
)
GOOD = Run("haproxy-dies", 0, 1.0, 4.5, {"VIP on the next node, s": 0.25, "errors": 0.0})
BAD = Run("haproxy-dies", 1, 2.0, 9.0, {"VIP on the next node, s": 3.5}, ("3.5 s, expected at most 2 s",))


def row(*runs: Run) -> Row:
    return Row("haproxy-dies", "HAProxy dies", "within 2 s", runs, "VIP on the next node, s", 2.0)


def record() -> Record:
    return Record(
        daemon="vrrpd",
        versions={"haproxy": "2.6.12"},
        machine="2 x CPU",
        command="python -m netns kms",
        began="2026-01-01T00:00:00Z",
        seconds=12.5,
        topology=TOPOLOGY,
        rows=(row(GOOD, BAD),),
        happenings=(Happening(1.5, 1, "fault", "lb1", "HAProxy killed"),),
        keys=KeyCount(10, 9, 1, 30, 2),
        chaos=Chaos(7, 10.0),
    )


def test_a_record_comes_back_as_it_was() -> None:
    assert from_json(to_json(record())) == record()
    without = replace(record(), chaos=None, rows=(), happenings=())
    assert from_json(to_json(without)) == without


def test_a_row_passes_when_it_was_played_and_nothing_failed() -> None:
    assert row(GOOD).passed
    assert not row(GOOD, BAD).passed
    assert not row().passed
    assert row(GOOD, BAD).failures == ("3.5 s, expected at most 2 s",)
    assert replace(record(), rows=(row(GOOD),)).passed
    assert not record().passed
    assert not replace(record(), rows=()).passed


def test_a_row_has_the_spread_of_its_figures() -> None:
    assert row(GOOD, BAD).spread("VIP on the next node, s") == (0.25, 1.875, 3.5)
    assert row(GOOD, BAD).spread("errors") == (0.0, 0.0, 0.0)
    assert row(GOOD).spread("nothing, s") is None


def test_counts_of_several_sites_add_up() -> None:
    assert KeyCount(1, 2, 3, 4, 5) + KeyCount(10, 20, 30, 40, 50) == KeyCount(11, 22, 33, 44, 55)


@pytest.mark.parametrize("text", ["[]", "{}", '"x"', "{", '{"version": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


def test_another_version_is_refused() -> None:
    content = {**json.loads(to_json(record())), "version": 99}
    with pytest.raises(ValueError, match="version 99"):
        from_json(json.dumps(content))


def test_an_unknown_field_is_refused() -> None:
    content = json.loads(to_json(record()))
    content["rows"][0]["runs"][0]["more"] = 1
    with pytest.raises(ValueError, match="more"):
        from_json(json.dumps(content))


def test_a_file_is_for_owner_and_group_and_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "kms.json"
    save(record(), path)
    save(replace(record(), daemon="keepalived"), path)
    assert load(path).daemon == "keepalived"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [item.name for item in tmp_path.iterdir()] == ["kms.json"]
