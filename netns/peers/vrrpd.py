"""vrrpd as a node."""

import json
import re
import sys
from pathlib import Path
from typing import ClassVar, Final

from netns.host import Host
from netns.kernel import LabError
from netns.peers.base import NodeDaemon, RunningNode, replace_file
from netns.peers.spec import InstanceSpec, NodeSpec, ScriptSpec
from vrrpd.control.client import ControlClient
from vrrpd.proto.advertisement import DropReason

ROOT: Final = Path(__file__).resolve().parents[2]
RUN_DIRECTORY: Final = "run"


class Vrrpd(NodeDaemon):
    name: ClassVar[str] = "vrrpd"
    complaint: ClassVar[re.Pattern[str]] = re.compile(
        r"Traceback|Error\b|" + "|".join(rf"\b{reason.value}\b" for reason in DropReason)
    )

    ready: ClassVar[re.Pattern[str]] = re.compile(r"\bis ready\b")
    module: ClassVar[str] = "vrrpd"

    def __init__(self, *options: str) -> None:
        self.options = options
        self.environment: dict[str, str] = {}

    def missing(self) -> str | None:
        return None

    def write_config(self, host: Host, spec: NodeSpec) -> Path:
        return replace_file(host.directory / "vrrpd.toml", render(spec))

    def start(self, host: Host, spec: NodeSpec) -> RunningNode:
        config = self.write_config(host, spec)
        argv = [sys.executable, "-m", self.module, "--config", str(config), "--run-dir", str(run_directory(host))]
        environment = {"PYTHONPATH": str(ROOT), **self.environment}
        process = host.spawn([*argv, *self.options], log="vrrpd.log", env=environment)
        return RunningNode(self, host, spec, process, [host.directory / "vrrpd.log"])


def run_directory(host: Host) -> Path:
    return host.directory / RUN_DIRECTORY


def status(host: Host) -> dict[str, object]:
    """What ``vrrpd status`` shows of the daemon in a host."""
    return dict(ControlClient(run_directory(host) / "control.sock").call("status"))


def instance_status(host: Host, index: int = 0) -> dict[str, object]:
    """The same of one instance."""
    instances = status(host)["instances"]
    if not isinstance(instances, list) or not isinstance(instances[index], dict):
        raise LabError(f"{host.name}: status lists no instances")
    return dict(instances[index])


def render(spec: NodeSpec) -> str:
    """A TOML configuration. JSON's strings, numbers, booleans and lists are TOML's too."""
    blocks = [_block("global_defs", {"script_user": "root"})] if spec.scripts else []
    blocks += [_script(script) for script in spec.scripts]
    blocks += [_instance(instance) for instance in spec.instances]
    return "\n".join(blocks)


def _script(script: ScriptSpec) -> str:
    values = {
        "script": " ".join(script.command),
        "interval": script.interval,
        "weight": script.weight,
        "rise": script.rise,
        "fall": script.fall,
    }
    return _block(f"vrrp_script.{script.name}", values)


def _instance(instance: InstanceSpec) -> str:
    values: dict[str, object] = {
        "state": instance.state,
        "interface": instance.interface,
        "virtual_router_id": instance.vrid,
        "priority": instance.priority,
        "version": instance.version,
        "advert_int": instance.advert_int,
        "virtual_ipaddress": list(instance.vips),
    }
    if instance.nopreempt:
        values["nopreempt"] = True
    if instance.preempt_delay:
        values["preempt_delay"] = instance.preempt_delay
    if instance.track_script:
        values["track_script"] = list(instance.track_script)
    text = _block(f"vrrp_instance.{instance.name}", values)
    if instance.auth:
        text += f'authentication = {{ auth_type = "PASS", auth_pass = {json.dumps(instance.auth)} }}\n'
    if instance.probe:
        text += f"fast_failover = {{ probe = {json.dumps(instance.probe)} }}\n"
    return text


def _block(head: str, values: dict[str, object]) -> str:
    return "".join([f"[{head}]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in values.items())])
