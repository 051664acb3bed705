"""Pieces of keepalived.conf that the comparisons share.

``{directory}`` becomes the directory of the host, ``{process}`` a name for processes that no other host uses.
"""

from collections.abc import Sequence
from typing import Final

from netns.host import Host

VIP: Final = "192.168.1.100"
VIP6: Final = "fe80::100"
FIFO: Final = "fifo"
TOLD: Final = "told"
"""A second FIFO, which whoever runs in the host may write to: what scripts have to tell."""
_NAME_BYTES: Final = 15  # what the kernel keeps of the name of a process
_PIPE: Final = "global_defs {\n    vrrp_notify_fifo {directory}/fifo\n}\n"
_ONE_BURST: Final = "global_defs {\n    vrrp_garp_master_delay 0\n}\n"


def block(head: str, *lines: str) -> str:
    """``head { lines }``; a line may be a block itself."""
    inner = "\n".join(line for line in lines if line).replace("\n", "\n    ")
    return f"{head} {{\n    {inner}\n}}\n" if inner else f"{head} {{\n}}\n"


def instance(
    *lines: str,
    name: str = "VI_1",
    vrid: int = 51,
    priority: int | None = 100,
    interval: float | None = 0.2,
    version: int | None = 3,
    state: str | None = "BACKUP",
    vips: Sequence[str] = (VIP,),
) -> str:
    """A ``vrrp_instance`` on eth0; what is None is not written."""
    return block(
        f"vrrp_instance {name}",
        "interface eth0",
        f"virtual_router_id {vrid}",
        *(f"{word} {value}" for word, value in _written(state, priority, version, interval)),
        *lines,
        block("virtual_ipaddress", *vips).rstrip() if vips else "",
    )


def _written(*values: object) -> list[tuple[str, object]]:
    words = ("state", "priority", "version", "advert_int")
    return [(word, value) for word, value in zip(words, values, strict=True) if value is not None]


def placed(text: str, host: Host) -> str:
    """The file as a host gets it: always with a notify FIFO, where the lab listens, and without the second burst of
    announcements (5 s later, when everything is over) in a file that says nothing about announcements.
    """
    whole = ("" if "notify_fifo" in text else _PIPE) + ("" if "garp" in text else _ONE_BURST) + text
    return filled(whole, host)


def filled(text: str, host: Host) -> str:
    """With what is the host's own."""
    return text.replace("{directory}", str(host.directory)).replace("{process}", host.namespace[:_NAME_BYTES])
