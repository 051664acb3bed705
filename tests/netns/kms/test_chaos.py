from collections import Counter
from dataclasses import replace

import pytest

from netns.kms import chaos
from netns.kms.faults import BY_NAME, FAULTS, Step, schedule
from netns.kms.record import Chaos, Happening, Record, Row, Run, Topology
from netns.kms.rows.play import Play
from netns.kms.timers import of_the_setting
from tests.netns.kms.fake import FakeSite, Manners

TIMERS = of_the_setting()
BALANCERS, NODES = ("lb1", "lb2"), ("kms1", "kms2", "kms3")


def steps(seed: int, length: int = 60, *, vrrpd: bool = True) -> list[Step]:
    return schedule(seed, BALANCERS, NODES, length, vrrpd=vrrpd)


def test_a_seed_is_a_schedule() -> None:
    assert steps(1) == steps(1)
    assert steps(1) != steps(2)
    assert steps(1, 20) == steps(1, 60)[:20]


def test_the_schedule_of_a_seed_stays_what_it_was() -> None:
    assert [str(step) for step in steps(1, 3)] == [
        "1. cable out (lb1) for 1.8 s, after 1.8 s",
        "2. partition (site) for 4.8 s, after 1.4 s",
        "3. HAProxy killed (lb2) for 1.5 s, after 1.6 s",
    ]


def test_every_fault_comes_in_every_round() -> None:
    found = steps(3, 3 * len(FAULTS))
    assert Counter(step.fault for step in found) == dict.fromkeys(BY_NAME, 3)
    assert {step.where for step in found} == {*BALANCERS, *NODES, "site"}
    assert [step.number for step in found] == list(range(1, 1 + len(found)))
    assert all(BY_NAME[step.fault].lasts[0] <= step.lasts <= BY_NAME[step.fault].lasts[1] for step in found)


def test_what_only_vrrpd_knows_is_left_out_for_another_daemon() -> None:
    assert "worker killed" not in {step.fault for step in steps(1, vrrpd=False)}


def suffered(step: Step, manners: Manners) -> Run:
    site = FakeSite(manners)
    play = Play(chaos.kind(1, 1.0, step), site, site.chronicle, TIMERS)
    play.calm()
    play.kind.play(play)
    play.calm()
    return play.ended()


def test_the_schedule_up_to_the_first_violation_is_told() -> None:
    topology = Topology({}, {}, {}, {}, "")
    notes = [
        Happening(at, 0, "note", chaos.NAME, what) for at, what in ((1.0, "first"), (5.0, "second"), (9.0, "third"))
    ]
    runs = (Run(chaos.NAME, 0, 1.0, 4.0, {}), Run(chaos.NAME, 0, 5.0, 8.0, {}, ("wrong",)))
    row = Row(chaos.NAME, "event", "expected", runs)
    record = Record("vrrpd", {}, "", "", "", 9.0, topology, (row,), tuple(notes), chaos=Chaos(7, 1.0))
    first, *steps = chaos.history(record)
    assert "--chaos 7" in first
    assert [line.split()[-1] for line in steps] == ["first", "second"]
    assert chaos.history(replace(record, rows=(replace(row, runs=runs[:1]),))) == []


@pytest.mark.parametrize("fault", BY_NAME)
@pytest.mark.parametrize("first", [True, False])
def test_a_site_that_behaves_survives_every_fault(fault: str, first: bool) -> None:
    where = {"balancer": BALANCERS, "node": NODES, "site": ("site", "site")}[BY_NAME[fault].target][not first]
    assert suffered(Step(1, 0.5, fault, where, 2.0), Manners()).failures == ()


@pytest.mark.parametrize(
    ("fault", "manners", "said"),
    [
        ("HAProxy killed", Manners(takeover=3.5), "expected at most 2"),
        ("balancer crashed", Manners(takeover=5.0), "expected at most 3.8"),
        ("daemon killed", Manners(takeover=5.0), "expected at most 3.8"),
        ("worker killed", Manners(lets_go=True), "lb1 let the address go, which nothing asked for"),
        ("daemon reloaded", Manners(lets_go=True), "lb1 let the address go"),
        ("daemon stopped", Manners(hand_back=40.0), "lb1 does not have the address alone"),
    ],
)
def test_a_violation_says_which_step_led_to_it(fault: str, manners: Manners, said: str) -> None:
    failures = suffered(Step(7, 0.5, fault, "lb1", 2.0), manners).failures
    assert failures
    assert all(failure.startswith(f"7. {fault} (lb1) for 2.0 s") for failure in failures)
    assert any(said in failure for failure in failures)
