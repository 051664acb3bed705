"""Comparisons of the election and its timers."""

from typing import Final

from netns.comparison.departures import (
    ANSWER_TO_FAREWELL,
    COUNT_MISMATCH,
    DELAYED_ELECTION,
    LAST_WORD,
    LATE_ANNOUNCEMENTS,
    OWNER_AT_ONCE,
    RHYTHM,
    STAYS_OWNER,
    STOPS_AT_ONCE,
    STRICT_FIREWALL,
)
from netns.comparison.files import block, instance
from netns.comparison.work import Await, Comparison, Inject, Kill, Start, Step, Stop, Wait

PAIR: Final = Comparison(
    name="pair",
    summary="a higher priority takes over, is killed, comes back and stops",
    keywords=("state", "priority", "version", "advert_int", "virtual_router_id", "interface", "virtual_ipaddress"),
    files={"r1": instance(priority=100), "r2": instance(priority=150)},
    work=(
        Start("r1"),
        Wait(1.2),
        Start("r2"),
        Wait(1.5),
        Kill("r2"),
        Wait(1.5),
        Start("r2"),
        Wait(1.5),
        Stop("r2"),
        Wait(1.5),
        Stop("r1"),
        Wait(1.5),
    ),
    departures=(STOPS_AT_ONCE,),
)

_PASS: Final = block("authentication", "auth_type PASS", "auth_pass Secret99")


def _forged(**different: object) -> Inject:
    values = {"priority": 200, "version": 2, "interval": 1.0, "password": "Secret99", **different}
    return Inject(**values)  # type: ignore[arg-type]  # the fields of Inject, by name


VERSION_2: Final = Comparison(
    name="version-2",
    summary="VRRPv2 with a password: what is forged is not heard, what is genuine is; state MASTER waits all the same",
    keywords=("vrrp_version", "authentication", "auth_type", "auth_pass", "advert_int", "state"),
    files={
        "r1": block("global_defs", "vrrp_version 2")
        + instance(_PASS, state="MASTER", priority=150, version=None, interval=None),
        "r2": block("global_defs", "vrrp_version 3")
        + instance(_PASS, state="BACKUP", priority=100, version=2, interval=1),
    },
    work=(
        Start("r1"),
        Start("r2"),
        Wait(0.2),
        _forged(password="Secret98"),
        _forged(password=None),
        _forged(interval=2.0),
        _forged(ttl=254),
        _forged(version=3, password=None),
        _forged(vrid=52),
        Wait(3.4),
        Stop("r1"),
        Wait(1.5),
        _forged(),
        Wait(3.9),
        Stop("r2"),
        Wait(1.5),
    ),
    departures=(STOPS_AT_ONCE,),
)

OWNER: Final = Comparison(
    name="owner",
    summary="state MASTER without a priority is the owner: it never waits",
    keywords=("state", "priority"),
    files={"r1": instance(state="MASTER", priority=None), "r2": instance(priority=254)},
    work=(Start("r1"), Wait(0.5), Start("r2"), Wait(1.0), Stop("r1"), Wait(1.5), Start("r1"), Wait(1.0)),
    departures=(STOPS_AT_ONCE,),
)

NOPREEMPT: Final = Comparison(
    name="nopreempt",
    summary="a higher priority does not preempt, but takes over when the master is silent; the next one preempts",
    keywords=("nopreempt", "preempt"),
    files={
        "r1": instance(priority=100),
        "r2": instance("nopreempt", priority=150),
        "r3": instance("preempt", priority=200),
    },
    work=(
        Start("r1"),
        Wait(1.0),
        Start("r2"),
        Wait(1.5),
        Kill("r1"),
        Wait(1.2),
        Start("r3"),
        Wait(1.5),
        Stop("r2"),
        Wait(1.5),
    ),
    departures=(STOPS_AT_ONCE,),
)

PREEMPT_DELAY: Final = Comparison(
    name="preempt-delay",
    summary="a higher priority preempts after its delay, but does not wait for it when the master is silent",
    keywords=("preempt_delay",),
    files={"r1": instance(priority=100), "r2": instance("preempt_delay 2.1", priority=150)},
    work=(
        Start("r1"),
        Wait(1.0),
        Start("r2"),
        Wait(3.5),
        Kill("r2"),
        Wait(1.2),
        Start("r2"),
        Wait(0.5),
        Kill("r1"),
        Wait(1.2),
    ),
)

LATE_BURST: Final = Comparison(
    name="second-term",
    summary="the second burst of announcements of a master that has been backup in between",
    keywords=("garp_master_delay",),
    files={"r1": instance("garp_master_delay 2")},
    work=(
        Start("r1"),
        Await("r1"),
        Wait(0.1),
        Inject(priority=200),
        Wait(0.5),
        Inject(priority=0),
        Wait(2.7),
    ),
    departures=(LATE_ANNOUNCEMENTS,),
)

DOWN_TIMER: Final = Comparison(
    name="down-timer-adverts",
    summary="how many adverts may be missed, for one instance and for all",
    keywords=("down_timer_adverts", "vrrp_down_timer_adverts"),
    files={
        "r1": block("global_defs", "vrrp_down_timer_adverts 2")
        + instance(name="VI_1", vrid=51, vips=("192.168.1.101",))
        + instance("down_timer_adverts 5", name="VI_2", vrid=52, vips=("192.168.1.102",)),
        "r2": instance("down_timer_adverts 4", name="VI_3", vrid=53, vips=("192.168.1.103",)),
    },
    work=(Start("r1", "r2"), Wait(1.8)),
    pipe_in_order=False,
)

_THREE: Final = (("VI_1", 51, "192.168.1.101"), ("VI_2", 52, "192.168.1.102"), ("VI_3", 53, "192.168.1.103"))


def _heard(priority: int) -> tuple[Step, ...]:
    """An advert with that priority for each of three instances, half an interval after one of theirs."""
    return tuple(
        step
        for (_, vrid, vip), node in zip(_THREE, ("r1", "r1", "r2"), strict=True)
        for step in _one_heard(node, Inject(priority=priority, vrid=vrid, addresses=(vip,)))
    )


def _one_heard(node: str, inject: Inject) -> tuple[Step, ...]:
    return Await(node, inject.vrid), Wait(0.1), inject, Wait(0.3)


def _three(first: str, second: str, everywhere: str, interval: float = 0.2) -> dict[str, str]:
    """On r1 an instance with each of two lines, on r2 one with neither, but with a global line."""
    (one, vrid1, vip1), (two, vrid2, vip2), (three, vrid3, vip3) = _THREE
    return {
        "r1": instance(first, name=one, vrid=vrid1, vips=(vip1,), interval=interval)
        + instance(second, name=two, vrid=vrid2, vips=(vip2,), interval=interval),
        "r2": block("global_defs", everywhere) + instance(name=three, vrid=vrid3, vips=(vip3,), interval=interval),
    }


LOWER_PRIORITY: Final = Comparison(
    name="lower-priority",
    summary="a master answers a lower priority with an advert and announcements, or is told not to",
    keywords=("lower_prio_no_advert", "vrrp_lower_prio_no_advert"),
    files=_three("", "lower_prio_no_advert", "vrrp_lower_prio_no_advert"),
    work=(Start("r1", "r2"), Wait(1.5), *_heard(50), *_heard(0), Wait(0.5)),
    departures=(ANSWER_TO_FAREWELL, LAST_WORD),
    pipe_in_order=False,
)

HIGHER_PRIORITY: Final = Comparison(
    name="higher-priority",
    summary="a master that hears a higher priority yields, in silence or with a last advert",
    keywords=("higher_prio_send_advert", "vrrp_higher_prio_send_advert"),
    files=_three("", "higher_prio_send_advert", "vrrp_higher_prio_send_advert"),
    work=(Start("r1", "r2"), Wait(1.5), *_heard(200), Wait(1.0)),
    pipe_in_order=False,
)


def _list_of(vrid: int, *addresses: str) -> Inject:
    return Inject(priority=200, vrid=vrid, addresses=addresses)


def _round_of(*more: str) -> tuple[Step, ...]:
    """An advert for each instance with its own address and those."""
    return (*(_list_of(vrid, vip, *more) for _, vrid, vip in _THREE), Wait(0.2))


SKIP_CHECK: Final = Comparison(
    name="skip-check-adv-addr",
    summary="a known master's list of addresses is compared, or not",
    keywords=("skip_check_adv_addr", "vrrp_skip_check_adv_addr"),
    files=_three("", "skip_check_adv_addr", "vrrp_skip_check_adv_addr", interval=1),
    work=(
        Start("r1", "r2"),
        Wait(0.3),
        *_round_of(),
        *(_round_of("192.168.1.199") * 5),
        Wait(1.2),
    ),
    departures=(COUNT_MISMATCH,),
    pipe_in_order=False,
)

TIE: Final = Comparison(
    name="tie",
    summary="a master with the same priority: the greater address stays, and a backup does not care",
    keywords=("priority",),
    files={"r1": instance(name="VI_1", vrid=51), "r2": instance(name="VI_2", vrid=52)},
    work=(
        Start("r1", "r2"),
        Wait(0.4),
        Inject(priority=100, vrid=51, source="192.168.1.1"),
        Inject(priority=100, vrid=52, source="192.168.1.1"),
        Wait(1.2),
        Inject(priority=100, vrid=51, source="192.168.1.201"),
        Wait(0.1),
        Inject(priority=100, vrid=52, source="192.168.1.1"),
        Wait(1.2),
    ),
    departures=(LAST_WORD,),
)

STARTUP_DELAY: Final = Comparison(
    name="startup-delay",
    summary="nobody becomes master before the delay has passed",
    keywords=("vrrp_startup_delay",),
    files={
        "r1": block("global_defs", "vrrp_startup_delay 1.5") + instance(priority=150),
        "r2": block("global_defs", "vrrp_startup_delay 0.5") + instance(priority=100),
    },
    work=(Start("r1"), Wait(2.8), Start("r2"), Wait(1.5), Kill("r1"), Wait(1.2)),
)

LEARNT_INTERVAL: Final = Comparison(
    name="learnt-interval",
    summary="a VRRPv3 backup waits for the master's interval, not for its own",
    keywords=("advert_int",),
    files={"r1": instance(interval=0.2, priority=150), "r2": instance(interval=0.6, priority=100)},
    work=(Start("r1"), Wait(1.0), Start("r2"), Wait(0.7), Kill("r1"), Wait(2.5)),
)

DELAYED_BACKUP: Final = Comparison(
    name="startup-delay-backup",
    summary="a higher priority whose start is delayed while another one is master",
    keywords=("vrrp_startup_delay",),
    files={
        "r1": instance(priority=100),
        "r2": block("global_defs", "vrrp_startup_delay 1") + instance(priority=150),
    },
    work=(Start("r1"), Wait(1.0), Start("r2"), Wait(4.0), Kill("r1"), Wait(1.5)),
    departures=(DELAYED_ELECTION,),
)

OWNERS: Final = Comparison(
    name="two-owners",
    summary="an owner hears another owner with a greater address",
    keywords=("priority",),
    files={"r1": instance(state="MASTER", priority=255)},
    work=(Start("r1"), Await("r1"), Wait(0.1), Inject(priority=255), Wait(1.5)),
    departures=(STAYS_OWNER,),
)

BACKUP_OWNER: Final = Comparison(
    name="owner-as-backup",
    summary="priority 255 with state BACKUP",
    keywords=("state", "priority"),
    files={"r1": instance(state="BACKUP", priority=255)},
    work=(Start("r1"), Wait(1.2)),
    departures=(OWNER_AT_ONCE,),
)

DROPPED: Final = Comparison(
    name="dropped-packets",
    summary="a master receives packets that are none: too near a TTL, another interval, no password",
    keywords=("advert_int", "authentication"),
    files={
        "r1": instance(priority=100),
        "r2": instance(_PASS, vrid=52, version=2, interval=1, vips=("192.168.1.102",)),
    },
    work=(
        Start("r1", "r2"),
        Wait(4.0),
        *(
            step
            for _ in range(10)
            for step in (
                Inject(priority=200, ttl=254),
                _forged(vrid=52, password=None, addresses=("192.168.1.102",)),
                _forged(vrid=52, interval=2.0, addresses=("192.168.1.102",)),
                Wait(0.12),
            )
        ),
        Wait(0.5),
    ),
    departures=(RHYTHM,),
    pipe_in_order=False,
)

STRICT: Final = Comparison(
    name="strict",
    summary="strict mode ignores passwords and keepalived's own timers, and does not answer a lower priority",
    keywords=("vrrp_strict", "strict_mode"),
    files={
        "r1": block("global_defs", "vrrp_strict", "vrrp_version 2")
        + instance(_PASS, "down_timer_adverts 5", state="MASTER", priority=100, version=None, interval=1),
        "r2": block("global_defs", "vrrp_version 3")
        + instance(
            "strict_mode", "preempt_delay 2.1", "higher_prio_send_advert", name="VI_2", vrid=52, vips=("192.168.1.102",)
        ),
    },
    work=(
        Start("r1", "r2"),
        Wait(0.3),
        Inject(priority=50, vrid=52, addresses=("192.168.1.102",)),
        Wait(0.8),
        *_one_heard("r2", Inject(priority=50, vrid=52, addresses=("192.168.1.102",))),
        *_one_heard("r2", Inject(priority=200, vrid=52, addresses=("192.168.1.102",))),
        Await("r1"),
        Wait(0.4),
        Inject(priority=50, version=2, interval=1),
        Wait(1.5),
        Stop("r1"),
        Wait(1.5),
    ),
    departures=(STOPS_AT_ONCE, STRICT_FIREWALL, LAST_WORD),
)

COMPARISONS: Final = (
    PAIR,
    VERSION_2,
    OWNER,
    NOPREEMPT,
    PREEMPT_DELAY,
    LATE_BURST,
    DOWN_TIMER,
    LOWER_PRIORITY,
    HIGHER_PRIORITY,
    SKIP_CHECK,
    TIE,
    STARTUP_DELAY,
    LEARNT_INTERVAL,
    STRICT,
    DELAYED_BACKUP,
    OWNERS,
    BACKUP_OWNER,
    DROPPED,
)
