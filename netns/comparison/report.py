"""What came of a comparison, for people."""

import textwrap
from collections.abc import Iterator

from netns.comparison.compare import Outcome, Pair
from netns.comparison.events import Event, Story

_WIDTH = 66


def as_text(outcome: Outcome, *, with_logs: bool = False) -> str:
    """Two columns: what keepalived did, what vrrpd did; ``!`` marks what differs, ``~`` what is meant to differ."""
    lines = [f"{outcome.comparison.name}: {outcome.comparison.summary}", ""]
    lines.append(f"    {'keepalived':<{_WIDTH + 11}}vrrpd")
    lines += _timeline(outcome)
    lines.append("")
    lines += [f"~ {difference}\n    {name}" for difference, name in outcome.explained]
    lines += [f"! {failure}" for failure in outcome.failures]
    if with_logs:
        for story in (outcome.left, outcome.right):
            lines += [f"--- {story.daemon} on {node}\n{text.rstrip()}" for node, text in story.logs.items()]
    same = "the same but for what is declared" if outcome.explained else "the same"
    lines.append(f"{outcome.comparison.name}: {same if outcome.passed else 'DIFFERENT'}")
    return "\n".join(lines)


def _timeline(outcome: Outcome) -> Iterator[str]:
    explained = {difference for difference, _ in outcome.explained}
    rows = [(_time(pair, outcome), _row(pair, outcome, explained)) for pair in outcome.pairs]
    rows += [
        (outcome.left.seconds(at), f"--- {outcome.left.seconds(at):7.3f} {name}")
        for name, at, _ in outcome.left.happenings
    ]
    yield from (text for _, text in sorted(rows, key=lambda row: row[0]))


def _time(pair: Pair, outcome: Outcome) -> float:
    if pair.left is not None:
        return outcome.left.seconds(pair.left.at)
    return outcome.right.seconds(pair.right.at) if pair.right is not None else 0.0


def _row(pair: Pair, outcome: Outcome, explained: set[str]) -> str:
    mark = " " if pair.difference is None else "~" if pair.difference in explained else "!"
    left, right = _cell(outcome.left, pair.left), _cell(outcome.right, pair.right)
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    return "\n".join(
        f"{mark if number == 0 else ' '}   {one:<{_WIDTH + 11}}{other}".rstrip()
        for number, (one, other) in enumerate(zip(left, right, strict=True))
    )


def _cell(story: Story, event: Event | None) -> list[str]:
    if event is None:
        return [""]
    first, *rest = textwrap.wrap(str(event), _WIDTH) or [""]
    return [f"{story.seconds(event.at):7.3f}  {first}", *(f"{'':9}{line}" for line in rest)]
