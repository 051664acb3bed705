"""keepalived's sizes of receive buffers: kernel_rx_buf_size, vrrp_rx_bufs_policy and vrrp_rx_bufs_multiplier."""

from collections.abc import Iterable
from typing import Final

from vrrpd.config.model import GlobalDefs, VrrpInstance
from vrrpd.records import dataclass
from vrrpd.units import Family

_VRRP: Final = 8
_HEADER: Final = {Family.IPV4: 20, Family.IPV6: 40}
_ADDRESS: Final = {Family.IPV4: 4, Family.IPV6: 16}
_PASSWORD: Final = 8


@dataclass(frozen=True, slots=True)
class ReceiveBuffer:
    """What one instance asks for: ``size`` bytes and ``packets`` times the MTU."""

    size: int = 0
    packets: int = 0


NOTHING_ASKED: Final = ReceiveBuffer()


def receive_buffer(instance: VrrpInstance, defs: GlobalDefs) -> ReceiveBuffer:
    if instance.kernel_rx_buf_size is not None:
        return ReceiveBuffer(instance.kernel_rx_buf_size)
    match defs.vrrp_rx_bufs_policy:
        case None:
            return NOTHING_ASKED
        case "MTU":
            return ReceiveBuffer(packets=defs.vrrp_rx_bufs_multiplier)
        case "ADVERT":
            return ReceiveBuffer(defs.vrrp_rx_bufs_multiplier * advert_length(instance))
        case size:
            return ReceiveBuffer(int(size))


def advert_length(instance: VrrpInstance) -> int:
    """Bytes of an advertisement with its IP header."""
    family = instance.family
    password = _PASSWORD if instance.version == 2 and family is Family.IPV4 else 0
    return _HEADER[family] + _VRRP + _ADDRESS[family] * len(instance.virtual_ipaddress) + password


def together(buffers: Iterable[ReceiveBuffer], mtu: int) -> int:
    """Bytes of the one socket that several instances share."""
    return sum(buffer.size + buffer.packets * mtu for buffer in buffers)
