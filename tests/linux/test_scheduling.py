import ctypes
import os
import platform
import struct
import subprocess
import sys
from errno import ENOSYS
from types import SimpleNamespace

import pytest

from vrrpd.errors import LinuxError
from vrrpd.linux import scheduling

TELL = """
import ctypes, os, sys
from vrrpd.linux import scheduling
from vrrpd.linux.scheduling import shorten_slice
os.setpriority(os.PRIO_PROCESS, 0, 3)
if sys.argv[1:]:
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
shorten_slice()
shorten_slice()
_, getter = scheduling._CALLS[os.uname().machine]
buffer = ctypes.create_string_buffer(48)
assert not ctypes.CDLL(None).syscall(getter, 0, buffer, 48, 0)
print(buffer.raw.hex())
"""


def attributes(*arguments: str) -> tuple[int, ...]:
    """What the kernel says of a process of its own that has shortened its slice: struct sched_attr."""
    done = subprocess.run([sys.executable, "-c", TELL, *arguments], capture_output=True, text=True, check=True)
    return struct.unpack("=IIQiIQQQ", bytes.fromhex(done.stdout))


needs_slices = pytest.mark.skipif(
    tuple(map(int, platform.release().split(".")[:2])) < (6, 12), reason="slices can be set since Linux 6.12"
)


@needs_slices
def test_the_slice_is_short_and_nice_stays() -> None:
    _, policy, _, nice, priority, runtime, _, _ = attributes()
    assert (policy, nice, priority) == (os.SCHED_OTHER, 3, 0)
    assert runtime == round(scheduling.SHORT_SLICE * 1e9)


def test_another_policy_is_left_alone() -> None:
    _, policy, _, nice, *_ = attributes("batch")
    assert (policy, nice) == (os.SCHED_BATCH, 3)


def test_an_unknown_machine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="pdp11"))
    ctypes.set_errno(0)
    with pytest.raises(LinuxError) as refused:
        scheduling.shorten_slice()
    assert refused.value.errno == ENOSYS
    assert ctypes.get_errno() == 0
