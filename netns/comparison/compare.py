"""Two stories of the same work, laid side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

from netns.comparison.align import aligned
from netns.comparison.events import NS, TOLERANCE, Event, Story, story_of
from netns.comparison.side import Side, play_both
from netns.comparison.work import Comparison


@dataclass(frozen=True, slots=True)
class Pair:
    """The same event on either side, or on one; ``difference`` tells what is wrong with it."""

    left: Event | None
    right: Event | None
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``left`` is keepalived's story, ``right`` vrrpd's; ``explained``: differences with the departure behind each."""

    comparison: Comparison
    left: Story
    right: Story
    pairs: tuple[Pair, ...]
    explained: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


def compare(comparison: Comparison) -> Outcome:
    """Do the work twice at the same time, in two labs, and lay what was seen side by side."""
    with Side(comparison, "keepalived") as first, Side(comparison, "vrrpd") as second:
        play_both(first, second)
        return judged(comparison, story_of(first), story_of(second))


def judged(comparison: Comparison, left: Story, right: Story) -> Outcome:
    pairs = tuple(sorted(_pairs(left, right), key=lambda pair: _place(pair, left, right)))
    explained, failures = list[tuple[str, str]](), list[str]()
    differences = [pair.difference for pair in pairs if pair.difference is not None]
    differences += [f"{story.daemon} says {line}" for story in (left, right) for line in story.complaints()]
    for difference in differences:
        reason = next((d.name for d in comparison.departures if d.explains(difference)), None)
        if reason is None:
            failures.append(difference)
        else:
            explained.append((difference, reason))
    seen = {name for _, name in explained}
    failures += [f"departure not seen: {d.name}" for d in comparison.departures if d.certain and d.name not in seen]
    failures += [f"{story.daemon}: {story.lost} frames not captured" for story in (left, right) if story.lost]
    return Outcome(comparison, left, right, pairs, tuple(explained), tuple(failures))


def _place(pair: Pair, left: Story, right: Story) -> float:
    if pair.left is not None:
        return left.seconds(pair.left.at)
    return right.seconds(pair.right.at) if pair.right is not None else 0.0


def _pairs(left: Story, right: Story) -> Iterator[Pair]:
    streams = sorted({(event.node, event.stream) for event in (*left.events, *right.events)})
    for stream in streams:
        before: Pair | None = None
        ours, theirs = ([e for e in story.events if (e.node, e.stream) == stream] for story in (left, right))
        for first, second in aligned(ours, theirs, lambda a, b: _worth(a, b, left, right)):
            before = Pair(first, second, _difference(first, second, before, left, right))
            yield before


def _worth(first: Event, second: Event, left: Story, right: Story) -> int:
    """Events with the same text go together, rather those of the same time."""
    if first.text != second.text:
        return 0
    return 3 if _same_time(first, second, None, left, right) else 2


def _difference(
    first: Event | None, second: Event | None, before: Pair | None, left: Story, right: Story
) -> str | None:
    if first is None or second is None:
        story, other = (left, right) if first is not None else (right, left)
        event = first or second
        if event is None or story.ended - event.at <= TOLERANCE:
            return None
        return f"{event.node}: {story.daemon} {event.text} {_when(story, event.at)}, {other.daemon} does not"
    if not _same_time(first, second, before, left, right):
        return (
            f"{first.node}: {first.text}: {left.daemon} at {_when(left, first.at)}, "
            f"{right.daemon} at {_when(right, second.at)}"
        )
    if first.period and not _same_end(first, second, left, right):
        return (
            f"{first.node}: {first.text}: {left.daemon} until {_when(left, first.until)}, "
            f"{right.daemon} until {_when(right, second.until)}"
        )
    return None


def _when(story: Story, at: int) -> str:
    name, since, _ = next((h for h in reversed(story.happenings) if h[1] <= at), story.happenings[0])
    return f"{(at - since) / NS:+.3f} s after {name}"


def _same_time(first: Event, second: Event, before: Pair | None, left: Story, right: Story) -> bool:
    """Within the tolerance of something before it that is the same on either side: a step, the last advert of some
    node, the event before it in its stream."""
    mine, theirs = _steps(left, first.at), _steps(right, second.at)
    if first.stream == "exit":  # nothing but the last step ends a program
        last = max(mine, key=lambda step: mine[step], default="")
        mine = {last: mine[last]} if last in theirs else {}
    apart = min(
        (abs((first.at - mine[step]) - (second.at - theirs[step])) for step in mine.keys() & theirs), default=NS
    )
    if apart <= TOLERANCE:
        return True
    if first.stream == "exit" or apart > TOLERANCE + max(left.longest_period, right.longest_period):
        return False  # no phase differs by more than a period
    mine, theirs = _adverts(left, first.at), _adverts(right, second.at)
    if before is not None and before.left is not None and before.right is not None:
        mine["before"], theirs["before"] = before.left.until, before.right.until
    return any(
        abs((first.at - mine[cause]) - (second.at - theirs[cause])) <= TOLERANCE for cause in mine.keys() & theirs
    )


def _same_end(first: Event, second: Event, left: Story, right: Story) -> bool:
    """A rhythm ends up to one period before what ended it."""
    mine, theirs = _steps(left, first.until + first.period), _steps(right, second.until + second.period)
    allowed = first.period + TOLERANCE
    apart = [abs((first.until - mine[step]) - (second.until - theirs[step])) for step in mine.keys() & theirs]
    return min(apart, default=0) <= allowed


def _adverts(story: Story, at: int) -> dict[str, int]:
    """The last advert of each node before ``at``."""
    return {f"advert of {node}": sent for node, sent in story.adverts if sent < at}


def _steps(story: Story, at: int) -> dict[str, int]:
    return {
        f"step {number} {name}": since
        for number, (name, since, _) in enumerate(story.happenings)
        if since <= at + TOLERANCE
    }
