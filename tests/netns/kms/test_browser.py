"""The report as a real browser shows it."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from netns.kernel import LabError
from netns.kms import browser as module
from netns.kms.browser import Browser, browser
from netns.kms.record import Record
from netns.kms.report import PAGE, write
from tests.netns.kms.made_up import chaos, hostile, record

PAGES = {"ordinary": record(), "late": record("keepalived", 3.3), "chaos": chaos(), "hostile": hostile()}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = """[...document.querySelectorAll('tbody th, tbody td, dd, li, p')].filter(one => one.offsetParent !== null
    && !one.closest('.wide') && one.getBoundingClientRect().right > innerWidth + 1).length"""
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true })"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"

pytestmark = pytest.mark.skipif(module.program() is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    with browser() as started:
        yield started


def written(made: Record, directory: Path) -> str:
    write(made, directory)
    return (directory / PAGE).as_uri()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_fits_its_window_and_the_browser_has_no_complaint(
    page: Browser, tmp_path: Path, name: str, width: int
) -> None:
    page.complaints.clear()
    page.open(written(PAGES[name], tmp_path), width, 800)
    assert page.evaluate("innerWidth") == width
    for _ in ("folded", "unfolded"):
        assert page.evaluate(TOO_WIDE) == 0
        assert page.evaluate(CUT) == 0
        page.evaluate(UNFOLD)
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.querySelectorAll('tbody tr').length") != 0
    assert page.complaints == []


def test_it_is_dark_for_those_who_want_it_dark(page: Browser, tmp_path: Path) -> None:
    address = written(record(), tmp_path)
    page.open(address, 800, 600)
    light = page.evaluate(BACKGROUND)
    page.open(address, 800, 600, dark=True)
    assert (light, page.evaluate(BACKGROUND)) == ("rgb(255, 255, 255)", "rgb(13, 17, 23)")


def test_what_would_go_wrong_is_seen(page: Browser, tmp_path: Path) -> None:
    """A page that is too wide, and one that the browser complains of."""
    bad = tmp_path / "bad.html"
    bad.write_text("<p style='width: 5000px'>wide</p><script>console.error('no'); fail()</script>")
    page.complaints.clear()
    page.open(bad.as_uri(), 375, 600)
    assert page.evaluate(TOO_WIDE) == 5000 + 8 - 375
    assert len(page.complaints) == 2
    with pytest.raises(LabError, match="no such page"):
        page.open((tmp_path / "no such page").as_uri().replace("%20", " "), 375, 600)


def test_a_screenshot_has_the_size_of_the_window(page: Browser, tmp_path: Path) -> None:
    page.open(written(record(), tmp_path), 500, 400)
    page.screenshot(tmp_path / "seen.png")
    content = (tmp_path / "seen.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (500, 400)


def test_without_a_browser_it_says_which_package_brings_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRAMS", ("no-such-browser",))
    with pytest.raises(LabError, match="Debian package chromium"), browser():
        pass
