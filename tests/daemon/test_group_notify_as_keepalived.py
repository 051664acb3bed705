"""A sync group and what is told of it, under keepalived and under vrrpd with the same file."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import eventually
from tests.daemon.test_notify_as_keepalived import (
    Told,
    let_last_words_be_said,
    start_keepalived,
    start_vrrpd,
    write_script,
)

pytestmark = [pytest.mark.netns, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]

GLOBAL = """
global_defs {{
    script_user root
    vrrp_version 3
    vrrp_notify_fifo {directory}/fifo
}}
vrrp_sync_group G {{
    group {{
        VI_1
        VI_2
    }}
    notify_master "{directory}/own master"
    notify_backup "{directory}/own backup"
    notify_fault "{directory}/own fault"
    notify_stop "{directory}/own stop"
    notify {directory}/generic
}}
"""
INSTANCE = """
vrrp_instance VI_{number} {{
    state BACKUP
    interface eth0
    virtual_router_id 5{number}
    priority 10{number}
    advert_int 0.2
    virtual_ipaddress {{
        192.168.1.10{number}
    }}
    {extra}
}}
"""


def _config(host: Host, *instances: tuple[int, str]) -> None:
    text = GLOBAL + "".join(
        INSTANCE.format(number=number, extra=extra).replace("{", "{{").replace("}", "}}") for number, extra in instances
    )
    (host.directory / "keepalived.conf").write_text(text.format(directory=host.directory))


def _prepare(host: Host) -> Told:
    told = Told(host)
    write_script(host.directory / "own", f'echo "$@" >>{host.directory}/own.trace')
    write_script(host.directory / "generic", f'echo "$@" >>{host.directory}/generic.trace')
    return told


def _story(lab: Lab, start: Callable[[Host], Process]) -> Told:
    """Start, the cable, stop."""
    host = lab["r1"]
    told = _prepare(host)
    _config(host, (1, ""), (2, ""))
    process = start(host)
    told.listen()
    told.ends_with('GROUP "G" MASTER 0', scripts=2)
    host.set_carrier(False)
    told.ends_with('GROUP "G" FAULT 0', scripts=1)
    host.set_carrier(True)
    told.ends_with('GROUP "G" MASTER 0', scripts=2)
    let_last_words_be_said(host)
    assert process.stop() == 0
    told.ends_with('GROUP "G" STOP 0', scripts=1)
    eventually(lambda: len(told.scripts("generic")) == 6)
    return told


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Told, Told]]:
    with ExitStack() as stack:
        labs = [stack.enter_context(Lab(routers=1, clients=0)) for _ in range(2)]
        told = [_story(lab, start) for lab, start in zip(labs, (start_keepalived, start_vrrpd), strict=True)]
        for one in told:
            stack.callback(one.close)
        yield told[0], told[1]


def test_the_pipe_says_the_same_in_the_same_order(both: tuple[Told, Told]) -> None:
    keepalived, vrrpd = both
    assert vrrpd.pipe() == keepalived.pipe()
    assert vrrpd.pipe()[0] == 'GROUP "G" BACKUP 0'


@pytest.mark.parametrize("name", ["own", "generic"])
def test_scripts_get_the_same_arguments(both: tuple[Told, Told], name: str) -> None:
    keepalived, vrrpd = both
    assert vrrpd.scripts(name) == keepalived.scripts(name)


def test_who_is_no_longer_configured_is_told_of_as_it_asked(lab: Lab) -> None:
    """The pipe stays while it does: keepalived makes another one at each reload."""
    host = lab["r1"]
    told = _prepare(host)
    scripts = f'notify_deleted "{host.directory}/own deleted"\n notify {host.directory}/generic'
    others = [(3, scripts), (4, f"notify {host.directory}/generic"), (5, "notify_deleted")]
    _config(host, (1, ""), (2, ""), *others)
    process = start_vrrpd(host)
    told.listen()
    eventually(lambda: len(told.pipe()) == 12, "five instances and a group, BACKUP and MASTER")
    _config(host, (1, ""), (2, ""))
    process.send(signal.SIGHUP)
    gone = [
        f'INSTANCE "VI_{number}" {event} 10{number}' for number, event in ((3, "DELETED"), (4, "FAULT"), (5, "DELETED"))
    ]
    eventually(lambda: sorted(told.pipe()[12:]) == gone, "they are gone")
    eventually(lambda: "deleted" in told.scripts("own"))
    eventually(lambda: {"INSTANCE VI_3 DELETED 103", "INSTANCE VI_4 FAULT 104"} <= set(told.scripts("generic")))
    assert process.stop() == 0
    assert sorted(told.pipe()[15:]) == [
        'GROUP "G" STOP 0',
        'INSTANCE "VI_1" STOP 101',
        'INSTANCE "VI_2" STOP 102',
    ]
    told.close()
