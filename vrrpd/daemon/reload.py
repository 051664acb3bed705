"""Reloading: the new configuration is read and checked elsewhere first, and only what differs is touched.

Whatever is wrong with it, the old one goes on.
"""

import gc
import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vrrpd.config.diagnostics import Severity
from vrrpd.config.model import Config, GlobalDefs
from vrrpd.control.commands import Access, Caller, Command, CommandError, no_arguments
from vrrpd.control.protocol import ErrorCode
from vrrpd.core.events import ParametersReplaced
from vrrpd.core.parameters import Parameters
from vrrpd.daemon.config_reader import Reader
from vrrpd.daemon.engine import QUIET
from vrrpd.daemon.findings import log_findings
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.reading import Reading
from vrrpd.daemon.reload_files import remove, touch, write_verdict
from vrrpd.daemon.service import Service
from vrrpd.linux.addresses import Vip
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.rtnl import AddressRequest
from vrrpd.loop import Loop
from vrrpd.records import dataclass, prepare
from vrrpd.units import Seconds, between

if TYPE_CHECKING:
    from vrrpd.daemon.reload_time import ReloadClock

log = logging.getLogger("vrrpd.reload")

RELOAD_FILE: Final = "/run/keepalived.reload"
"""Where reload_file is when it is written without a name (keepalived)."""
OUTCOMES_KEPT: Final = 16
A_FEW: Final = 16
"""Instances that are compared and changed in a few milliseconds,"""
SHORT: Final = Seconds(0.01)
"""so that this much until the next deadline is enough."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``changes`` made, or with ``plan`` to be made; ``errors``: why the old configuration goes on."""

    plan: bool
    changes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Request:
    number: int
    why: str
    plan: bool


class Reloader:
    """``config`` is what ``service`` runs at the start.

    ``began`` and ``ended`` are called around each reload, for the service manager; ``replaced`` when there is another
    configuration.
    """

    def __init__(
        self,
        service: Service,
        config: Config,
        options: DaemonOptions,
        loop: Loop,
        began: Callable[[], None] = lambda: None,
        ended: Callable[[], None] = lambda: None,
        replaced: Callable[[Config], None] = lambda _: None,
    ) -> None:
        self._service = service
        self._config_name = str(options.config)
        self._began = began
        self._ended = ended
        self._replaced = replaced
        self._reader = Reader(options, loop)
        self._instances = config.vrrp_instances
        self._numbers = itertools.count(1)
        self._current: _Request | None = None
        self._next: list[_Request] = []
        self._outcomes: dict[int, Outcome] = {}
        self._loop = loop
        self._clock: ReloadClock | None = None
        self._under_way: str | None = None
        self._interested: dict[int, list[Callable[[Outcome], None]]] = {}
        self._closed = False

    def reload(self, why: str, then: Callable[[Outcome], None] | None = None) -> None:
        """Begin; the log tells how it ends, and so does ``then``. Requests that come while one is being read wait."""
        number = self._request(why, plan=False)
        if then is not None:
            self._interested.setdefault(number, []).append(then)

    def rehearse(self) -> None:
        """Read the file and compare, for nothing: what is prepared when it is first needed is so before it matters."""
        if self._current is None and not self._closed and len(self._instances) <= A_FEW:
            self._reader.read((), self._rehearsed, at_any_price=False)

    def _rehearsed(self, reading: Reading | None, _ended: str) -> None:
        if reading is not None and reading.config is not None:
            self._service.differences(_with_another_address(reading.config))
            prepare(_Request, Outcome, ParametersReplaced, Parameters, AddressRequest, Vip)

    def watch_clock(self) -> None:
        """Reload when reload_time_file says so."""
        if self._clock is None and self._definitions.reload_time_file:
            from vrrpd.daemon.reload_time import (
                ReloadClock,  # few have such a file, and the calendar takes long to load
            )

            self._clock = ReloadClock(self.reload, self._loop)
        if self._clock is not None:
            self._clock.configure(self._definitions)

    def close(self) -> None:
        """Nothing is begun any more, and what has been read comes too late. May be called twice."""
        self._closed = True
        if self._clock is not None:
            self._clock.stop()
        self._reader.close()
        remove(self._under_way)

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command("reload", Access.CHANGE, self._command, "Read the configuration again (plan: say what differs)."),
            Command("reload_result", Access.READ, self._result, "How a reload ended."),
        )

    # --- one after the other ----------------------------------------------------------------------------------------

    def _request(self, why: str, *, plan: bool) -> int:
        request = _Request(next(self._numbers), why, plan)
        waiting = next((item for item in self._next if item.plan == plan), None)
        if waiting is not None:
            return waiting.number  # it has not been begun: what it will read is as new
        self._next.append(request)
        if self._current is None:
            self._start()
        return request.number

    def _start(self) -> None:
        self._current = request = self._next.pop(0)
        if not request.plan:
            log.info("%s: reading %s", request.why, self._config_name)
            self._began()
            self._under_way = _signal_file(self._definitions)
            touch(self._under_way)
        self._when_quiet(self._read)

    def _when_quiet(self, callback: Callable[[], None]) -> None:
        """Few instances need little time until the next advertisement."""
        room = SHORT if len(self._instances) <= A_FEW else QUIET
        self._service.when_quiet(callback, room)

    def _read(self) -> None:
        if self._closed:
            return
        self._reader.read(self._instances, self._received)

    def _received(self, reading: Reading | None, ended: str) -> None:
        if reading is None:
            self._refuse(f"the configuration could not be read: {ended}")
        else:
            self._when_quiet(lambda: self._understand(reading))

    def _understand(self, reading: Reading) -> None:
        if self._closed:
            return
        lines = [reading.error] if reading.error else [str(item) for item in reading.diagnostics]
        write_verdict(self._definitions.reload_check_config, lines)
        log_findings(reading.diagnostics)
        config = reading.config
        if config is None:
            self._refuse(*_errors(reading))
            return
        fixed = _fixed(self._service.config, config)
        if fixed:
            self._refuse(*fixed)
            return
        differences = self._service.differences(config)
        if self._current is not None and self._current.plan:
            self._finish(Outcome(plan=True, changes=differences))
        else:
            self._when_quiet(lambda: self._apply(config, differences))

    def _apply(self, config: Config, differences: tuple[str, ...]) -> None:
        if self._closed:
            return
        begin = read_clock()
        self._instances = config.vrrp_instances
        if not self._service.runs(config):
            self._service.replace(config)
            self._replaced(config)
        self.watch_clock()
        gc.freeze()  # as after the start: no collection need look at what stays
        log.info("reloaded in %.1f ms: %s", between(begin, read_clock()) * 1000, _summary(differences))
        for line in differences:
            log.info("reload: %s", line)
        self._finish(Outcome(plan=False, changes=differences))

    def _refuse(self, *errors: str) -> None:
        plan = self._current is not None and self._current.plan
        if not plan:
            for line in errors:
                log.error("%s", line)
            log.error("not reloaded: the old configuration goes on")
        self._finish(Outcome(plan, errors=errors))

    def _finish(self, outcome: Outcome) -> None:
        request, self._current = self._current, None
        if request is not None:
            self._outcomes[request.number] = outcome
            while len(self._outcomes) > OUTCOMES_KEPT:
                del self._outcomes[next(iter(self._outcomes))]
        if not outcome.plan:
            remove(self._under_way)
            self._under_way = None
            self._ended()
        if self._next:
            self._start()
        for then in self._interested.pop(request.number, ()) if request is not None else ():
            then(outcome)

    @property
    def _definitions(self) -> GlobalDefs:
        return self._service.config.global_defs

    # --- for the control socket -------------------------------------------------------------------------------------

    def _command(self, args: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
        plan = args.get("plan", False)
        if not isinstance(plan, bool) or args.keys() - {"plan"}:
            raise CommandError(ErrorCode.BAD_ARGUMENTS, "takes one argument, plan, true or false")
        if self._closed:
            raise CommandError(ErrorCode.FAILED, "vrrpd is stopping")
        return {"number": self._request(f"asked by {caller}", plan=plan)}

    def _result(self, args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        number = args.get("number")
        no_arguments({key: value for key, value in args.items() if key != "number"})
        if not isinstance(number, int):
            raise CommandError(ErrorCode.BAD_ARGUMENTS, "needs the number that reload answered")
        outcome = self._outcomes.get(number)
        if outcome is None:
            return {"done": False}
        return {"done": True, "changes": list(outcome.changes), "errors": list(outcome.errors)}


def _with_another_address(config: Config) -> Config:
    instances = (
        replace(instance, virtual_ipaddress=(*instance.virtual_ipaddress, *instance.virtual_ipaddress[:1]))
        for instance in config.vrrp_instances
    )
    return replace(config, vrrp_instances=tuple(instances))


def _signal_file(definitions: GlobalDefs) -> str | None:
    return RELOAD_FILE if definitions.reload_file == "" else definitions.reload_file


def _errors(reading: Reading) -> tuple[str, ...]:
    if reading.error:
        return (reading.error,)
    return tuple(str(item) for item in reading.diagnostics if item.severity is Severity.ERROR)


def _fixed(old: Config, new: Config) -> tuple[str, ...]:
    """What a running daemon cannot change (keepalived refuses it too)."""
    words = (
        ("instance", old.process.instance, new.process.instance),
        ("net_namespace", old.process.net_namespace, new.process.net_namespace),
        ("net_namespace_ipvs", old.process.net_namespace_ipvs, new.process.net_namespace_ipvs),
        ("tmp_config_directory", old.global_defs.tmp_config_directory, new.global_defs.tmp_config_directory),
        ("disable_local_igmp", old.global_defs.disable_local_igmp, new.global_defs.disable_local_igmp),
        ("nftables", old.global_defs.nftables, new.global_defs.nftables),
    )
    return tuple(f"{word} {was} -> {now} needs a restart" for word, was, now in words if was != now)


def _summary(differences: tuple[str, ...]) -> str:
    if not differences:
        return "nothing changed"
    return f"{len(differences)} change{'s' if len(differences) > 1 else ''}"
