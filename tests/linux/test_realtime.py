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
