"""Comparisons of tracked processes: real ones, whose starts, forks and ends the kernel tells both daemons."""

from typing import Final

from netns.comparison.departures import STOPS_AT_ONCE
from netns.comparison.files import block, instance
from netns.comparison.work import Comparison, End, Run, Start, Step, Stop, Wait

_SLEEPER: Final = "cp -f /bin/sleep {directory}/{process}; exec {directory}/{process} "
"""A program with a name of its own."""


_PATIENT: Final = block("global_defs", "process_monitor_rcv_bufs 8388608", "process_monitor_rcv_bufs_force")
"""On a busy machine keepalived misses events otherwise: it looks at those of every thread."""


def _tracker(*lines: str, name: str = "p", process: str = "{process}") -> str:
    return block(f"vrrp_track_process {name}", f"process {process}", *lines)


def _tracked(*names: str, priority: int, number: int = 1) -> str:
    """The instance VI_1, or another one that is alone on its virtual router."""
    track = block("track_process", *names).rstrip()
    return instance(track, name=f"VI_{number}", vrid=50 + number, priority=priority, vips=(f"192.168.1.{99 + number}",))


def _run(name: str, arguments: str = "600", node: str = "r2") -> Run:
    return Run(node, name, ("/bin/sh", "-c", _SLEEPER + arguments))


def _shell(name: str, body: str) -> Run:
    """A shell by that name."""
    script = f"cp -f /bin/sh {{directory}}/{{process}}; exec {{directory}}/{{process}} -c '{body}'"
    return Run("r2", name, ("/bin/sh", "-c", script))


_DEAD: Final[tuple[Step, ...]] = (Stop("r2"), Wait(1.3), Stop("r1"), Wait(1.3))

FAULT: Final = Comparison(
    name="track-process-fault",
    summary="without its process a node is FAULT; with it, it takes over; the process is killed and comes back",
    keywords=("track_process", "process", "vrrp_track_process"),
    files={"r1": instance(priority=100), "r2": _PATIENT + _tracker() + _tracked("p", priority=150)},
    work=(
        Start("r1"),
        Start("r2"),
        Wait(1.2),
        _run("one"),
        Wait(1.5),
        End("r2", "one"),
        Wait(1.2),
        _run("one"),
        Wait(1.5),
        *_DEAD,
    ),
    departures=(STOPS_AT_ONCE,),
    outside=True,
)

QUORUM: Final = Comparison(
    name="track-process-quorum",
    summary="weights and reverse: too few, enough, too many; none wanted",
    keywords=("track_process", "quorum", "quorum_max", "weight"),
    files={
        "r1": instance(priority=100),
        "r2": _PATIENT
        + _tracker("quorum 2", "quorum_max 2", "weight 20")
        + _tracker(name="q")
        + _tracker("quorum_max 0", name="none")
        + _tracked("p", priority=90)
        + _tracked("q weight 10 reverse", priority=100, number=2)
        + _tracked("q weight -10 reverse", priority=100, number=3)
        + _tracked("none", priority=100, number=4)
        + _tracked("q weight 0 reverse", priority=100, number=5),
    },
    work=(
        Start("r1"),
        Wait(1.0),
        Start("r2"),
        Wait(1.2),
        _run("one"),
        Wait(0.7),
        _run("two"),
        Wait(1.5),
        _run("three"),
        Wait(1.5),
        End("r2", "one"),
        Wait(1.5),
        End("r2", "two"),
        Wait(1.2),
        End("r2", "three"),
        Wait(1.5),
        *_DEAD,
    ),
    departures=(STOPS_AT_ONCE,),
    pipe_in_order=False,
    outside=True,
)

DELAYS: Final = Comparison(
    name="track-process-delays",
    summary="a restart within terminate_delay, an end for good, forks that become other programs and forks that stay",
    keywords=("track_process", "fork_delay", "terminate_delay", "delay"),
    files={
        "r1": instance(priority=100),
        "r2": _PATIENT
        + _tracker("terminate_delay 0.8")
        + _tracker("quorum 2", "fork_delay 0.6", name="q")
        + _tracker("quorum_max 1", "delay 0.6", name="s")
        + _tracked("p", priority=150)
        + _tracked("q", priority=100, number=2)
        + _tracked("s weight 10", priority=100, number=3),
    },
    work=(
        Start("r1"),
        Start("r2"),
        Wait(0.8),
        _run("one"),
        Wait(1.5),
        End("r2", "one"),
        Wait(0.3),
        _run("two"),
        Wait(1.5),
        End("r2", "two"),
        Wait(2.0),
        _shell("a fork that becomes sleep", "sleep 600; true"),
        Wait(1.5),
        End("r2", "a fork that becomes sleep"),
        Wait(1.5),
        _shell("a fork that stays", "mkfifo {directory}/never; (read x <{directory}/never) & wait"),
        Wait(2.0),
        End("r2", "a fork that stays"),
        Wait(2.0),
        *_DEAD,
    ),
    departures=(STOPS_AT_ONCE,),
    pipe_in_order=False,
    outside=True,
)

COMMANDS: Final = Comparison(
    name="track-process-commands",
    summary="whole command lines: the program alone, parameters exactly, in part, by their first letters",
    keywords=("track_process", "full_command", "param_match"),
    files={
        "r1": instance(priority=100),
        "r2": _PATIENT
        + _tracker("full_command", "weight 1", name="all", process="{directory}/{process}")
        + _tracker("param_match", "weight 2", name="bare", process="{directory}/{process}")
        + _tracker("weight 4", name="exact", process="{directory}/{process} 600 1")
        + _tracker("param_match partial", "weight 8", name="part", process="{directory}/{process} 600")
        + _tracker("param_match initial", "weight 16", name="first", process="{directory}/{process} 600 1")
        + _tracked("all", "bare", "exact", "part", "first", priority=150),
    },
    work=(
        Start("r2"),
        Wait(1.2),
        Start("r1"),
        Wait(0.5),
        *(
            step
            for arguments in ("600", "600 1", "600 12", "600 1 2", "60", "500 1")
            for step in (_run(arguments, arguments), Wait(0.8), End("r2", arguments), Wait(0.8))
        ),
        *_DEAD,
    ),
    departures=(STOPS_AT_ONCE,),
    outside=True,
)

GROUP: Final = Comparison(
    name="track-process-group",
    summary="a sync group's process counts for every member",
    keywords=("vrrp_sync_group", "track_process"),
    files={
        name: _PATIENT
        + _tracker()
        + block("vrrp_sync_group G", block("group", "VI_1", "VI_2").rstrip(), *tracked)
        + instance(priority=priority)
        + instance(name="VI_2", vrid=52, priority=priority, vips=("192.168.1.101",))
        for name, priority, tracked in (
            ("r1", 100, ()),
            ("r2", 150, (block("track_process", "p").rstrip(),)),
        )
    },
    work=(
        _run("one"),
        Wait(0.3),
        Start("r2"),
        Wait(1.2),
        Start("r1"),
        Wait(0.8),
        End("r2", "one"),
        Wait(1.5),
        _run("one"),
        Wait(1.5),
        *_DEAD,
    ),
    departures=(STOPS_AT_ONCE,),
    pipe_in_order=False,
    outside=True,
)

COMPARISONS: Final = (FAULT, QUORUM, DELAYS, COMMANDS, GROUP)
