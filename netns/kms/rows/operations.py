"""Rows about what an operator does, and about a network that falls apart."""

from netns.kms.rows.failover import STARTS, longest
from netns.kms.rows.play import Play, answered
from netns.kms.world import Balancer

HANDED_OVER = 5.0
"""Seconds that a node in maintenance may take to be rid of the address: until its successor has announced it."""
IN_FLIGHT = 2
"""Connections that a move of the address can cut: a request of the moment, and a session that lasts."""
CUT = "cut"
KMIP = ("kmip", "session")
SEEN = 1.5
"""Seconds for which both masters are looked at."""


def rolling_upgrade(play: Play) -> None:
    """The backup first: maintenance, everything on it stopped and started, back; then the same with the other."""
    first, second = play.balancers[:2]
    at, before = play.now, answered(play)
    _upgrade(play, second, first)
    _upgrade(play, first, second)
    took = play.until(lambda: play.holding() == [first.name], play.now, play.timers.first_is_back + STARTS)
    if took is None:
        play.fail(f"{first.name} did not take the address back")
    play.chronicle.sleep(1.0)
    play.headline(1e3 * longest(play, "connect", at), "")
    moves = len(_took(play, at))
    errors = [error for error in play.site.clients.errors(at) if error.client in KMIP]
    play.figure("moves of the address", moves)
    play.at_most("KMIP connections cut", sum(error.what == CUT for error in errors), IN_FLIGHT * max(moves, 1))
    play.none_of("KMIP requests lost otherwise", [error.what for error in errors if error.what != CUT])
    play.figure("KMIP requests answered meanwhile", answered(play) - before)


def _upgrade(play: Play, balancer: Balancer, other: Balancer) -> None:
    play.fault(balancer.name, "maintenance", lambda: balancer.maintenance(True))
    if play.until(lambda: play.holding() == [other.name], play.now, HANDED_OVER) is None:
        play.fail(f"{balancer.name} is in maintenance, and {other.name} does not have the address alone")
    balancer.stop_daemon()
    balancer.stop_haproxy()
    balancer.start_haproxy()
    play.repair(balancer.name, "started again", balancer.start_daemon)
    if play.site.daemon == "vrrpd":
        balancer.maintenance(False)
    if play.until(lambda: balancer.state() in {"BACKUP", "MASTER"}, play.now, STARTS) is None:
        play.fail(f"{balancer.name} does not take part again: {balancer.state()}")


def _took(play: Play, since: float) -> list[float]:
    return [item.at for item in play.chronicle.of(play.site.number, "holder", None, since) if item.what == "holds"]


def partition(play: Play) -> None:
    first, second = play.balancers[:2]
    play.any_moment()
    at = play.fault(first.name, f"cut off from {second.name}", lambda: play.site.cut(first.name, second.name))
    took = play.took_over(second.name, at, play.timers.master_down[1])
    if took is None:
        play.fail(f"{second.name} did not take the address")
    else:
        play.figure("second master after, s", took)
    _both_say_so(play, (first, second))
    play.any_moment()
    _heals(play, first, second)


def _both_say_so(play: Play, both: tuple[Balancer, Balancer]) -> None:
    """Each says MASTER, and its counters say that it goes on advertising."""
    before = {balancer.name: balancer.adverts_sent() for balancer in both}
    play.chronicle.sleep(SEEN)
    if sorted(play.site.holders()) != sorted(balancer.name for balancer in both):
        play.fail(f"{' and '.join(play.site.holders()) or 'nobody'} had the address in the partition")
    for balancer in both:
        state = balancer.state()
        if state != "MASTER":
            play.fail(f"{balancer.name} has the address and says {state}")
        earlier, later = before[balancer.name], balancer.adverts_sent()
        if earlier is None or later is None:
            play.fail(f"{balancer.name} has no counters to ask for")
        elif later <= earlier:
            play.fail(f"{balancer.name} does not count advertisements as a master does")


def _heals(play: Play, first: Balancer, second: Balancer) -> None:
    clients = play.site.clients
    at = play.repair(first.name, f"hears {second.name} again", play.site.heal)
    alone = play.until(lambda: play.holding() == [first.name], at, play.bound, 0.01)
    play.headline(alone, f"{first.name} does not have the address alone")
    right = play.until(lambda: clients.neighbour() == first.mac, at, play.bound, 0.01)
    play.at_most("clients' caches right after, s", right, play.bound, f"the client still sends to {second.name}")
    play.chronicle.sleep(1.0)
    play.one_holder(first.name)
    if clients.neighbour() != first.mac:
        play.fail(f"the client sends to {second.name} again")
    clients.forget_neighbour()
