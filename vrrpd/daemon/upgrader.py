"""The worker's part of an upgrade: a reload, the supervisor's trial of the installed version, and room for it."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import vrrpd
from vrrpd import __version__
from vrrpd.control.commands import Access, Caller, Command, CommandError, no_arguments
from vrrpd.control.protocol import ErrorCode
from vrrpd.control.status import RefusedUpgrade
from vrrpd.daemon.post import Post
from vrrpd.daemon.reload import Outcome, Reloader

log = logging.getLogger("vrrpd.upgrade")

_UNDER_WAY: Final = "under way"
_FAILED: Final = "failed"
_DONE: Final = "done"
_NONE: Final = "none"


class Upgrader:
    """``post`` None: there is no supervisor, and no upgrade. ``told`` is called when one that was begun has failed."""

    def __init__(self, post: Post | None, reloader: Reloader, told: Callable[[RefusedUpgrade], None]) -> None:
        self._post = post
        self._reloader = reloader
        self._told = told
        self._closed = False
        self._state = _DONE if post is not None and post.version_before else _NONE
        self._errors: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command("upgrade", Access.CHANGE, self._command, "Have the installed version go on in this one's place."),
            Command("upgrade_result", Access.READ, self._result, "How an upgrade ended, or stands."),
        )

    def close(self) -> None:
        """None is begun any more."""
        self._closed = True

    def begin(self, why: str) -> None:
        """Read the configuration first: the installed version will, and what it would lose or add is to be said."""
        if self._state != _UNDER_WAY:
            self._under_way(why)
            self._reloader.reload(why, self._reloaded)

    def after_reload(self) -> None:
        """Go on with the installed version if it is another one."""
        found = installed_version()
        if found not in {"", __version__} and self._obstacle() is None and self._state != _UNDER_WAY:
            self._under_way(f"version {found} is installed")
            self._try_out()

    def _under_way(self, why: str) -> None:
        log.info("%s: upgrade from %s", why, __version__)
        self._state, self._errors = _UNDER_WAY, ()

    def refused(self, why: str) -> None:
        """The supervisor says so."""
        self._state, self._errors = _FAILED, tuple(why.splitlines())
        for line in self._errors:
            log.error("the installed version cannot take over: %s", line)
        log.error("not upgraded: version %s goes on", __version__)
        self._told(RefusedUpgrade(at=time.time(), version=installed_version(), why=list(self._errors)))

    def _reloaded(self, outcome: Outcome) -> None:
        if outcome.errors:
            self.refused("\n".join(outcome.errors))
        else:
            self._try_out()

    def _try_out(self) -> None:
        obstacle = self._obstacle()
        if self._post is None or obstacle is not None:
            self.refused(obstacle or "")
        else:
            self._post.upgrade()

    def _obstacle(self) -> str | None:
        if self._closed:
            return "vrrpd is stopping"
        if self._post is None:
            return "this vrrpd runs without a supervisor, which would have to stay: stop it and start it again"
        if self._post.alone:
            return "the supervisor of this vrrpd is gone: stop it and start it again"
        return None

    def _command(self, args: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
        no_arguments(args)
        obstacle = self._obstacle()
        if obstacle is not None:
            raise CommandError(ErrorCode.FAILED, obstacle)
        self.begin(f"asked by {caller}")
        return self._standing()

    def _result(self, args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        no_arguments(args)
        return self._standing()

    def _standing(self) -> Mapping[str, object]:
        return {"state": self._state, "version": __version__, "worker": os.getpid(), "errors": list(self._errors)}


def installed_version() -> str:
    """As the package says of itself now; "": it is being replaced, or is no file."""
    try:
        text = Path(str(vrrpd.__file__)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    for line in text.splitlines():
        name, _, value = line.partition(" = ")
        if name == "__version__":
            return value.strip("\"'")
    return ""
