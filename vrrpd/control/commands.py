"""What can be asked of the daemon over the control socket: name, who may, and what answers."""

import enum
from collections.abc import Callable, Mapping
from typing import TypeAlias

from vrrpd.control.protocol import ErrorCode
from vrrpd.errors import ControlError
from vrrpd.records import dataclass


class Access(enum.Enum):
    READ = "read"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end, by the kernel's word (SO_PEERCRED, SO_PEERGROUPS), as of when they connected."""

    pid: int
    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"pid {self.pid} uid {self.uid}"


Handler: TypeAlias = Callable[[Mapping[str, object], Caller], Mapping[str, object]]
"""Answers one command at once, from memory. Arguments are as received: any JSON values. Refuses by CommandError."""


class CommandError(ControlError):
    """A handler's refusal, told to the caller with its code."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Command:
    """``help`` is one line, shown by the built-in command ``help``."""

    name: str
    access: Access
    handler: Handler
    help: str


def command_table(*commands: Command) -> Mapping[str, Command]:
    """The commands by name, with ``help`` added. Raises ValueError when a name stands twice."""
    table: dict[str, Command] = {}

    def list_commands(_args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        rows = [{"name": item.name, "access": item.access.value, "help": item.help} for item in table.values()]
        return {"commands": rows}

    for command in (*commands, Command("help", Access.READ, list_commands, "List the commands.")):
        if command.name in table:
            raise ValueError(f"two commands named {command.name}")
        table[command.name] = command
    return table


def no_arguments(args: Mapping[str, object]) -> None:
    """For a handler that takes none: a misspelt or newer argument is refused, not ignored. Raises CommandError."""
    if args:
        raise CommandError(ErrorCode.BAD_ARGUMENTS, f"takes no arguments, got {', '.join(sorted(args))}")
