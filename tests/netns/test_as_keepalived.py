"""keepalived's files and the same work under keepalived and under vrrpd: the whole catalogue of comparisons."""

import pytest

from netns.comparison.catalogue import COMPARISONS
from netns.comparison.compare import compare
from netns.comparison.report import as_text
from tests.daemon.keepalived import AVAILABLE

pytestmark = [pytest.mark.netns, pytest.mark.compared, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]


@pytest.mark.parametrize("name", COMPARISONS)
def test_the_same_happens(name: str) -> None:
    outcome = compare(COMPARISONS[name])
    print(as_text(outcome))
    assert outcome.passed, as_text(outcome, with_logs=True)
