"""What is said of a configuration at the start: each finding once."""

import os
from pathlib import Path

import pytest

from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.options import DaemonOptions

KEEPALIVED = """\
global_defs {
    script_user root
}
vrrp_script chk {
    script "SCRIPT"
}
vrrp_instance VI_1 {
    interface lo1
    virtual_router_id 51
    virtual_ipaddress {
        192.168.1.100
    }
    track_script {
        chk
    }
}
"""
TOML = """\
global_defs.script_user = "root"
vrrp_script.chk.script = "SCRIPT"
[vrrp_instance.VI_1]
interface = "lo1"
virtual_router_id = 51
virtual_ipaddress = ["192.168.1.100"]
track_script = ["chk"]
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files that belong to root")
@pytest.mark.parametrize(("text", "name"), [(KEEPALIVED, "keepalived.conf"), (TOML, "vrrpd.toml")])
def test_an_insecure_script_is_said_once(text: str, name: str, tmp_path: Path) -> None:
    script = tmp_path / "check"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o777)
    file = tmp_path / name
    file.write_text(text.replace("SCRIPT", str(script)))
    config, said = read_configuration(DaemonOptions(file))
    assert config is not None
    assert len([item for item in said if f"may write to {script}" in str(item)]) == 1
