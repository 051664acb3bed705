"""Members of a sync group move together, by keepalived's rules."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.core.builders import HIGHER, LOWER, OURS, VIP, advert, parameters
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Effect,
    GroupStateChanged,
    Notify,
    NotifyGroup,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    Event,
    Fault,
    FaultsChanged,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    PrimaryAddressChanged,
    Shutdown,
    Startup,
)
from vrrpd.core.node import Directed, Node
from vrrpd.core.parameters import AddressLossPolicy, Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import RESIGN, Instant, Vrid
from vrrpd.view import group_views_of, view_of

DOWN = 3.609375
GROUP = "VG"
CHECK = Fault(Reason.TRACK_FAILED, "chk")


class Pair:
    """Instances VI_1, VI_2 ... of one group on one host, and a clock."""

    def __init__(self, *settings: Parameters) -> None:
        settings = settings or (parameters(), parameters())
        self.names = [f"VI_{number}" for number in range(1, len(settings) + 1)]
        self.now = Instant(0.0)
        self.node = Node(
            [
                VirtualRouter(name, replace(own, vrid=Vrid(50 + number)))
                for number, (name, own) in enumerate(zip(self.names, settings, strict=True))
            ],
            {GROUP: self.names},
        )
        for name in self.names:
            self.tell(PrimaryAddressChanged(OURS), name)
            self.tell(LinkChanged(up=True), name)

    def start(self) -> tuple[Directed, ...]:
        return self.node.handle_all(Startup(), self.now)

    def tell(self, event: Event, name: str = "VI_1") -> tuple[Directed, ...]:
        return self.node.handle(name, event, self.now)

    def hear(self, priority: int, name: str = "VI_1") -> tuple[Directed, ...]:
        return self.tell(AdvertisementReceived(advert(priority), LOWER), name)

    def wait(self, seconds: float) -> list[Directed]:
        """Time passes, deadlines are delivered."""
        done: list[Directed] = []
        end = Instant(self.now + seconds)
        while (deadline := self.node.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            done += self.node.due(self.now)
        self.now = end
        return done

    @property
    def states(self) -> set[State]:
        return {router.state for router in self.node.routers.values()}

    @property
    def group_state(self) -> State:
        return self.node.groups[GROUP].state

    def blockers(self) -> tuple[str, ...]:
        (view,) = group_views_of(self.node, self.now)
        return view.blocked_by


def started(*settings: Parameters) -> Pair:
    pair = Pair(*settings)
    pair.start()
    return pair


def master(*settings: Parameters) -> Pair:
    pair = started(*settings)
    pair.wait(2 * DOWN + 1.0)
    assert pair.states == {State.MASTER}
    return pair


def of(name: str, effects: Iterable[Directed]) -> list[Effect]:
    return [item.effect for item in effects if item.router == name]


def told(effects: Iterable[Directed]) -> list[tuple[str, str]]:
    """Who was notified of what, in order."""
    found = []
    for item in effects:
        if isinstance(item.effect, Notify):
            found.append((item.router, item.effect.event.value))
        elif isinstance(item.effect, NotifyGroup):
            found.append((item.effect.group, item.effect.event.value))
    return found


def reasons(name: str, effects: Iterable[Directed]) -> list[tuple[State, Reason]]:
    return [(effect.new, effect.reason) for effect in of(name, effects) if isinstance(effect, StateChanged)]


# --- start ----------------------------------------------------------------------------------------------------------


def test_all_start_as_backup_and_the_group_is_announced_too() -> None:
    pair = Pair()
    effects = pair.start()
    assert pair.states == {State.BACKUP}
    assert sorted(told(effects)) == [(GROUP, "BACKUP"), ("VI_1", "BACKUP"), ("VI_2", "BACKUP")]


def test_owners_only_serve_at_once() -> None:
    pair = started(parameters(255), parameters(255))
    assert pair.states == {State.MASTER}
    assert pair.group_state is State.MASTER


def test_an_owner_among_others_listens_first() -> None:
    pair = started(parameters(255), parameters(100))
    assert pair.states == {State.BACKUP}
    pair.wait(3.0)
    assert pair.states == {State.BACKUP}
    pair.wait(DOWN)
    assert pair.states == {State.MASTER}


def test_a_member_faulty_from_the_start_faults_all() -> None:
    pair = Pair()
    pair.tell(LinkChanged(up=False, detail="eth1 has no carrier"), "VI_2")
    effects = pair.start()
    assert pair.states == {State.FAULT}
    assert (GROUP, "FAULT") in told(effects)
    assert pair.blockers() == ("VI_2 (link_down: eth1 has no carrier)",)


def test_all_wait_for_the_first_result_of_ones_script() -> None:
    pair = Pair()
    pair.tell(FaultsChanged(frozenset(), frozenset({"chk"})), "VI_2")
    assert told(pair.start()) == []
    assert pair.states == {State.INIT}
    assert view_of(pair.node.router("VI_1"), pair.now).waiting_for == ("chk of VI_2",)
    effects = pair.tell(FaultsChanged(frozenset()), "VI_2")
    assert pair.states == {State.BACKUP}
    assert told(effects)[-1] == (GROUP, "BACKUP")


# --- taking over ------------------------------------------------------------------------------------------------


def test_the_last_member_that_times_out_takes_all_along() -> None:
    pair = started()
    pair.wait(1.0)
    pair.hear(150, "VI_2")
    pair.wait(DOWN - 1.0)
    assert pair.states == {State.BACKUP}
    assert pair.node.router("VI_1").wants_master
    assert pair.blockers() == ("VI_2 (follows another master)",)
    effects = pair.wait(1.0)
    assert pair.states == {State.MASTER}
    assert reasons("VI_2", effects) == [(State.MASTER, Reason.MASTER_DOWN)]
    assert reasons("VI_1", effects) == [(State.MASTER, Reason.SYNC_GROUP)]
    assert [event for event in told(effects) if event[1] == "MASTER"][-1] == (GROUP, "MASTER")


def test_the_adverts_of_all_members_go_out_before_any_address() -> None:
    pair = started()
    effects = [item.effect for item in pair.wait(DOWN + 0.01)]
    first_address = next(place for place, effect in enumerate(effects) if isinstance(effect, AddAddresses))
    adverts = [place for place, effect in enumerate(effects) if isinstance(effect, SendAdvertisement)]
    assert len(adverts) == 2
    assert max(adverts) < first_address


def test_while_one_hears_its_master_nobody_takes_over() -> None:
    pair = started()
    for _ in range(20):
        pair.wait(1.0)
        pair.hear(150, "VI_2")
    assert pair.states == {State.BACKUP}


def test_an_accepted_advert_takes_the_readiness_back() -> None:
    pair = started()
    pair.wait(1.0)
    pair.hear(150, "VI_2")
    pair.wait(DOWN - 0.5)
    assert pair.node.router("VI_1").wants_master
    pair.hear(150, "VI_1")
    pair.wait(1.0)
    assert pair.states == {State.BACKUP}


def test_a_master_that_resigns_everywhere_is_replaced_after_the_skew() -> None:
    pair = started()
    for name in pair.names:
        pair.hear(150, name)
    pair.wait(0.5)
    for name in pair.names:
        pair.hear(0, name)
    pair.wait(0.610)
    assert pair.states == {State.MASTER}


def test_of_two_members_with_different_priorities_the_slower_one_decides() -> None:
    pair = started(parameters(200), parameters(50))
    slow = 3 + (256 - 50) / 256
    pair.wait(slow - 0.01)
    assert pair.states == {State.BACKUP}
    pair.wait(0.02)
    assert pair.states == {State.MASTER}


# --- yielding -------------------------------------------------------------------------------------------------------


def test_who_yields_takes_all_along_without_a_farewell() -> None:
    pair = master()
    effects = pair.hear(150)
    assert pair.states == {State.BACKUP}
    assert reasons("VI_2", effects) == [(State.BACKUP, Reason.SYNC_GROUP)]
    assert SendAdvertisement(parameters().base_priority) not in of("VI_2", effects)
    assert not [effect for effect in of("VI_2", effects) if isinstance(effect, SendAdvertisement)]
    assert told(effects) == [("VI_1", "BACKUP"), ("VI_2", "BACKUP"), (GROUP, "BACKUP")]
    left = view_of(pair.node.router("VI_2"), pair.now).timers["master_down"]
    assert left == pytest.approx(DOWN)


@pytest.mark.parametrize("cause", [OperatorRequest(OperatorAction.STEP_DOWN), AddressLost(VIP)])
def test_who_hands_over_has_all_resign(cause: Event) -> None:
    """Otherwise the other node would wait a whole Master_Down_Interval for the members that only follow."""
    losing = parameters(address_loss=AddressLossPolicy.FAIL_OVER)
    pair = master(losing, losing)
    effects = pair.tell(cause)
    for name in pair.names:
        assert [effect.priority for effect in of(name, effects) if isinstance(effect, SendAdvertisement)] == [0]
    assert pair.states == {State.BACKUP}


def test_a_lower_priority_at_one_member_has_all_announce_themselves() -> None:
    pair = master()
    effects = pair.hear(50)
    assert Announce((VIP,), 5) in of("VI_2", effects)
    assert not [effect for effect in of("VI_2", effects) if isinstance(effect, SendAdvertisement | Notify)]


# --- faults ---------------------------------------------------------------------------------------------------------


def test_a_fault_faults_all_and_who_only_follows_resigns_once() -> None:
    pair = master()
    effects = pair.tell(FaultsChanged(frozenset({CHECK})))
    assert pair.states == {State.FAULT}
    assert len([effect for effect in of("VI_1", effects) if effect == SendAdvertisement(RESIGN)]) == 2
    assert len([effect for effect in of("VI_2", effects) if effect == SendAdvertisement(RESIGN)]) == 1
    assert RemoveAddresses((VIP,)) in of("VI_2", effects)
    assert told(effects) == [("VI_1", "FAULT"), ("VI_2", "FAULT"), (GROUP, "FAULT")]
    assert view_of(pair.node.router("VI_2"), pair.now).faults == (Fault(Reason.SYNC_GROUP, "VI_1 (track_failed: chk)"),)


def test_all_leave_fault_together_when_the_last_one_is_well() -> None:
    pair = master()
    pair.tell(FaultsChanged(frozenset({CHECK})), "VI_1")
    pair.tell(LinkChanged(up=False, detail="eth1"), "VI_2")
    assert pair.blockers() == ("VI_1 (track_failed: chk)", "VI_2 (link_down: eth1)")
    pair.tell(FaultsChanged(frozenset()), "VI_1")
    assert pair.states == {State.FAULT}
    effects = pair.tell(LinkChanged(up=True), "VI_2")
    assert pair.states == {State.BACKUP}
    assert told(effects)[-1] == (GROUP, "BACKUP")
    pair.wait(DOWN + 0.01)
    assert pair.states == {State.MASTER}


def test_owners_leave_fault_as_masters() -> None:
    pair = started(parameters(255), parameters(255))
    pair.tell(FaultsChanged(frozenset({CHECK})))
    assert pair.states == {State.FAULT}
    pair.tell(FaultsChanged(frozenset()))
    assert pair.states == {State.MASTER}


# --- stop, reload, the group as a whole -----------------------------------------------------------------------------


def test_the_group_is_told_of_the_stop_once_after_its_members() -> None:
    pair = master()
    effects = pair.node.handle_all(Shutdown(), pair.now)
    assert told(effects) == []  # the addresses are still there
    assert told(pair.wait(3.0)) == [("VI_1", "STOP"), ("VI_2", "STOP"), (GROUP, "STOP")]
    assert len([item for item in effects if item.effect == SendAdvertisement(RESIGN)]) == 2


def test_each_change_of_the_group_is_one_effect() -> None:
    pair = started()
    effects = pair.wait(DOWN + 0.01)
    (change,) = [item.effect for item in effects if isinstance(item.effect, GroupStateChanged)]
    assert (change.group, change.old, change.new) == (GROUP, State.BACKUP, State.MASTER)
    assert change.detail.startswith("VI_2: no advert heard")


def test_a_group_that_stays_repeats_nothing_after_a_reload() -> None:
    pair = master()
    assert pair.node.regroup({GROUP: pair.names}, pair.now) == ()
    assert pair.group_state is State.MASTER


def test_who_leaves_the_group_is_free_of_it() -> None:
    pair = master()
    pair.tell(FaultsChanged(frozenset({CHECK})))
    effects = pair.node.regroup({}, pair.now)
    assert reasons("VI_2", effects) == [(State.BACKUP, Reason.FAULT_CLEARED)]
    assert pair.node.router("VI_1").state is State.FAULT


def test_a_group_formed_of_running_members_binds_them() -> None:
    pair = master()
    pair.node.regroup({}, pair.now)
    pair.tell(FaultsChanged(frozenset({CHECK})))
    assert pair.node.router("VI_2").state is State.MASTER
    effects = pair.node.regroup({GROUP: pair.names}, pair.now)
    assert pair.states == {State.FAULT}
    assert {item.router for item in effects} <= set(pair.names)
    assert told(effects)[-1] == (GROUP, "FAULT")


def test_instances_keep_their_state_under_another_name() -> None:
    pair = master()
    pair.node.rename({"VI_1": "VI_2", "VI_2": "VI_1"})
    assert {name: router.name for name, router in pair.node.routers.items()} == {"VI_1": "VI_1", "VI_2": "VI_2"}
    assert pair.node.router("VI_1").parameters.vrid == 51
    pair.tell(FaultsChanged(frozenset({CHECK})), "VI_1")
    assert pair.blockers() == ("VI_1 (track_failed: chk)",)
    pair.tell(FaultsChanged(frozenset()), "VI_1")
    pair.wait(DOWN + 1.0)
    adverts = [item for item in pair.wait(1.0) if isinstance(item.effect, SendAdvertisement)]
    assert {item.router for item in adverts} == {"VI_1", "VI_2"}


def test_unknown_members_and_empty_groups_are_left_out() -> None:
    node = Node([VirtualRouter("VI_1", parameters())], {"A": ["VI_1", "nobody"], "B": ["nobody"]})
    assert {name: group.members for name, group in node.groups.items()} == {"A": ("VI_1",)}


def test_a_group_of_one_is_as_its_member() -> None:
    pair = started(parameters())
    pair.wait(DOWN + 0.01)
    assert {pair.group_state} == {State.MASTER}
    pair.tell(AdvertisementReceived(advert(150), HIGHER))
    assert {pair.group_state} == {State.BACKUP}


def test_adverts_heard_again_cost_the_group_nothing() -> None:
    pair = started()
    event = AdvertisementReceived(advert(150), LOWER)
    pair.tell(event)
    pair.wait(0.5)
    assert pair.tell(event) == ()
    assert pair.node.deadline == DOWN
