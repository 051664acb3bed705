"""Every program of a configuration looked at before it is run: those that cannot or must not be run are left out."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import field, replace
from functools import partial

from vrrpd.config.diagnostics import Diagnostic, Location, Report
from vrrpd.config.model import Command, Config, GlobalDefs, NotifyScripts, Origins, SyncGroup, VrrpInstance, VrrpScript
from vrrpd.daemon.launcher import Launcher, opening
from vrrpd.errors import VrrpdError
from vrrpd.linux.script_security import Problem, examine
from vrrpd.records import dataclass

_NAMED = 3
"""Insecure parts of paths that the one warning names."""
_NOWHERE = Location("configuration")
_NO_SCRIPTS = (NotifyScripts(), NotifyScripts(announce_deleted=True))


def review_scripts(config: Config, launcher: Launcher | None = None) -> tuple[Config, tuple[Diagnostic, ...]]:
    """The configuration with the commands that can be run, by the paths that were looked at, and what to say of others.

    A check script that is left out is tracked by nobody: it neither faults nor weighs (keepalived).
    """
    review = _Review(config.global_defs, launcher or Launcher.of(config.global_defs))
    scripts = tuple(_check_scripts(config.vrrp_scripts, review))
    known = {script.name for script in scripts}
    reviewed = replace(
        config,
        global_defs=_global_defs(config.global_defs, review),
        vrrp_scripts=scripts,
        vrrp_instances=tuple(_instance(instance, review, known) for instance in config.vrrp_instances),
        sync_groups=tuple(_group(group, review, known) for group in config.sync_groups),
    )
    review.warn_of_root(config.global_defs.origins.get("", _NOWHERE))
    return reviewed, review.report.diagnostics


@dataclass(slots=True)
class _Review:
    """``insecure``: what others than root could change of programs that root runs all the same."""

    defs: GlobalDefs
    launcher: Launcher
    report: Report = field(default_factory=Report)
    insecure: list[Problem] = field(default_factory=list)

    def admit(self, command: Command, what: str, at: Location) -> Command | None:
        """The command as it is to be run, None when it is not."""
        try:
            return self._checked(command)
        except VrrpdError as error:
            self.report.warning(at, "script-disabled", f"{what} is disabled: {error}")
            return None

    def _checked(self, command: Command) -> Command:
        """Raises VrrpdError with the reasons why it is not to be run."""
        identity = self.launcher.resolve(command)
        if isinstance(identity, VrrpdError):
            raise identity
        if opening(command):
            return command
        program = examine(command.argv[0], identity, keep_links=self.defs.use_symlink_paths)
        if not program.runnable or (program.insecure and self.defs.enable_script_security):
            raise VrrpdError(", ".join(str(problem) for problem in program.problems))
        self.insecure += program.problems
        return replace(command, argv=(program.path, *command.argv[1:]))

    def admit_written(self, origins: Origins, whose: str, keyword: str, command: Command | None) -> Command | None:
        if command is None:
            return None
        return self.admit(command, whose + keyword, origins.get(keyword) or origins.get("") or _NOWHERE)

    def warn_of_root(self, at: Location) -> None:
        """One warning for all that keepalived runs without enable_script_security, and so do we."""
        texts = list(dict.fromkeys(str(problem) for problem in self.insecure))
        if not texts:
            return
        shown = ", ".join(texts[:_NAMED]) + (f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else "")
        text = f"others could change what root runs: {shown}"
        self.report.warning(at, "script-security", text, write="enable_script_security, and nothing insecure is run")


def _global_defs(defs: GlobalDefs, review: _Review) -> GlobalDefs:
    admit = partial(review.admit_written, defs.origins, "")
    return replace(
        defs,
        startup_script=admit("startup_script", defs.startup_script),
        shutdown_script=admit("shutdown_script", defs.shutdown_script),
        notify_fifo_script=admit("notify_fifo_script", defs.notify_fifo_script),
        vrrp_notify_fifo_script=admit("vrrp_notify_fifo_script", defs.vrrp_notify_fifo_script),
    )


def _check_scripts(scripts: Iterable[VrrpScript], review: _Review) -> Iterator[VrrpScript]:
    for script in scripts:
        at = script.origins.get("script") or script.origins.get("") or _NOWHERE
        command = review.admit(script.command, f"script {script.name}", at)
        if command is not None:
            yield replace(script, command=command)


def _notify_scripts(scripts: NotifyScripts, admit: Callable[[str, Command | None], Command | None]) -> NotifyScripts:
    if scripts in _NO_SCRIPTS:
        return scripts
    return replace(
        scripts,
        master=admit("notify_master", scripts.master),
        backup=admit("notify_backup", scripts.backup),
        fault=admit("notify_fault", scripts.fault),
        stop=admit("notify_stop", scripts.stop),
        generic=admit("notify", scripts.generic),
        deleted=admit("notify_deleted", scripts.deleted),
        master_rx_lower_pri=admit("notify_master_rx_lower_pri", scripts.master_rx_lower_pri),
    )


def _instance(instance: VrrpInstance, review: _Review, scripts: Collection[str]) -> VrrpInstance:
    admit = partial(review.admit_written, instance.origins, f"{instance.name} ")
    tracked = tuple(track for track in instance.track_script if track.name in scripts)
    if instance.notify in _NO_SCRIPTS and tracked == instance.track_script:
        return instance
    return replace(instance, notify=_notify_scripts(instance.notify, admit), track_script=tracked)


def _group(group: SyncGroup, review: _Review, scripts: Collection[str]) -> SyncGroup:
    admit = partial(review.admit_written, group.origins, f"group {group.name} ")
    tracked = tuple(track for track in group.track_script if track.name in scripts)
    return replace(group, notify=_notify_scripts(group.notify, admit), track_script=tracked)
