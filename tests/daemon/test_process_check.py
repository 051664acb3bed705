"""What commands ask of processes; where it can be, the programs themselves say whether that is so."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from vrrpd.daemon.process_check import ProcessCheck, process_check
from vrrpd.linux.processes import name_of

HAPROXY = ProcessCheck((b"haproxy",))
ANY = ProcessCheck((b"haproxy",), every=False)
WITHIN = ProcessCheck((b"haproxy",), exact=False)


@pytest.mark.parametrize(
    ("command", "check"),
    [
        ("killall -0 haproxy", HAPROXY),
        ("/usr/bin/killall -0 haproxy", HAPROXY),
        ("killall -q -0 /usr/sbin/haproxy", HAPROXY),
        ("killall -s 0 -e haproxy", HAPROXY),
        ("killall --signal 0 --quiet haproxy", HAPROXY),
        ("killall --signal=0 -qe -- haproxy", HAPROXY),
        ("killall -0 haproxy keepalived", ProcessCheck((b"haproxy", b"keepalived"))),
        ("killall -0 python3.11", ProcessCheck((b"python3.11",))),
        ("killall -0 a-name-that-is-too-long", ProcessCheck((b"a-name-that-is-",))),
        ("pidof haproxy", ANY),
        ("/sbin/pidof -s -q -x /usr/sbin/haproxy", ANY),
        ("pidof -sx haproxy nginx", ProcessCheck((b"haproxy", b"nginx"), every=False)),
        ("pgrep haproxy", WITHIN),
        ("pgrep -c haproxy", WITHIN),
        ("pgrep -x haproxy", HAPROXY),
        ("pgrep --exact --count haproxy", HAPROXY),
        ("pgrep ^haproxy$", HAPROXY),
        ("/usr/bin/pkill -0 -x haproxy", HAPROXY),
        ("pkill -x --signal 0 haproxy", HAPROXY),
    ],
)
def test_what_is_plain_is_read(command: str, check: ProcessCheck) -> None:
    assert process_check(command.split()) == check


@pytest.mark.parametrize(
    "command",
    [
        "killall haproxy",
        "killall -9 haproxy",
        "killall -s TERM haproxy",
        "killall -0",
        "killall -0 -u haproxy haproxy",
        "killall -0 -r hapr.*",
        "killall -I -0 haproxy",
        "killall -0 -o 5m haproxy",
        "killall -0 haproxy -u root",
        "killall -0 haproxy >/dev/null",
        "killall -0 /",
        "pidof",
        "pidof -o 1 haproxy",
        "pidof -c haproxy",
        "pgrep",
        "pgrep -f /usr/sbin/haproxy",
        "pgrep -u haproxy haproxy",
        "pgrep -v haproxy",
        "pgrep -i HAProxy",
        "pgrep haproxy|nginx",
        "pgrep ha.roxy",
        "pgrep haproxy nginx",
        "pgrep -x a-name-that-is-too-long",
        "pkill haproxy",
        "pkill -x haproxy",
        "pkill -TERM haproxy",
        "sh -c killall",
        "/etc/vrrpd/check.sh",
        "systemctl is-active haproxy",
        "</run/haproxy.pid",
    ],
)
def test_what_is_not_is_left_to_the_script(command: str) -> None:
    assert process_check(command.split()) is None


def test_every_one_or_any_of_them() -> None:
    both = ProcessCheck((b"a", b"b"))
    either = ProcessCheck((b"a", b"b"), every=False)
    assert [both.met_by(running) for running in ({b"a", b"b"}, {b"a"}, ())] == [True, False, False]
    assert [either.met_by(running) for running in ({b"a", b"b"}, {b"b"}, ())] == [True, True, False]
    assert (str(both), str(either)) == ("a and b", "a or b")


def test_names_are_whole_or_parts() -> None:
    assert HAPROXY.asks_for(b"haproxy") == {b"haproxy"}
    assert not HAPROXY.asks_for(b"haproxy-wi")
    assert WITHIN.asks_for(b"my-haproxy") == {b"haproxy"}
    assert not WITHIN.asks_for(b"hapr")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[str]:
    """The path of a program whose name is its own and longer than the kernel keeps."""
    path = tmp_path / f"prog{os.getpid()}-with-a-long-name"
    shutil.copy("/bin/sleep", path)
    process = subprocess.Popen([path, "600"])
    while name_of(process.pid) != path.name.encode()[:15]:
        continue
    yield str(path)
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    "command",
    [
        "killall -0 NAME",
        "killall -q -s 0 NAME",
        "killall --signal=0 -qe -- PATH",
        "killall -0 NAME no-such-program",
        "pidof NAME",
        "pidof -sx no-such-program PATH",
        "pgrep -c KEPT",
        "pgrep -lx KEPT",
        "pgrep -x KEP",
        "pgrep KEP",
        "pgrep ^KEPT$",
        "pkill -0 -x KEPT",
        "pkill --signal 0 KEP",
    ],
)
def test_the_programs_agree(running: str, command: str) -> None:
    name = Path(running).name
    words = {"NAME": name, "PATH": running, "KEPT": name[:15], "KEP": name[:14], "^KEPT$": f"^{name[:15]}$"}
    argv = [words.get(word, word) for word in command.split()]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]}")
    check = process_check(argv)
    assert check is not None
    kept = name.encode()[:15]
    said = subprocess.run(argv, capture_output=True, check=False).returncode == 0
    assert check.met_by(check.asks_for(kept)) is said
