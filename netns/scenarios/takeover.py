"""Is a takeover on time? Many crashes in turn, side by side with keepalived."""

import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from netns.peers.keepalived import Keepalived
from netns.scenarios.series import Series, Takeover
from netns.stage import Stage
from vrrpd.sim.scenario import Protocol
from vrrpd.units import Seconds

_ON_TIME_MS: Final = 2.0
_ANSWERS_MS: Final = 5.0
_OUTAGE_RATIO: Final = 1.15
# A receiver stamps a frame some time after the capture does: its deadline cannot be earlier by more than that.
_CAPTURE_MS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians of one series of crashes and of keepalived's, played on the same machine in the same minute."""

    ours: Sequence[Takeover]
    reference: Sequence[Takeover]

    def medians(self, value: Callable[[Takeover], float]) -> tuple[float, float]:
        return statistics.median(map(value, self.ours)), statistics.median(map(value, self.reference))


def compare(stage: Stage, protocol: Protocol, *, crashes: int, settle: float, pairs: int = 1) -> Comparison:
    """``crashes`` of the stage's daemons, spread over ``pairs`` stages, and on one more stage keepalived's.

    With one pair each a crash of ours and one of keepalived's take turns, so that none disturbs the other.
    """
    keepalived = dict.fromkeys(stage.daemons, Keepalived())
    with ExitStack() as stack:
        ours = [stage]
        ours += [stack.enter_context(Stage(stage.scenario, stage.daemons, pace=stage.pace)) for _ in range(pairs - 1)]
        reference = stack.enter_context(Stage(stage.scenario, keepalived, pace=stage.pace))
        series = [Series(one, protocol, settle) for one in (*ours, reference)]
        phases = [(number + 0.5) / (crashes // pairs) for number in range(crashes // pairs)]
        if pairs == 1:
            _take_turns(series, phases)
        else:
            _side_by_side(series, phases)
        for one in ours[1:]:
            one.stop_all()
    stage.figure("changes of MASTER that nobody asked for", sum(one.strays for one in series[:-1]))
    stage.stop_all()
    stage.check_books(longest_overlap=None)
    return Comparison([taken for one in series[:-1] for taken in one.taken], series[-1].taken)


def _take_turns(series: Sequence[Series], phases: Sequence[float]) -> None:
    for one in series:
        one.start()
    for phase in phases:
        for one in series:
            one.round(phase)


def _side_by_side(series: Sequence[Series], phases: Sequence[float]) -> None:
    def play(one: Series) -> None:
        one.start()
        for phase in phases:
            one.round(phase)

    with ThreadPoolExecutor(len(series)) as pool:
        for played in [pool.submit(play, one) for one in series]:
            played.result()


def _judge_lateness(stage: Stage, comparison: Comparison) -> None:
    late, reference_late = comparison.medians(lambda taken: taken.late)
    answer, reference_answer = comparison.medians(lambda taken: taken.answer)
    earliest = min(taken.late for taken in comparison.ours)
    stage.figure("crashes", len(comparison.ours))
    stage.figure("first advert after Master_Down_Interval, median, ms", late)
    stage.figure("first advert after Master_Down_Interval, worst, ms", max(taken.late for taken in comparison.ours))
    stage.figure("keepalived's first advert likewise, median, ms", reference_late)
    stage.figure("VIP answers after that advert, median, ms", answer)
    stage.figure("keepalived's VIP likewise, median, ms", reference_answer)
    # What a busy machine adds, it adds to keepalived too.
    stage.check("no takeover before Master_Down_Interval", earliest > -_CAPTURE_MS, f"{earliest:.3f} ms")
    allowed = _ON_TIME_MS + max(0.0, reference_late)
    stage.check("the median takeover is on time", late < allowed, f"{late:.3f} ms, allowed {allowed:.3f} ms")
    allowed = _ANSWERS_MS + max(0.0, reference_answer)
    stage.check("the VIP answers at once", answer < allowed, f"{answer:.3f} ms, allowed {allowed:.3f} ms")


def takeover(stage: Stage) -> None:
    """20 crashes in turn at VRRPv3 0.1 s: is the takeover on time?"""
    protocol = Protocol(version=3, advert_interval=Seconds(0.1))
    _judge_lateness(stage, compare(stage, protocol, crashes=20, settle=0.1))


def takeover_v2(stage: Stage) -> None:
    """20 crashes at VRRPv2 1 s, on four pairs side by side: is the takeover on time?"""
    _judge_lateness(stage, compare(stage, Protocol(), crashes=20, settle=0.1, pairs=4))


def fast(stage: Stage) -> None:
    """20 crashes at VRRPv3 0.01 s: is the client's outage as short as keepalived's?"""
    protocol = Protocol(version=3, advert_interval=Seconds(0.01))
    comparison = compare(stage, protocol, crashes=20, settle=0.1)
    ours, reference = comparison.medians(lambda taken: taken.outage)
    stage.figure("outage, median, ms", ours)
    stage.figure("outage, worst, ms", max(taken.outage for taken in comparison.ours))
    stage.figure("keepalived's outage at the same time, median, ms", reference)
    stage.figure("ratio of the medians", ours / reference)
    stage.check("the outage is as short as keepalived's", ours <= _OUTAGE_RATIO * reference, f"{ours / reference:.3f}")


PLAYS: Final = (takeover, takeover_v2)
