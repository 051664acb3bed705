"""Hypothesis writes the history: rules add troubles, invariants judge what has been written so far."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from vrrpd.sim.history import Happening, History, Setup, Trouble
from vrrpd.sim.laws import first_violation
from vrrpd.sim.network import CLEAR, Weather
from vrrpd.sim.scenario import Action
from vrrpd.sim.world import play
from vrrpd.units import Seconds

NODES = st.sampled_from(["n1", "n2", "n3"])
PAUSES = st.sampled_from([0.0, 0.001, 0.5, 1.0, 3.3, 4.0, 9.0])


class Troubled(RuleBasedStateMachine):
    """Three nodes; the history grows by one trouble at a time, and is played from the start each time."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History((), (), Seconds(0.0))

    @initialize(
        priorities=st.lists(st.sampled_from([1, 99, 100, 101, 254]), min_size=3, max_size=3),
        preempt=st.booleans(),
        version=st.sampled_from([2, 3]),
        routers=st.sampled_from([1, 2]),
        modes=st.lists(st.sampled_from([None, "overdue", "always", "off"]), min_size=3, max_size=3),
    )
    def configure(
        self, priorities: list[int], preempt: bool, version: int, routers: int, modes: list[str | None]
    ) -> None:
        setups = tuple(
            Setup(f"n{place}", priority, preempt=preempt, fast=mode)
            for place, (priority, mode) in enumerate(zip(priorities, modes, strict=True), 1)
        )
        self.history = History(setups, (), Seconds(12.0), version=version, routers=routers, yield_hold=Seconds(5.0))

    @rule(what=st.sampled_from(list(Action)), node=NODES, pause=PAUSES)
    def act(self, what: Action, node: str, pause: float) -> None:
        self._add(Trouble(Seconds(0.0), what, node), pause)

    @rule(lasting=st.sampled_from([0.2, 1.5, 4.0, 12.0]), node=NODES, pause=PAUSES)
    def stall(self, lasting: float, node: str, pause: float) -> None:
        self._add(Trouble(Seconds(0.0), Happening.STALL, node, value=lasting), pause)

    @rule(loss=st.sampled_from([0.3, 1.0]), delay=st.sampled_from([0.0, 0.5, 2.0]), pause=PAUSES)
    def storm(self, loss: float, delay: float, pause: float) -> None:
        weather = Weather(loss, Seconds(delay), 0.2, 0.2)
        self._add(Trouble(Seconds(0.0), Happening.WEATHER, weather=weather), pause)

    @rule(pause=PAUSES)
    def clear_up(self, pause: float) -> None:
        self._add(Trouble(Seconds(0.0), Happening.WEATHER, weather=CLEAR), pause)

    @rule(value=st.sampled_from([1, 100, 254]), node=NODES, pause=PAUSES)
    def weigh(self, value: int, node: str, pause: float) -> None:
        self._add(Trouble(Seconds(0.0), Happening.PRIORITY, node, value=value), pause)

    @rule(
        what=st.sampled_from(
            [
                Happening.STEP_DOWN,
                Happening.TAKE_OVER,
                Happening.MAINTENANCE_ON,
                Happening.MAINTENANCE_OFF,
                Happening.THEFT,
                Happening.SOURCE_LOST,
                Happening.SOURCE_BACK,
                Happening.REFUSE_ADD,
                Happening.REFUSE_REMOVE,
                Happening.REFUSE_NOTHING,
                Happening.ADOPTED,
            ]
        ),
        node=NODES,
        pause=PAUSES,
    )
    def meddle(self, what: Happening, node: str, pause: float) -> None:
        self._add(Trouble(Seconds(0.0), what, node), pause)

    @rule(node=NODES, other=NODES, what=st.sampled_from([Happening.CUT, Happening.MEND]), pause=PAUSES)
    def cut_one_way(self, node: str, other: str, what: Happening, pause: float) -> None:
        if node != other:
            self._add(Trouble(Seconds(0.0), what, node, other), pause)

    @rule(
        change=st.sampled_from(
            [
                (Happening.RELOAD_PRIORITY, 1.0),
                (Happening.RELOAD_PRIORITY, 200.0),
                (Happening.RELOAD_PREEMPT, 0.0),
                (Happening.RELOAD_PREEMPT, 1.0),
                (Happening.RELOAD_ADDRESSES, 1.0),
                (Happening.RELOAD_ADDRESSES, 3.0),
                (Happening.RELOAD_FAST, 0.0),
                (Happening.RELOAD_FAST, 2.0),
            ]
        ),
        node=NODES,
        pause=PAUSES,
    )
    def reload(self, change: tuple[Happening, float], node: str, pause: float) -> None:
        self._add(Trouble(Seconds(0.0), change[0], node, value=change[1]), pause)

    @invariant()
    def no_law_is_broken(self) -> None:
        assert first_violation(play(self.history), self.history) is None

    def _add(self, trouble: Trouble, pause: float) -> None:
        last = self.history.troubles[-1].at if self.history.troubles else Seconds(0.0)
        at = Seconds(round(last + pause, 3))
        troubles = (*self.history.troubles, replace(trouble, at=at))
        self.history = replace(self.history, troubles=troubles, duration=Seconds(at + 12.0))


TestTroubled = Troubled.TestCase
TestTroubled.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
