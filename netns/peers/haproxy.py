"""The real HAProxy as the service of a node, and the servers behind it.

As in docs/examples/haproxy.cfg it passes port 5696 through; on port 80 it adds an X-Served-By header, so that a client
can tell which node answered.
"""

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from netns.demo.backend import HEALTH_PORT, SERVICE_PORT
from netns.host import Host
from netns.kernel import LabError
from netns.peers.base import replace_file
from netns.process import Process

ROOT: Final = Path(__file__).resolve().parents[2]
_PATIENCE: Final = 20.0


def missing() -> str | None:
    """What must be installed before it can run; None: it can."""
    if shutil.which("haproxy") is None:
        return "haproxy (Debian package haproxy)"
    return None if shutil.which("killall") else "killall (Debian package psmisc)"


def start_backend(host: Host) -> Process:
    """A server that says its name on port 5696, and that it is well under /health on port 9998."""
    argv = [sys.executable, "-m", "netns.demo.backend", host.name]
    process = host.spawn(argv, log="backend.log", env={"PYTHONPATH": str(ROOT)})
    _wait_for(process, "serves on")
    return process


def start_haproxy(host: Host, backends: Sequence[Host]) -> Process:
    config = replace_file(host.directory / "haproxy.cfg", render(host.name, backends))
    return host.spawn(["haproxy", "-db", "-f", str(config)], log="haproxy.log")


def render(name: str, backends: Sequence[Host]) -> str:
    servers = "".join(f"    server {b.name} {b.address}:{SERVICE_PORT} check port {HEALTH_PORT}\n" for b in backends)
    return f"""global
    log stdout format raw local0
    maxconn 2000
    user haproxy
    group haproxy

defaults
    log global
    timeout connect 5000ms
    timeout client 50000ms
    timeout server 50000ms
    default-server inter 3s fall 3 rise 2

frontend kmip_frontend
    mode tcp
    bind *:{SERVICE_PORT}
    default_backend kmip_backend

frontend web_frontend
    mode http
    bind *:80
    http-response set-header X-Served-By {name}
    default_backend web_backend

backend kmip_backend
    mode tcp
    balance roundrobin
    option httpchk GET /health
    http-check expect status 200
{servers}
backend web_backend
    mode http
    balance roundrobin
    option httpchk GET /health
    http-check expect status 200
{servers}"""


def _wait_for(process: Process, words: str) -> None:
    end = time.monotonic() + _PATIENCE
    while words not in process.log():
        if time.monotonic() > end or not process.running:
            raise LabError(f"{' '.join(process.argv)} does not start: {process.log()[-500:]}")
        time.sleep(0.01)
