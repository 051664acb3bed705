"""How much a file may ask for: every reading ends, and soon."""

from typing import Final

from vrrpd.errors import VrrpdError

INPUT_LIMIT: Final = 8 << 20
"""Characters of all files of a configuration together."""

LINES_LIMIT: Final = 60_000
"""Lines of a configuration, with all that definitions and sequences make of them."""

OUTPUT_LIMIT: Final = 16 << 20
"""Characters of those lines together."""

TOKENS_LIMIT: Final = 120_000
"""Words and braces of a configuration."""

WORK_LIMIT: Final = 20_000_000
"""Characters that the expansion of definitions may move."""

EXPANDED_LINE_LIMIT: Final = 32 << 10
"""Characters of one line after the expansion of its definitions."""

EXPANSIONS_LIMIT: Final = 1_000
"""Definitions that one line may refer to, directly or not."""

FILES_LIMIT: Final = 2_000
"""Files that are included, each as often as it is."""

INCLUDE_DEPTH: Final = 64
"""Files that may include each other in a chain."""


FINDINGS_LIMIT: Final = 1_000
"""Findings that are kept; nobody reads more."""

SUGGESTIONS_LIMIT: Final = 20
"""Findings for which a similar word is looked for, which takes long."""


class TooMuchError(VrrpdError):
    """A limit was met: the reading ends here."""
