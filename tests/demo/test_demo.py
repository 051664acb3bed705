"""The demonstration as a person runs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"│ (\d) │ (.+?) +│ (\w+) +│ +(\d+|no end) │ +(\S.*?) │ as expected │")

pytestmark = [pytest.mark.netns, pytest.mark.slow]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A mark by which every process of the demonstration can be found, whoever adopted it."""
    mark = f"{os.getpid()}-{tmp_path.name}"
    yield {**os.environ, "VRRPD_DEMO_TEST": mark}
    left = marked(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def marked(mark: str) -> list[int]:
    """The processes with this mark in their environment."""
    wanted = f"VRRPD_DEMO_TEST={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def namespaces_of(pid: int) -> list[str]:
    """The lab names its namespaces after the process that made them."""
    return [name for name in (path.name for path in Path("/run/netns").iterdir()) if re.match(rf"[a-z]+{pid}x", name)]


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "netns.demo", *arguments]
    return subprocess.Popen(
        argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize(
    ("daemon", "language"), [("vrrpd", "toml"), ("vrrpd", "keepalived"), ("keepalived", "keepalived")]
)
def test_every_event_goes_as_the_protocol_promises(environment: dict[str, str], daemon: str, language: str) -> None:
    with start(environment, "--daemon", daemon, "--config-language", language) as demo:
        assert demo.stdout is not None
        out = demo.stdout.read()
    assert demo.returncode == 0, out
    rows = ROW.findall(out)
    assert [(row[0], row[2]) for row in rows] == [("1", "lb2"), ("2", "lb1"), ("3", "lb2"), ("4", "lb1"), ("5", "lb2")]
    # A node that asks to be relieved is relieved sooner than one that crashed.
    assert int(rows[4][3]) < int(rows[2][3]), out
    assert "5 of 5 events went as the protocol promises" in out
    assert namespaces_of(demo.pid) == []


def wait_for_line(demo: subprocess.Popen[str], text: str) -> list[str]:
    assert demo.stdout is not None
    seen: list[str] = []
    for line in demo.stdout:
        seen.append(line)
        if text in line:
            return seen
    pytest.fail("".join(seen))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_nothing_is_left_behind_when_it_is_interrupted(
    environment: dict[str, str], number: signal.Signals, code: int
) -> None:
    with start(environment) as demo:
        assert demo.stdout is not None
        wait_for_line(demo, "1. kill HAProxy")
        assert namespaces_of(demo.pid) != []
        demo.send_signal(number)
        demo.stdout.read()  # not closed before it has ended
    assert demo.returncode == code
    assert namespaces_of(demo.pid) == []


def test_a_file_is_looked_for_where_the_user_is(environment: dict[str, str], tmp_path: Path) -> None:
    argv = [str(ROOT / "scripts" / "demo"), "--config", "none.toml"]
    environment = {**environment, "VRRPD_VENV": str(Path(sys.prefix))}
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"demo: cannot read {tmp_path / 'none.toml'}: No such file or directory\n"


def test_it_fails_when_the_nodes_do_not_do_as_promised(environment: dict[str, str], tmp_path: Path) -> None:
    """The demonstration of a demonstration: with a peer that never takes over it must not exit with 0."""
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import netns.demo.pair as pair\n"
        "start = pair.LoadBalancer.start_daemon\n"
        "pair.LoadBalancer.start_daemon = lambda self: self.name == 'lb1' and start(self)\n"
        "from netns.demo.__main__ import main\n"
        "main()\n"
    )
    argv = [sys.executable, str(broken)]
    environment = {**environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "event 1: lb2 should answer, nobody does\n" in done.stdout
    assert "event 3: the outage does not end, expected 2602 .. 3602 ms\n" in done.stdout
