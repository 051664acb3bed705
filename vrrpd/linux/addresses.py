"""Virtual addresses in the kernel: added and removed in batches that were encoded beforehand."""

from collections.abc import Collection, Iterable, Sequence
from errno import EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV
from typing import Final

from vrrpd.errors import LinuxError, describe_errno
from vrrpd.linux import rtnl
from vrrpd.linux.netlink import Netlink
from vrrpd.linux.rtnl import AddressRequest
from vrrpd.records import dataclass
from vrrpd.units import Address

PROTOCOL: Final = 18
"""IFA_PROTO of the addresses that we add: keepalived's number, known to ``ip`` by name."""


@dataclass(frozen=True, slots=True)
class Vip:
    """One virtual address on the interface with this index; the rest as in ``ip address add``.

    ``prefix`` 0..32 or 0..128, of the ``peer`` where there is one, ``scope`` 0..255 (IPv4 only), ``broadcast`` None:
    none, ``label`` at most 15 bytes. ``flags``: IFA_F_* to add. IPv6: ``dad``: look first whether somebody has it;
    ``preferred`` in seconds, None: forever, but 0 for a /128.
    """

    address: Address
    prefix: int
    index: int
    label: str | None = None
    scope: int = 0
    broadcast: Address | None = None
    peer: Address | None = None
    flags: int = 0
    dad: bool = False
    preferred: int | None = None


@dataclass(frozen=True, slots=True)
class AddressFailure:
    """An address that could not be added or removed: why, and what the kernel had to say about it."""

    vip: Vip
    errno: int
    explanation: str = ""

    def describe(self) -> str:
        reason = describe_errno(self.errno)
        return f"{self.vip.address}/{self.vip.prefix}: {reason}" + (
            f" ({self.explanation})" if self.explanation else ""
        )


@dataclass(frozen=True, slots=True)
class _Encoded:
    vip: Vip
    add: bytes
    remove: bytes


class AddressBatch:
    """The addresses of one virtual router, sent to the kernel in one go, in the order given.

    An interface that is deleted and comes back has another index: build another batch then.
    """

    def __init__(self, vips: Sequence[Vip]) -> None:
        self.vips: Final = tuple(vips)
        self._encoded: tuple[_Encoded, ...] | None = None

    def prepare(self) -> None:
        """Encode them, if that is not done yet: before they are needed."""
        self._all()

    def _all(self) -> tuple[_Encoded, ...]:
        if self._encoded is None:
            self._encoded = self._encode()
        return self._encoded

    def _encode(self) -> tuple[_Encoded, ...]:
        additions = rtnl.encode_addresses(rtnl.encode_new_address, [_request(vip, PROTOCOL) for vip in self.vips])
        removals = rtnl.encode_addresses(rtnl.encode_delete_address, [_request(vip) for vip in self.vips])
        return tuple(map(_Encoded, self.vips, additions, removals))

    def add(self, netlink: Netlink, addresses: Collection[Address] | None = None) -> tuple[AddressFailure, ...]:
        """Add all, or only ``addresses``; one that is there already counts as added. Never raises."""
        chosen = self._chosen(addresses)
        failures = _carry_out(netlink, [(entry.vip, entry.add) for entry in chosen], deleted=False)
        if not any(failure.errno == EINVAL for failure in failures):
            return failures
        # Perhaps the kernel does not know IFA_PROTO (before Linux 5.18) and minds; it does not hurt to ask again.
        unmarked = [failure.vip for failure in failures if failure.errno == EINVAL]
        again = [(vip, rtnl.encode_new_address(_request(vip))) for vip in unmarked]
        others = tuple(failure for failure in failures if failure.errno != EINVAL)
        return others + _carry_out(netlink, again, deleted=False)

    def remove(self, netlink: Netlink, addresses: Collection[Address] | None = None) -> tuple[AddressFailure, ...]:
        """Remove all, or only ``addresses``; one that is not there counts as removed. Never raises."""
        chosen = self._chosen(addresses)
        return _carry_out(netlink, [(entry.vip, entry.remove) for entry in chosen], deleted=True)

    def _chosen(self, addresses: Collection[Address] | None) -> Iterable[_Encoded]:
        if addresses is None:
            return self._all()
        return [entry for entry in self._all() if entry.vip.address in addresses]


def _request(vip: Vip, protocol: int | None = None) -> AddressRequest:
    return AddressRequest(
        vip.index,
        vip.address,
        vip.prefix,
        vip.scope,
        vip.label,
        vip.broadcast,
        vip.peer,
        vip.flags,
        vip.dad,
        vip.preferred,
        protocol,
    )


def _carry_out(netlink: Netlink, requests: Sequence[tuple[Vip, bytes]], *, deleted: bool) -> tuple[AddressFailure, ...]:
    try:
        errors = netlink.transact([message for _, message in requests])
    except LinuxError as error:
        return tuple(AddressFailure(vip, error.errno, "netlink socket") for vip, _ in requests)
    as_wanted = (EADDRNOTAVAIL, ENODEV) if deleted else (EEXIST,)
    failures = []
    for position, ((vip, _), number) in enumerate(zip(requests, errors, strict=True)):
        if number == 0 and vip.address.version == 6:
            netlink.expect_anonymous(vip.index, vip.address, deleted=deleted)
        if number and number not in as_wanted:
            failures.append(AddressFailure(vip, number, netlink.explanations.get(position, "")))
    return tuple(failures)
