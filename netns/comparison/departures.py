"""Where vrrpd does on purpose what keepalived 2.2.7 does not, as far as the comparisons see it.

A difference that no departure of its comparison explains is a failure, and so is a departure that is not seen.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Departure:
    """``pattern`` is searched in the line that tells of the difference; not ``certain``: it takes two things that
    happen to come together, so that not every run shows it.
    """

    name: str
    reason: str
    pattern: str
    certain: bool = True

    def explains(self, difference: str) -> bool:
        return re.search(self.pattern, difference) is not None


STOPS_AT_ONCE: Final = Departure(
    "stops at once",
    "keepalived stays for a second after its farewell, vrrpd ends when its scripts have ended",
    r": ends with status 0: keepalived at \+1\.\d+ s after stop .*, vrrpd at \+0\.",
)

COUNT_MISMATCH: Final = Departure(
    "another number of addresses",
    "keepalived 2.2.7 drops such an advert as backup and takes over beside the master; later versions accept it, and"
    " so does vrrpd",
    r"^r1: .*(192\.168\.1\.101|VI_1)",
)

LATE_ANNOUNCEMENTS: Final = Departure(
    "no announcements of an earlier term",
    "keepalived's second burst, due garp_master_delay after it became master, also comes when it has been backup in"
    " between; vrrpd's belongs to the term in which it was due",
    r"^r\d: keepalived announces .* does not$",
)

ANSWER_TO_FAREWELL: Final = Departure(
    "a new rhythm after a farewell",
    "a master answers priority 0 at once and counts its interval from then (RFC 9568 section 6.4.3); keepalived with"
    " lower_prio_no_advert goes on in its old rhythm",
    r"sends advert priority 100 vrid 5[23].*an advert with priority 0",
)

STRICT_FIREWALL: Final = Departure(
    "no firewall of strict mode",
    "no_accept is not there yet: vrrpd says so at its start, and answers at the addresses",
    r"vrrpd says .*strict mode's firewall",
)
