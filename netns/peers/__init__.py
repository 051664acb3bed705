"""The daemons that the lab can run as nodes."""

from netns.kernel import LabError
from netns.peers.base import NodeDaemon
from netns.peers.frr import Frr
from netns.peers.keepalived import Keepalived
from netns.peers.vrrpd import Vrrpd

DAEMONS: dict[str, NodeDaemon] = {daemon.name: daemon for daemon in (Vrrpd(), Keepalived(), Frr())}


def daemon_named(name: str) -> NodeDaemon:
    """Raises LabError with the names there are."""
    try:
        return DAEMONS[name]
    except KeyError:
        raise LabError(f"no daemon is called {name}; there are {', '.join(DAEMONS)}") from None
