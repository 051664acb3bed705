"""``vrrpd status`` against a real socket: what is printed where, and the exit code."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.control.samples import sample_instance, sample_status
from vrrpd.control.commands import Access, Command, command_table
from vrrpd.control.server import ControlServer
from vrrpd.control.status import StatusResult
from vrrpd.loop import EventLoop

ESCAPE = "\x1b["


IN_A_PIPE = """\
vrrpd 0.1.0, pid 1234 (worker 1235), up 3 h 5 min, /etc/vrrpd/vi1.toml

NAME          STATE   SINCE                 PRIORITY    MASTER                          VIPS HERE  REASON
VI_1          MASTER  12:00:03 (3 min 4 s)  101 -> 103  this node                       1/1        no advert for 3.60 s
VI_LONG_NAME  BACKUP  12:00:03 (3 min 4 s)  101 -> 103  fe80::1 (200), heard 0.4 s ago  0/12       started
VI_3          FAULT   12:00:03 (3 min 4 s)  101 -> 103  -                               0/0        link down

VI_3: eth0, virtual router 51, VRRPv2, IPv4
  fault: link down: eth1
"""

AS_NOBODY = (
    "import grp, os, vrrpd.cli.commands.status, vrrpd.cli.entry\n"
    "os.setgroups([]); os.setresgid(*[65534] * 3); os.setresuid(*[65534] * 3)\n"
    "vrrpd.cli.entry.main()\n"
)
"""The program is loaded by root: another user may not reach the interpreter."""


@contextmanager
def answering(run_dir: Path, answer: Mapping[str, object]) -> Iterator[None]:
    loop = EventLoop()
    command = Command("status", Access.READ, lambda _args, _caller: answer, "Show every instance.")
    server = ControlServer(run_dir / "control.sock", command_table(command))
    server.start(loop)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def three_instances() -> StatusResult:
    master, backup, faulty = sample_instance(), sample_instance(), sample_instance()
    master["detail"] = "no advert for 3.60 s"
    backup |= {"name": "VI_LONG_NAME", "state": "BACKUP", "reason": "startup", "detail": "started"}
    backup["master"] = {"address": "fe80::1", "priority": 200, "self": False, "heard_ago": 0.4}
    backup["addresses"] = [
        {"address": f"fd00::{n}/128", "device": "eth0", "present": False, "duplicate": False} for n in range(12)
    ]
    faulty |= {"name": "VI_3", "state": "FAULT", "reason": "link_down", "detail": "", "master": None}
    faulty["addresses"] = []
    faulty["faults"] = [{"reason": "link_down", "name": "eth1"}]
    return sample_status(master, backup, faulty)


def status(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vrrpd", *args],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "TZ": "UTC"} | environment,
    )


def on_terminal(*args: str, columns: int = 120, **environment: str) -> str:
    """What a person sees on a terminal of that width."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "vrrpd", *args],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={"PATH": os.environ["PATH"], "TZ": "UTC", "TERM": "xterm", "COLUMNS": str(columns)} | environment,
    ) as process:
        os.close(slave)
        seen = bytearray()
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:
            pass  # EIO: the other side has ended
        finally:
            os.close(master)
        assert process.wait(20) in {0, 1}
    return seen.decode().replace("\r\n", "\n")


def test_the_text_in_a_pipe(tmp_path: Path) -> None:
    """Aligned, without colour, without trailing blanks, not folded however long."""
    with answering(tmp_path, three_instances()):
        done = status("status", "--run-dir", str(tmp_path))
    assert done.stdout == IN_A_PIPE
    assert done.stderr == ""
    assert done.returncode == 1


def test_all_serving_is_exit_code_0(tmp_path: Path) -> None:
    with answering(tmp_path, sample_status()):
        assert status("status", "--run-dir", str(tmp_path)).returncode == 0
        assert status("--run-dir", str(tmp_path), "status").returncode == 0


def test_json_is_the_daemons_answer(tmp_path: Path) -> None:
    answer = json.loads(json.dumps(three_instances())) | {"later": {"key": [1]}}
    with answering(tmp_path, answer):
        done = status("status", "--json", "--run-dir", str(tmp_path))
    assert json.loads(done.stdout) == answer
    assert done.returncode == 1


def test_colour_on_a_terminal_only_when_wanted(tmp_path: Path) -> None:
    args = ("status", "--run-dir", str(tmp_path))
    with answering(tmp_path, three_instances()):
        plain = status(*args).stdout
        coloured = on_terminal(*args, columns=200)
        assert ESCAPE in coloured
        assert [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()] == plain.splitlines()
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            assert on_terminal(*args, columns=200, **environment) == plain


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_a_narrow_terminal_folds_words_within_their_column(tmp_path: Path, columns: int) -> None:
    with answering(tmp_path, three_instances()):
        seen = on_terminal("status", "--run-dir", str(tmp_path), columns=columns, NO_COLOR="1")
    assert max(map(len, seen.splitlines())) <= columns
    if columns >= 80:
        assert re.search(r"^VI_1 +MASTER +12:00:03 \(3 min 4 s\) ", seen, re.MULTILINE)


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Neither rich's markup nor the terminal's own language means anything in them."""
    instance = sample_instance()
    instance["name"] = "[bold]x[/bold]:smile:\x1b[2J"
    with answering(tmp_path, sample_status(instance)):
        assert "[bold]x[/bold]:smile:?[2J  MASTER" in status("status", "--run-dir", str(tmp_path)).stdout


def test_nobody_answers(tmp_path: Path) -> None:
    done = status("status", "--run-dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"vrrpd status: no vrrpd in {tmp_path}. Is it running? If it has another run dir, name it with --run-dir.\n"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_no_permission(tmp_path: Path) -> None:
    with answering(tmp_path, sample_status()):
        for directory in (tmp_path, *tmp_path.parents):
            if directory.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself; /tmp stays as it is
                directory.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "status", "--run-dir", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert f"no permission for {tmp_path}/control.sock. Run this as root." in done.stderr


def test_an_answer_of_another_kind(tmp_path: Path) -> None:
    with answering(tmp_path, {"daemon": {}, "instances": []}):
        done = status("status", "--run-dir", str(tmp_path))
    assert done.returncode == 2
    assert "not one that this version understands: status.daemon lacks version" in done.stderr
