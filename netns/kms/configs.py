"""The balancers' files: those of the setting (beside this file, in ``setting``), with this lab's addresses put in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import read_any
from vrrpd.config.toml_writer import render_toml

SETTING: Final = Path(__file__).with_name("setting")
KMIP_PORT: Final = 5696
HEALTH_PORT: Final = 9998
CONNECT_PORT: Final = 9997
"""Answered by HAProxy itself: for a client that only asks whether a connection comes about."""
BACKEND: Final = "kmip_backend"
FIRST_PRIORITY: Final = 101

BODY_CHECK: Final = """http-check expect rstring '^\\{"status":"UP"'"""
"""In single quotes: with double ones ``haproxy -c`` calls it valid, and every server goes DOWN."""

_STATUS_CHECK: Final = "http-check expect status 200"
_SERVER: Final = re.compile(r"^(# )?server kms\d+ <kms\d+-ip>.*\n", re.MULTILINE)


def haproxy(nodes: Mapping[str, str]) -> str:
    """The setting's haproxy.cfg with a line for each KMS node, and with the body of /health checked."""
    text = (SETTING / "haproxy.cfg").read_text(encoding="utf-8").replace(_STATUS_CHECK, BODY_CHECK)
    servers = "".join(
        f"server {name} {address}:{KMIP_PORT} check port {HEALTH_PORT}\n" for name, address in nodes.items()
    )
    first = _SERVER.search(text)
    at = len(text) if first is None else first.start()
    return text[:at] + servers + _SERVER.sub("", text[at:])


def haproxy_beside(balancer: str, nodes: Mapping[str, str], directory: Path) -> str:
    """A second file for HAProxy: what the lab needs besides, and the KMS nodes' /health through the virtual address."""
    servers = "".join(
        f"    server {name} {address}:{HEALTH_PORT} track {BACKEND}/{name}\n" for name, address in nodes.items()
    )
    return f"""global
    stats socket {stats_socket(directory)} mode 600 level admin expose-fd listeners
    log {event_socket(directory)} len 1024 local1 notice

defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s

frontend health_frontend
    bind *:{HEALTH_PORT}
    http-response set-header X-Served-By {balancer}
    default_backend health_backend

backend health_backend
    balance roundrobin
{servers}
frontend connect_frontend
    mode tcp
    bind *:{CONNECT_PORT}
    tcp-request connection reject
"""


def stats_socket(directory: Path) -> Path:
    return directory / "haproxy.sock"


def event_socket(directory: Path) -> Path:
    """Where HAProxy tells that a server went DOWN or came UP."""
    return directory / "haproxy.events"


FAST: Final = "fast_failover\nhigher_prio_send_advert\n"
"""vrrpd's words for a takeover sooner than the protocol's timers, and for caches that are right at once after a
partition: the node that yields says once more that it is there, and the one that stays announces itself."""


def keepalived(position: int, vip: str, *, fast_failover: bool = False) -> str:
    """The setting's keepalived.conf for the balancer in that place (0: the first); ``fast_failover`` adds ``FAST``."""
    text = (SETTING / "keepalived.conf").read_text(encoding="utf-8")
    if position:
        text = text.replace("state MASTER", "state BACKUP", 1)
    text = text.replace(f"priority {FIRST_PRIORITY}", f"priority {FIRST_PRIORITY - position}", 1)
    text = text.replace("192.168.1.100", vip, 1)
    if fast_failover:
        text = text.replace("advert_int 1\n", f"advert_int 1\n{FAST}", 1)
    return text


def toml(position: int, vip: str, *, fast_failover: bool = False) -> str:
    """The same in vrrpd's own language."""
    source = keepalived(position, vip, fast_failover=fast_failover)
    config, diagnostics, _ = read_any(source.encode(), "keepalived.conf", ReadContext(directory=str(SETTING)))
    if config is None:
        raise ValueError("\n".join(map(str, diagnostics)))
    return render_toml(config)
