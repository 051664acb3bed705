"""A real keepalived and our decoder give the same verdict on the same damaged packet, told by keepalived's counters."""

import itertools
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.inet import IP

from tests.proto.packets import V2, V3, Packet
from tests.proto.test_advertisement import V2_FAULTS, V3_FAULTS, Change, changed, reason_of
from tests.vectors.record import keepalived_configuration
from vrrpd.proto.advertisement import DropReason

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(shutil.which("keepalived") is None, reason="needs keepalived"),
]

ROOT = Path(__file__).parents[2]
NAMESPACES = ["unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc"]
COUNTERS = {
    None: ["advert_rcvd"],
    DropReason.BAD_LENGTH: ["packet_len_err"],
    DropReason.BAD_TTL: ["ip_ttl_err"],
    DropReason.INVALID_AUTH_TYPE: ["invalid_authtype"],
    DropReason.AUTH_TYPE_MISMATCH: ["authtype_mismatch"],
    DropReason.AUTH_FAILURE: ["auth_failure"],
    DropReason.BAD_TYPE: ["invalid_type_rcvd"],
}
"""keepalived counts none of the others in its statistics file, only the drop itself shows."""


def all_pairs(base: Packet, faults: list[tuple[Change, DropReason]]) -> list[Packet]:
    """Without a fault, with each fault, and with each two of them."""
    # keepalived's socket is bound to the group: what is sent elsewhere never comes to its checks.
    changes = [change for change, reason in faults if reason is not DropReason.WRONG_DESTINATION]
    singles = [changed(base, change) for change in changes]
    return [base, *singles, *(changed(base, *pair) for pair in itertools.combinations(changes, 2))]


def on_the_wire(packet: Packet) -> str:
    datagram = packet.datagram()
    header = IP(src=str(datagram.source), dst=str(datagram.destination), ttl=datagram.hop_limit, proto=112)
    return bytes(header / datagram.payload).hex()


def verdicts(packets: list[Packet], configuration: str, directory: Path) -> list[list[str]]:
    path = directory / "keepalived.conf"
    path.write_text(configuration)
    good = replace(packets[0], priority=200)
    command = [*NAMESPACES, sys.executable, "-m", "tests.proto.keepalived_verdicts", str(path)]
    lines = "\n".join(on_the_wire(packet) for packet in (good, *packets))
    done = subprocess.run(command, cwd=ROOT, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()][1:]


@pytest.mark.parametrize(
    ("base", "faults", "auth_pass"),
    [(V2, V2_FAULTS, "SecretPassword"), (V3, V3_FAULTS, None)],
    ids=["v2-pass", "v3"],
)
def test_same_verdict(
    base: Packet, faults: list[tuple[Change, DropReason]], auth_pass: str | None, tmp_path: Path
) -> None:
    packets = all_pairs(base, faults)
    configuration = keepalived_configuration(base.version, auth_pass=auth_pass)
    theirs = verdicts(packets, configuration, tmp_path)
    differing = []
    for packet, counters in zip(packets, theirs, strict=True):
        ours = reason_of(packet, base.rules())
        if COUNTERS.get(ours, []) != counters:
            differing.append((packet, ours, counters))
    assert not differing
