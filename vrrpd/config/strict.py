"""What strict mode (``vrrp_strict``, ``strict_mode``) makes of an instance: the RFCs' way where keepalived has its own.

Its firewall apart, all of it is ordinary keywords with fixed values.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.model import VrrpInstance
from vrrpd.config.values import is_link_local
from vrrpd.units import OWNER, Family

STRICT: Final[Mapping[str, float | bool]] = {
    "down_timer_adverts": 3,
    "lower_prio_no_advert": True,
    "higher_prio_send_advert": False,
    "owner_ignore_adverts": True,
    "garp_lower_prio_delay": 0.0,
    "garp_lower_prio_repeat": 0,
}
"""Keywords and the only values that they have in strict mode."""

PREAMBLE: Final = "strict mode"


def check_strict(instance: VrrpInstance, report: Report) -> None:
    """An error for each thing that strict mode does not know, where it is written."""
    if not instance.strict_mode:
        return
    origins = instance.origins
    block = origins.get("strict_mode") or origins.get("", Location("configuration"))
    for keyword, what, expected in _contradictions(instance):
        at = origins.get(keyword) or origins.get(keyword.partition(".")[0]) or block
        report.error(at, "strict", f"{instance.name}: {PREAMBLE} {what}", expected=expected,
                     write="or strict_mode = false")  # fmt: skip


def _contradictions(instance: VrrpInstance) -> Iterator[tuple[str, str, str]]:
    """The keyword, what is wrong with it, and what is expected."""
    for keyword, only in STRICT.items():
        value = _value(instance, keyword)
        if value != only:
            yield keyword, f"has no {keyword} but {_text(only)}", f"{keyword} = {_text(only)}, or nothing"
    owner = instance.priority == OWNER
    if (instance.state == "MASTER") is not owner:
        fit = "MASTER" if owner else "BACKUP"
        yield "state", "has state MASTER with priority 255, and only with it", f'state = "{fit}"'
    if instance.unicast_peer and instance.interface:
        yield "unicast_peer", "has no unicast peers", "multicast"
    if instance.authentication is not None:
        yield "authentication", "has no authentication", "none"
    if instance.preempt_delay > 0:
        yield "preempt_delay", "has no preempt_delay", "none"
    if instance.accept and instance.version == 2 and not owner:
        yield "accept", "has accept with VRRPv3 only (RFC 3768)", "version = 3, or no accept"
    yield from _of_interfaces(instance)


def _of_interfaces(instance: VrrpInstance) -> Iterator[tuple[str, str, str]]:
    vips = instance.virtual_ipaddress
    if not vips and instance.version == 2:  # VRRPv3 always needs one
        yield "virtual_ipaddress", "needs a virtual_ipaddress", "at least one address"
    if vips and instance.family is Family.IPV6 and not (instance.unicast_peer or is_link_local(vips[0].address)):
        yield "virtual_ipaddress.0", "needs a link-local address in the first place (RFC 9568)", "an fe80:: address"
    if instance.vmac_xmit_base:
        yield "vmac_xmit_base", "has no vmac_xmit_base", "none"
    if instance.use_vmac is not None and instance.use_vmac.mac is not None:
        yield "use_vmac", "has the RFCs' MAC address only", "use_vmac without a MAC address"
    if instance.auth_hmac is not None and instance.auth_hmac.mode != "enforce":
        yield "auth_hmac.mode", "has auth_hmac in mode enforce only", 'mode = "enforce"'


def _value(instance: VrrpInstance, keyword: str) -> object:
    if keyword.startswith("garp_"):
        return getattr(instance.garp, keyword.removeprefix("garp_"))
    return getattr(instance, keyword)


def _text(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
