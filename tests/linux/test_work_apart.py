"""Work done in a copy of this process."""

import os
import select
import signal
import subprocess
import sys
import time

import pytest

from vrrpd.linux.process import Child, ExitStatus, work_apart


def ended(child: Child) -> ExitStatus:
    assert select.select([child], [], [], 20)[0]
    status = child.poll()
    assert status is not None
    child.close()
    return status


def everything(descriptor: int) -> bytes:
    received = b""
    while select.select([descriptor], [], [], 20)[0]:
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        received += chunk
    os.close(descriptor)
    return received


def test_the_result_comes_through_however_long_it_is() -> None:
    child, output = work_apart(lambda: b"x" * 1_000_000, 0)
    assert len(everything(output)) == 1_000_000
    assert ended(child).succeeded


def test_what_fails_there_fails_there() -> None:
    child, output = work_apart(lambda: b"%d" % (1 // 0), 0)
    assert everything(output) == b""
    assert ended(child).code == 1


def who() -> bytes:
    return f"{os.getpid()} {os.getpgrp()} {os.nice(0)}".encode()


def sleep() -> bytes:
    time.sleep(60)
    return b"slept"


def test_it_is_another_process_of_its_own_group_that_steps_back() -> None:
    child, output = work_apart(who, 3)
    pid, group, nice = map(int, everything(output).split())
    assert ended(child).succeeded
    assert pid == group == child.pid
    assert nice == os.nice(0) + 3


def test_a_signal_for_it_ends_it_and_is_not_heard_here() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        child, output = work_apart(sleep, 0)
        deadline = time.monotonic() + 20
        while os.getpgid(child.pid) != child.pid and time.monotonic() < deadline:
            time.sleep(0.001)
        child.signal_group(signal.SIGTERM)
        assert ended(child).signal == signal.SIGTERM
        assert everything(output) == b""
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == []


@pytest.mark.parametrize("left", [0, 1, 2])
def test_without_descriptors_left_it_is_said_and_nothing_stays_behind(left: int) -> None:
    """Three are needed: two for the pipe, one to hear of the end."""
    program = (
        "import os, resource\n"
        "from vrrpd.errors import LinuxError\n"
        "from vrrpd.linux.process import work_apart\n"
        "lowest = os.open('/dev/null', os.O_RDONLY)\n"
        "os.close(lowest)\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + {left}, lowest + {left}))\n"
        "try:\n"
        "    work_apart(lambda: b'x', 0)\n"
        "except LinuxError as error:\n"
        "    print(error)\n"
        "try:\n"
        "    os.waitpid(-1, 0)\n"
        "except ChildProcessError:\n"
        "    print('no child')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "start a copy of this process: EMFILE\nno child\n", done.stderr
