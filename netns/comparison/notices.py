"""."""

from netns.comparison.work import Comparison

COMPARISONS: tuple[Comparison, ...] = ()
