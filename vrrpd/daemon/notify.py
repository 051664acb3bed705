"""What the operator is told of instances and sync groups: by scripts, through named pipes, by mail, in this order."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from vrrpd.config.model import Command, Config, Fifo, GlobalDefs, NotifyScripts, SyncGroup, VrrpInstance
from vrrpd.core.effects import NotifyEvent
from vrrpd.daemon.fifo import NotifyFifo
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.notify_queue import STATES, STOP_LIMIT, NotifyQueue, Turns
from vrrpd.loop import Loop
from vrrpd.plain import Plain
from vrrpd.records import dataclass
from vrrpd.units import Priority, Seconds

if TYPE_CHECKING:
    from vrrpd.daemon.mail import Mailer

log = logging.getLogger("vrrpd.notify")

MAIL_LIMIT: Final = Seconds(2.0)
"""What mails that wait are given when the daemon stops."""
LOOK_AGAIN: Final = Seconds(0.02)
"""While everything is told for the last time."""
NO_PRIORITY: Final = Priority(0)
"""What keepalived gives for a sync group."""
_PRIORITY_EVENTS: Final = frozenset((NotifyEvent.MASTER_PRIORITY, NotifyEvent.BACKUP_PRIORITY))
_NO_LONGER: Final = "VRRP Instance is no longer owning VRRP VIPs"
_INSTANCE_TEXTS: Final[Mapping[NotifyEvent, str]] = {
    NotifyEvent.MASTER: "VRRP Instance is now owning VRRP VIPs",
    NotifyEvent.BACKUP: _NO_LONGER,
    NotifyEvent.FAULT: _NO_LONGER,
    NotifyEvent.STOP: "VRRP Instance stopping",
    NotifyEvent.DELETED: "VRRP Deleted at reload",
}

Kind = Literal["INSTANCE", "GROUP"]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of one instance or sync group. ``priorities``: changes of the effective priority go to the pipes."""

    kind: Kind
    name: str
    scripts: NotifyScripts
    mail: bool = False
    priorities: bool = False


def audiences_of(config: Config) -> Mapping[tuple[Kind, str], Audience]:
    found = [_of_instance(instance, config.group_of(instance.name)) for instance in config.vrrp_instances]
    found += [Audience("GROUP", group.name, group.notify, group.smtp_alert) for group in config.sync_groups]
    return {(audience.kind, audience.name): audience for audience in found}


def _of_instance(instance: VrrpInstance, group: SyncGroup | None) -> Audience:
    priorities = instance.notify_priority_changes
    if group is not None and "notify_priority_changes" not in instance.origins:
        priorities = priorities or group.notify_priority_changes
    return Audience("INSTANCE", instance.name, instance.notify, instance.smtp_alert, priorities)


class _Listener:
    """One audience with its queue of scripts, and what was last told."""

    def __init__(self, audience: Audience, launcher: Launcher, loop: Loop, turns: Turns) -> None:
        self.audience = audience
        self.queue = NotifyQueue(audience.name, audience.scripts, launcher, loop, turns, audience.kind)
        self.last: NotifyEvent | None = None
        self.leaving = False

    def reconfigure(self, audience: Audience, launcher: Launcher) -> None:
        self.audience = audience
        self.queue.reconfigure(audience.scripts, launcher)

    def heard(self, event: NotifyEvent) -> NotifyEvent | None:
        """``event`` as it is told, None when it is not.

        Who did not ask for DELETED (notify_deleted) hears FAULT, unless that was the last that was heard (keepalived).
        """
        if event in _PRIORITY_EVENTS:
            return event if self.audience.priorities else None
        if event is NotifyEvent.DELETED and not self.audience.scripts.announce_deleted:
            event = NotifyEvent.FAULT
            if self.last is event:
                return None
        if event in STATES:
            self.last = event
        return event


class Notifier:
    """Nothing here waits: scripts are started, lines that a pipe has no room for are lost, mails are queued."""

    def __init__(self, config: Config, launcher: Launcher, loop: Loop) -> None:
        self._loop = loop
        self._all_told: Callable[[], None] | None = None
        self._began = 0.0
        self._defs = config.global_defs
        self._turns = Turns(loop)
        self._listeners = {
            key: _Listener(own, launcher, loop, self._turns) for key, own in audiences_of(config).items()
        }
        self._pipes = _pipes(self._defs, launcher, loop)
        self._mailer = _mailer(self._defs, self._listeners.values())

    @property
    def busy(self) -> bool:
        """A script runs."""
        return any(listener.queue.busy for listener in self._listeners.values())

    def open(self) -> None:
        """Make the named pipes and start their scripts."""
        for pipe in self._pipes:
            pipe.open()

    def memory(self) -> dict[str, Plain]:
        """What ``resume`` takes."""
        lasts: list[Plain] = [
            [*key, listener.last.value] for key, listener in self._listeners.items() if listener.last is not None
        ]
        made: list[Plain] = [pipe.made for pipe in self._pipes if pipe.made is not None]
        readers: list[Plain] = [pipe.pid for pipe in self._pipes if pipe.pid is not None]
        return {"last": lasts, "pipes": made, "readers": readers}

    def resume(self, memory: Mapping[str, Plain]) -> None:
        """Before ``open``: what a process before this one has told and made."""
        lasts, made = memory["last"], memory["pipes"]
        listeners = {tuple(map(str, key)): listener for key, listener in self._listeners.items()}
        for entry in lasts if isinstance(lasts, list) else ():
            if isinstance(entry, list):
                *key, event = map(str, entry)
                listener = listeners.get(tuple(key))
                if listener is not None:
                    listener.last = NotifyEvent(event)
        for pipe in self._pipes:
            pipe.recall([str(path) for path in made] if isinstance(made, list) else ())

    def put(self, name: str, event: NotifyEvent, priority: Priority) -> None:
        """Something happened to the instance of this name."""
        self._tell(self._listeners["INSTANCE", name], event, priority)

    def put_group(self, name: str, event: NotifyEvent) -> None:
        """The sync group of this name changed its state, after its members did."""
        self._tell(self._listeners["GROUP", name], event, NO_PRIORITY)

    def reconfigure(self, config: Config, launcher: Launcher) -> None:
        """A new configuration: who stays keeps what waits and what runs.

        Those that are no longer configured can be told that they are gone until the next time. Pipes and the mail
        server are given up and opened anew only if something about them has changed.
        """
        for key in [key for key, listener in self._listeners.items() if listener.leaving and not listener.queue.busy]:
            del self._listeners[key]
        audiences = audiences_of(config)
        for key, listener in self._listeners.items():
            listener.leaving = key not in audiences
        for key, audience in audiences.items():
            if key in self._listeners:
                self._listeners[key].reconfigure(audience, launcher)
            else:
                self._listeners[key] = _Listener(audience, launcher, self._loop, self._turns)
        old, self._defs = self._defs, config.global_defs
        if _pipe_settings(old) != _pipe_settings(self._defs):
            self._close_pipes()
            self._pipes = _pipes(self._defs, launcher, self._loop)
            self.open()
        self._renew_mailer(old)

    def states_kept(self, instances: Iterable[tuple[str, NotifyEvent, Priority]]) -> None:
        """Instances that a reload left as they are: for readers who want to hear of all of them then.

        Only with fifo_write_vrrp_states_on_reload, and only through the pipes.
        """
        if self._defs.fifo_write_vrrp_states_on_reload:
            for name, event, priority in instances:
                self._write("INSTANCE", name, event, priority)

    def groups_kept(self, groups: Iterable[tuple[str, NotifyEvent]]) -> None:
        """The same for sync groups."""
        if self._defs.fifo_write_vrrp_states_on_reload:
            for name, event in groups:
                self._write("GROUP", name, event, NO_PRIORITY)

    def begin_stop(self) -> None:
        """Nothing but STOP is to be told any more, and that soon."""
        for listener in self._listeners.values():
            listener.queue.begin_stop()

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once, as soon as everything is told or its time is over; perhaps at once."""
        self._all_told = callback
        self._began = self._loop.time()
        self._look()

    def abandon(self) -> None:
        """Kill what runs, forget what waits, give up the pipes."""
        self._all_told = None
        for listener in self._listeners.values():
            listener.queue.abandon()
        self._close_pipes()
        if self._mailer is not None:
            self._mailer.close()
            self._mailer = None

    # --- telling ----------------------------------------------------------------------------------------------------

    def _tell(self, listener: _Listener, happened: NotifyEvent, priority: Priority) -> None:
        event = listener.heard(happened)
        if event is None:
            return
        audience = listener.audience
        listener.queue.put(event, priority)
        self._write(audience.kind, audience.name, event, priority)
        if audience.mail and self._mailer is not None:
            text = mail_text(audience.kind, audience.name, event)
            if text is not None and not (event is NotifyEvent.FAULT and self._defs.no_email_faults):
                self._mailer.put(*text)

    def _write(self, kind: Kind, name: str, event: NotifyEvent, priority: Priority) -> None:
        for pipe in self._pipes:
            pipe.write(f'{kind} "{name}" {event.value} {priority}\n')

    # --- stopping ---------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._all_told is None:
            return
        if self._still_telling():
            self._loop.call_later(LOOK_AGAIN, self._look)
            return
        callback, self._all_told = self._all_told, None
        callback()

    def _still_telling(self) -> bool:
        """Scripts have their own limits. Then the pipes end, so that who reads them may come to an end too."""
        if self.busy:
            return True
        for pipe in self._pipes:
            pipe.end()
        waited = self._loop.time() - self._began
        reading = waited < STOP_LIMIT and any(pipe.script_runs for pipe in self._pipes)
        mailing = waited < MAIL_LIMIT and self._mailer is not None and not self._mailer.idle
        return reading or mailing

    def _close_pipes(self) -> None:
        for pipe in self._pipes:
            pipe.close()

    def _renew_mailer(self, old: GlobalDefs) -> None:
        wanted = any(listener.audience.mail for listener in self._listeners.values())
        if (self._mailer is not None) is wanted and _mail_settings(old) == _mail_settings(self._defs):
            return
        if self._mailer is not None:
            self._mailer.close()
        self._mailer = _mailer(self._defs, self._listeners.values())


def _pipes(defs: GlobalDefs, launcher: Launcher, loop: Loop) -> tuple[NotifyFifo, ...]:
    """The one for everything and the one for VRRP get the same lines; where both are the same path it is one."""
    wanted: list[tuple[Fifo, Command | None]] = []
    if defs.notify_fifo is not None:
        wanted.append((defs.notify_fifo, defs.notify_fifo_script))
    if defs.vrrp_notify_fifo is not None:
        if defs.notify_fifo is not None and defs.vrrp_notify_fifo.path == defs.notify_fifo.path:
            log.warning("notify_fifo and vrrp_notify_fifo are both %s: it gets every line once", defs.notify_fifo.path)
        else:
            wanted.append((defs.vrrp_notify_fifo, defs.vrrp_notify_fifo_script))
    return tuple(NotifyFifo(fifo, script, launcher, loop) for fifo, script in wanted)


def _pipe_settings(defs: GlobalDefs) -> tuple[object, ...]:
    pipes = (defs.notify_fifo, defs.notify_fifo_script, defs.vrrp_notify_fifo, defs.vrrp_notify_fifo_script)
    return (*pipes, defs.script_user, defs.script_group, defs.set_supplementary_groups)


def _mail_settings(defs: GlobalDefs) -> tuple[object, ...]:
    server = (defs.smtp_server, defs.smtp_helo_name, defs.smtp_connect_timeout)
    return (*server, defs.notification_email, defs.notification_email_from, defs.router_id)


def _mailer(defs: GlobalDefs, listeners: Iterable[_Listener]) -> "Mailer | None":
    """None when nobody is to get mail; then what sends it is not even loaded."""
    if defs.smtp_server is None or not defs.notification_email or not any(own.audience.mail for own in listeners):
        return None
    from vrrpd.daemon.mail import Mailer, settings_of

    return Mailer(settings_of(defs, defs.smtp_server))


def mail_text(kind: Kind, name: str, event: NotifyEvent) -> tuple[str, str] | None:
    """Subject, without the router's name in front, and text as keepalived has them; None: there is no such mail."""
    if event not in STATES:
        return None
    subject = {NotifyEvent.STOP: "Stopping", NotifyEvent.DELETED: "Deleted"}.get(event, f"Entering {event.value} state")
    if kind == "GROUP":
        now = "stopping" if event is NotifyEvent.STOP else f"in {event.value} state"
        return f"VRRP Group {name} - {subject}", f"=> All VRRP group instances are now {now} <=\n"
    return f"VRRP Instance {name} - {subject}", f"=> {_INSTANCE_TEXTS[event]} <=\n"
