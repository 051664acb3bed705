"""``python -m netns.kms.report RECORD DIRECTORY``: the report of a record, once more."""

from pathlib import Path

import click

from netns.kms.record import load
from netns.kms.report import PAGE, write


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("record", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def main(record: Path, directory: Path) -> None:
    """Make the report of RECORD, a record.json of the lab, once more, in DIRECTORY."""
    try:
        write(load(record), directory)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(directory / PAGE))


if __name__ == "__main__":
    main(prog_name="python -m netns.kms.report")
