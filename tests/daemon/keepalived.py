"""The real keepalived on a host of the lab."""

import shutil

from netns.host import Host
from netns.process import Process

AVAILABLE = shutil.which("keepalived") is not None

_CONFIG = """
global_defs {{
    vrrp_version {version}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int {advert_int}
    {auth}
    virtual_ipaddress {{
        {vip}
    }}
}}
"""


class Keepalived:
    def __init__(
        self,
        host: Host,
        *,
        priority: int,
        version: int,
        advert_int: float,
        password: str | None = None,
        vip: str = "192.168.1.100",
    ) -> None:
        self.host = host
        auth = f"authentication {{\n auth_type PASS\n auth_pass {password}\n }}" if password else ""
        self._config = host.directory / "keepalived.conf"
        self._config.write_text(
            _CONFIG.format(version=version, priority=priority, advert_int=advert_int, auth=auth, vip=vip)
        )
        self.process: Process | None = None

    def start(self) -> "Keepalived":
        files = [f"--{kind}={self.host.directory}/{kind}" for kind in ("pid", "vrrp_pid")]
        for kind in ("pid", "vrrp_pid"):  # after a crash the number may be somebody else's
            (self.host.directory / kind).unlink(missing_ok=True)
        argv = ["keepalived", "-n", "-l", "-D", "-G", "-P", f"-f{self._config}", *files]
        self.process = self.host.spawn(argv, log="keepalived.log")
        return self

    def log(self) -> str:
        assert self.process is not None
        return self.process.log()
