"""Many histories: in portions, and in no more memory than one portion needs."""

import gc

from vrrpd.sim.campaign import CHUNK, campaign
from vrrpd.sim.world import World


def worlds() -> int:
    return sum(type(each) is World for each in gc.get_objects())


def test_no_world_outlives_its_portion() -> None:
    """The command runs without the collector."""
    before = worlds()
    gc.disable()
    try:
        for tally in campaign(0, 2 * CHUNK, None, 1):
            assert tally.histories == CHUNK
            assert worlds() <= before
    finally:
        gc.enable()
