"""What a person sees while the demonstration runs: a live view, or lines where there is no terminal."""

import re
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from netns.demo.looks import Look, look_at_all
from netns.demo.pair import LoadBalancer, Pair
from netns.demo.picture import Answer, draw
from netns.demo.story import Event, Story

LOOK_EVERY: Final = 0.3
LOG_LINES: Final = 8
STAMP: Final = re.compile(r"\w+: \d{4}-\d\d-\d\dT[\d:.]{12} ")
STAMP_LENGTH: Final = 23
DATE: Final = re.compile(r"^(\w+: )\d{4}-\d\d-\d\dT")
COLOURS: Final = {"lb1": "green", "lb2": "cyan", "nobody": "bold red", "seconds": "dim", "event": "bold yellow"}


class LogTail:
    """New lines of a daemon's log, across restarts: the lab appends."""

    def __init__(self, node: LoadBalancer) -> None:
        self._node = node
        self._file: TextIO | None = None
        self._rest = ""

    def read(self) -> list[str]:
        if self._file is None:
            if not self._node.log_path.exists():
                return []
            self._file = self._node.log_path.open(encoding="utf-8", errors="replace")
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        return [f"{self._node.name}: {line}" for line in lines if line]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Screen:
    """Lines on a pipe or in a log: what is done, and what the daemons say about it."""

    def __init__(self, console: Console, pair: Pair) -> None:
        self.console = console
        self._tails = [LogTail(node) for node in pair.nodes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for tail in self._tails:
            tail.close()

    def begins(self, event: Event) -> None:
        self.say(f"\n{event.number}. {event.title}")

    def watch(self, _story: Story, /) -> None:
        for line in self.new_log_lines():
            self.say(f"   {line}")

    def new_log_lines(self) -> list[str]:
        return in_order([line for tail in self._tails for line in tail.read()])

    def say(self, line: str) -> None:
        self.console.print(Text(line), soft_wrap=True)


class LiveScreen(Screen):
    """The whole picture, several times a second."""

    def __init__(self, console: Console, pair: Pair) -> None:
        super().__init__(console, pair)
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._event: Event | None = None
        self._looks: tuple[Look, ...] = ()
        self._next_look = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()
        super().__exit__(*exception)

    def begins(self, event: Event) -> None:
        self._event = event
        self._log.append(f"--- {event.number}. {event.title}")

    def watch(self, story: Story, /) -> None:
        self._log.extend(DATE.sub(r"\1", line) for line in self.new_log_lines())
        if time.monotonic() >= self._next_look:
            self._looks = look_at_all(story.pair)
            self._next_look = time.monotonic() + LOOK_EVERY
        width = self.console.width
        self._live.update(
            Group(
                self._headline(story),
                nodes_table(self._looks),
                *(coloured(line) for line in self._picture(story)),
                Panel(log_text(self._log, width - 4), title="what the daemons say", height=LOG_LINES + 2),
            )
        )

    def _picture(self, story: Story) -> list[str]:
        routers = [node.name for node in story.pair.nodes]
        return draw(story.client.answers, story.marks, routers, self.console.width, story.now())

    def _headline(self, story: Story) -> Text:
        doing = "starting" if self._event is None else f"{self._event.number}. {self._event.title}"
        now, client = story.now(), story.client
        line = Text.assemble((doing, "bold yellow"), f"    {now:.0f} s   {client.asked} requests, now: ")
        line.append(*who_answers(client.answers, now))
        return line


def in_order(lines: list[str]) -> list[str]:
    """By their time where every line begins with one; otherwise node by node, as they were read."""
    stamps = [STAMP.match(line) for line in lines]
    return sorted(lines, key=lambda line: line.partition(": ")[2][:STAMP_LENGTH]) if all(stamps) else lines


def who_answers(answers: Sequence[Answer], now: float) -> tuple[str, str]:
    """The words and their colour."""
    if not answers or now - answers[-1].at > 0.3:
        return "nobody answers", COLOURS["nobody"]
    by = answers[-1].by
    return f"{by} answers", COLOURS.get(by, "")


def nodes_table(looks: Sequence[Look]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("node", "address", "state", "priority", "HAProxy", "holds the VIP", "why"):
        table.add_column(heading, no_wrap=heading != "why")
    for look in looks:
        haproxy = Text("runs", "green") if look.haproxy else Text("down", "bold red")
        holds = Text("yes", "green") if look.holds_vip else Text("-")
        state = Text(look.state if look.power else "no power", "" if look.power else "bold red")
        name = Text(look.name, COLOURS.get(look.name, ""))
        table.add_row(name, look.address, state, look.priority, haproxy, holds, look.why)
    return table


def coloured(line: str) -> Text:
    return Text(line, COLOURS.get(line.split(" ", 1)[0], ""))


def log_text(lines: Sequence[str], width: int) -> Text:
    return Text("\n".join(line[:width] for line in lines))
