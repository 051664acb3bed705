"""Which scripts may run, and as whom: everything about it that can be known before they are run."""

from collections.abc import Iterable
from typing import Final

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.context import ReadContext, ScriptManners, ScriptState
from vrrpd.config.keepalived.lexer import Statement, command_words, script_words
from vrrpd.config.keepalived.notify import FIELDS
from vrrpd.config.keepalived.words import Draft
from vrrpd.config.model import Command, VrrpScript
from vrrpd.config.values import shortened

_PARENT_SCRIPTS: Final = ("startup_script", "shutdown_script")
_VRRP_SCRIPTS: Final = ("notify_fifo_script", "vrrp_notify_fifo_script")


class Scripts:
    """Judges commands under the global_defs in force."""

    def __init__(self, defs: Draft, context: ReadContext, complaints: Complaints) -> None:
        self._defs = defs
        self._context = context
        self._complaints = complaints
        self._secured = defs.get("enable_script_security", bool, False)
        self._manners = ScriptManners(
            defs.get("use_symlink_paths", bool, False), defs.get("set_supplementary_groups", bool, False)
        )
        self._group = defs.find("script_group", str)
        self._unresolved = "script_user.unknown" in defs.origins and "script_user" not in defs.values
        self._as_root: Location | None = None

    def _user(self) -> str | None:
        """Looked up for those who have a script: that may ask a name server."""
        return self._defs.find("script_user", str) or self._context.default_user()

    def usable(self, command: Command, what: str, at: Location) -> bool:
        user, group = (command.user, command.group) if command.user else (self._user(), self._group)
        if not command.user and self._unresolved:
            self._complaints.complain(
                Complaint.GENERAL, at, "no-script-user",
                f"{what}: the script_user that should run it does not exist: it is left out",
                expected="a user of this machine behind script_user",
            )  # fmt: skip
            return False
        if user is None and self._secured:
            self._complaints.complain(
                Complaint.GENERAL, at, "no-script-user",
                f"{what}: nobody is named to run it, and there is no user keepalived_script: it is left out",
                expected="script_user in global_defs, or an account keepalived_script", write="script_user USER",
            )  # fmt: skip
            return False
        check = self._context.check_script(command.argv[0], user, group, self._manners)
        program = shortened(command.argv[0])
        if check.state in {ScriptState.MISSING, ScriptState.NOT_EXECUTABLE}:
            self._complaints.complain(
                Complaint.GENERAL, at, "script-unusable",
                f"{what}: {program}: {check.detail or check.state.value}: it is left out",
                expected="a program that exists, and that its user may run",
            )  # fmt: skip
            return False
        if check.state is ScriptState.INSECURE and self._secured:
            self._complaints.complain(
                Complaint.SECURITY, at, "script-insecure", f"{what}: {program}: {check.detail}: it is left out",
                expected="with enable_script_security nobody but root may be able to change it",
            )  # fmt: skip
            return False
        if check.state is ScriptState.INSECURE:
            self._complaints.warn(at, "script-insecure", f"{what}: {program}: {check.detail}")
        if check.runs_as_root and self._as_root is None:
            self._as_root = at
        return True

    def conclude(self) -> None:
        """Scripts that run as root want enable_script_security."""
        if self._as_root is None or self._secured:
            return
        self._complaints.complain(
            Complaint.SECURITY,
            self._as_root,
            "no-script-security",
            "scripts run as root, and enable_script_security is not set: who can change one of them is root",
            expected="enable_script_security in global_defs, and script_user with somebody else than root",
            write="global_defs {  enable_script_security  script_user USER  }",
        )

    def conclude_checkers(self, statements: Iterable[Statement]) -> None:
        """The same for the IPVS side, which another process of keepalived looks at."""
        self._as_root = None
        self._checkers(statements)
        self.conclude()

    # -- who names scripts -------------------------------------------------------------------------------------------

    def track_scripts(self, scripts: Iterable[VrrpScript]) -> tuple[VrrpScript, ...]:
        return tuple(
            script
            for script in scripts
            if self.usable(script.command, f"vrrp_script {shortened(script.name)}", script.origins["script"])
        )

    def notify(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            for keyword in FIELDS:
                self._drop_unusable(draft, keyword)

    def global_scripts(self, *, with_vrrp: bool) -> None:
        """A script_user counts for those that stand behind it; without instances nobody runs the pipes' scripts."""
        for keyword in (*_PARENT_SCRIPTS, *(_VRRP_SCRIPTS if with_vrrp else ())):
            command = self._defs.find(keyword, Command)
            if command is None:
                continue
            named_later = self._defs.at("script_user") > self._defs.at(keyword)
            if "script_user" in self._defs.values and command.user is None and named_later:
                self._earlier_than_user(keyword, command)
            self._drop_unusable(self._defs, keyword)

    def _earlier_than_user(self, keyword: str, command: Command) -> None:
        user = self._context.default_user() or "root"
        self._defs.values[keyword] = Command(command.argv, user)
        self._complaints.warn(
            self._defs.at(keyword), "script-user-later",
            f"{keyword} stands before script_user: {user} runs it", expected="script_user before the scripts it is for",
        )  # fmt: skip

    def _drop_unusable(self, draft: Draft, keyword: str) -> None:
        command = draft.find(keyword, Command)
        if command is not None and not self.usable(command, keyword, draft.at(keyword)):
            del draft.values[keyword]

    def _checkers(self, statements: Iterable[Statement]) -> None:
        """Scripts of the IPVS side: only looked at."""
        for statement in statements:
            words = script_words(statement.line, self._complaints)
            argv = command_words(words[1], self._complaints) if len(words) > 1 else ()
            if argv and argv[0]:
                command = Command(argv, words[2].text if len(words) > 2 else None)
                self.usable(command, statement.keyword, statement.location)


def without_missing(draft: Draft, known: frozenset[str]) -> None:
    """Takes references to scripts away that were left out."""
    kept = [
        (track, draft.origins.get(f"track_script.{index}"))
        for index, track in enumerate(draft.get("track_script", tuple, ()))
        if track.name in known
    ]
    renumber(draft, "track_script", kept)


def renumber(draft: Draft, keyword: str, kept: list[tuple[object, Location | None]]) -> None:
    """Puts a list back of which elements were taken away, with the places of the others."""
    if keyword not in draft.values or len(kept) == len(draft.get(keyword, tuple, ())):
        return
    for name in [name for name in draft.origins if name.startswith(f"{keyword}.")]:
        del draft.origins[name]
    draft.origins.update((f"{keyword}.{index}", at) for index, (_, at) in enumerate(kept) if at is not None)
    draft.values[keyword] = tuple(value for value, _ in kept)
