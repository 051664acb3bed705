"""Turning an event loop until something holds."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 20.0


def turn(loop: asyncio.AbstractEventLoop, until: Callable[[], object]) -> None:
    """Run the loop until it holds; fail when it does not within a generous time."""
    give_up = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < give_up, "never came true"
        pause(loop, 0.005)


def pause(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    loop.run_until_complete(asyncio.sleep(seconds))
