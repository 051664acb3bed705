"""The machines of the demonstration: two load balancers, two servers behind them, a client."""

import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from netns.demo.backend import SERVICE_PORT
from netns.demo.configs import EXAMPLES, read
from netns.demo.picture import Answer
from netns.host import Host
from netns.kernel import LabError
from netns.lab import Lab
from netns.peers.keepalived import Keepalived
from netns.peers.spec import InstanceSpec, NodeSpec, ScriptSpec
from netns.process import Process
from vrrpd.config.model import Config, VrrpInstance
from vrrpd.units import Seconds

ROOT: Final = Path(__file__).resolve().parents[2]
REQUEST_INTERVAL: Final = 0.01
SYSLOG_LINE: Final = re.compile(r"^(\s*log )/dev/log local0$", re.MULTILINE)


def spec_of(config: Config) -> NodeSpec:
    """The same node in no daemon's language, for another daemon than vrrpd."""
    scripts = tuple(
        ScriptSpec(script.name, script.command.argv, round(script.interval), script.weight)
        for script in config.vrrp_scripts
    )
    return NodeSpec(tuple(instance_of(instance) for instance in config.vrrp_instances), scripts)


def instance_of(instance: VrrpInstance) -> InstanceSpec:
    return InstanceSpec(
        vrid=instance.virtual_router_id,
        priority=instance.priority,
        vips=tuple(str(vip.address) for vip in instance.virtual_ipaddress),
        version=instance.version,
        advert_int=instance.advert_int,
        auth=instance.authentication.password if instance.authentication else None,
        state=instance.state,
        track_script=tuple(track.name for track in instance.track_script),
        interface=instance.interface,
    )


class LoadBalancer:
    """One node: a host that runs HAProxy and the failover daemon."""

    def __init__(self, host: Host, name: str, daemon: str, config: Path) -> None:
        self.host = host
        self.name = name
        self.daemon = daemon
        self.config_file = config
        self.config = read(config)
        self.run_dir = host.directory / "run"
        self.vrrp: Process | None = None
        self.haproxy: Process | None = None

    @property
    def address(self) -> str:
        return str(self.host.address)

    @property
    def vip(self) -> str:
        return str(self.config.vrrp_instances[0].virtual_ipaddress[0].address)

    @property
    def log_path(self) -> Path:
        return self.host.directory / f"{self.daemon}.log"

    def start_haproxy(self) -> None:
        config = self.host.directory / "haproxy.cfg"
        # /dev/log would be the syslog of the machine that the lab runs on.
        text = SYSLOG_LINE.sub(r"\1stdout format raw local0", (EXAMPLES / "haproxy.cfg").read_text())
        config.write_text(text)
        self.haproxy = self.host.spawn(["haproxy", "-db", "-f", str(config)], log="haproxy.log")

    def start_daemon(self) -> None:
        if self.daemon == "keepalived" and self.config_file.suffix == ".toml":
            self.vrrp = Keepalived().start(self.host, spec_of(self.config)).process
        elif self.daemon == "keepalived":
            self.vrrp = Keepalived().run(self.host, self.config_file)
        else:
            program = str(Path(sys.executable).with_name("vrrpd"))
            argv = [program, "--config", str(self.config_file), "--run-dir", str(self.run_dir), "--log-to", "console"]
            self.vrrp = self.host.spawn(argv, log=self.log_path.name)

    def kill_haproxy(self) -> int:
        if self.haproxy is None:
            raise LabError(f"HAProxy does not run on {self.name}")
        return self.haproxy.kill()

    def stop_daemon(self) -> int:
        """Ask the daemon to stop; returns when (ns)."""
        if self.vrrp is None:
            raise LabError(f"no failover daemon runs on {self.name}")
        return self.vrrp.send(signal.SIGTERM)

    def haproxy_runs(self) -> bool:
        return self.haproxy is not None and self.haproxy.running

    def daemon_runs(self) -> bool:
        return self.vrrp is not None and self.vrrp.running

    def last_words(self) -> str:
        return self.vrrp.log()[-2000:] if self.vrrp else ""

    def holds_vip(self) -> bool:
        """Read from the kernel; a node without power holds nothing."""
        return self.host.running and self.host.holds(self.vip)


class Client:
    """Reads what the requesting process has written; times are seconds since ``epoch`` (ns)."""

    def __init__(self, host: Host, vip: str, epoch: int, names: dict[str, str]) -> None:
        self.answers: list[Answer] = []
        self.asked = 0
        self.backends: dict[str, int] = {}
        self._epoch = epoch
        self._names = names
        argv = [sys.executable, "-m", "netns.demo.client", vip, str(SERVICE_PORT), str(REQUEST_INTERVAL)]
        self._process = host.spawn(argv, log="requests.log", env={"PYTHONPATH": str(ROOT)})
        self._file = (host.directory / "requests.log").open(encoding="ascii")
        self._rest = ""

    def close(self) -> None:
        self._file.close()

    def read(self) -> None:
        """Take in what was written since the last call."""
        if not self._process.running:
            raise LabError(f"the client ended: {self._process.log()[-2000:]}")
        for line in self._lines():
            self.asked += 1
            fields = line.split()
            if len(fields) == 4:
                at = Seconds((int(fields[1]) - self._epoch) / 1e9)
                self.answers.append(Answer(at, self._names.get(fields[2], fields[2])))
                self.backends[fields[3]] = self.backends.get(fields[3], 0) + 1

    def _lines(self) -> Iterator[str]:
        text = self._rest + self._file.read()
        *lines, self._rest = text.split("\n")
        return iter(lines)


class Pair:
    """Everything together; goes away with the lab."""

    def __init__(self, lab: Lab, daemon: str, epoch: int, configs: Sequence[Path]) -> None:
        self.lab = lab
        self.epoch = epoch
        self.nodes = tuple(
            LoadBalancer(host, f"lb{number}", daemon, config)
            for number, (host, config) in enumerate(zip(lab.routers, configs, strict=True), 1)
        )
        self.backends = {f"kms{number}": host for number, host in enumerate(lab.backends, 1)}

    @property
    def first(self) -> LoadBalancer:
        return self.nodes[0]

    @property
    def second(self) -> LoadBalancer:
        return self.nodes[1]

    def start_services(self) -> None:
        for name, host in self.backends.items():
            host.spawn(
                [sys.executable, "-m", "netns.demo.backend", name], log="backend.log", env={"PYTHONPATH": str(ROOT)}
            )
        for node in self.nodes:
            node.start_haproxy()

    def start_client(self) -> Client:
        names = {node.address: node.name for node in self.nodes}
        client = Client(self.lab.client, self.first.vip, self.epoch, names)
        self.lab.on_close().callback(client.close)
        return client

    def holders(self) -> tuple[str, ...]:
        """The nodes that have the address on their interface now."""
        return tuple(node.name for node in self.nodes if node.holds_vip())
