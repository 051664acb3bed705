"""What a running daemon does with pipes that nobody reads, mail that nobody takes, and scripts around its run."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from netns.host import Host
from netns.lab import Lab
from tests.daemon.nodes import VIP, Node, eventually, instance_text
from tests.daemon.test_notify_as_keepalived import send_lower_adverts

pytestmark = pytest.mark.netns


def _script(directory: Path, name: str, body: str) -> str:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def _global(**values: object) -> str:
    lines = (
        f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for name, value in values.items()
    )
    return "\n".join(("[global_defs]", *lines)) + "\n"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_scripts_before_and_after_everything(lab: Lab) -> None:
    directory = lab["r1"].directory
    trace = directory / "trace"
    look = f'echo "$0 vip=$(ip addr show eth0 | grep -c {VIP}) socket=$(ls {directory}/run | grep -c sock)" >>{trace}'
    up, down = _script(directory, "up", f"sleep 0.3; {look}"), _script(directory, "down", look)
    node = Node(lab["r1"], _global(startup_script=up, shutdown_script=down) + instance_text()).start()
    assert _lines(trace) == [f"{up} vip=0 socket=0"]
    node.becomes("MASTER")
    assert node.stop() == 0
    assert _lines(trace)[1:] == [f"{down} vip=0 socket=0"]
    log = node.log()
    order = [
        "startup_script: running",
        "startup_script: exit 0",
        "is ready",
        "BACKUP -> MASTER",
        "shutdown_script: exit 0",
    ]
    assert [text for _, text in sorted((log.index(text), text) for text in order)] == order


def test_asked_to_stop_while_the_first_script_runs(lab: Lab) -> None:
    directory = lab["r1"].directory
    up = _script(directory, "up", f"touch {directory}/began; sleep 60; touch {directory}/ended")
    down = _script(directory, "down", f"touch {directory}/down")
    text = _global(startup_script=up, startup_script_timeout=60, shutdown_script=down) + instance_text()
    node = Node(lab["r1"], text).start(ready=False)
    eventually((directory / "began").exists)
    assert node.stop() == 0
    assert "is ready" not in node.log()
    assert (directory / "down").exists()
    assert not (directory / "ended").exists()
    eventually(lambda: not re.search("^[^Z].*(sleep|up)$", node.host.run(["ps", "-eo", "stat=,comm="]), re.MULTILINE))


def test_past_their_time_they_are_ended_and_all_goes_on(lab: Lab) -> None:
    directory = lab["r1"].directory
    hangs = _script(directory, "hangs", "sleep 60")
    scripts = _global(startup_script=hangs, startup_script_timeout=1, shutdown_script=hangs, shutdown_script_timeout=1)
    node = Node(lab["r1"], scripts + instance_text()).start()
    node.becomes("MASTER")
    assert node.stop() == 0
    assert len(node.lines("WARNING (startup|shutdown)_script: took longer than 1 s, killed by SIGTERM")) == 2


def _silent_server(host: Host) -> socket.socket:
    """It takes connections and says nothing."""

    def listen() -> socket.socket:
        return socket.create_server(("127.0.0.1", 2525))

    return host.enter(listen)


def test_nobody_who_is_told_can_hold_the_protocol_up(lab: Lab) -> None:
    """A pipe without a reader runs full, scripts hang, the mail server is silent: adverts go on, so r2 stays BACKUP."""
    first, second = lab.routers
    hangs = _script(first.directory, "hangs", "sleep 1000")
    mail = 'notification_email = ["a@example.org"]\nsmtp_server = "127.0.0.1 2525"\nsmtp_alert = true\n'
    fifo = f'vrrp_notify_fifo = "{first.directory}/fifo"\n'
    scripts = "".join(f'{name} = "{hangs}"\n' for name in ("notify", "notify_master", "notify_master_rx_lower_pri"))
    server = _silent_server(first)
    teller = Node(first, _global() + mail + fifo + instance_text(priority=101, extra=scripts)).start()
    teller.becomes("MASTER")
    witness = Node(second, instance_text(priority=100)).start()
    witness.becomes("BACKUP")
    eventually(lambda: second.enter(send_lower_adverts, 200) or teller.lines("FIFO .* is full, nobody reads it"))
    reader = os.open(first.directory / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    lines = os.read(reader, 1 << 20).decode().splitlines()
    assert set(lines[2:]) == {'INSTANCE "VI_1" MASTER_RX_LOWER_PRI 101'}
    os.close(reader)
    assert teller.state() == "MASTER"
    assert not witness.lines("BACKUP -> MASTER")
    assert teller.stop() == 0
    assert not teller.holds()
    server.close()


def test_an_insecure_check_is_left_out_with_the_remedy(lab: Lab) -> None:
    directory = lab["r1"].directory
    check = _script(directory, "check", "exit 1")
    Path(check).chmod(0o777)
    script = f'[vrrp_script.chk]\nscript = "{check}"\ninterval = 1\n'
    secure = _global(script_user="root", enable_script_security=True)
    node = Node(lab["r1"], secure + script + instance_text(track_script=["chk"])).start()
    node.becomes("MASTER")
    assert node.status()["trackers"] == []
    assert node.lines(rf"script chk is disabled: everybody may write to {check} .*; chmod o-w {check}")
    assert node.stop() == 0
    Path(check).chmod(0o755)
    node.start()
    node.becomes("FAULT")


def test_the_pipe_s_reader_hears_the_end_and_ends(lab: Lab) -> None:
    directory = lab["r1"].directory
    heard = directory / "heard"
    reader = _script(
        directory, "reader", f'while read -r line; do echo "$line" >>{heard}; done <"$1"; echo end >>{heard}'
    )
    pipes = _global(notify_fifo=f"{directory}/fifo", notify_fifo_script=reader)
    node = Node(lab["r1"], pipes + instance_text()).start()
    node.becomes("MASTER")
    assert node.stop(signal.SIGINT) == 0
    assert _lines(heard) == [*(f'INSTANCE "VI_1" {state} 100' for state in ("BACKUP", "MASTER", "STOP")), "end"]
    assert not (directory / "fifo").exists()
