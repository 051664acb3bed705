"""keepalived's strict mode: what it changes in an instance, each thing reported where it is written."""

from typing import Final

from vrrpd.config.keepalived.subject import Subject
from vrrpd.config.model import AuthHmac, Vmac
from vrrpd.config.strict import STRICT
from vrrpd.config.values import is_link_local
from vrrpd.units import OWNER, Family

_UNWANTED: Final = {"garp_lower_prio_delay", "garp_lower_prio_repeat", "vmac_xmit_base"}
"""What does not exist there at all."""


def strict_version(subject: Subject) -> None:
    """IPv6 is VRRPv3 for sure."""
    if subject.strict and subject.family is Family.IPV6 and subject.draft.find("version", int) == 2:
        subject.complain("version", "strict", "strict mode has no VRRPv2 with IPv6: it is version 3", write="version 3")
        subject.draft.values["version"] = 3


def complete_strict(subject: Subject) -> None:
    if not subject.strict:
        return
    _state(subject)
    _fixed(subject)
    _peers_and_addresses(subject)
    _accept(subject)
    _tables(subject)


def _state(subject: Subject) -> None:
    written = subject.draft.find("state", str)
    if written is not None and written != subject.state:
        subject.complain("state", "strict", f"strict mode has state MASTER with priority 255, and only with it:"
                         f" it is {subject.state}", write=f"state {subject.state}")  # fmt: skip


def _fixed(subject: Subject) -> None:
    draft = subject.draft
    for keyword in sorted(_UNWANTED):
        if draft.values.pop(keyword, None):
            subject.complain(keyword, "strict", f"strict mode has no {keyword}: it is ignored")
    for keyword, only in STRICT.items():
        if keyword in draft.values and draft.values[keyword] != only:
            shown = str(only).lower()
            subject.complain(keyword, "strict", f"strict mode has {keyword} {shown}", write=f"{keyword} {shown}")
        draft.values[keyword] = only


def _peers_and_addresses(subject: Subject) -> None:
    draft = subject.draft
    if draft.get("unicast_peer", tuple, ()):
        if draft.find("interface", str) is not None:
            subject.refuse("unicast_peer", "strict-unicast", "strict mode has no unicast peers on an interface that can"
                           " multicast", write="remove vrrp_strict")  # fmt: skip
        return
    vips = draft.get("virtual_ipaddress", tuple, ())
    if vips and subject.family is Family.IPV6 and not is_link_local(vips[0].address):
        subject.complain("virtual_ipaddress.0", "strict", "strict mode has a link-local address in the first place",
                         expected="an fe80:: address (RFC 9568 section 5.2.9)")  # fmt: skip


def _accept(subject: Subject) -> None:
    """RFC 3768 knows no accept mode: nobody but the owner answers."""
    draft = subject.draft
    if draft.get("accept", bool, False) and subject.version == 2 and subject.priority != OWNER:
        subject.complain("accept", "strict", "strict mode has no accept with VRRPv2: it is ignored", write="version 3")
        del draft.values["accept"]


def _tables(subject: Subject) -> None:
    draft = subject.draft
    vmac = draft.find("use_vmac", Vmac)
    if vmac is not None and vmac.mac is not None:
        subject.complain("use_vmac", "strict", "strict mode has the RFCs' MAC address only: this one is ignored")
        draft.values["use_vmac"] = Vmac(vmac.name, None, vmac.netlink_notify_msg, vmac.group)
    hmac = draft.find("auth_hmac", AuthHmac)
    if hmac is not None and hmac.mode != "enforce":
        subject.complain("auth_hmac", "strict", f"strict mode has auth_hmac in mode enforce, not {hmac.mode}",
                         write="mode enforce")  # fmt: skip
        draft.values["auth_hmac"] = AuthHmac(hmac.keys, hmac.active_key, hmac.time_window, hmac.anti_replay, "enforce")
