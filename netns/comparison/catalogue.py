"""Every comparison, by name."""

from collections.abc import Mapping
from typing import Final

from netns.comparison import announcements, election, groups, links, network, notices, processes, reloads, tracking
from netns.comparison.work import Comparison
from netns.kernel import LabError

EVERY: Final[tuple[Comparison, ...]] = (
    *election.COMPARISONS,
    *network.COMPARISONS,
    *announcements.COMPARISONS,
    *links.COMPARISONS,
    *tracking.COMPARISONS,
    *groups.COMPARISONS,
    *notices.COMPARISONS,
    *reloads.COMPARISONS,
    *processes.COMPARISONS,
)
COMPARISONS: Final[Mapping[str, Comparison]] = {comparison.name: comparison for comparison in EVERY}


def comparison_named(name: str) -> Comparison:
    """Raises LabError for a name that is not in the catalogue."""
    try:
        return COMPARISONS[name]
    except KeyError:
        raise LabError(f"no comparison is called {name}; python -m netns compare --list shows them") from None
