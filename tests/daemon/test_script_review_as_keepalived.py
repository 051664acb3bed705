"""Which scripts keepalived disables, asked of it (-t), and which vrrpd does."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from netns.host import Host
from netns.lab import Lab
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.test_notify_as_keepalived import write_script
from vrrpd.config.model import Command, Config, GlobalDefs, VrrpScript
from vrrpd.daemon.script_review import review_scripts
from vrrpd.linux.process import resolve_identity

pytestmark = [pytest.mark.netns, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]

NOBODY = resolve_identity("nobody", None).uid
DAEMON = resolve_identity("daemon", None).gid
CONFIG = """
global_defs {{
    script_user root
    enable_script_security
}}
vrrp_script chk {{
    script "{path} argument"
}}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {{
        192.168.1.100
    }}
    track_script {{
        chk
    }}
}}
"""


def _nothing(script: Path) -> None:
    pass


def _group(path: Path) -> None:
    os.chown(path, 0, DAEMON)
    path.chmod(0o775)


def _replace_by_link(script: Path) -> None:
    """In a directory that everybody may write to, to a safe script."""
    target = script.rename(script.parent.parent / "target")
    script.symlink_to(target)
    script.parent.chmod(0o777)


CASES: dict[str, Callable[[Path], None]] = {
    "safe": _nothing,
    "of another user": lambda script: os.chown(script, NOBODY, 0),
    "writable for everybody": lambda script: script.chmod(0o757),
    "writable for a group": _group,
    "writable for root's group": lambda script: script.chmod(0o775),
    "directory of another user": lambda script: os.chown(script.parent, NOBODY, 0),
    "directory writable for everybody": lambda script: script.parent.chmod(0o777),
    "directory writable for a group": lambda script: _group(script.parent),
    "sticky directory": lambda script: script.parent.chmod(0o1777),
    "not executable": lambda script: script.chmod(0o644),
    "absent": lambda script: script.unlink(),
    "a link": _replace_by_link,
}


def _disabled_by_keepalived(host: Host, path: Path) -> bool:
    config = path.parent.parent / "keepalived.conf"
    config.write_text(CONFIG.format(path=path))
    process = host.spawn(["keepalived", "-t", "-f", str(config)], log=f"{path.parent.parent.name}.log")
    assert process.wait(20.0)
    disabled = "Disabling track script chk" in process.log()
    assert process.returncode == (5 if disabled else 0), process.log()
    return disabled


def _disabled_by_vrrpd(path: Path) -> bool:
    defs = GlobalDefs(script_user="root", enable_script_security=True)
    config = Config(defs, vrrp_scripts=(VrrpScript("chk", Command((str(path), "argument"))),))
    return not review_scripts(config)[0].vrrp_scripts


def test_they_agree(lab: Lab) -> None:
    host = lab["r1"]
    theirs, ours = {}, {}
    for number, (name, change) in enumerate(CASES.items()):
        script = host.directory / str(number) / "scripts" / "check"
        script.parent.mkdir(parents=True)
        write_script(script, "exit 0")
        change(script)
        theirs[name] = _disabled_by_keepalived(host, script)
        ours[name] = _disabled_by_vrrpd(script)
    in_vain = "not executable"
    assert ours.pop(in_vain)
    assert not theirs.pop(in_vain), "keepalived 2.2.7 tries to run it as root; later versions disable it too"
    assert ours == theirs
    assert set(theirs.values()) == {True, False}
