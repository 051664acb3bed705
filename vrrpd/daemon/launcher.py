"""Who runs the operator's programs: found out once, at the start, because asking may mean asking a directory server."""

from collections.abc import Sequence

from vrrpd.config.model import Command
from vrrpd.errors import VrrpdError
from vrrpd.linux.process import Child, Identity, default_script_identity, resolve_identity, spawn


class Launcher:
    """``user`` and ``group``: the ``script_user`` of global_defs, which a command of its own may override."""

    def __init__(self, user: str | None, group: str | None) -> None:
        self._default = (user, group)
        self._identities: dict[tuple[str | None, str | None], Identity | VrrpdError] = {}

    def resolve(self, command: Command) -> Identity | VrrpdError:
        """Who runs ``command``, or the error when there is no such account."""
        account = self._default if command.user is None else (command.user, command.group)
        if account not in self._identities:
            self._identities[account] = _look_up(account)
        return self._identities[account]

    def start(self, command: Command, arguments: Sequence[str] = ()) -> Child:
        """Start ``command`` with ``arguments`` behind its own. Raises VrrpdError when it cannot be started."""
        identity = self.resolve(command)
        if isinstance(identity, VrrpdError):
            raise identity
        return spawn((*command.argv, *arguments), identity)


def _look_up(account: tuple[str | None, str | None]) -> Identity | VrrpdError:
    try:
        return default_script_identity() if account == (None, None) else resolve_identity(*account)
    except VrrpdError as error:
        return error
