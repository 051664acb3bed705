"""Every state and every event, and what follows: the election as a table.

``TABLE`` holds a row for each event and a column for each scene. A cell names the state that follows and the effects in
their order; an empty one means that nothing happens. ``SPECIAL`` holds what needs a longer story before it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tests.core.builders import (
    CHECK,
    HIGHER,
    LOWER,
    OURS,
    STRANGER,
    VIP,
    VIP_2,
    Story,
    advert,
    changes,
    master,
    parameters,
    started,
    waiting_to_start,
)
from vrrpd.config.rfc import rfc_reading
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    AnnounceSource,
    Effect,
    GroupStateChanged,
    Linger,
    Notice,
    Notify,
    NotifyGroup,
    Probe,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    StateChanged,
    StopProbing,
)
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    DeadlineReached,
    EffectFailed,
    Event,
    Fault,
    FaultsChanged,
    GroupAction,
    GroupChanged,
    GroupRequest,
    HostAnswered,
    HostSilent,
    LetGo,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    PacketDropped,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.core.parameters import (
    AddressLossPolicy,
    AnnouncePolicy,
    FastFailover,
    Handover,
    ListMismatchPolicy,
    Parameters,
    ProbeMode,
)
from vrrpd.proto.advertisement import DropReason
from vrrpd.units import Address, Priority, Seconds

LETTERS: Final[dict[type[Effect], str]] = {
    SendAdvertisement: "A",
    AddAddresses: "+",
    RemoveAddresses: "-",
    Linger: "L",
    Announce: "G",
    AnnounceSource: "g",
    StateChanged: "S",
    Notify: "N",
    Notice: "!",
    GroupStateChanged: "s",
    NotifyGroup: "n",
    Probe: "?",
    StopProbing: ".",
}

TABLE: Final = """
event                             | new       | waiting  | stopped   | lingering | BACKUP      | MASTER      | FAULT
start                             | BACKUP SN |          | BACKUP SN | BACKUP SN |             |             |
start after a delay               | BACKUP !SN|          | BACKUP !SN| BACKUP !SN|             |             |
stop                              |           | INIT N   |           |           | INIT SN     | INIT AL!S   | INIT SN
deadline, too early               |           |          |           |           |             |             |
deadline                          |           |          |           | INIT -!N  | MASTER A+GSN| MASTER A    |
advert of priority 0              |           |          |           |           |             | MASTER A    |
advert of a lower priority        |           |          |           |           | BACKUP !    | MASTER !AGN |
advert of ours, lower address     |           |          |           |           |             | MASTER !AGN |
advert of ours, higher address    |           |          |           |           |             | BACKUP -SN  |
advert of ours, our address       |           |          |           |           |             | MASTER !    |
advert of a higher priority       |           |          |           |           |             | BACKUP -SN  |
advert of an owner                |           |          |           |           |             | BACKUP -SN  |
advert of an owner, higher address|           |          |           |           |             | BACKUP -SN  |
advert with other addresses       |           |          |           |           | BACKUP !    | BACKUP !-SN |
advert with another interval      |           |          |           |           | BACKUP !    | BACKUP !-SN |
packet dropped                    |           | INIT !   |           |           | BACKUP !    | MASTER !    | FAULT !
link down                         |           | FAULT SN |           | INIT -!N  | FAULT SN    | FAULT -SN   | FAULT !
link up                           |           |          |           |           |             |             |
source address gone               |           | FAULT SN |           |           | FAULT SN    | FAULT AA-SN | FAULT !
another source address            |           |          |           |           |             |             |
priority raised                   |           | INIT !N  |           |           | BACKUP !N   | MASTER !N   | FAULT !N
priority lowered                  |           | INIT !N  |           |           | BACKUP !N   | MASTER !N   | FAULT !N
priority as before                |           |          |           |           |             |             |
check failed                      |           | FAULT SN |           |           | FAULT SN    | FAULT AA-SN |
check passed                      |           | BACKUP SN|           |           |             |             | BACKUP SN
check awaited                     |           |          |           |           |             |             |
configuration as before           |           |          |           |           |             |             |
configured priority raised        |           | INIT !N  |           |           | BACKUP !N   | MASTER !NA  | FAULT !N
configured addresses changed      |           |          |           | INIT -!N  |             | MASTER A-+G |
address lost                      |           |          |           |           |             | MASTER +G!  |
address of others lost            |           |          |           |           |             |             |
stalled                           |           | INIT !   |           |           | BACKUP !    | MASTER !A   | FAULT !
let go                            |           |          |           | INIT -!N  |             |             |
asked to step down                |           |          |           |           |             | BACKUP AL!SN|
asked to take over                |           |          |           |           | MASTER A+GSN|             |
maintenance begins                |           | FAULT SN |           |           | FAULT SN    | FAULT AL!SN | FAULT !
maintenance ends                  |           |          |           |           |             |             |
asked to announce                 |           |          |           |           |             | MASTER G    |
group: another faulted            |           | FAULT SN |           |           | FAULT SN    | FAULT A-SN  | FAULT !
group: nothing holds it back      |           |          |           |           |             |             |
group: become master              |           |          |           |           | MASTER A+GSN|             |
group: become backup              |           |          |           |           |             | BACKUP -SN  |
group: hand over                  |           |          |           |           |             | BACKUP A-SN |
group: step down                  |           |          |           |           |             | BACKUP AL!SN|
group: announce                   |           |          |           |           |             | MASTER G    |
addresses not added               | INIT !    | INIT !   | INIT !    | INIT !    | BACKUP !    | MASTER !    | FAULT !
addresses not removed             | INIT !    | INIT !   | INIT !    | INIT !    | BACKUP !    | MASTER !    | FAULT !
advert not sent                   | INIT !    | INIT !   | INIT !    | INIT !    | BACKUP !    | MASTER !    | FAULT !
host of the master silent         |           |          |           |           |             |             |
host of the master answers        |           |          |           |           |             |             |
"""


def _waiting() -> Story:
    story = waiting_to_start()
    story.tell(FaultsChanged(frozenset(), frozenset({CHECK.name})))
    story.tell(Startup())
    return story


def _stopped() -> Story:
    story = master(parameters(handover=Handover.BREAK_FIRST))
    story.tell(Shutdown())
    return story


def _lingering() -> Story:
    story = master()
    story.tell(Shutdown())
    return story


def _faulty() -> Story:
    story = started()
    story.fail(CHECK)
    return story


SCENES: Final[dict[str, Callable[[], Story]]] = {
    "new": waiting_to_start,
    "waiting": _waiting,
    "stopped": _stopped,
    "lingering": _lingering,
    "BACKUP": started,
    "MASTER": master,
    "FAULT": _faulty,
}
"""The first four are INIT: never started, awaiting the first result of a check, shut down, and that a moment ago."""


def _heard(priority: int, source: Address = LOWER, **changes: object) -> Event:
    return AdvertisementReceived(advert(priority, **changes), source)  # type: ignore[arg-type]  # one value type cannot cover all fields


def _replaced(settings: Parameters) -> Event:
    return ParametersReplaced(settings, settings.base_priority)


EVENTS: Final[dict[str, Event]] = {
    "start": Startup(),
    "start after a delay": Startup(Seconds(10.0)),
    "stop": Shutdown(),
    "deadline, too early": DeadlineReached(),
    "deadline": DeadlineReached(),
    "advert of priority 0": _heard(0),
    "advert of a lower priority": _heard(90),
    "advert of ours, lower address": _heard(100, LOWER),
    "advert of ours, higher address": _heard(100, HIGHER),
    "advert of ours, our address": _heard(100, OURS),
    "advert of a higher priority": _heard(101),
    "advert of an owner": _heard(255, LOWER),
    "advert of an owner, higher address": _heard(255, HIGHER),
    "advert with other addresses": _heard(101, addresses=(VIP_2,)),
    "advert with another interval": _heard(101, interval=2.0),
    "packet dropped": PacketDropped(DropReason.BAD_CHECKSUM, STRANGER),
    "link down": LinkChanged(up=False, detail="eth0 has no carrier"),
    "link up": LinkChanged(up=True),
    "source address gone": PrimaryAddressChanged(None),
    "another source address": PrimaryAddressChanged(LOWER),
    "priority raised": PriorityChanged(Priority(120)),
    "priority lowered": PriorityChanged(Priority(90)),
    "priority as before": PriorityChanged(Priority(100)),
    "check failed": FaultsChanged(frozenset({CHECK})),
    "check passed": FaultsChanged(frozenset()),
    "check awaited": FaultsChanged(frozenset(), frozenset({CHECK.name})),
    "configuration as before": _replaced(parameters()),
    "configured priority raised": _replaced(parameters(120)),
    "configured addresses changed": _replaced(parameters(addresses=(VIP_2,))),
    "address lost": AddressLost(VIP),
    "address of others lost": AddressLost(STRANGER),
    "stalled": Stalled(Seconds(5.0)),
    "let go": LetGo(),
    "asked to step down": OperatorRequest(OperatorAction.STEP_DOWN),
    "asked to take over": OperatorRequest(OperatorAction.TAKE_OVER),
    "maintenance begins": OperatorRequest(OperatorAction.MAINTENANCE_ON),
    "maintenance ends": OperatorRequest(OperatorAction.MAINTENANCE_OFF),
    "asked to announce": OperatorRequest(OperatorAction.ANNOUNCE),
    "group: another faulted": GroupChanged(faults=(Fault(Reason.SYNC_GROUP, "VI_2 (link_down)"),), may_lead=False),
    "group: nothing holds it back": GroupChanged(),
    "group: become master": GroupRequest(GroupAction.BECOME_MASTER, "with VI_2"),
    "group: become backup": GroupRequest(GroupAction.BECOME_BACKUP, "with VI_2"),
    "group: hand over": GroupRequest(GroupAction.HAND_OVER, "with VI_2"),
    "group: step down": GroupRequest(GroupAction.STEP_DOWN, "with VI_2"),
    "group: announce": GroupRequest(GroupAction.ANNOUNCE, "with VI_2"),
    "addresses not added": EffectFailed(AddAddresses((VIP,)), "no buffer space"),
    "addresses not removed": EffectFailed(RemoveAddresses((VIP,)), "busy"),
    "advert not sent": EffectFailed(SendAdvertisement(Priority(100)), "network is unreachable"),
    "host of the master silent": HostSilent(LOWER),
    "host of the master answers": HostAnswered(LOWER),
}


def told(settings: Parameters, *names: str, begin: Callable[[Parameters], Story] = master) -> Story:
    """A router with these settings to which these events have happened, a quarter of a second apart."""
    story = begin(settings)
    for name in names:
        story.wait(0.25).tell(EVENTS[name])
    return story


def _reduced_owner() -> Story:
    """Its rival did not yield within the grace it was given."""
    story = master(OWNER)
    for second in (0.5, 1.5, 2.5):
        story.until(second)
        story.tell(EVENTS["advert of an owner"])
    return story


def _not_added_twice() -> Story:
    """And tried for the third time just now."""
    story = master()
    for _ in range(2):
        story.tell(EVENTS["addresses not added"])
        story.until(story.now + 1.0)
    return story


TO_SILENCE: Final = ("advert of a higher priority", "host of the master silent")


def _overdue(settings: Parameters) -> Story:
    story = told(settings, "advert of a higher priority", begin=started)
    story.next_deadline()
    return story


def _in_its_place() -> Story:
    story = told(EAGER, *TO_SILENCE, begin=started)
    story.next_deadline()
    return story


def _held_back() -> Story:
    story = started()
    story.tell(GroupChanged(may_lead=False))
    return story


def _overslept(story: Story) -> Story:
    return story.wait(5.0)


OWNER: Final = parameters(255)
UNICAST: Final = parameters(announce_source=True)
STUBBORN: Final = parameters(preempt=False)
TRUSTING: Final = parameters(preempt=False, timer_expired_backup=Priority(90))
PATIENT: Final = parameters(preempt_delay=Seconds(2.0))
STRICT: Final = parameters(list_mismatch=ListMismatchPolicy.DROP)
FAILING_OVER: Final = parameters(address_loss=AddressLossPolicy.FAIL_OVER)
FAST: Final = parameters(fast_failover=FastFailover())
EAGER: Final = parameters(fast_failover=FastFailover(ProbeMode.ALWAYS))
ANNOUNCING: Final = parameters(announce=AnnouncePolicy(delay=Seconds(0.5), refresh=Seconds(1.5)))

STORIES: Final[dict[str, Callable[[], Story]]] = {
    "an owner, not started": lambda: waiting_to_start(OWNER),
    "an owner in its startup delay": lambda: told(OWNER, "start after a delay", begin=waiting_to_start),
    "an owner in FAULT": lambda: told(OWNER, "check failed"),
    "a unicast node in FAULT": lambda: told(UNICAST, "check failed"),
    "a unicast owner in FAULT": lambda: told(replace(OWNER, announce_source=True), "check failed"),
    "unicast, FAULT in the startup delay": lambda: told(
        UNICAST, "start after a delay", "check failed", begin=waiting_to_start
    ),
    "an owner, MASTER": lambda: master(OWNER),
    "an owner that yielded to another": lambda: told(OWNER, "advert of an owner, higher address"),
    "an owner that heard another too long": _reduced_owner,
    "an owner that ignores adverts": lambda: master(rfc_reading(OWNER)),
    "BACKUP in its startup delay": lambda: told(parameters(), "start after a delay", begin=waiting_to_start),
    "BACKUP of a master that resigned": lambda: told(parameters(), "advert of priority 0", begin=started),
    "BACKUP of a lower master": lambda: told(parameters(), "advert of a lower priority", begin=started),
    "BACKUP with nopreempt": lambda: started(STUBBORN),
    "BACKUP with preempt_delay": lambda: started(PATIENT),
    "BACKUP in its preempt_delay": lambda: told(PATIENT, "advert of a lower priority", begin=started),
    "BACKUP that overslept": lambda: _overslept(started()),
    "BACKUP, addresses still there": lambda: told(parameters(), "advert of a higher priority", "addresses not removed"),
    "BACKUP that handed over": lambda: told(parameters(yield_hold=Seconds(1.0)), "asked to step down"),
    "MASTER, four times robbed": lambda: told(parameters(), *["address lost"] * 4),
    "MASTER that fails over when robbed": lambda: master(FAILING_OVER),
    "MASTER without its address": lambda: told(parameters(), "addresses not added"),
    "MASTER, twice without its address": _not_added_twice,
    "MASTER with nopreempt, overslept": lambda: _overslept(master(TRUSTING)),
    "MASTER with higher_prio_send_advert": lambda: master(parameters(advert_before_yielding=True)),
    "MASTER with lower_prio_no_advert": lambda: master(parameters(answer_lower_priority=False)),
    "MASTER as the RFCs have it": lambda: master(rfc_reading(parameters())),
    "MASTER that announces again": lambda: master(ANNOUNCING),
    "BACKUP that its group holds back": _held_back,
    "fast BACKUP": lambda: started(FAST),
    "fast BACKUP of a higher master": lambda: told(FAST, "advert of a higher priority", begin=started),
    "fast BACKUP of a late master": lambda: _overdue(FAST),
    "fast BACKUP of a silent master": lambda: told(EAGER, *TO_SILENCE, begin=started),
    "MASTER in place of a silent one": _in_its_place,
    "fast MASTER": lambda: master(FAST),
    "FAULT of another member": lambda: told(parameters(), "group: another faulted"),
    "FAULT for two reasons": lambda: told(parameters(), "check failed", "link down"),
    "FAULT in maintenance": lambda: told(parameters(), "maintenance begins"),
}

SPECIAL: Final = """
before                               | event                              | follows        | reason
an owner, not started                | start                              | MASTER A+GSN   | owner
an owner, not started                | start after a delay                | BACKUP !SN     | startup
an owner in its startup delay        | advert of a higher priority        |                |
an owner in its startup delay        | deadline                           | MASTER !A+GSN  | owner
an owner in FAULT                    | check passed                       | MASTER A+GSN   | owner
a unicast node in FAULT              | check passed                       | BACKUP SNg     | fault_cleared
a unicast owner in FAULT             | check passed                       | MASTER A+GSNg  | owner
unicast, FAULT in the startup delay  | check passed                       | BACKUP SN      | fault_cleared
an owner, MASTER                     | priority raised                    |                |
an owner, MASTER                     | advert of an owner                 | MASTER !       |
an owner, MASTER                     | advert of an owner, higher address | BACKUP !-SN    | owner_conflict
an owner, MASTER                     | advert of a higher priority        | MASTER !AGN    |
an owner that yielded to another     | deadline                           | MASTER A+GSN   | owner
an owner that heard another too long | deadline                           | MASTER A       |
an owner that heard another too long | advert of an owner                 | BACKUP -SN     | preempted
an owner that ignores adverts        | advert of an owner, higher address |                |
BACKUP in its startup delay          | advert of a lower priority         |                |
BACKUP in its startup delay          | deadline                           | BACKUP !       |
BACKUP in its startup delay          | asked to take over                 | MASTER A+GSN   | operator
BACKUP of a master that resigned     | deadline                           | MASTER A+GSN   | master_resigned
BACKUP of a lower master             | deadline                           | MASTER A+GSN   | preempting
BACKUP with nopreempt                | advert of a lower priority         |                |
BACKUP with preempt_delay            | advert of a lower priority         | BACKUP !       |
BACKUP in its preempt_delay          | advert of a lower priority         |                |
BACKUP in its preempt_delay          | deadline                           | BACKUP !       |
BACKUP that overslept                | stalled                            | BACKUP !       |
BACKUP that overslept                | advert of a higher priority        |                |
BACKUP, addresses still there        | deadline                           | BACKUP -       |
BACKUP, addresses still there        | stop                               | INIT -SN       | shutdown
BACKUP that handed over              | advert of a lower priority         |                |
BACKUP that handed over              | deadline                           | BACKUP !       |
MASTER, four times robbed            | address lost                       | BACKUP A-SN    | addresses_lost
MASTER that fails over when robbed   | address lost                       | BACKUP A-SN    | addresses_lost
MASTER without its address           | addresses not added                | MASTER !       |
MASTER, twice without its address    | addresses not added                | BACKUP A-SN    | effect_failed
MASTER with nopreempt, overslept     | stalled                            | BACKUP !-SN    | stalled
MASTER with nopreempt, overslept     | advert of a lower priority         | BACKUP -SN     | stalled
MASTER with nopreempt, overslept     | advert of a higher priority        | BACKUP -SN     | preempted
MASTER with higher_prio_send_advert  | advert of a higher priority        | BACKUP A-SN    | preempted
MASTER with lower_prio_no_advert     | advert of a lower priority         | MASTER !GN     |
MASTER as the RFCs have it           | advert of a lower priority         | MASTER !N      |
MASTER as the RFCs have it           | advert with other addresses        | MASTER !       |
MASTER that announces again          | deadline                           | MASTER G       |
BACKUP that its group holds back     | deadline                           | BACKUP !       |
BACKUP that its group holds back     | group: become master               | MASTER A+GSN   | sync_group
fast BACKUP                          | advert of a higher priority        | BACKUP ?       |
fast BACKUP of a higher master       | deadline                           | BACKUP ?       |
fast BACKUP of a higher master       | link down                          | FAULT .SN      | link_down
fast BACKUP of a late master         | advert of a higher priority        | BACKUP ?       |
fast BACKUP of a late master         | stop                               | INIT .SN       | shutdown
fast BACKUP of a silent master       | deadline                           | MASTER A+G.SN  | master_silent
MASTER in place of a silent one      | advert of a higher priority        | BACKUP !A-SN   | preempted
fast MASTER                          | priority lowered                   | MASTER !NA     |
FAULT of another member              | group: nothing holds it back       | BACKUP SN      | fault_cleared
FAULT for two reasons                | check passed                       | FAULT !        |
FAULT for two reasons                | link up                            | FAULT !        |
FAULT in maintenance                 | maintenance ends                   | BACKUP SN      | fault_cleared
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that can happen: what came before, the event, what is written to follow, and what did."""

    before: str
    event: str
    expected: str
    outcome: str
    changes: tuple[StateChanged, ...]


def rows(table: str) -> list[list[str]]:
    """The fields of each line, the heading first."""
    return [[field.strip() for field in line.split("|")] for line in table.strip().splitlines()]


def observe(before: str, event: str, expected: str) -> Cell:
    """Drive the machine there, let the event happen, and write down what follows as the tables do."""
    story = (SCENES.get(before) or STORIES[before])()
    state = story.state
    if event == "deadline":
        story.at(story.router.deadline or story.now)
    elif event != "deadline, too early":
        story.wait(0.25)
    effects = story.tell(EVENTS[event])
    letters = "".join(LETTERS[type(effect)] for effect in effects)
    outcome = f"{story.state.value} {letters}" if letters or story.state is not state else ""
    return Cell(before, event, expected, outcome, tuple(changes(effects)))


def cells() -> Iterator[Cell]:
    """Every cell of both tables."""
    heading, *lines = rows(TABLE)
    for event, *fields in lines:
        for scene, expected in zip(heading[1:], fields, strict=True):
            yield observe(scene, event, expected)
    for before, event, follows, _ in rows(SPECIAL)[1:]:
        yield observe(before, event, follows)
