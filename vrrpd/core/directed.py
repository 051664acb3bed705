"""Effects on their way to whoever carries them out."""

from vrrpd.core.effects import Effect
from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class Directed:
    """An effect and the virtual router that wants it; of a sync group: the member whose change led to it."""

    router: str
    effect: Effect
