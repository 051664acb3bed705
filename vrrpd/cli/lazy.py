"""Commands that are imported when they are used, and help that says more than options."""

import importlib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

import click

from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One more part of the help text and of the manual page: terms and what they mean."""

    title: str
    rows: tuple[tuple[str, str], ...]


Sections: TypeAlias = Sequence[Section]


class DocumentedCommand(click.Command):
    """A command with further sections behind its options."""

    def __init__(self, *args: object, sections: Sections = (), **attributes: object) -> None:
        super().__init__(*args, **attributes)  # type: ignore[arg-type]  # click's own parameters, handed through
        self.sections = sections

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(self.sections, formatter)


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command is (``module:attribute``) and its line in the list of commands."""

    place: str
    summary: str

    def load(self) -> click.Command:
        module, _, attribute = self.place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.place} is no command")
        return command


class LazyGroup(click.Group):
    """``lazy``: its commands by name, in the order of the help text."""

    def __init__(
        self, *args: object, lazy: Mapping[str, LazyCommand], sections: Sections = (), **attributes: object
    ) -> None:
        super().__init__(*args, **attributes)  # type: ignore[arg-type]  # click's own parameters, handed through
        self.lazy = lazy
        self.sections = sections

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.lazy[cmd_name].load() if cmd_name in self.lazy else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.lazy and not name.startswith("-") and not ctx.resilient_parsing:
            similar = get_close_matches(name, self.lazy)
            hint = f"Did you mean {similar[0]}?" if similar else f"There are {', '.join(self.lazy)}."
            raise click.UsageError(f"No such command {name!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table: the help text imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in self.lazy.items()])

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(self.sections, formatter)


def write_sections(sections: Sections, formatter: click.HelpFormatter) -> None:
    for section in sections:
        with formatter.section(section.title):
            formatter.write_dl(section.rows)
