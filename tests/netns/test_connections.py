"""TCP through a handover: HAProxy on both nodes, while the master is stopped."""

import signal
import socket
import time
from dataclasses import dataclass, field

import pytest

from netns.peers import daemon_named, haproxy
from netns.scenarios.haproxy import LoadBalancers
from netns.stage import Stage

pytestmark = [pytest.mark.netns, pytest.mark.compared, pytest.mark.slow]

EVERY = 0.01


@dataclass
class LongConnection:
    """One connection, over which a page is asked for again and again."""

    socket: socket.socket
    answered: list[int] = field(default_factory=list)

    def ask_until_it_breaks(self, end: float) -> str:
        """What became of it; ``answered``: when there were answers (ns)."""
        self.socket.settimeout(2.0)
        while time.monotonic() < end:
            try:
                self.socket.sendall(b"GET / HTTP/1.1\r\nHost: vip\r\n\r\n")
                got = self.socket.recv(65536)
            except OSError as error:
                return type(error).__name__
            if not got:
                return "closed"
            self.answered.append(time.time_ns())
            time.sleep(EVERY)
        return "alive"


@pytest.mark.parametrize("successor", ["vrrpd", "keepalived"])
def test_no_connection_fails_while_the_address_stays(successor: str) -> None:
    """What both nodes cannot spare a client: a connection does not move with the address, but it ends at once."""
    if haproxy.missing():
        pytest.skip(f"needs {haproxy.missing()}")
    with Stage("connections", {"r1": daemon_named("vrrpd"), "r2": daemon_named(successor)}, backends=2) as stage:
        pair = LoadBalancers(stage)
        stage.capture.wait_for_advert(20.0, host="r1", priority=103)
        pair.expect("r1", stage.started_ns, "start")
        stage.capture.wait_for_advert(20.0, host="r1", priority=103)
        long = LongConnection(stage.lab.client.enter(socket.create_connection, (stage.vip, 80), 5.0))
        with long.socket:
            stopped_at = stage.nodes["r1"].process.send(signal.SIGTERM)
            fate = long.ask_until_it_breaks(time.monotonic() + 4.0)
        takeover = stage.first_advert_of("r2", stopped_at)
        pair.expect("r2", stopped_at, "stop")
        pair.client.stop()
        during = [a for a in pair.client.answers() if stopped_at <= a.started_ns and a.time_ns <= takeover]
        failed = [a for a in pair.client.answers() if a.started_ns >= stopped_at and not a.ok]
    assert len(during) > 10
    assert all(answer.ok and answer.served_by == "r1" for answer in during)
    assert len(failed) <= 2  # those on their way when the address moved
    assert fate in {"ConnectionResetError", "BrokenPipeError"}
    assert long.answered[-1] >= takeover - 100_000_000
