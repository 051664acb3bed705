"""``python -m netns.demo``; ./scripts/demo does the set-up first."""

import sys
import time
from pathlib import Path

import click
from rich.console import Console

from netns.demo.configs import KEEPALIVED, TOML, configs
from netns.demo.pair import Pair
from netns.demo.promises import UnusableConfigError
from netns.demo.report import hints, print_report
from netns.demo.screen import LiveScreen, Screen
from netns.demo.story import Story
from netns.kernel import LabError
from netns.lab import Lab

PLAIN_WIDTH = 110
INTERRUPTED = 130


def console_for(plain: bool) -> Console:
    on_terminal = sys.stdout.isatty() and not plain
    return Console(highlight=False) if on_terminal else Console(highlight=False, no_color=True, width=PLAIN_WIDTH)


def demonstrate(daemon: str, language: str, file: Path | None, keep: bool, plain: bool) -> bool:
    """True when every event went as promised."""
    console = console_for(plain)
    with Lab(routers=2, clients=1, extra=2) as lab:
        pair = Pair(lab, daemon, time.time_ns(), configs(language, file, lab.directory))
        live = console.is_terminal and not plain
        with LiveScreen(console, pair) if live else Screen(console, pair) as screen:
            screen.say(f"Two nodes with {daemon} and HAProxy, two servers, one client, all in network namespaces.")
            screen.say(f"{pair.first.name} runs {pair.first.config_file}, {pair.second.name} the same as its backup.")
            story = Story(pair, screen)
            story.begin()
            for event in story.events():
                story.play(event)
        good = print_report(console, story)
        if keep:
            pair.first.start_daemon()
            for line in hints(pair):
                print(line, flush=True)
            wait_for_interrupt(story)
    return good


def wait_for_interrupt(story: Story) -> None:
    try:
        while True:
            time.sleep(1)
            story.client.read()
    except KeyboardInterrupt:
        print()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--keep", is_flag=True, help="Leave it running at the end, and say how to look around.")
@click.option("--plain", is_flag=True, help="Lines instead of the live view.")
@click.option(
    "--daemon", type=click.Choice(["vrrpd", "keepalived"]), default="vrrpd", help="Which daemon keeps the address."
)
@click.option(
    "--config-language",
    "language",
    type=click.Choice([TOML, KEEPALIVED]),
    default=TOML,
    show_default=True,
    help="The language of the nodes' configuration.",
)
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The first node's configuration, instead of the example. The second node gets the same with state BACKUP, "
    "one priority less and its own interface.",
)
def main(keep: bool, plain: bool, daemon: str, language: str, file: Path | None) -> None:
    """Show failover on two load balancer nodes, and compare each outage with what the protocol promises.

    Exit status: 0 when every event went as promised, 1 when not, 2 when it could not be shown, 130 after Ctrl-C.
    """
    try:
        sys.exit(0 if demonstrate(daemon, language, file, keep, plain) else 1)
    except KeyboardInterrupt:
        print("\nstopped; everything is removed", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except (LabError, UnusableConfigError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
