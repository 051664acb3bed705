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

ADDRESS_REPAIRED: Final = Departure(
    "an address is put back",
    "a removed address costs keepalived a failover; vrrpd puts it back at once and stays master",
    r"^r1: .*after ip addr del",
)

DELAYED_ELECTION: Final = Departure(
    "preempts after its startup delay",
    "keepalived 2.2.7 that hears a lower priority during vrrp_startup_delay does not take over as long as it hears it",
    r"^r[12]: .*(until|at) .*after (start r2|kill r1)|^r1: vrrpd .*after start r2, keepalived does not",
)

OWNER_AT_ONCE: Final = Departure(
    "an owner never waits",
    "with priority 255 and state BACKUP keepalived waits Master_Down_Interval first; vrrpd warns of the contradiction,"
    " and the priority decides (RFC 9568 section 6.4.1)",
    r"^r1: ",
)

STAYS_OWNER: Final = Departure(
    "an owner that yields stays an owner",
    "keepalived 2.2.7 lowers its priority to 254 as soon as it yields to another owner; later versions, and vrrpd, only"
    " when the other one goes on",
    r"^r1: .*after (an advert with priority 255|next advert)",
)

REFRESH_AFTER_DELAY: Final = Departure(
    "refresh after delay",
    "keepalived 2.2.7 counts garp_master_refresh from becoming master, vrrpd (as later versions) from the second burst",
    r"announces \S+ 3 times.*(: keepalived at \+3\.|, vrrpd does not)",
)

ONE_LATER_BURST: Final = Departure(
    "one later burst",
    "keepalived queues a second burst for each lower priority that it hears, vrrpd sends one after the last of them",
    r"announces \S+ 2 times.*(: keepalived at \+0\.[45].*, vrrpd at \+1\.0|, vrrpd does not)",
)

LAST_WORD: Final = Departure(
    "the last word is the master's",
    "where two masters meet, the better one announces once more an interval later: what the other one announced in"
    " between does not stay in anybody's cache (docs/decisions/0012-the-last-announcement.md)",
    r"^r\d: vrrpd announces \S+ 1 times,.* keepalived does not$",
)

RHYTHM: Final = Departure(
    "keeps its rhythm",
    "any packet that reaches a master postpones keepalived's next advert by a whole interval, even one that is then"
    " dropped: a flood silences it",
    r"sends advert priority 100 ",
)
