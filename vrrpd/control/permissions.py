"""Who may do what over the control socket.

The socket's mode (0660) already keeps strangers out; this holds as well for a descriptor that was handed on, or when
somebody widens the mode.
"""

from vrrpd.control.commands import Access, Caller
from vrrpd.records import dataclass

ROOT = 0


@dataclass(frozen=True, slots=True)
class Permissions:
    """``owner`` is the daemon's own uid, ``group`` the group of the socket."""

    owner: int
    group: int

    def allow(self, caller: Caller, access: Access) -> bool:
        if caller.uid in (ROOT, self.owner):
            return True
        return access is Access.READ and self.group in (caller.gid, *caller.groups)
