"""The report of a run in the KMS lab: a page that needs nothing but itself, the record, the picture of a failover."""

from pathlib import Path
from typing import Final

from netns.kms.record import Record, save
from netns.kms.report.failover import best_failover, picture
from netns.kms.report.page import page
from netns.peers.base import replace_file

PAGE: Final = "report.html"
RECORD: Final = "record.json"
PICTURE: Final = "failover.svg"


def write(record: Record, directory: Path) -> None:
    """Into ``directory``, which is made: report.html, record.json, and failover.svg when there was a failover."""
    directory.mkdir(parents=True, exist_ok=True)
    save(record, directory / RECORD)
    replace_file(directory / PAGE, page(record))
    drawn = picture(best_failover(record))
    if drawn is not None:
        replace_file(directory / PICTURE, drawn)
