"""keepalived's files and the same work under keepalived and under vrrpd: the whole catalogue of comparisons.

A machine that is too busy for 50 ms is no defect: what differs is done once more while no other comparison runs, and
that is recorded. What differs twice is a defect.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from netns.comparison.catalogue import COMPARISONS
from netns.comparison.compare import compare
from netns.comparison.report import as_text
from tests.daemon.keepalived import AVAILABLE

pytestmark = [pytest.mark.netns, pytest.mark.compared, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]

LOCK: Final = Path(tempfile.gettempdir()) / "vrrpd-comparisons.lock"


@contextmanager
def _beside_others(mode: int) -> Iterator[None]:
    """Beside others that are (LOCK_SH), or by itself (LOCK_EX)."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("name", COMPARISONS)
def test_the_same_happens(name: str, record_property: Callable[[str, object], None]) -> None:
    with _beside_others(fcntl.LOCK_SH):
        outcome = compare(COMPARISONS[name])
    print(as_text(outcome))
    if not outcome.passed:
        record_property("differed beside others", "; ".join(outcome.failures[:2]))
        with _beside_others(fcntl.LOCK_EX):
            outcome = compare(COMPARISONS[name])
    assert outcome.passed, as_text(outcome, with_logs=True)
