"""Turning an event loop until something holds."""

import time
from collections.abc import Callable

from vrrpd.loop import Loop

PATIENCE = 20.0


def turn(loop: Loop, until: Callable[[], object]) -> None:
    """Run the loop until it holds; fail when it does not within a generous time."""
    give_up = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < give_up, "never came true"
        pause(loop, 0.005)


def pause(loop: Loop, seconds: float) -> None:
    loop.call_later(seconds, loop.stop)
    loop.run_forever()
