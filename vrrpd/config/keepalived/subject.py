"""An instance while its keywords are put together."""

from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.words import Draft
from vrrpd.config.values import shortened
from vrrpd.records import dataclass
from vrrpd.units import OWNER, Family, Priority, family_of


@dataclass(frozen=True, slots=True)
class Subject:
    """An instance being completed."""

    name: str
    draft: Draft
    defs: Draft
    complaints: Complaints

    def complain(
        self, keyword: str, code: str, message: str, *, expected: str = "", write: str = "",
        kind: Complaint = Complaint.GENERAL,
    ) -> None:  # fmt: skip
        at = self.draft.at(keyword)
        self.complaints.complain(
            kind, at, code, f"vrrp_instance {shortened(self.name)}: {message}", expected=expected, write=write
        )

    def refuse(self, keyword: str, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        self.complaints.refuse(
            Complaint.GENERAL, self.draft.at(keyword), code, f"vrrp_instance {shortened(self.name)}: {message}",
            expected=expected, write=write,
        )  # fmt: skip

    @property
    def family(self) -> Family:
        vips = self.draft.get("virtual_ipaddress", tuple, ())
        if vips:
            return family_of(vips[0].address)
        return Family.IPV6 if self.draft.get("native_ipv6", bool, False) else Family.IPV4

    @property
    def version(self) -> int:
        own = self.draft.find("version", int)
        if own is not None:
            return own
        return 3 if self.family is Family.IPV6 else self.defs.get("vrrp_version", int, 2)

    @property
    def strict(self) -> bool:
        return self.draft.get("strict_mode", bool, self.defs.get("vrrp_strict", bool, False))

    @property
    def priority(self) -> Priority:
        written = self.draft.find("priority", int)
        if written is None:
            written = OWNER if self.draft.find("state", str) == "MASTER" else 100
        return Priority(written)

    @property
    def state(self) -> str:
        owner = self.priority == OWNER
        written = self.draft.get("state", str, "MASTER" if owner else "BACKUP")
        return ("MASTER" if owner else "BACKUP") if self.strict else written
