"""Whoever stays master has the last word: caches end up with its MAC address, however late the others' frames leave."""

from hypothesis import example, given
from hypothesis import strategies as st

from tests.core.builders import parameters, version_3
from tests.properties.world import Host, World
from vrrpd.core.effects import Announce, Effect
from vrrpd.core.parameters import AnnouncePolicy, Parameters
from vrrpd.units import Instant, Seconds

POLICIES = st.builds(
    AnnouncePolicy,
    delay=st.sampled_from([0.0, 5.0]).map(Seconds),
    lower_priority_repeat=st.sampled_from([0, 5]),
    lower_priority_delay=st.sampled_from([0.0, 5.0]).map(Seconds),
)


class Wire(World):
    """Announcements of some hosts leave late: their processes are starved between one system call and the next."""

    def __init__(self, hosts: dict[str, Parameters], late: dict[str, float]) -> None:
        super().__init__(hosts)
        self._late = late
        self.announced: list[tuple[Instant, str]] = []

    def _carry_out(self, host: Host, effect: Effect) -> None:
        super()._carry_out(host, effect)
        if isinstance(effect, Announce):
            at = Instant(self.now + self._late.get(host.name, 0.0))
            self._at(at, lambda: self.announced.append((self.now, host.name)))

    @property
    def believed(self) -> str:
        """Whose MAC address everybody has."""
        return self.announced[-1][1]


def settings(priority: int, policy: AnnouncePolicy, interval: float, answer: bool) -> Parameters:
    return version_3(priority, interval, announce=policy, answer_lower_priority=answer)


@given(
    priorities=st.sampled_from([(150, 100), (100, 150), (254, 1), (100, 100)]),
    policy=POLICIES,
    interval=st.sampled_from([0.1, 1.0]),
    apart=st.floats(-0.7, 0.7),
    late=st.floats(0.0, 0.95),
    slow=st.floats(0.0002, 0.4),
    answer=st.booleans(),
)
@example((150, 100), AnnouncePolicy(delay=Seconds(0.0)), 1.0, -0.195, 0.5, 0.1, True)
@example((150, 100), AnnouncePolicy(delay=Seconds(0.0), lower_priority_repeat=0), 1.0, -0.195, 0.5, 0.1, False)
@example((150, 100), AnnouncePolicy(), 1.0, -0.395, 0.9, 0.1, True)
def test_the_master_announces_behind_those_that_took_over_with_it(
    priorities: tuple[int, int],
    policy: AnnouncePolicy,
    interval: float,
    apart: float,
    late: float,
    slow: float,
    answer: bool,
) -> None:
    """In intervals: ``apart``, how much later the second one starts; how ``late`` the loser announces; how ``slow``
    adverts are heard.
    """
    first, second = (settings(priority, policy, interval, answer) for priority in priorities)
    lag = late * interval
    wire = Wire({"r1": first, "r2": second}, {"r2" if priorities[0] > priorities[1] else "r1": lag})
    wire.delay = slow * interval
    for name in ("r1", "r2") if apart >= 0 else ("r2", "r1"):
        wire.start(name)
        wire.run(abs(apart) * interval)
    # All becomes right soon, not when the second announcements are due.
    wire.run(4.0 * interval).run(2.1 * interval)
    (holder,) = wire.holders
    assert wire.believed == holder


def test_nothing_is_added_to_an_ordinary_takeover() -> None:
    wire = Wire({"r1": parameters(150), "r2": parameters(100)}, {})
    wire.start("r1")
    wire.start("r2")
    wire.run(30.0).crash("r1")
    wire.run(30.0)
    wire.start("r1")
    wire.run(30.0)
    assert [name for _, name in wire.announced] == ["r1", "r1", "r2", "r2", "r1", "r1"]
    times = [at for at, _ in wire.announced]
    assert [round(later - sooner, 6) for sooner, later in zip(times[::2], times[1::2], strict=True)] == [5.0] * 3
