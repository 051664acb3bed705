"""Record what other VRRP daemons send: ``sudo python -m tests.vectors.record`` rewrites keepalived.json and frr.json.

Each daemon runs on one end of a veth pair, the recorder listens on the other, inside network, mount and process
namespaces of their own that vanish with it. It takes two minutes.
"""

import argparse
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SCRATCH: Final = Path("/run/record")
SETTLE_SECONDS: Final = 3.0
FRAME_LIMIT: Final = 2048
SENDERS: Final = {
    bytes.fromhex("020000000001"): "keepalived, from the MAC of its interface",
    bytes.fromhex("00005e000133"): "FRR over IPv4, from the virtual MAC",
    bytes.fromhex("00005e000233"): "FRR over IPv6",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One configuration, and how long to listen; ``forwarding`` makes the node an IPv6 router."""

    name: str
    configuration: str
    seconds: float = 5.5
    forwarding: bool = False


def keepalived_configuration(
    version: int,
    addresses: Iterable[str] = ("192.168.1.100",),
    *,
    auth_pass: str | None = None,
    advert_int: str = "1",
) -> str:
    authentication = f" authentication {{\n  auth_type PASS\n  auth_pass {auth_pass}\n }}\n" if auth_pass else ""
    lines = "".join(f"  {address}\n" for address in addresses)
    return (
        "vrrp_instance VI_1 {\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority 101\n"
        f" version {version}\n advert_int {advert_int}\n{authentication} virtual_ipaddress {{\n{lines} }}\n}}\n"
    )


def frr_configuration(version: int, address: str) -> str:
    return (
        f"interface eth0\n vrrp 51 version {version}\n vrrp 51 priority 101\n"
        f" vrrp 51 advertisement-interval 1000\n vrrp 51 {address}\n"
    )


THREE: Final = ("192.168.1.100", "192.168.1.101/24", "10.0.0.1")
V6: Final = ("fe80::100/64", "fd00:1::100/64")
KEEPALIVED: Final = (
    Case("v2", keepalived_configuration(2)),
    Case("v2_pass", keepalived_configuration(2, auth_pass="SecretPassword")),
    Case("v2_pass_short", keepalived_configuration(2, THREE, auth_pass="abc")),
    Case("v2_ipv6", keepalived_configuration(2, V6)),
    Case("v2_ipv6_pass", keepalived_configuration(2, V6, auth_pass="SecretPassword")),
    Case("v3", keepalived_configuration(3)),
    Case("v3_fast", keepalived_configuration(3, ["192.168.1.100", "192.168.1.101"], advert_int="0.01")),
    Case("v3_slow", keepalived_configuration(3, advert_int="2.57"), seconds=12.0),
    Case("v3_ipv6", keepalived_configuration(3, V6)),
    Case("v3_ipv6_router", keepalived_configuration(3, V6), forwarding=True),
)
FRR: Final = (
    Case("v2", frr_configuration(2, "ip 192.168.1.100")),
    Case("v3", frr_configuration(3, "ip 192.168.1.100")),
    Case("v3_ipv6", frr_configuration(3, "ipv6 fe80::100"), forwarding=True),
)


def kind_of(frame: bytes) -> str | None:
    """What a frame is; None for the rest (MLD, router solicitations)."""
    ether_type, next_header = frame[12:14], frame[20]
    if ether_type == b"\x08\x06":
        return "gratuitous_arp"
    if ether_type == b"\x08\x00" and frame[23] == 112:
        return "farewell" if frame[34 + 2] == 0 else "advertisement"
    if ether_type == b"\x86\xdd" and next_header == 112:
        return "farewell" if frame[54 + 2] == 0 else "advertisement"
    if ether_type == b"\x86\xdd" and next_header == 58 and frame[54] == 136:
        return "neighbour_advertisement"
    return None


def listen(wire: socket.socket, seconds: float) -> Iterator[bytes]:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([wire], [], [], left)[0]:
            frame = wire.recv(FRAME_LIMIT)
            if frame[6:12] in SENDERS:
                yield frame


def sort_out(frames: Iterable[bytes]) -> dict[str, list[str]]:
    """The first advertisement and the first farewell, and each announcement once."""
    found: dict[str, list[str]] = {}
    for frame in frames:
        kind = kind_of(frame)
        once = kind in {"advertisement", "farewell"} and kind in found
        if kind and not once and frame.hex() not in found.setdefault(kind, []):
            found[kind].append(frame.hex())
    return found


def record(case: Case, commands: Sequence[Sequence[str]], wire: socket.socket) -> dict[str, object]:
    (SCRATCH / "daemon.conf").write_text(case.configuration)
    for scope in ("all", "eth0"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/forwarding").write_text("1" if case.forwarding else "0")
    with (SCRATCH / "log").open("w") as log:
        daemons = []
        for command in commands:
            daemons.append(subprocess.Popen(command, stdout=log, stderr=log))
            time.sleep(0.5)
        frames = list(listen(wire, case.seconds))
        for daemon in reversed(daemons):
            daemon.send_signal(signal.SIGTERM)
            frames += listen(wire, 2.0)
            daemon.wait()
    found = sort_out(frames)
    print(case.name, {kind: len(each) for kind, each in found.items()}, flush=True)
    if "farewell" not in found:
        sys.exit((SCRATCH / "log").read_text())
    return {"name": case.name, "configuration": case.configuration, "frames": found}


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def prepare() -> socket.socket:
    for directory in ("/run", "/var/tmp"):
        run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", directory)
    SCRATCH.mkdir()
    (SCRATCH / "daemon.conf").touch(mode=0o600)
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "eth0", "address", "02:00:00:00:00:01", "type", "veth", "peer", "name", "wire")
    run("ip", "address", "add", "192.168.1.1/24", "dev", "eth0")
    Path("/proc/sys/net/ipv6/conf/wire/disable_ipv6").write_text("1")
    for interface in ("eth0", "wire"):
        run("ip", "link", "set", interface, "up")
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind(("wire", 0))
    time.sleep(SETTLE_SECONDS)  # until duplicate address detection is done
    return wire


def write(name: str, version: str, cases: list[dict[str, object]]) -> None:
    (HERE / f"{name}.json").write_text(json.dumps({"sender": version, "cases": cases}, indent=1) + "\n")


def record_keepalived(wire: socket.socket) -> None:
    pids = ["-p", str(SCRATCH / "parent.pid"), "-r", str(SCRATCH / "child.pid")]
    command = ["keepalived", "-n", "-P", "-l", "-G", "-f", str(SCRATCH / "daemon.conf"), *pids]
    cases = [record(case, [command], wire) for case in KEEPALIVED]
    write("keepalived", run("keepalived", "--version").splitlines()[0], cases)


def add_virtual_mac_interfaces() -> None:
    """FRR takes over what it finds: macvlans with the virtual MAC and the addresses."""
    for interface, mac, address in (
        ("vrrp4", "00:00:5e:00:01:33", "192.168.1.100/24"),
        ("vrrp6", "00:00:5e:00:02:33", "fe80::100/64"),
    ):
        run("ip", "link", "add", interface, "link", "eth0", "address", mac, "type", "macvlan", "mode", "bridge")
        run("ip", "address", "add", address, "dev", interface)
        run("ip", "link", "set", interface, "up")
    time.sleep(SETTLE_SECONDS)


def record_frr(wire: socket.socket) -> None:
    add_virtual_mac_interfaces()
    Path("/run/frr").mkdir()
    for path in (Path("/run/frr"), SCRATCH, SCRATCH / "daemon.conf"):
        shutil.chown(path, "frr", "frr")
    (SCRATCH / "zebra.conf").touch()
    socket_path = str(SCRATCH / "zserv")
    common = ["-z", socket_path, "-P", "0", "-i"]
    commands = [
        ["/usr/lib/frr/zebra", "-f", str(SCRATCH / "zebra.conf"), *common, str(SCRATCH / "zebra.pid")],
        ["/usr/lib/frr/vrrpd", "-f", str(SCRATCH / "daemon.conf"), *common, str(SCRATCH / "vrrpd.pid")],
    ]
    cases = [record(case, commands, wire) for case in FRR]
    write("frr", run("/usr/lib/frr/vrrpd", "--version").splitlines()[0], cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().inside:
        wire = prepare()
        record_keepalived(wire)
        record_frr(wire)
        return
    if os.geteuid() != 0:
        sys.exit("Recording needs root: it makes network namespaces and runs keepalived and FRR in them.")
    namespaces = ["unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc"]
    os.execvp(namespaces[0], [*namespaces, sys.executable, "-m", "tests.vectors.record", "--inside"])  # noqa: S606 - a fixed command


if __name__ == "__main__":
    main()
