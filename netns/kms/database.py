"""PostgreSQL of the lab: its own cluster in a directory of its own, never one of the machine's."""

import pwd
import secrets
import shutil
import signal
from pathlib import Path
from typing import Final

from netns.commands import output
from netns.host import Host
from netns.kernel import LabError
from netns.kms.waiting import wait_until
from netns.process import Process

OWNER: Final = "postgres"
"""The system user that Debian's package makes. PostgreSQL refuses to run as root."""

ROLE: Final = "kms"
PORT: Final = 5432
_INSTALLATIONS: Final = Path("/usr/lib/postgresql")
_PATIENCE: Final = 30.0
_READY: Final = "database system is ready to accept connections"
_SETTINGS: Final = """
max_connections = 60
shared_buffers = 16MB
min_wal_size = 4MB
max_wal_size = 32MB
unix_socket_directories = ''
dynamic_shared_memory_type = mmap
"""


def missing() -> str | None:
    """What must be installed before it can run; None: it can."""
    try:
        pwd.getpwnam(OWNER)
        programs()
    except (KeyError, LabError):
        return "PostgreSQL (Debian package postgresql)"
    return None


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs; LabError where there is none."""
    found = [path.parent for path in _INSTALLATIONS.glob("*/bin/postgres") if path.parts[-3].isdigit()]
    if found:
        return max(found, key=lambda path: int(path.parts[-2]))
    on_path = shutil.which("postgres")
    if on_path is None or shutil.which("initdb") is None:
        raise LabError("PostgreSQL is not installed (Debian package postgresql)")
    return Path(on_path).parent


def version() -> str:
    return output([str(programs() / "postgres"), "--version"]).split()[2]


class Template:
    """A cluster that was never started, of which every site gets a copy."""

    def __init__(self, directory: Path) -> None:
        self.password = secrets.token_urlsafe(18)
        self.cluster = directory / "cluster"
        given = directory / "password"
        given.touch(mode=0o600)
        given.write_text(self.password)
        self.cluster.mkdir(mode=0o700)
        for path in (given, self.cluster):
            shutil.chown(path, OWNER)
        options = ["--pgdata", str(self.cluster), "--username", ROLE, "--pwfile", str(given)]
        options += ["--auth=scram-sha-256", "--no-sync", "--wal-segsize=1", "--encoding=UTF8", "--locale=C"]
        output(_as_owner(programs() / "initdb", *options), timeout=120)
        given.unlink()
        with (self.cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_SETTINGS)

    def copy(self, target: Path) -> None:
        output(["cp", "-a", "--reflink=auto", str(self.cluster), str(target)])


class Database:
    """The database server of one site."""

    def __init__(self, host: Host, template: Template) -> None:
        self.host = host
        self.name = "database"
        self.password = template.password
        self._data = host.directory / "cluster"
        self._process: Process | None = None
        template.copy(self._data)
        (self._data / "pg_hba.conf").write_text(f"host all {ROLE} {host.address}/24 scram-sha-256\n")

    @property
    def address(self) -> str:
        return str(self.host.address)

    @property
    def url(self) -> str:
        """For SQLAlchemy, with the password."""
        return f"postgresql+psycopg2://{ROLE}:{self.password}@{self.address}:{PORT}/postgres"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        # A PID namespace gives out the same few numbers again: what a killed one left behind looks alive.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        known = self.log().count(_READY)
        command = [str(programs() / "postgres"), "-D", str(self._data), "-c", f"listen_addresses={self.address}"]
        # With an IPC namespace of its own, its System V memory goes with it even when it is killed.
        process = self.host.spawn(["unshare", "--ipc", *_as_owner(*command)], log="postgresql.log")
        self._process = process
        wait_until(
            lambda: self.log().count(_READY) > known,
            _PATIENCE,
            lambda: f"PostgreSQL does not start: {self.log()[-500:]}",
            alive=lambda: process.running,
        )

    def stop(self) -> None:
        """As an administrator stops it: connections are cut, everything is written down."""
        if self._process is not None and self._process.running:
            self._process.send(signal.SIGINT)
            if not self._process.wait(_PATIENCE):
                self._process.kill()
                raise LabError(f"PostgreSQL does not stop: {self.log()[-500:]}")

    def kill(self) -> None:
        """SIGKILL to all of it; what was committed is found in the log when it starts again."""
        if self._process is not None:
            self._process.kill()

    def log(self) -> str:
        path = self.host.directory / "postgresql.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _as_owner(*command: object) -> list[str]:
    change = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups", "--"]
    return [*change, *map(str, command)]
