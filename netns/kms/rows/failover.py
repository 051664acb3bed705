"""Rows in which the address moves because something dies."""

from netns.kms.rows.play import Play

NEXT = "address on the next node, s"
SERVED = "no new connection for, s"
BACK = "back on the first node, s"


def haproxy_dies(play: Play) -> None:
    first, second = play.balancers[:2]
    play.any_moment()
    at = play.fault(first.name, "HAProxy killed", first.kill_haproxy)
    await_next(play, second.name, at, play.timers.check_and_master_down)
    at = play.repair(first.name, "HAProxy started", first.start_haproxy)
    hand_back(play, first.name, at)


def node_crashes(play: Play) -> None:
    first, second = play.balancers[:2]
    play.any_moment()
    at = play.fault(first.name, "crashed", first.crash)
    await_next(play, second.name, at, play.timers.master_down[1])
    at = play.repair(first.name, "power is back", first.restore)
    hand_back(play, first.name, at)


def both_gone(play: Play) -> None:
    """The first two at one stroke: nothing that the second says helps the third."""
    first, second, third = play.balancers[:3]
    play.any_moment()
    at = play.fault(second.name, "crashed", second.crash)
    play.fault(first.name, "crashed", first.crash)
    await_next(play, third.name, at, play.timers.master_down[2])
    play.repair(second.name, "power is back", second.restore)
    at = play.repair(first.name, "power is back", first.restore)
    hand_back(play, first.name, at)


def await_next(play: Play, name: str, since: float, by_protocol: float) -> None:
    """That node gets the address; a moment later it alone has it, and clients have been served again."""
    took = play.took_over(name, since, max(play.bound, by_protocol))
    play.headline(took, f"{name} did not take the address")
    play.chronicle.sleep(1.0)
    play.one_holder(name)
    play.figure(SERVED, longest(play, "connect", since))


def longest(play: Play, client: str, since: float) -> float:
    """The longest outage of a client that began since then, s."""
    return play.site.clients.longest_ms(since, client) / 1e3


def hand_back(play: Play, first: str, since: float) -> None:
    took = play.took_over(first, since, play.timers.first_is_back + STARTS)
    if took is None:
        play.fail(f"{first} did not take the address back")
    else:
        play.figure(BACK, took)


STARTS = 10.0
"""Seconds that a machine may take to start everything on a balancer."""
