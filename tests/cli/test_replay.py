"""``vrrpd replay`` on journals made by hand."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import OURS, parameters
from vrrpd.cli.main import vrrpd
from vrrpd.core.events import DeadlineReached, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.node import Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.handover import capture
from vrrpd.observe.journal_codec import Happening, Header, write_line
from vrrpd.units import Instant

WALL = 1_000_000.0


def journal() -> bytes:
    """Two instances become MASTER after 3.6 s."""
    node = Node(VirtualRouter(name, parameters()) for name in ("VI_1", "VI_2"))
    lines = [write_line(Header("1.0", "lb1", "start", Instant(0.0), WALL, capture(node)))]
    number = 0
    scene = (PrimaryAddressChanged(OURS), LinkChanged(up=True), Startup())
    for now, event in [*((0.0, event) for event in scene), (4.0, DeadlineReached()), (5.0, DeadlineReached())]:
        for name in node.routers:
            number += 1
            effects = node.handle(name, event, Instant(now))
            lines.append(write_line(Happening(number, Instant(now), WALL + now, name, event, effects)))
    return b"".join(lines)


def written(path: Path) -> Path:
    path.write_bytes(journal())
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(vrrpd, ["replay", *map(str, arguments)])


def test_the_story_and_the_verdict(tmp_path: Path) -> None:
    result = run(written(tmp_path / "journal"))
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    stamp = f"{datetime.fromtimestamp(WALL).astimezone():%Y-%m-%d %H:%M:%S}.000"
    assert lines[0] == f"{stamp} the journal begins (start): vrrpd 1.0 on lb1"
    assert lines[-1] == "10 events replayed: every decision is the same"
    assert any(line.endswith("VI_2 BACKUP -> MASTER (master_down): no advert heard for 4.00 s") for line in lines)


def test_one_instance_up_to_a_time(tmp_path: Path) -> None:
    until = datetime.fromtimestamp(WALL + 3.5).astimezone().isoformat()
    result = run(written(tmp_path / "journal"), "--instance", "VI_1", "--until", until)
    assert result.exit_code == 0
    assert "VI_1 starts" in result.output
    assert "VI_2" not in result.output
    assert "MASTER" not in result.output
    assert "6 events replayed" in result.output


def test_json(tmp_path: Path) -> None:
    value = json.loads(run(written(tmp_path / "journal"), "--json").output)
    assert (value["replayed"], value["skipped"], value["difference"], value["complaints"]) == (10, 0, None, [])
    assert {"time": WALL, "instance": "VI_1", "text": "starts"} in value["story"]


def test_a_difference_ends_with_1(tmp_path: Path) -> None:
    path = written(tmp_path / "journal")
    path.write_text(
        path.read_text().replace('{"SendAdvertisement":{"priority":100}}', '{"SendAdvertisement":{"priority":99}}', 1)
    )
    result = run(path)
    assert result.exit_code == 1
    assert "FIRST DIFFERENCE" in result.output
    assert "  then  a timer runs out: sends priority 99, " in result.output
    assert "  now   a timer runs out: sends priority 100, " in result.output


def test_several_files_are_one_journal(tmp_path: Path) -> None:
    result = run(written(tmp_path / "a"), written(tmp_path / "b"))
    assert "20 events replayed" in result.output


def test_without_a_header_there_is_nothing_to_replay(tmp_path: Path) -> None:
    path = written(tmp_path / "journal")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    result = run(path)
    assert result.exit_code == 2
    assert "nothing was replayed, 10 could not be" in result.output
    assert "BACKUP -> MASTER" in result.output


def test_a_line_that_was_cut_short_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "journal")
    path.write_bytes(path.read_bytes()[:-10])
    result = run(path)
    assert result.exit_code == 0
    assert f"{path}:11: no JSON" in result.stderr
    assert "9 events replayed" in result.output


def test_behind_a_damaged_line_nothing_is_believed(tmp_path: Path) -> None:
    path = written(tmp_path / "journal")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"rubbish\n", *lines[3:]]))
    result = run(path)
    assert "2 events replayed" in result.output
    assert f"{path}:4: no JSON" in result.stderr


def test_what_no_version_wrote_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "journal")
    path.write_text(path.read_text().replace('"state":{"version":1', '"state":{"version":7', 1))
    result = run(path)
    assert result.exit_code == 2
    assert "version 7 of the state is not known here" in result.stderr
    assert run(path, "--until", "yesterday").exit_code == 2
    assert run(tmp_path / "missing").exit_code == 2


JOURNAL = journal()


@given(st.lists(st.tuples(st.integers(0, len(JOURNAL) - 1), st.binary(min_size=1, max_size=3)), min_size=1, max_size=4))
def test_a_damaged_journal_is_met_with_words(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    damaged = bytearray(JOURNAL)
    for place, data in damages:
        damaged[place : place + len(data)] = data
    path.write_bytes(damaged)
    result = run(path)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
