"""Who runs the operator's programs: found out once, at the start, because asking may mean asking a directory server."""

from collections.abc import Sequence

from vrrpd.config.model import Command, GlobalDefs
from vrrpd.errors import VrrpdError
from vrrpd.linux.process import (
    DEFAULT_SCRIPT_USER,
    Child,
    Identity,
    default_script_identity,
    has_default_script_user,
    resolve_identity,
    spawn,
)


class Launcher:
    """``user`` and ``group``: the ``script_user`` of global_defs, which a command of its own may override.

    With ``secure`` (enable_script_security) nothing runs as root only because nobody said who runs it (keepalived).
    """

    def __init__(
        self, user: str | None, group: str | None, *, supplementary: bool = False, secure: bool = False
    ) -> None:
        self._default = (user, group)
        self._supplementary = supplementary
        self._secure = secure
        self._identities: dict[tuple[str | None, str | None], Identity | VrrpdError] = {}

    @staticmethod
    def settings(defs: GlobalDefs) -> tuple[object, ...]:
        """Two launchers of which these are equal start everything alike."""
        return (defs.script_user, defs.script_group, defs.set_supplementary_groups, defs.enable_script_security)

    @classmethod
    def of(cls, defs: GlobalDefs) -> "Launcher":
        return cls(
            defs.script_user,
            defs.script_group,
            supplementary=defs.set_supplementary_groups,
            secure=defs.enable_script_security,
        )

    def resolve(self, command: Command) -> Identity | VrrpdError:
        """Who runs ``command``, or the error when there is no such account."""
        return self.account(command.user, command.group)

    def account(self, user: str | None, group: str | None) -> Identity | VrrpdError:
        """That account; without a user the one that runs scripts by default."""
        if user is None:
            user, group = self._default
        if (user, group) not in self._identities:
            self._identities[user, group] = self._look_up(user, group)
        return self._identities[user, group]

    def start(self, command: Command, arguments: Sequence[str] = ()) -> Child:
        """Start ``command`` with ``arguments`` behind its own. Raises VrrpdError when it cannot be started."""
        identity = self.resolve(command)
        if isinstance(identity, VrrpdError):
            raise identity
        return spawn((*(opening(command) or command.argv), *arguments), identity)

    def _look_up(self, user: str | None, group: str | None) -> Identity | VrrpdError:
        try:
            if user is None and group is None:
                self._demand_account()
                return default_script_identity(supplementary=self._supplementary)
            return resolve_identity(user, group, supplementary=self._supplementary)
        except VrrpdError as error:
            return error

    def _demand_account(self) -> None:
        if self._secure and not has_default_script_user():
            raise VrrpdError(f"no user is named for it, and there is no account {DEFAULT_SCRIPT_USER}: set script_user")


def opening(command: Command) -> tuple[str, ...]:
    """What asks the same as ``</path`` or ``>/path``, which keepalived gives to a shell: may the file be opened?"""
    text = " ".join(command.argv)
    if not text.startswith(("<", ">")):
        return ()
    return ("test", "-r" if text[0] == "<" else "-w", text[1:].strip())
