"""Single faults in a random order, each repaired before the next, and what has to hold after each."""

from collections.abc import Sequence

from netns.kms.faults import BY_NAME, STARTS, Fault, Step
from netns.kms.plan import Turn
from netns.kms.record import Record
from netns.kms.rows.failover import NEXT
from netns.kms.rows.play import Play, RowKind, answered

NAME = "chaos"
AGAIN = "address where it belongs again, s"
SERVED = 10.0
"""Seconds after a repair in which a KMIP request must be answered: HAProxy's checks have found the nodes by then."""


def kind(seed: int, minutes: float, step: Step | None = None) -> RowKind:
    return RowKind(
        NAME,
        f"Any single fault of a random schedule (seed {seed}, {minutes:g} minutes)",
        "one holder within the bound after each fault",
        NEXT,
        None,
        lambda play: None if step is None else suffer(play, step),
    )


def turns(seed: int, minutes: float, steps: Sequence[Step]) -> list[Turn]:
    return [Turn((kind(seed, minutes, step),)) for step in steps]


def suffer(play: Play, step: Step) -> None:
    play.chronicle.note(play.site.number, "note", NAME, str(step))
    play.chronicle.sleep(step.pause)
    fault = BY_NAME[step.fault]
    at = play.fault(step.where, step.fault, lambda: fault.begin(play.site, step.where))
    _while_it_lasts(play, fault, step, at)
    play.chronicle.sleep(max(0.0, at + step.lasts - play.now))
    before = answered(play)
    back = play.repair(step.where, f"after: {step.fault}", lambda: fault.end(play.site, step.where))
    _afterwards(play, fault, step, back, before)
    play.failures[:] = [f"{step}: {failure}" for failure in play.failures]


def _while_it_lasts(play: Play, fault: Fault, step: Step, at: float) -> None:
    first, second = (balancer.name for balancer in play.balancers[:2])
    if fault.both:
        return
    if fault.leaves and step.where == first:
        stale = {first} if fault.keeps_stale else set()
        took = play.until(lambda: set(play.holding()) - stale == {second}, at, fault.within(play.timers))
        play.at_most(NEXT, took, fault.within(play.timers), f"{second} does not have the address")
        return
    play.chronicle.sleep(step.lasts)
    released = [item for item in play.chronicle.of(play.site.number, "holder", None, at) if item.what == "releases"]
    if released:
        play.fail(f"{released[0].where} let the address go, which nothing asked for")
    play.one_holder(first)


def _afterwards(play: Play, fault: Fault, step: Step, since: float, before: int) -> None:
    first = play.balancers[0].name
    bound = play.timers.first_is_back + STARTS
    again = play.until(lambda: play.holding() == [first], since, bound)
    if again is None:
        play.fail(f"{first} does not have the address alone")
    elif fault.both or (fault.leaves and step.where == first):
        play.figure(AGAIN, again)
    if play.until(lambda: answered(play) > before, play.now, SERVED) is None:
        play.fail("no KMIP request was answered any more")


def history(record: Record) -> list[str]:
    """The schedule that leads to the first violation, and how to have it again; nothing when there was none."""
    failed = next((run for row in record.rows if row.name == NAME for run in row.runs if run.failures), None)
    if failed is None or record.chaos is None:
        return []
    steps = [item for item in record.happenings if item.kind == "note" and item.where == NAME]
    lines = [
        f"What led to the first violation: python -m netns kms --chaos {record.chaos.seed} --daemon {record.daemon}"
    ]
    return [*lines, *(f"  {item.at:8.3f} s  {item.what}" for item in steps if item.at <= failed.ended)]
