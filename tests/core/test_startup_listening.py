"""A node that has heard the others for a while already waits that much less for them; it owes nobody anything else."""

import pytest

from tests.core.builders import parameters, waiting_to_start
from vrrpd.core.effects import State
from vrrpd.core.events import Startup
from vrrpd.units import OWNER, Seconds


@pytest.mark.parametrize("delay", [0.0, 10.0])
def test_it_takes_over_so_much_earlier(delay: float) -> None:
    usual, sooner = waiting_to_start(), waiting_to_start()
    usual.tell(Startup(Seconds(delay)))
    sooner.tell(Startup(Seconds(delay), listening=Seconds(0.25)))
    for story in (usual, sooner):
        while not story.is_in(State.MASTER):
            story.next_deadline()
    assert usual.now - sooner.now == pytest.approx(0.25)


def test_an_owner_waits_for_nobody_anyway() -> None:
    story = waiting_to_start(parameters(OWNER))
    story.tell(Startup(listening=Seconds(0.25)))
    assert story.is_in(State.MASTER)
    assert story.router.deadline is not None
    assert story.router.deadline > story.now
