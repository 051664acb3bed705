"""vrrpd under the name ``keepalived`` on a host of the lab."""

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netns.host import Host
from netns.process import Process
from tests.daemon.nodes import PATIENCE, REPOSITORY, eventually


class StandIn:
    """``name``: what the program is called; ``directory``: where its files are, the host's by default. Its log is a
    file (-g), or where the options say.
    """

    def __init__(self, host: Host, config: str, name: str = "keepalived", directory: Path | None = None) -> None:
        self.host = host
        directory = directory or host.directory
        self.config = directory / "keepalived.conf"
        self.config.write_text(config)
        self.program = directory / name
        self.program.write_text(f"#!{sys.executable}\nimport sys\nfrom vrrpd.cli.entry import main\nsys.exit(main())\n")
        self.program.chmod(0o755)
        self.output = host.directory / "output"
        self.log_file = directory / "daemon.log"
        self.pid_file = directory / "keepalived.pid"
        self.vrrp_pid_file = directory / "vrrp.pid"
        self.run_dir = directory / "run"

    @property
    def own_files(self) -> tuple[str, ...]:
        """Options that keep it away from the machine's own files."""
        return (
            *("-f", str(self.config), "-G", f"-g{self.log_file}", "--run-dir", str(self.run_dir)),
            *("-p", str(self.pid_file), "-r", str(self.vrrp_pid_file)),
        )

    def spawn(self, *options: str, env: Mapping[str, str] | None = None) -> Process:
        argv = [str(self.program), *options]
        return self.host.spawn(argv, log="output", env={"PYTHONPATH": str(REPOSITORY), **(env or {})})

    def run(self, *options: str) -> int:
        """The exit code of the program that the user started."""
        process = self.spawn(*options)
        assert process.wait(PATIENCE), self.output.read_text()
        assert process.returncode is not None
        return process.returncode

    def start(self, *options: str, env: Mapping[str, str] | None = None) -> Process:
        """In the foreground, until it is ready."""
        before = self.log().count("is ready")
        process = self.spawn("-n", *self.own_files, *options, env=env)
        eventually(lambda: self.log().count("is ready") > before or not process.running, "ready")
        assert process.running, self.output.read_text() + self.log()
        return process

    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def pid(self) -> str:
        """In the host's own numbers."""
        return self.pid_file.read_text().strip()

    @property
    def worker(self) -> str:
        """The process that does the work, as keepalived's VRRP process does; the main one is its parent."""
        return self.host.run(["pgrep", "-o", "-P", self.pid]).strip()

    def proc(self, name: str, pid: str = "") -> str:
        return self.host.run(["cat", f"/proc/{pid or self.pid}/{name}"])

    def status(self, pid: str = "") -> dict[str, str]:
        return dict(line.split(":\t", 1) for line in self.proc("status", pid).splitlines())

    def kill(self, number: str) -> None:
        self.host.run(["kill", f"-{number}", self.pid])

    def stop(self) -> None:
        self.kill("TERM")
        eventually(lambda: not self.pid_file.exists(), "stopped")


@contextmanager
def service_manager(directory: Path) -> Iterator[socket.socket]:
    """Where systemd would listen: NOTIFY_SOCKET is its name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(directory / "notify"))
        receiver.settimeout(PATIENCE)
        yield receiver


def told(receiver: socket.socket) -> dict[str, str]:
    return dict(line.split("=", 1) for line in receiver.recv(4096).decode().split("\n"))
