"""Programs of iproute2 and nftables that the lab runs for itself."""

import subprocess
from collections.abc import Sequence

from netns.kernel import LabError


def output(argv: Sequence[str], *, given: str = "", check: bool = True, timeout: float = 30) -> str:
    """Standard output of a program; raises LabError with its standard error when it fails."""
    done = subprocess.run(argv, input=given, capture_output=True, text=True, check=False, timeout=timeout)
    if check and done.returncode:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()[:500]}")
    return done.stdout


def ip_batch(namespace: str | None, commands: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start ``ip -batch`` in a namespace (None: only ``netns`` commands); finish it with ``finish``."""
    where = () if namespace is None else ("-n", namespace)
    process = subprocess.Popen(
        ["ip", *where, "-batch", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if process.stdin is None:
        raise LabError("ip has no standard input")
    process.stdin.write("".join(f"{line}\n" for line in commands).encode())
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=30)
    if process.returncode:
        raise LabError(f"ip: {errors.decode(errors='replace').strip()[:500]}")


def batch(namespace: str | None, commands: Sequence[str]) -> None:
    if commands:
        finish(ip_batch(namespace, commands))
