"""The election: one virtual router as RFC 3768 and RFC 9568 section 6.4 describe it, with keepalived's FAULT.

Nothing here waits, sends or reads a clock: ``handle`` takes what happened and when, and returns what is to be done.
"""

from collections.abc import Callable
from typing import Final

from vrrpd.core import events
from vrrpd.core.effects import AddAddresses, Announce, Effect, NoticeKind, NotifyEvent, Reason, RemoveAddresses, State
from vrrpd.core.memory import Accepted, Heard
from vrrpd.core.parameters import AddressLossPolicy, ListMismatchPolicy, Parameters
from vrrpd.core.stalls import StalledElection
from vrrpd.core.timers import ADVERT, Timer
from vrrpd.proto.advertisement import Advertisement, DropReason
from vrrpd.units import OWNER, RESIGN, Address, Instant, Priority, Seconds, after

ROGUE_GRACE_ADVERTS: Final = 2
REDUCED_OWNER: Final = Priority(254)


def _says(kind: NoticeKind, text: str) -> Callable[..., None]:
    return lambda router, _at, _now: router._notice(kind, text)


class VirtualRouter(StalledElection):
    """One election: which event leads to which change.

    Before ``Startup`` the events that describe the world (link, source address, faults, priority) only set the scene.
    """

    def handle(self, event: events.Event, now: Instant) -> tuple[Effect, ...]:
        """Take one event in; what is to be done, in order. Never raises, whatever the state."""
        accepted = self._accepted
        if accepted is not None:
            if event == accepted.event:
                accepted.event = event  # the very object, by which the node knows it next time
                accepted.again(now)
                return ()
            self.catch_up()
            accepted.event = self._accepted = None
        if self._since is None:
            self._since = now
        self._HANDLERS[type(event)](self, event, now)
        if not self._effects:
            return ()
        effects, self._effects = tuple(self._effects), []
        return effects

    # --- the world: start, stop, link, source address, trackers -------------------------------------------------

    def _on_startup(self, event: events.Startup, now: Instant) -> None:
        if self._started:
            return
        self._started = True
        self._since, self._reason = now, Reason.STARTUP
        if event.delay > 0:
            self._deadlines.set(Timer.STARTUP_DELAY, after(now, event.delay))
            self._notice(NoticeKind.STARTUP_DELAY, f"silent for {event.delay:.2f} s ({event.why})")
        if self.effective_priority != self.parameters.base_priority:
            self._notify(NotifyEvent.BACKUP_PRIORITY)
        self._reconsider(now)
        deadline = self._deadlines.get(Timer.MASTER_DOWN)
        if event.listening and deadline is not None:
            self._deadlines.set(Timer.MASTER_DOWN, after(deadline, Seconds(-event.listening)))

    def _on_shutdown(self, event: events.Shutdown, now: Instant) -> None:
        if not self._started:
            return
        self._started = False
        if event.removed:
            self._let_go("no longer configured", now)
        if self.state is State.MASTER and event.removed:
            self._release(farewells=1)
        elif self.state is State.MASTER:
            self._leave(now)
        remove, _ = self._upkeep.take(self._wanted_addresses)
        self._remove(remove)
        self._deadlines.clear_all(but=Timer.LINGER)
        if self.state is State.INIT:
            self._detail = "asked to stop"
        else:
            why = "no longer configured" if event.removed else "asked to stop"
            self._become(State.INIT, Reason.SHUTDOWN, why, now)
        if not self.lingers:
            self._notify(NotifyEvent.DELETED if event.removed else NotifyEvent.STOP)

    def _on_link_changed(self, event: events.LinkChanged, now: Instant) -> None:
        self._link_fault = None if event.up else events.Fault(Reason.LINK_DOWN, event.detail)
        if not event.up:
            self._let_go(event.detail or "the link is down", now)
        self._reconsider(now)

    def _on_primary_address_changed(self, event: events.PrimaryAddressChanged, now: Instant) -> None:
        if event.address != self._source:
            self._rely_on_nobody()  # until the next advert: nobody is asked from an address that is gone
        self._source = event.address
        self._reconsider(now)

    def _on_faults_changed(self, event: events.FaultsChanged, now: Instant) -> None:
        self._faults, self._waiting_for = event.faults, event.waiting_for
        self._reconsider(now)

    def _on_priority_changed(self, event: events.PriorityChanged, now: Instant) -> None:
        if self.parameters.is_owner or event.effective_priority == self.effective_priority:
            return
        wait, old = self._wait(), self.effective_priority
        self._set_priority(event.effective_priority)
        self._shift_master_down(wait)
        self._priority_moved(old, now)

    def _set_priority(self, effective: Priority) -> None:
        old, self.effective_priority = self.effective_priority, effective
        if self._started and old != effective:
            self._notice(NoticeKind.PRIORITY_CHANGED, f"priority {old} -> {effective}")
            master = self.state is State.MASTER
            self._notify(NotifyEvent.MASTER_PRIORITY if master else NotifyEvent.BACKUP_PRIORITY)

    # --- deadlines ----------------------------------------------------------------------------------------------

    def _on_deadline_reached(self, _event: events.DeadlineReached, now: Instant) -> None:
        for timer in self._deadlines.due(now):
            at = self._deadlines.get(timer)
            if at is not None and at <= now:  # an earlier one may have moved it
                self._deadlines.clear(timer)
                self._EXPIRED[timer](self, at, now)

    def _master_down(self, _at: Instant, now: Instant) -> None:
        if not self._group.may_lead:
            self._await_group(now)
        elif self.parameters.is_owner:
            self._enter_master(Reason.OWNER, "priority 255 owns the addresses", now)
        else:
            self._enter_master(self._takeover, self._takeover_detail(now), now)

    def _await_group(self, now: Instant) -> None:
        """Members take over together: the last one that is ready takes the others along (keepalived)."""
        self._ready_to_lead = True
        detail = f"{self._takeover_detail(now)}: ready, waiting for the other members"
        self._notice_once(NoticeKind.SYNC_GROUP, self._takeover, detail)
        if self._takeover is Reason.MASTER_SILENT and (self._protocol_down or now) > now:
            self._deadlines.set(Timer.MASTER_DOWN, self._protocol_down or now)  # an answer may still come until then
            return
        self._protocol_down = None
        if self._takeover in (Reason.MASTER_RESIGNED, Reason.MASTER_SILENT):
            self._takeover = Reason.MASTER_DOWN
        self._deadlines.set(Timer.MASTER_DOWN, after(now, self._down_interval()))

    def _takeover_detail(self, now: Instant) -> str:
        master = self._memory.master
        if master is None or (self._since is not None and master.at < self._since):
            silent = now - (self._since if self._since is not None else now)
            return f"no advert heard for {silent:.2f} s"
        if self._takeover is Reason.MASTER_RESIGNED:
            return f"{master.source} resigned {now - master.at:.2f} s ago"
        if self._takeover is Reason.PREEMPTING:
            return f"priority {self.effective_priority} is higher than {master.priority} of {master.source}"
        mute = f"{self._relied_on} does not answer, " if self._takeover is Reason.MASTER_SILENT else ""
        return f"{mute}no advert from {master.source} for {now - master.at:.2f} s"

    def _advert_due(self, at: Instant, now: Instant) -> None:
        self._advertise(now)
        in_step = after(at, self.parameters.advert_interval)
        if in_step > now:  # keep the rhythm; after a long pause start a new one
            self._deadlines.set(ADVERT, in_step)

    def _preempt_delay_over(self, _at: Instant, _now: Instant) -> None:
        self._preempt_ready = True
        self._notice(NoticeKind.PREEMPT_DELAY, "over, lower priorities are no longer followed")

    def _second_announce(self, _at: Instant, _now: Instant) -> None:
        self._announce_all(self.parameters.announce.repeat)

    def _lower_priority_announce(self, _at: Instant, _now: Instant) -> None:
        self._announce_all(self.parameters.announce.lower_priority_repeat)

    def _refresh_announce(self, _at: Instant, now: Instant) -> None:
        self._announce_all(self.parameters.announce.refresh_repeat)
        self._schedule_refresh(now, self.parameters.announce.refresh)

    def _confirm_announce(self, _at: Instant, _now: Instant) -> None:
        self._announce_all(1)

    def _elsewhere_announce(self, _at: Instant, now: Instant) -> None:
        self._announce(self.parameters.elsewhere, 1)
        self._schedule_elsewhere(now)

    def _rogue_gone(self, _at: Instant, _now: Instant) -> None:
        if self.parameters.is_owner:
            self.effective_priority = OWNER
        self._notice(NoticeKind.TWO_OWNERS, "the other owner has fallen silent")

    def _retry_due(self, _at: Instant, _now: Instant) -> None:
        remove, add = self._upkeep.take(self._wanted_addresses)
        self._remove(remove)
        self._add(add)
        self._announce(add, self.parameters.announce.repeat)

    def _settled(self, _at: Instant, _now: Instant) -> None:
        self._upkeep.forgive()
        self._notice(NoticeKind.ADDRESS_RESTORED, "all addresses have stayed where they are: well again")

    @property
    def _wanted_addresses(self) -> tuple[Address, ...]:
        """Those that should be on the interface now."""
        return self.parameters.all_addresses if self.state is State.MASTER else self._lingering.addresses

    # --- advertisements -----------------------------------------------------------------------------------------

    def _on_packet_dropped(self, event: events.PacketDropped, _now: Instant) -> None:
        self.statistics.drop(event.reason)
        if self._started:
            text = f"{event.reason.value} from {event.source}" + (f": {event.detail}" if event.detail else "")
            self._notice_once(NoticeKind.PACKET_DROPPED, (event.reason, event.source), text)

    def _on_advertisement(self, event: events.AdvertisementReceived, now: Instant) -> None:
        advert, source = event.advertisement, event.source
        if advert.priority != RESIGN and source != self._source:
            self._succeeded(source, now)
        if self.state not in (State.BACKUP, State.MASTER) or self._is_starting(now):
            self.statistics.drop(DropReason.NOT_READY)
            return
        if self.parameters.owner_ignores_adverts and self.effective_priority == OWNER:
            self.statistics.drop(DropReason.OWNER_IGNORES)
            return
        self.statistics.adverts_received += 1
        differs = self._list_differs(advert, source)
        if differs and self.parameters.list_mismatch is ListMismatchPolicy.DROP and advert.priority != OWNER:
            self.statistics.drop(DropReason.ADDRESS_LIST_MISMATCH)
            return
        differs |= self._interval_differs(advert, source)
        self.statistics.priority_zero_received += advert.priority == RESIGN
        heard = self._memory.heard(advert, source, now)
        self._judge_takeover(heard, now)
        if self.state is State.MASTER:
            self._advert_as_master(heard, now)
            return
        self._memory.follow(heard)
        self._advert_as_backup(heard, now)
        if self._takeover is Reason.MASTER_DOWN and not differs:
            overdue = None if self._deadlines.get(Timer.OVERDUE) is None else self._overdue_after
            self._accepted = Accepted(event, heard, self._down_interval(), overdue)

    def _is_starting(self, now: Instant) -> bool:
        """Within the startup delay, whose end may have passed without having been delivered yet."""
        end = self._deadlines.get(Timer.STARTUP_DELAY)
        return end is not None and now < end

    def _list_differs(self, advert: Advertisement, source: Address) -> bool:
        ours = self.parameters.addresses
        if advert.addresses == ours or frozenset(advert.addresses) == frozenset(ours):
            return False
        self.statistics.address_list_mismatches += 1
        text = f"{source} has {_join(advert.addresses)}, not {_join(ours)}"
        self._notice_once(NoticeKind.ADDRESS_LIST_DIFFERS, (source, advert.addresses), text)
        return True

    def _interval_differs(self, advert: Advertisement, source: Address) -> bool:
        if advert.interval == self.parameters.advert_interval:
            return False
        self.statistics.interval_mismatches += 1
        text = f"{source} advertises every {advert.interval:g} s, not {self.parameters.advert_interval:g} s"
        self._notice_once(NoticeKind.INTERVAL_DIFFERS, (source, advert.interval), text)
        return True

    def _advert_as_backup(self, heard: Heard, now: Instant) -> None:
        priority = heard.advertisement.priority
        if priority == RESIGN:
            # Who could not serve a moment ago leaves Skew_Time (RFC 9568 section 6.4.2) to those who may be able to.
            unable = self._upkeep.is_troubled and self._deadlines.get(Timer.YIELD_HOLD) is not None
            self._takeover = Reason.MASTER_DOWN if unable else Reason.MASTER_RESIGNED
            self._deadlines.set(Timer.MASTER_DOWN, after(now, self._wait()))
            return
        if self.parameters.is_owner and (priority != OWNER or heard.source != self._rogue):
            self.effective_priority = OWNER  # what a conflict with another owner had taken away
        if priority >= self.effective_priority:
            # Equal ones too: addresses are compared between two masters only (RFC 9568 section 6.4.2).
            self._deadlines.clear(Timer.PREEMPT_DELAY)
            self._preempt_ready = False
            self._accept(heard, now)
        elif self._lets_be(heard.source, now):
            self._accept(heard, now)
        else:
            self._outlast(heard, now)

    def _outlast(self, heard: Heard, now: Instant) -> None:
        """The Master_Down_Timer runs on: a lower priority does not restart it (RFC 9568 section 6.4.2)."""
        self.statistics.lower_priority_received += 1
        self._takeover = Reason.PREEMPTING
        if heard.source == self._relied_on:  # of others than the master their priority says nothing
            self._hasten(now, Reason.PREEMPTING)
        self._notice_lower(heard, "taking over")

    def _lets_be(self, source: Address, now: Instant) -> bool:
        """Whether a lower-priority master is left alone, for good or for now."""
        if self._deadlines.get(Timer.YIELD_HOLD) is not None:
            return True
        if not self.parameters.preempt:
            return not self.parameters.is_owner  # who always preempts (RFC 9568 section 6.1)
        if self.parameters.preempt_delay <= 0 or self._preempt_ready:
            return False
        if self._deadlines.get(Timer.PREEMPT_DELAY) is None:
            self._deadlines.set(Timer.PREEMPT_DELAY, after(now, self.parameters.preempt_delay))
            self._notice(NoticeKind.PREEMPT_DELAY, f"{self.parameters.preempt_delay:g} s before {source} is preempted")
        return True

    def _accept(self, heard: Heard, now: Instant) -> None:
        self._takeover = Reason.MASTER_DOWN
        self._ready_to_lead = False
        self._learn_interval(heard.advertisement)
        self._deadlines.set(Timer.MASTER_DOWN, after(now, self._down_interval()))
        self._rely_on(heard, now)

    def _learn_interval(self, advert: Advertisement) -> None:
        """RFC 9568 section 6.4.2, not looked at in VRRPv2; zero would make us take over without end."""
        if advert.interval > 0:
            self._learnt_interval = advert.interval

    def _advert_as_master(self, heard: Heard, now: Instant) -> None:
        priority, source, ours = heard.advertisement.priority, heard.source, self.effective_priority
        if priority == RESIGN:
            self._advertise(now)
        elif priority == ours and source == self._source:
            text = f"another sender uses our address {source} and our priority"
            self._notice_once(NoticeKind.SAME_ADDRESS, source, text)
        elif priority == OWNER and ours == OWNER:
            self._two_owners(heard, now)
        elif priority > ours:
            self._yield(Reason.PREEMPTED, f"{source} has priority {priority}, ours is {ours}", heard, now)
        elif priority == ours and self._is_higher(source):
            detail = f"{source} has our priority {priority} and the higher address"
            self._yield(Reason.TIE_BREAK, detail, heard, now)
        elif self._replaced_meanwhile(now):
            silence = now - self._last_sent(now)
            since = f"no advert sent for {silence:.2f} s, " if silence else ""
            self._yield(Reason.STALLED, f"{since}{source} has taken over", heard, now)
        else:
            self._lower_priority_master(heard, now)

    def _is_higher(self, source: Address) -> bool:
        return self._source is None or int(source) > int(self._source)

    def _yield(self, reason: Reason, detail: str, heard: Heard, now: Instant) -> None:
        if self.parameters.advert_before_yielding or self._is_provisional(now):
            self._advertise(now)
        self._release(farewells=0)
        self._learn_interval(heard.advertisement)
        self._memory.follow(heard)
        self._enter_backup(reason, detail, after(now, self._down_interval()), now)
        self._rely_on(heard, now)

    def _lower_priority_master(self, heard: Heard, now: Instant) -> None:
        """Answer at once (RFC 9568 section 6.4.3) and announce again, so that caches return to us (keepalived)."""
        self.statistics.lower_priority_received += 1
        self._notice_lower(heard, "and is master too")
        if self.parameters.answer_lower_priority:
            self._advertise(now)
        self._announce_against_another(now)
        self._notify(NotifyEvent.MASTER_RX_LOWER_PRI)

    def _announce_against_another(self, now: Instant) -> None:
        policy = self.parameters.announce
        self._confirm_later(now)
        if policy.lower_priority_repeat:
            self._announce_all(policy.lower_priority_repeat)
            if policy.lower_priority_delay > 0:
                self._deadlines.set(Timer.LOWER_PRIORITY_ANNOUNCE, after(now, policy.lower_priority_delay))

    def _notice_lower(self, heard: Heard, consequence: str) -> None:
        priority, source = heard.advertisement.priority, heard.source
        text = f"{source} has priority {priority}, lower than ours, {self.effective_priority}, {consequence}"
        self._notice_once(NoticeKind.LOWER_PRIORITY_HEARD, (source, priority), text)

    def _two_owners(self, heard: Heard, now: Instant) -> None:
        """keepalived's way out of two configured owners: the lower address yields; if it does not, we step down."""
        source = heard.source
        text = f"{source} is configured as owner (255) too: give one of the two a lower priority"
        self._notice_once(NoticeKind.TWO_OWNERS, source, text)
        if self._is_higher(source):
            detail = f"{source} is an owner too and has the higher address"
            self._yield(Reason.OWNER_CONFLICT, detail, heard, now)
        elif self._deadlines.get(Timer.OWNER_CONFLICT) is not None:
            self.effective_priority = REDUCED_OWNER
            self._rogue = source
            self._await_rogue(now)
        elif not self._rogue_adverts_left:
            self._rogue_adverts_left = ROGUE_GRACE_ADVERTS
            self._rogue_interval = heard.advertisement.interval
            self._confirm_later(now)

    # --- addresses, operators, failures -------------------------------------------------------------------------

    def _on_address_lost(self, event: events.AddressLost, now: Instant) -> None:
        if self.state is not State.MASTER or event.address not in self.parameters.all_addresses:
            return
        by = f" by {event.culprit}" if event.culprit else ""
        if self.parameters.address_loss is AddressLossPolicy.FAIL_OVER:
            self._release(farewells=1)
            detail = f"{event.address} was removed{by}"
            self._enter_backup(Reason.ADDRESSES_LOST, detail, after(now, self._skew()), now)
            return
        window = self.parameters.loss_window
        losses = self._upkeep.lost(event.address, now, window)
        self._settle_later(now)
        if losses >= self.parameters.loss_limit:
            detail = f"{event.address} was removed{by}, {losses} removals in {window:g} s"
            if self._upkeep.patience(now):
                self._cannot_serve((event.address,), detail, now)
            else:
                self._hand_over(Reason.ADDRESSES_LOST, f"{detail}: handing over", now)
            return
        self.statistics.addresses_restored += 1
        self._add((event.address,))
        self._announce((event.address,), self.parameters.announce.repeat)
        self._notice(NoticeKind.ADDRESS_RESTORED, f"{event.address} was removed{by}, put back")

    def _on_operator_request(self, event: events.OperatorRequest, now: Instant) -> None:
        detail = f"asked by the operator: {event.detail}" if event.detail else "asked by the operator"
        match event.action:
            case events.OperatorAction.STEP_DOWN if self.state is State.MASTER:
                self._hand_over(Reason.OPERATOR, detail, now, able=True)
            case events.OperatorAction.TAKE_OVER if self.state is State.BACKUP:
                self._enter_master(Reason.OPERATOR, detail, now)
            case events.OperatorAction.ANNOUNCE if self.state is State.MASTER:
                self._announce_all(self.parameters.announce.repeat)
            case events.OperatorAction.MAINTENANCE_ON:
                self._maintenance = events.Fault(Reason.MAINTENANCE, event.detail)
                self._reconsider(now)
            case events.OperatorAction.MAINTENANCE_OFF:
                self._maintenance = None
                self._reconsider(now)

    def _on_group_changed(self, event: events.GroupChanged, now: Instant) -> None:
        self._group = event
        self._reconsider(now)

    def _on_group_request(self, event: events.GroupRequest, now: Instant) -> None:
        match event.action:
            case events.GroupAction.BECOME_MASTER if self.state is State.BACKUP:
                self._enter_master(Reason.SYNC_GROUP, event.detail, now)
            case events.GroupAction.BECOME_BACKUP if self.state is State.MASTER:
                if self._is_provisional(now):
                    self._advertise(now)
                self._release(farewells=0)
                self._enter_backup(Reason.SYNC_GROUP, event.detail, after(now, self._down_interval()), now)
            case events.GroupAction.HAND_OVER if self.state is State.MASTER:
                self._hand_over(Reason.SYNC_GROUP, event.detail, now)
            case events.GroupAction.STEP_DOWN if self.state is State.MASTER:
                self._hand_over(Reason.SYNC_GROUP, event.detail, now, able=True)
            case events.GroupAction.ANNOUNCE if self.state is State.MASTER:
                self._announce_against_another(now)

    def _on_effect_failed(self, event: events.EffectFailed, now: Instant) -> None:
        self.statistics.effects_failed += 1
        effect = event.effect
        if isinstance(effect, AddAddresses) and self.state is State.MASTER:
            self._cannot_serve(effect.addresses, event.error, now)
            return
        text = event.error
        if isinstance(effect, RemoveAddresses) and self._started and self._upkeep.not_removed(self._unwanted(effect)):
            text += "; trying again"
            self._retry_later(now)
        elif isinstance(effect, Announce) and self.state is State.MASTER:
            text += "; trying again"
            self._confirm_later(now)
        self._notice_once(NoticeKind.EFFECT_FAILED, (type(effect), event.error), text)

    def _unwanted(self, effect: RemoveAddresses) -> tuple[Address, ...]:
        return tuple(address for address in effect.addresses if address not in self._wanted_addresses)

    def _retry_later(self, now: Instant) -> None:
        self._deadlines.set(Timer.RETRY, after(now, self.parameters.retry_delay))

    def _on_parameters_replaced(self, event: events.ParametersReplaced, now: Instant) -> None:
        old, wait, priority = self.parameters, self._wait(), self.effective_priority
        if set(self._lingering.addresses) - set(event.parameters.all_addresses) or event.moved:
            self._let_go("other addresses are configured", now)
        self.parameters = event.parameters
        if old.fast_failover != self.parameters.fast_failover:
            self._rely_on_nobody()
        self._start_afresh(now)
        self._set_priority(event.effective_priority)
        self._shift_master_down(wait)
        if self.state is State.MASTER:
            self._replace_as_master(old, event.moved, now)
        if self.state is not State.MASTER or self.parameters == old:  # else it has advertised already
            self._priority_moved(priority, now)

    def _replace_as_master(self, old: Parameters, moved: tuple[Address, ...], now: Instant) -> None:
        before, wanted = old.all_addresses, self.parameters.all_addresses
        gone = tuple(address for address in before if address not in wanted or address in moved)
        fresh = tuple(address for address in wanted if address not in before or address in moved)
        if self.parameters != old:
            self._advertise(now)
        self._remove(gone)
        self._add(fresh)
        self._announce(fresh, self.parameters.announce.repeat)
        if fresh:
            self._schedule_announcements(now)
        elif self.parameters.announce.refresh != old.announce.refresh:
            self._schedule_refresh(now, self.parameters.announce.refresh)
        if (new := self.parameters).elsewhere != old.elsewhere or new.announce.elsewhere != old.announce.elsewhere:
            self._schedule_elsewhere(now)

    _HANDLERS: Final[dict[type[object], Callable[..., None]]] = {
        events.Startup: _on_startup,
        events.Shutdown: _on_shutdown,
        events.DeadlineReached: _on_deadline_reached,
        events.AdvertisementReceived: _on_advertisement,
        events.PacketDropped: _on_packet_dropped,
        events.LinkChanged: _on_link_changed,
        events.PrimaryAddressChanged: _on_primary_address_changed,
        events.PriorityChanged: _on_priority_changed,
        events.FaultsChanged: _on_faults_changed,
        events.ParametersReplaced: _on_parameters_replaced,
        events.AddressLost: _on_address_lost,
        events.Stalled: StalledElection._on_stalled,
        events.LetGo: StalledElection._on_let_go,
        events.OperatorRequest: _on_operator_request,
        events.GroupChanged: _on_group_changed,
        events.GroupRequest: _on_group_request,
        events.EffectFailed: _on_effect_failed,
        events.HostSilent: StalledElection._on_host_silent,
        events.HostAnswered: StalledElection._on_host_answered,
    }

    _EXPIRED: Final[dict[Timer, Callable[..., None]]] = {
        Timer.MASTER_DOWN: _master_down,
        Timer.ADVERT: _advert_due,
        Timer.STARTUP_DELAY: _says(NoticeKind.STARTUP_DELAY, "over, listening and taking part now"),
        Timer.PREEMPT_DELAY: _preempt_delay_over,
        Timer.YIELD_HOLD: _says(NoticeKind.PREEMPT_DELAY, "hold after handing over has ended"),
        Timer.SECOND_ANNOUNCE: _second_announce,
        Timer.LOWER_PRIORITY_ANNOUNCE: _lower_priority_announce,
        Timer.REFRESH: _refresh_announce,
        Timer.CONFIRM: _confirm_announce,
        Timer.ELSEWHERE: _elsewhere_announce,
        Timer.OWNER_CONFLICT: _rogue_gone,
        Timer.RETRY: _retry_due,
        Timer.SETTLED: _settled,
        Timer.RETURN: StalledElection._returned,
        Timer.OVERDUE: StalledElection._overdue,
        Timer.PROBE_REST: StalledElection._probe_rest_over,
        Timer.LINGER: StalledElection._linger_over,
    }


def _join(addresses: tuple[Address, ...]) -> str:
    return " ".join(str(address) for address in addresses) or "no addresses"
