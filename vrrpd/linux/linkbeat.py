"""Asking a network card for its link, as keepalived's linkbeat does: by MII, by ethtool, or by the flags."""

import ctypes
import enum
import errno
import fcntl
import socket
import struct
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import uapi

_SIOCGIFFLAGS: Final = 0x8913
_SIOCETHTOOL: Final = 0x8946
_SIOCGMIIPHY: Final = 0x8947
_SIOCGMIIREG: Final = 0x8948
_ETHTOOL_GLINK: Final = 0x0A
_MII_BMSR: Final = 1
_BMSR_LINK: Final = 0x0004
_REQUEST: Final = 40
"""Bytes of a struct ifreq."""
_MII: Final = struct.Struct("=16sHHHH")
_NO_ANSWER: Final = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.EIO, errno.ENOTTY, errno.ETIMEDOUT})


class Method(enum.Enum):
    """The value is keepalived's word."""

    MII = "MII"
    ETHTOOL = "ETHTOOL"
    IOCTL = "IOCTL"


_ORDER: Final = {
    None: (Method.MII, Method.ETHTOOL),
    Method.MII: (Method.MII, Method.ETHTOOL),
    Method.ETHTOOL: (Method.ETHTOOL, Method.MII),
    Method.IOCTL: (),
}
"""What is tried before the flags, which every interface has."""


class LinkProbe:
    """LinuxError when an interface does not exist. Each question is one or a few system calls."""

    def __init__(self) -> None:
        try:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError as error:
            raise LinuxError("poll", "links", error.errno or 0) from error

    def close(self) -> None:
        self._socket.close()

    def choose(self, interface: str, wanted: Method | None = None) -> Method:
        """``wanted`` where the interface's driver answers it, else what it does answer."""
        for method in _ORDER[wanted]:
            if self._ask(interface, method) is not None:
                return method
        return Method.IOCTL

    def is_up(self, interface: str, method: Method) -> bool:
        """Whether there is a link, and the interface is set up and running."""
        flags = self._flags(interface)
        up = flags & uapi.IFF_UP != 0 and flags & uapi.IFF_RUNNING != 0
        return up and (method is Method.IOCTL or self._ask(interface, method) is True)

    def _ask(self, interface: str, method: Method) -> bool | None:
        """None: the driver has no answer to that."""
        try:
            return self._mii(interface) if method is Method.MII else self._ethtool(interface)
        except OSError as error:
            if error.errno in _NO_ANSWER:
                return None
            raise LinuxError("poll", interface, error.errno or 0) from error

    def _mii(self, interface: str) -> bool:
        name = interface.encode()
        answer = fcntl.ioctl(self._socket, _SIOCGMIIPHY, _MII.pack(name, 0, 0, 0, 0).ljust(_REQUEST, b"\0"))
        phy = _MII.unpack_from(answer)[1]
        question = _MII.pack(name, phy, _MII_BMSR, 0, 0).ljust(_REQUEST, b"\0")
        # The bit stays cleared after a loss of the link until it has been read: the second answer is how it is now.
        fcntl.ioctl(self._socket, _SIOCGMIIREG, question)
        return bool(_MII.unpack_from(fcntl.ioctl(self._socket, _SIOCGMIIREG, question))[4] & _BMSR_LINK)

    def _ethtool(self, interface: str) -> bool:
        value = (ctypes.c_uint32 * 2)(_ETHTOOL_GLINK, 0)
        request = struct.pack("@16sP", interface.encode(), ctypes.addressof(value)).ljust(_REQUEST, b"\0")
        fcntl.ioctl(self._socket, _SIOCETHTOOL, request)
        return value[1] != 0

    def _flags(self, interface: str) -> int:
        try:
            answer = fcntl.ioctl(self._socket, _SIOCGIFFLAGS, interface.encode().ljust(_REQUEST, b"\0"))
        except OSError as error:
            raise LinuxError("poll", interface, error.errno or 0) from error
        return int(struct.unpack_from("@16sH", answer)[1])
