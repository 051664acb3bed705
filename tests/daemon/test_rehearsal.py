"""What the daemon prepares before it forks a worker is all that a takeover needs."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

FIRST_TAKEOVER = """
import sys
from ipaddress import IPv4Address
from pathlib import Path

from vrrpd import records

written = []
get = records._Later.__get__

def noted(self, instance, owner=None):
    written.append(f"{self._cls.__name__}.{self._name}")
    return get(self, instance, owner)

records._Later.__get__ = noted

from vrrpd.core.events import AdvertisementReceived, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.node import Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.arrangement import arrange
from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.plan import plan_instance
from vrrpd.daemon.rehearsal import rehearse
from vrrpd.proto.advertisement import Advertisement
from vrrpd.units import Instant

config, _ = read_configuration(DaemonOptions(Path(sys.argv[1])))
if sys.argv[2:]:
    rehearse(config)
plan = plan_instance(config.vrrp_instances[0], config.global_defs)
node = Node([VirtualRouter(plan.name, plan.parameters)])
for event in (PrimaryAddressChanged(IPv4Address("192.0.2.1")), LinkChanged(up=True), Startup()):
    node.handle(plan.name, event, Instant(0.0))
own = plan.parameters
advert = Advertisement(own.version, own.vrid, 254, own.advert_interval, own.addresses, plan.checksum_form)
event = AdvertisementReceived(advert, IPv4Address("192.0.2.9"))
for number in range(3):
    node.hear([(plan.name, event)], Instant(float(number)))
del written[:]
arrange(node.due(Instant(100.0)))
print(*written)
"""


FIRST_WORK = """
import sys
from pathlib import Path

from vrrpd import records
from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.rehearsal import rehearse
from vrrpd.daemon.service import Service
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.loop import EventLoop

config, _ = read_configuration(DaemonOptions(Path(sys.argv[1])))
if sys.argv[2:]:
    rehearse(config)
written = []
get = records._Later.__get__

def noted(self, instance, owner=None):
    written.append(f"{self._cls.__name__}.{self._name}")
    return get(self, instance, owner)

records._Later.__get__ = noted
Service(config, "test", EventLoop(), ProcessConnector())
print(*(name for name in written if not name.startswith("_")))
"""


def written_by(program: str, *options: str) -> list[str]:
    """Methods of dataclasses that are written in a process that does so for the first time."""
    argv = [sys.executable, "-c", program, str(REPOSITORY / "docs/examples/vi1.toml"), *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    return done.stdout.split()


def test_nothing_is_left_to_be_made_in_a_takeover() -> None:
    assert written_by(FIRST_TAKEOVER, "rehearsed") == []
    unprepared = written_by(FIRST_TAKEOVER)
    assert "SendAdvertisement.__init__" in unprepared, "else this would find nothing"
    assert "DeadlineReached.__eq__" in unprepared, "it is compared with what was heard last"


@pytest.mark.netns
def test_a_new_worker_is_made_of_what_is_there() -> None:
    """But for a few parts that are nobody's business."""
    assert written_by(FIRST_WORK, "rehearsed") == []
    assert "InterfaceAddress.__init__" in written_by(FIRST_WORK), "else this would find nothing"
