"""What holds for every test: namespaces need root, the slowest start first, no property has a time limit."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, and that is no defect.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Whoever runs the tests in the background of a shell leaves them deaf to Ctrl-C, and so all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


MARKS = ("netns", "fuzz", "alone", "compared")
"""By which scripts/lib/run_tests.py chooses files: it reads them and does not load them."""


def _named_in_its_file(items: list[pytest.Item]) -> None:
    texts: dict[Path, str] = {}
    for item in items:
        for mark in filter(item.get_closest_marker, MARKS):
            text = texts.setdefault(item.path, item.path.read_text(encoding="utf-8"))
            if f"mark.{mark}" not in text:
                raise pytest.UsageError(
                    f"{item.nodeid}: its file has to say pytest.mark.{mark}, or ./scripts/test misses it"
                )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    _named_in_its_file(items)
    if os.geteuid() != 0:
        without_root = pytest.mark.skip(reason="needs root and Linux network namespaces")
        for item in items:
            if item.get_closest_marker("netns"):
                item.add_marker(without_root)
    # Side by side, a long test that starts last is waited for alone.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
