"""The examples of the documentation that are not vrrpd's own configuration."""

import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_haproxy_accepts_its_configuration() -> None:
    done = subprocess.run(
        ["haproxy", "-c", "-f", str(EXAMPLES / "haproxy.cfg")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    program = "/usr/local/sbin/vrrpd"
    text = (EXAMPLES / "vrrpd.service").read_text()
    assert f"ExecStart={program} " in text
    assert f"ExecReload={program} " in text
    unit = tmp_path / "vrrpd.service"
    unit.write_text(text.replace(program, "/bin/true"))  # the unit is judged here, not whether vrrpd is installed
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "vrrpd.service" in line]
    assert (done.returncode, complaints) == (0, [])
