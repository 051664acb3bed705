"""Scheduling and memory as the kernel shows them, in processes of their own."""

import json
import os
import subprocess
import sys

import pytest

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: real-time scheduling, negative nice values")

REPORT = """
import ctypes, json, os, resource, sys
from pathlib import Path
from vrrpd.linux.realtime import *
errors = apply(Scheduling({arguments}))
{more}
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
child = os.fork()
if not child:
    os._exit(0 if os.sched_getscheduler(0) == os.SCHED_OTHER and os.getpriority(os.PRIO_PROCESS, 0) >= 0 else 1)
usual = os.waitpid(child, 0)[1] == 0
print(json.dumps({{
    "errors": [str(error) for error in errors],
    "policy": os.sched_getscheduler(0),
    "priority": os.sched_getparam(0).sched_priority,
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "cpus": sorted(os.sched_getaffinity(0)),
    "locked": int(status["VmLck"].split()[0]),
    "resident": int(status["VmRSS"].split()[0]),
    "rttime": resource.getrlimit(resource.RLIMIT_RTTIME)[0],
    "slack": int(Path("/proc/self/timerslack_ns").read_text()),
    "words": describe(),
    "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
    "name": Path("/proc/self/comm").read_text().strip(),
    "child_is_usual": usual,
}}))
"""


def report(arguments: str = "", more: str = "") -> dict[str, object]:
    program = REPORT.format(arguments=arguments, more=more)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def test_nothing_asked_nothing_changed() -> None:
    found = report()
    assert found["errors"] == []
    assert found["policy"] == os.SCHED_OTHER
    assert found["nice"] == os.getpriority(os.PRIO_PROCESS, 0)
    assert found["cpus"] == sorted(os.sched_getaffinity(0))
    assert found["locked"] == 0


@ROOT
def test_real_time_is_not_handed_down() -> None:
    found = report("rt_priority=7, rttime=500000")
    assert found["errors"] == []
    assert found["policy"] == os.SCHED_RR | os.SCHED_RESET_ON_FORK
    assert found["priority"] == 7
    assert found["rttime"] == 500000
    assert found["child_is_usual"]


@ROOT
def test_a_nice_value_is_not_handed_down() -> None:
    found = report("nice=-5")
    assert found["nice"] == -5
    assert found["child_is_usual"]


def test_one_cpu() -> None:
    cpu = min(os.sched_getaffinity(0))
    assert report(f"cpus=frozenset([{cpu}])")["cpus"] == [cpu]


@ROOT
def test_memory_stays() -> None:
    found = report("no_swap=True")
    assert found["errors"] == []
    assert isinstance(found["locked"], int)
    assert found["locked"] > 0


def test_what_the_kernel_refuses_is_told_and_the_rest_done() -> None:
    cpu = min(os.sched_getaffinity(0))
    found = report(f"rt_priority=1000, cpus=frozenset([{cpu}])")
    assert found["errors"] == ["set SCHED_RR 1000: EINVAL"]
    assert found["cpus"] == [cpu]


def test_a_name_is_cut_to_what_the_kernel_keeps() -> None:
    assert report(more='set_process_name("keepalived_vrrp_of_blue")')["name"] == "keepalived_vrrp"


def test_core_dumps() -> None:
    found = report(more="resource.setrlimit(resource.RLIMIT_CORE, (0, 4096)); allow_core_dumps()")
    assert found["core"] in {4096, -1}


@ROOT
def test_tuning_keeps_what_is_used_in_ram_and_takes_none_for_it() -> None:
    plain, tuned = report(), report("tuned=True")
    assert tuned["errors"] == []
    assert tuned["policy"] == os.SCHED_OTHER
    assert tuned["slack"] == 1
    assert isinstance(tuned["locked"], int)
    assert tuned["locked"] > 0
    assert isinstance(tuned["resident"], int)
    assert isinstance(plain["resident"], int)
    assert tuned["resident"] - plain["resident"] < 2048
    assert tuned["words"] == "nice 0, memory stays in RAM"
    assert plain["words"] == "nice 0"


@ROOT
def test_words_for_real_time_and_cpus() -> None:
    cpu = min(os.sched_getaffinity(0))
    assert report(f"rt_priority=7, cpus=frozenset([{cpu}])")["words"] == f"real time 7, CPUs {cpu}"


CHILD = """
import json, os
from pathlib import Path
from vrrpd.linux.process import spawn
from vrrpd.linux.realtime import Scheduling, apply
before = sorted(os.sched_getaffinity(0)), Path("/proc/self/timerslack_ns").read_text()
apply(Scheduling(cpus=frozenset([min(before[0])]), rt_priority={priority}, no_swap=True, tuned=True))
child = spawn(["sleep", "60"], None)
status = dict(line.split(":", 1) for line in Path(f"/proc/{{child.pid}}/status").read_text().splitlines())
there = sorted(os.sched_getaffinity(child.pid)), Path(f"/proc/{{child.pid}}/timerslack_ns").read_text()
own = sorted(os.sched_getaffinity(0)), Path("/proc/self/timerslack_ns").read_text()
print(json.dumps([before, there, own, os.sched_getscheduler(child.pid), status["VmLck"].split()[0]]))
child.signal_group(9)
"""


@ROOT
@pytest.mark.parametrize("priority", [0, 1])
def test_programs_that_it_starts_have_none_of_it(priority: int) -> None:
    program = CHILD.format(priority=priority)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, there, own, policy, locked = json.loads(done.stdout)
    assert there[0] == before[0]
    if not priority:  # the kernel hands the timers of real time down, and lets nobody change them
        assert there[1] == before[1]
        assert own[1] == "1\n"
    assert len(own[0]) == 1
    assert policy == os.SCHED_OTHER
    assert locked == "0"


SPIN = """
import os, signal, time
from vrrpd.linux.realtime import *
apply(Scheduling(rt_priority=1, rttime=100_000))
told = []
signal.signal(signal.SIGXCPU, lambda *_: (leave_real_time(), told.append(1)))
end = time.monotonic() + 30
while not told and time.monotonic() < end:
    pass
print(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, len(told))
"""


@ROOT
def test_who_spins_in_real_time_is_stopped_in_the_middle_of_it() -> None:
    done = subprocess.run([sys.executable, "-c", SPIN], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(os.SCHED_OTHER), "1"]
