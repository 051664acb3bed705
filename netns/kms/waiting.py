"""Waiting for what another program does."""

import time
from collections.abc import Callable
from typing import Final

from netns.kernel import LabError

_PAUSE: Final = 0.02


def wait_until(
    done: Callable[[], bool], patience: float, complaint: Callable[[], str], *, alive: Callable[[], bool] | None = None
) -> None:
    """Returns when ``done``. LabError with the ``complaint`` after ``patience`` seconds, or when not ``alive``."""
    end = time.monotonic() + patience
    while not done():
        over = time.monotonic() > end or (alive is not None and not alive())
        if over and not done():  # once more: it may have been done with the last breath
            raise LabError(complaint())
        if over:
            return
        time.sleep(_PAUSE)
