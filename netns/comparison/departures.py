"""Where vrrpd does on purpose what keepalived 2.2.7 does not, as far as the comparisons see it.

A difference that no departure of its comparison explains is a failure, and so is a departure that is not seen.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Departure:
    """``pattern`` is searched in the line that tells of the difference."""

    name: str
    reason: str
    pattern: str

    def explains(self, difference: str) -> bool:
        return re.search(self.pattern, difference) is not None


STOPS_AT_ONCE: Final = Departure(
    "stops at once",
    "keepalived stays for a second after its farewell, vrrpd ends when its scripts have ended",
    r": ends with status 0: keepalived at \+1\.\d+ s after stop .*, vrrpd at \+0\.",
)
