"""Short ways to write a configuration and to look at what is said about it."""

from vrrpd.config.diagnostics import Diagnostic, Severity
from vrrpd.config.load import read_config
from vrrpd.config.model import Config, VrrpInstance

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
HERE = "§"
"""Stands in a text where something is expected to be found."""


def instance(lines: str = "", *, name: str = "VI_1", vrid: int = 51, address: str = "192.168.1.100") -> str:
    """An instance that is clean but for the given lines."""
    vips = "" if "virtual_ipaddress =" in lines else f'virtual_ipaddress = ["{address}"]\n'
    interface = (
        ""
        if any(line.startswith("interface =") for line in lines.replace(HERE, "").splitlines())
        else 'interface = "eth0"\n'
    )
    number = "" if "virtual_router_id" in lines else f"virtual_router_id = {vrid}\n"
    return f"[vrrp_instance.{name}]\n{interface}{number}{vips}{lines}\n"


def script(lines: str = "", *, name: str = "chk", command: str = "true") -> str:
    return f'[vrrp_script.{name}]\nscript = "{command}"\n{lines}\n'


def found(text: str) -> tuple[Diagnostic, ...]:
    return read_config(text, "test.toml")[1]


def one(text: str) -> tuple[Diagnostic, tuple[int, int]]:
    """The only finding of a text, and the place of its ``HERE``."""
    before = text.partition(HERE)[0]
    place = (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    diagnostics = found(text.replace(HERE, ""))
    assert len(diagnostics) == 1, "\n".join(map(str, diagnostics))
    return diagnostics[0], place


def read(text: str) -> Config:
    config, diagnostics = read_config(text, "test.toml")
    assert config is not None, "\n".join(map(str, diagnostics))
    return config


def only(text: str) -> VrrpInstance:
    (instance,) = read(text).vrrp_instances
    return instance
