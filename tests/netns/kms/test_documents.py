"""What docs/ says of the lab was made by its command, from the records that are kept beside it."""

from pathlib import Path

from netns.kms.comparison import DOCUMENT, MARKER, PICTURE, RECORDS, markdown
from netns.kms.record import load
from netns.kms.report.failover import of_all, picture
from tests.netns.kms.made_up import parsed

DOCS = Path(__file__).parents[3] / "docs"
KEPT = [load(DOCS / RECORDS / f"{name}.json") for name in ("vrrpd", "keepalived", "vrrpd-chaos")]


def test_no_figure_of_the_tables_was_typed_by_hand() -> None:
    tables = (DOCS / DOCUMENT).read_text(encoding="utf-8").partition(MARKER)[2]
    assert tables == f"\n\n{markdown(KEPT)}"


def test_the_picture_is_one_of_these_runs() -> None:
    text = (DOCS / PICTURE).read_text(encoding="utf-8")
    assert text == picture(*of_all(KEPT[:2]))
    parsed(text)


def test_pictures_are_small() -> None:
    for path in (DOCS / PICTURE, DOCS / "pictures" / "kms-report.png"):
        assert path.stat().st_size < 300_000
