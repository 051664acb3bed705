"""Two rows of the failover table, played once with everything real."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from netns.kms.__main__ import main
from netns.kms.record import load
from netns.kms.site import missing

pytestmark = pytest.mark.netns


@pytest.mark.skipif(missing() is not None, reason=f"needs {missing()}")
def test_rows_are_played_and_kept_with_a_report(tmp_path: Path) -> None:
    rows = ("haproxy-dies", "rolling-upgrade")
    options = [word for row in rows for word in ("--only", row)]
    done = CliRunner().invoke(main, [*options, "--runs", "1", "--sites", "1", "--report", str(tmp_path)])
    record = load(tmp_path / "record.json")
    assert [row.name for row in record.rows] == [*rows, "keys-kept"], done.output
    assert all(len(row.runs) == 1 for row in record.rows), done.output
    # How long it took depends on what else the machine does; whether it came about does not.
    assert not [failure for row in record.rows for failure in row.failures if "expected at most" not in failure]
    assert record.keys.acknowledged == record.keys.read_back > 0
    assert {"fault", "repair", "holder"} <= {item.kind for item in record.happenings}
    assert (tmp_path / "report.html").stat().st_size > 1000
