"""Into the background: what the caller sees, and what the daemon has."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import json, os, sys
from pathlib import Path
from vrrpd.daemon.daemonize import detach
os.dup2(0, 9, inheritable=True)  # something that the caller forgot
caller = os.getpid()
detached = detach()
{before}
detached.report({code})
found = {{
    "pid": os.getpid(), "caller": caller, "session": os.getsid(0), "directory": os.getcwd(),
    "open": {{fd.name: os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.exists()}},
    "terminal": os.isatty(0),
}}
sys.stderr.write("nobody reads this")
sys.stderr.flush()
Path({result!r} + ".new").write_text(json.dumps(found))
os.rename({result!r} + ".new", {result!r})
"""


def run(tmp_path: Path, code: int = 0, before: str = "") -> tuple[subprocess.CompletedProcess[str], Path]:
    result = tmp_path / "result"
    program = PROGRAM.format(code=code, before=before, result=str(result))
    argv = [sys.executable, "-c", program]
    # Waits until every copy of the pipe is closed: it would hang for a daemon that keeps the caller's streams.
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False), result


def found_in(path: Path) -> dict[str, object]:
    give_up = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    value = json.loads(path.read_text())
    assert isinstance(value, dict)
    return value


def test_a_session_of_its_own_and_nothing_of_the_callers(tmp_path: Path) -> None:
    done, result = run(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = found_in(result)
    assert found["pid"] != found["caller"]
    assert found["session"] not in {found["pid"], found["caller"]}, "it leads no session"
    assert found["directory"] == "/"
    opened = found["open"]
    assert isinstance(opened, dict)
    assert {opened[number] for number in ("0", "1", "2")} == {os.devnull}
    assert not set(opened) - {"0", "1", "2", "3"}, "3 is the directory that was listed"


@pytest.mark.parametrize("code", [0, 2, 4, 6])
def test_the_caller_ends_with_the_code_that_is_reported(tmp_path: Path, code: int) -> None:
    done, result = run(tmp_path, code)
    assert done.returncode == code
    found_in(result)


def test_what_is_wrong_before_reaches_the_callers_standard_error(tmp_path: Path) -> None:
    done, _ = run(tmp_path, before="sys.stderr.write('no such interface\\n'); detached.report(2); sys.exit(2)")
    assert done.returncode == 2
    assert done.stderr == "no such interface\n"


def test_a_daemon_that_dies_before_is_a_failure(tmp_path: Path) -> None:
    done, _ = run(tmp_path, before=f"os.kill(os.getpid(), {int(signal.SIGKILL)})")
    assert done.returncode == 1


def test_a_second_report_changes_nothing(tmp_path: Path) -> None:
    done, result = run(tmp_path, before="detached.report(5)")
    assert done.returncode == 5
    found_in(result)
