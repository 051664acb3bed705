"""Two sequences laid side by side so that what goes together is worth most."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def aligned(
    first: Sequence[T], second: Sequence[T], worth: Callable[[T, T], int]
) -> Iterator[tuple[T | None, T | None]]:
    """Pairs in the order of both; ``worth`` of a pair is 0 for two that must not go together."""
    worths = [[worth(a, b) for b in second] for a in first]
    best = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in reversed(range(len(first))):
        for j in reversed(range(len(second))):
            together = worths[i][j] + best[i + 1][j + 1] if worths[i][j] else 0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(first) or j < len(second):
        if i < len(first) and j < len(second) and worths[i][j] and best[i][j] == worths[i][j] + best[i + 1][j + 1]:
            yield first[i], second[j]
            i, j = i + 1, j + 1
        elif i < len(first) and best[i][j] == best[i + 1][j]:
            yield first[i], None
            i += 1
        else:
            yield None, second[j]
            j += 1
