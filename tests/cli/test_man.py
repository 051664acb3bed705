"""The manual pages: as committed, complete, and clean in the eyes of groff."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vrrpd.cli.lazy import DocumentedCommand
from vrrpd.cli.main import COMMANDS, SECTIONS, vrrpd
from vrrpd.cli.man import pages
from vrrpd.cli.roff import escaped
from vrrpd.config.keywords import TABLES

DIRECTORY = Path(__file__).parents[2] / "docs" / "man"


def plain(name: str) -> str:
    """The page as text."""
    if shutil.which("groff") is None:
        pytest.skip("there is no groff")
    argv = ["groff", "-man", "-Tascii", "-P-cbou", "-rLL=500n"]
    return subprocess.run(argv, input=pages()[name], capture_output=True, text=True, check=True).stdout


def test_the_committed_pages_are_current() -> None:
    """Otherwise: scripts/man."""
    assert {path.name: path.read_text() for path in DIRECTORY.iterdir()} == pages()


def test_the_program_page_has_every_option_command_and_exit_code() -> None:
    text = plain("vrrpd.8")
    for name in COMMANDS:
        assert f"vrrpd {name} [OPTIONS]" in text
    sections = list(SECTIONS)
    for command in (vrrpd, *(lazy.load() for lazy in COMMANDS.values())):
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert all(option in text for option in parameter.opts)
        if isinstance(command, DocumentedCommand):
            sections += command.sections
    for section in sections:
        for term, meaning in section.rows:
            assert re.search(rf"{re.escape(term)}\s+{re.escape(meaning)}", text)


def test_the_file_page_has_every_keyword() -> None:
    text = plain("vrrpd.toml.5")
    for keywords in TABLES.values():
        for keyword in keywords.values():
            assert re.search(rf"^ +{keyword.name}\b", text, re.MULTILINE)
            assert keyword.meaning.replace("`", "") in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
@pytest.mark.parametrize("name", sorted(pages()))
def test_groff_has_no_complaint(name: str) -> None:
    argv = ["groff", "-man", "-Tutf8", "-ww", "-rCHECKSTYLE=3"]
    done = subprocess.run(argv, input=pages()[name], capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("text", [".TH x", "'br", "a\\fB", "--json", 'say "x"', "^~`"])
def test_text_means_itself(text: str) -> None:
    line = escaped(text)
    assert not line.startswith((".", "'"))
    assert not re.search(r"\\(?![e&(-])", line)
    if shutil.which("groff") is not None:
        argv = ["groff", "-man", "-Tascii", "-P-cbou"]
        shown = subprocess.run(argv, input=f".TH X 1\n.PP\n{line}\n", capture_output=True, text=True, check=True)
        assert text in shown.stdout
