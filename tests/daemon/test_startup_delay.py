import pytest

from vrrpd.config.model import GlobalDefs
from vrrpd.core.events import Startup
from vrrpd.daemon.startup_delay import listened, remainder, startup_of
from vrrpd.units import Instant, Seconds


@pytest.mark.parametrize(
    ("startup", "boot", "uptime", "delay"),
    [
        (0.0, 0.0, 5.0, 0.0),
        (4.0, 0.0, 5.0, 4.0),
        (4.0, 60.0, 20.0, 40.0),
        (4.0, 60.0, 57.0, 4.0),
        (0.0, 60.0, 90.0, 0.0),
    ],
)
def test_the_later_of_both_counts(startup: float, boot: float, uptime: float, delay: float) -> None:
    defs = GlobalDefs(vrrp_startup_delay=Seconds(startup), vrrp_delay_after_boot=Seconds(boot))
    made = startup_of(defs, Instant(uptime))
    assert made.delay == delay
    assert ("after_boot" in made.why) == (delay > startup)


def test_what_is_left_for_those_that_come_later() -> None:
    assert remainder(Startup(Seconds(10.0), "x"), 4.0) == Startup(Seconds(6.0), "x")
    assert remainder(Startup(Seconds(10.0)), 40.0).delay == 0.0


def test_time_in_which_the_others_were_heard_counts_up_to_an_interval() -> None:
    assert listened(Startup(Seconds(10.0), "x"), Seconds(0.04), Seconds(0.1)) == Startup(
        Seconds(10.0), "x", Seconds(0.04)
    )
    assert listened(Startup(), Seconds(0.4), Seconds(0.1)).listening == 0.1
