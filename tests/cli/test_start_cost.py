"""What it costs to start: CPU time of fresh processes, and what they must not load."""

import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

LIMIT = 0.120
"""Seconds of CPU for ``vrrpd --help``."""

EXAMPLE = str(Path(__file__).parents[2] / "docs" / "examples" / "vi1.toml")
HEAVY = ("asyncio", "logging", "pyroute2", "rich", "socket", "subprocess", "json", "vrrpd.config", "vrrpd.daemon")


def cpu_of(args: Sequence[str]) -> float:
    """User and system time of ``python ARGS``, its output thrown away."""
    silence = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *args], os.environ, file_actions=silence)
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_utime + usage.ru_stime


def median_cpu(*args: str) -> float:
    cpu_of(args)  # compiles what is not compiled yet
    return statistics.median(cpu_of(args) for _ in range(9))


@pytest.mark.parametrize("args", [("-m", "vrrpd", "--help"), ("-c", "import vrrpd")])
def test_start_is_cheap(args: Sequence[str]) -> None:
    bare, cost = median_cpu("-c", "pass"), median_cpu(*args)
    print(f"{' '.join(args)}: {cost * 1000:.0f} ms of CPU; a bare interpreter {bare * 1000:.0f} ms")
    assert cost < LIMIT
    assert cost < 12 * bare


def loaded(program: str) -> set[str]:
    """Modules that ``program`` has loaded at its end."""
    reading, writing = os.pipe()
    tell = f"\nimport sys, os; os.write({writing}, ' '.join(sys.modules).encode())"
    os.set_inheritable(writing, True)
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", program + tell], os.environ)
    os.close(writing)
    with os.fdopen(reading) as stream:
        modules = stream.read().split()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return set(modules)


def run_cli(*args: str) -> str:
    return (
        "import contextlib, io\n"
        "from vrrpd.cli.main import vrrpd\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    vrrpd({list(args)!r}, prog_name='vrrpd')\n"
    )


def test_help_loads_nothing_heavy() -> None:
    assert loaded(run_cli("--help")).isdisjoint(HEAVY)


def test_importing_the_package_loads_nothing() -> None:
    bare = loaded("")
    assert loaded("import vrrpd") - bare == {"vrrpd"}


@pytest.mark.parametrize("args", [("status", "--json", "--run-dir", "/nonexistent"), ("version",), ("check", EXAMPLE)])
def test_commands_load_neither_an_event_loop_nor_netlink(args: Sequence[str]) -> None:
    assert loaded(run_cli(*args)).isdisjoint(("asyncio", "pyroute2", "rich", "vrrpd.daemon", "vrrpd.linux"))


def test_the_daemon_loads_only_what_it_runs_with() -> None:
    """Each of these takes longer than 2 ms or 1 MiB; a reload, a TLS mail or a command loads what it needs."""
    daemon = "import contextlib, sys\nfrom vrrpd.cli.entry import main\n"
    daemon += f"sys.argv = ['vrrpd', '--config', {str(Path(__file__).parent)!r}]\n"  # which is no file
    unusable = "with contextlib.suppress(SystemExit): main()"
    unwanted = {"asyncio", "inspect", "subprocess", "datetime", "click", "rich", "ssl", "random", "secrets"}
    unwanted |= {"shutil", "difflib", "tomllib", "tempfile", "email"}
    assert loaded(daemon + unusable).isdisjoint(unwanted)
