import os
import select
import subprocess
from errno import ESRCH

import pytest

from vrrpd.errors import LinuxError
from vrrpd.linux.processes import command_of, has_ended, name_of, open_process, process_ids


def gone() -> int:
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    return process.pid


def test_this_process_is_among_them() -> None:
    assert os.getpid() in process_ids()


def test_a_process_is_known_by_its_name_and_its_command_line() -> None:
    with subprocess.Popen(["/bin/sleep", "60", "0"]) as process:
        try:
            while name_of(process.pid) != b"sleep":  # it has not replaced this program yet
                continue
            assert command_of(process.pid) == b"/bin/sleep\x0060\x000\x00"
        finally:
            process.kill()


def test_one_that_is_gone_is_nothing() -> None:
    pid = gone()
    assert name_of(pid) is None
    assert command_of(pid) is None
    assert has_ended(pid)
    with pytest.raises(LinuxError) as failure:
        open_process(pid)
    assert failure.value.errno == ESRCH


def test_a_zombie_has_ended_though_it_has_its_name() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert name_of(pid) == b"true"
    assert command_of(pid) == b""
    assert has_ended(pid)
    os.waitpid(pid, 0)
    assert not has_ended(os.getpid())


def test_a_descriptor_is_readable_at_the_end() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        descriptor = open_process(process.pid)
        assert select.select([descriptor], [], [], 0)[0] == []
        process.kill()
        assert select.select([descriptor], [], [], 10)[0] == [descriptor]
        os.close(descriptor)
