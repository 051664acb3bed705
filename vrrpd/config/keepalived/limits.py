"""How much a file may ask for: every reading ends, and soon."""

from typing import Final

from vrrpd.errors import VrrpdError

INPUT_LIMIT: Final = 8 << 20
"""Characters of all files of a configuration together."""

LINES_LIMIT: Final = 200_000
"""Lines of a configuration, with all that definitions and sequences make of them."""

OUTPUT_LIMIT: Final = 16 << 20
"""Characters of those lines together."""

EXPANDED_LINE_LIMIT: Final = 32 << 10
"""Characters of one line after the expansion of its definitions."""

EXPANSIONS_LIMIT: Final = 1_000
"""Definitions that one line may refer to, directly or not."""

INCLUDE_DEPTH: Final = 64
"""Files that may include each other in a chain."""


class TooMuchError(VrrpdError):
    """A limit was met: the reading ends here."""
