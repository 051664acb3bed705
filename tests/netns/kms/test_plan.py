from netns.kms.plan import Queue, Shape, Turn, allotted, shapes, turns
from netns.kms.rows import kinds
from netns.kms.timers import of_the_setting

KINDS = kinds(of_the_setting())
FAST, SLOW = Shape(3, True), Shape(2, False)


def names(turn: Turn) -> list[str]:
    return [kind.name for kind in turn.kinds]


def test_every_row_gets_its_runs_and_those_that_need_the_machine_alone_come_first() -> None:
    found = [names(turn) for turn in turns(KINDS, 5)]
    assert found[:5] == [["rolling-upgrade"]] * 5
    assert all(sum(kind.name in turn for turn in found) == 5 for kind in KINDS)
    assert found[-5:] == [["partition"]] * 5
    rest = len(found[5:-5]) // 5
    assert found[5 : 5 + rest] == found[5 + rest : 5 + 2 * rest]


def test_a_row_that_goes_on_from_another_is_played_right_after_it() -> None:
    assert ["kms-down", "kms-recovers"] in [names(turn) for turn in turns(KINDS, 1)]
    assert [names(turn) for turn in turns([kind for kind in KINDS if kind.goes_on], 2)] == [["kms-recovers"]] * 2


def test_sites_are_such_that_every_row_can_be_played() -> None:
    assert shapes(KINDS) == [FAST, SLOW]
    assert allotted(KINDS, 1) == [[FAST, SLOW]]
    assert allotted(KINDS, 2) == [[FAST], [SLOW]]
    assert allotted(KINDS, 4) == [[FAST], [SLOW], [Shape(2, True)], [Shape(2, True)]]
    only = [kind for kind in KINDS if kind.name == "haproxy-dies"]
    assert allotted(only, 1) == [[Shape(2, True)]]
    assert allotted([kind for kind in KINDS if kind.name == "both-gone"], 2) == [[FAST], [FAST]]
    slow = [kind for kind in KINDS if kind.name == "haproxy-dies-timers"]
    assert allotted(slow, 2) == [[SLOW], [SLOW]]


def test_a_site_takes_first_what_few_others_can_play() -> None:
    queue = Queue(turns(KINDS, 1), [FAST, SLOW, Shape(2, True)])
    taken = queue.take(SLOW)
    assert taken is not None
    assert names(taken) == ["haproxy-dies-timers"]
    assert [names(turn) for turn in (queue.take(FAST), queue.take(FAST)) if turn] == [
        ["rolling-upgrade"],
        ["both-gone"],
    ]


def test_nothing_is_left_when_all_is_taken_or_the_time_is_over() -> None:
    queue = Queue(turns(KINDS, 2), [FAST, SLOW])
    count = 0
    while queue.take(FAST) or queue.take(SLOW):
        count += 1
    assert count == len(turns(KINDS, 2))
    assert queue.left == 0
    assert Queue(turns(KINDS, 1), [FAST], lambda: True).take(FAST) is None
