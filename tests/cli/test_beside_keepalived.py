"""The same command lines under keepalived itself, where it is installed, and under vrrpd in its name."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from vrrpd.cli import compat
from vrrpd.cli.keepalived_options import named

KEEPALIVED = next(
    (path for path in ("/usr/sbin/keepalived", shutil.which("keepalived") or "") if Path(path).exists()), ""
)

pytestmark = pytest.mark.skipif(not KEEPALIVED, reason="keepalived is not installed")


@pytest.mark.parametrize("name", ["STOP", "RELOAD", "DATA", "STATS", "STATS_CLEAR", "JSON", "TDUMP", "stop", ""])
def test_signum(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"--signum={name}"]
    done = subprocess.run([KEEPALIVED, *words], capture_output=True, text=True, check=False)
    code = compat.run("keepalived", words)
    out, _ = capsys.readouterr()
    assert (code, out) == (done.returncode, done.stdout)


@pytest.mark.parametrize("words", [["--bogus"], ["-z"], ["-f"], ["--pid"], ["-h"], ["--help"], ["-v"], ["--version"]])
def test_exit_code_and_stream(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run([KEEPALIVED, *words], capture_output=True, text=True, check=False)
    code = compat.run("keepalived", words)
    out, err = capsys.readouterr()
    assert (code, bool(out), bool(err)) == (done.returncode, bool(done.stdout), bool(done.stderr))


def test_every_option_of_its_help_is_understood() -> None:
    text = subprocess.run([KEEPALIVED, "--help"], capture_output=True, text=True, check=True).stderr
    listed = [line.split()[:2] for line in text.splitlines() if line.lstrip().startswith("-")]
    names = {word.strip(",").partition("=")[0].partition("[")[0] for words in listed for word in words}
    options = {name for name in names if name.startswith("-")}
    assert len(options) > 50
    assert [option for option in sorted(options) if named(option) is None] == []
