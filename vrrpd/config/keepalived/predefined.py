"""The definitions that are there from the start: ``${_PWD}``, ``${_INSTANCE}``, ``${_ENV NAME}``, ..."""

import re
from typing import Final

from vrrpd.config.keepalived.context import ReadContext

_RANDOM: Final = re.compile(r"_RANDOM(?:\s+(\d{1,9}))?(?:\s+(\d{1,9}))?", re.ASCII)
_RANDOM_HIGH: Final = 32767
_ENVIRONMENT: Final = re.compile(r"_ENV\s+(\w+)", re.ASCII)


class Predefined:
    """``directory`` is that of the file being read; it changes with every ``include``."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context
        self.directory = context.directory

    def __call__(self, name: str) -> str | None:
        match name:
            case "_PWD":
                return self.directory
            case "_INSTANCE":
                return self._context.config_id
            case "_HASH":
                return "#"
            case "_BANG":
                return "!"
        return self._with_arguments(name) if name.startswith("_") else None

    def _with_arguments(self, name: str) -> str | None:
        environment = _ENVIRONMENT.fullmatch(name.strip())
        if environment is not None:
            return self._context.environment(environment.group(1)) or ""
        numbers = _RANDOM.fullmatch(name.strip())
        if numbers is None:
            return None
        low = int(numbers.group(1) or 0)
        high = int(numbers.group(2) or _RANDOM_HIGH)
        return str(self._context.random(min(low, high), max(low, high)))
