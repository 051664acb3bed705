"""What a real keepalived says of damaged advertisements; run by test_against_keepalived.py in namespaces of its own.

It reads packets in hexadecimal, one IPv4 packet a line, and prints for each the counters of keepalived that went up.
Before each packet keepalived hears a good advertisement of a higher priority, the first line, and so stays BACKUP.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

SCRATCH: Final = Path("/run/verdicts")
ETHERNET: Final = bytes.fromhex("01005e0000120200000000020800")
SIGJSON: Final = signal.SIGRTMIN + 2
PATIENCE: Final = 10.0


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def start(configuration: Path) -> tuple[subprocess.Popen[bytes], socket.socket]:
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    SCRATCH.mkdir()
    (SCRATCH / "keepalived.conf").write_bytes(configuration.read_bytes())
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "wire")
    run("ip", "address", "add", "192.168.1.9/24", "dev", "eth0")
    for interface in ("eth0", "wire"):
        run("ip", "link", "set", interface, "up")
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("wire", 0))
    pids = ["-p", str(SCRATCH / "parent.pid"), "-r", str(SCRATCH / "child.pid")]
    command = ["keepalived", "-n", "-P", "-l", "-G", "-D", "-f", str(SCRATCH / "keepalived.conf"), *pids]
    with (SCRATCH / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(SCRATCH)})
    return daemon, wire


def counters(daemon: subprocess.Popen[bytes]) -> dict[str, int]:
    """keepalived's statistics now, which it has written once its file can be parsed."""
    path = SCRATCH / "keepalived.json"
    path.unlink(missing_ok=True)
    daemon.send_signal(SIGJSON)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            (instance,) = json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            time.sleep(0.002)
        else:
            return {name: value for name, value in instance["stats"].items() if isinstance(value, int)}
    sys.exit("keepalived wrote no statistics:\n" + (SCRATCH / "log").read_text())


def main() -> None:
    packets = [bytes.fromhex(line) for line in sys.stdin]
    daemon, wire = start(Path(sys.argv[1]))
    time.sleep(1.0)
    for packet in packets:
        wire.send(ETHERNET + packets[0])
        before = counters(daemon)
        wire.send(ETHERNET + packet)
        after = counters(daemon)
        print(json.dumps([name for name, value in after.items() if value != before[name]]), flush=True)
    print((SCRATCH / "log").read_text(), file=sys.stderr)


if __name__ == "__main__":
    main()
