"""``python -m netns compare NAME``: the same file and the same work under keepalived and under vrrpd."""

import sys

import click

from netns.comparison.catalogue import COMPARISONS, comparison_named
from netns.comparison.compare import compare
from netns.comparison.report import as_text
from netns.kernel import LabError


def _list(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        width = max(map(len, COMPARISONS))
        for item in COMPARISONS.values():
            click.echo(f"{item.name:<{width}}  {item.summary}\n{'':{width}}  {', '.join(item.keywords)}")
        context.exit()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--logs", is_flag=True, help="Print the daemons' logs too.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Show every comparison and end."
)
def main(names: tuple[str, ...], logs: bool) -> None:
    """Run the same keepalived.conf and the same work under keepalived and under vrrpd, and compare (needs root).

    Exits 0 if both did the same, 1 if not, 2 if it could not be done.
    """
    passed = True
    try:
        for name in names:
            outcome = compare(comparison_named(name))
            click.echo(as_text(outcome, with_logs=logs))
            passed = passed and outcome.passed
    except LabError as error:
        click.echo(f"netns: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main(prog_name="python -m netns compare")
