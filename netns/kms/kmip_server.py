"""A KMS node: PyKMIP standing in for Cosmian KMS. KMIP over mutual TLS on 5696, and Cosmian's /health on 9998.

PyKMIP's engine, sessions and cipher suites are used as they are; its front (``KmipServer``) is not, because it starts a
helper process and takes ten seconds to end. Two hooks put PyKMIP's tables into PostgreSQL: it knows SQLite only.

Runs in a process that ``netns.kms.warm`` has forked; the lab itself does not import this, for the time it takes.
"""

import logging
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy
from kmip.core.policy import policies
from kmip.services.auth import TLS12AuthenticationSuite
from kmip.services.server import engine as kmip_engine
from kmip.services.server.session import KmipSession
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles

from netns.kms.configs import HEALTH_PORT, KMIP_PORT
from netns.kms.health import body

READY: Final = "serves KMIP"
_RETRY_SECONDS: Final = 0.2
_IDLE_SECONDS: Final = 60.0
_BACKLOG: Final = 256
_DATABASE_TIMEOUTS: Final = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}


@dataclass(frozen=True, slots=True)
class Node:
    """What a node is told: its name, the database, and its PEM files."""

    name: str
    url: str
    authority: str
    certificate: str
    key: str


@compiles(sqlalchemy.types.VARBINARY, "postgresql")
def _varbinary_in_postgresql(*_: object, **__: object) -> str:
    return "BYTEA"


def run(node: Node) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    health = ThreadingHTTPServer(("0.0.0.0", HEALTH_PORT), _health_handler(_store(node.url)))
    health.daemon_threads = True
    threading.Thread(target=health.serve_forever, daemon=True).start()
    engine = _engine(node.url)
    listener = socket.create_server(("0.0.0.0", KMIP_PORT), backlog=_BACKLOG)
    print(f"{node.name} {READY} on {KMIP_PORT}", flush=True)
    context = _tls(node)
    while True:
        connection, peer = listener.accept()
        connection.settimeout(_IDLE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # a balancer that is already gone
            wrapped = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            session = KmipSession(engine, wrapped, peer, name="session", enable_tls_client_auth=True)
            session.daemon = True
            session.start()


class _Connection(ssl.SSLSocket):
    """A broken connection is a closed one: for anything else PyKMIP's session would ask it again, for ever."""

    def recv(self, size: int = 4096, flags: int = 0) -> bytes:
        try:
            return super().recv(size, flags)
        except OSError:
            return b""

    def shutdown(self, how: int) -> None:
        with suppress(OSError):
            super().shutdown(how)


def _tls(node: Node) -> ssl.SSLContext:
    suite = TLS12AuthenticationSuite()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Connection
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_ciphers(suite.ciphers)
    context.load_verify_locations(node.authority)
    context.load_cert_chain(node.certificate, node.key)
    return context


def _store(url: str) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(
        url, pool_pre_ping=True, pool_size=2, max_overflow=4, pool_timeout=3, connect_args=_DATABASE_TIMEOUTS
    )


def _engine(url: str) -> Any:
    """PyKMIP's engine on PostgreSQL; nodes that start together race for its tables, and the database may be away."""
    kmip_engine.sqlalchemy = SimpleNamespace(create_engine=lambda *_, **__: _store(url), orm=sqlalchemy.orm)
    while True:
        try:
            return kmip_engine.KmipEngine(policies=policies)
        except SQLAlchemyError as error:
            print(f"the database is not ready: {type(error).__name__}", flush=True)
            time.sleep(_RETRY_SECONDS)


def _health_handler(store: sqlalchemy.Engine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Status 200 even when DOWN, as one published version of Cosmian KMS: the body decides."""

        def do_GET(self) -> None:
            if self.path != "/health":
                self.send_error(404)
                return
            content = _ask(store)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
            """A line per check would say nothing."""

    return Handler


def _ask(store: sqlalchemy.Engine) -> bytes:
    began = time.monotonic()
    try:
        with store.connect() as connection:
            up = connection.execute(sqlalchemy.text("SELECT 1")).scalar() == 1
    except SQLAlchemyError:
        up = False
    return body(up=up, latency_ms=round(1000 * (time.monotonic() - began)))
