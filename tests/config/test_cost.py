"""Reading costs a small multiple of what tomllib alone costs, however many instances there are."""

import time
import tomllib
from collections.abc import Callable

from tests.config.findings import instance, read, script


def large(count: int) -> str:
    return script("interval = 2\nweight = 2") + "".join(map(numbered, range(count)))


def numbered(number: int) -> str:
    """One of many instances, with a router number, interface and addresses that no other has."""
    interface, network = f"eth{number // 255}", f"10.{number // 250}.{number % 250}"
    addresses = [f"{network}.1/24 dev {interface} label {interface}:{number}", f"{network}.2/24", f"{network}.3/24"]
    lines = (
        f'interface = "{interface}"\nvirtual_router_id = {number % 255 + 1}\nvirtual_ipaddress = {addresses}\n'
        'state = "BACKUP"\npriority = 101\nadvert_int = 1\ntrack_script = ["chk"]\nnotify_master = "/bin/sh /x/y z"'
    )
    return instance(lines, name=f"VI_{number}")


def cost(work: Callable[[], object]) -> float:
    """Seconds of CPU, the best of five."""
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def test_cost_is_a_small_multiple_of_tomllibs() -> None:
    text = large(256)
    assert len(read(text).vrrp_instances) == 256
    assert cost(lambda: read(text)) < 12 * cost(lambda: tomllib.loads(text))


def test_cost_grows_with_the_file_and_not_faster() -> None:
    small, big = large(64), large(512)
    assert cost(lambda: read(big)) < 16 * cost(lambda: read(small))
