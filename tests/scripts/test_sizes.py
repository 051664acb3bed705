from pathlib import Path

import pytest
import sizes

SHORT = "def short() -> int:\n    return 1\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (*sizes.TREES, "vrrpd/core", "vrrpd/proto"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    (tmp_path / "vrrpd" / "units.py").write_text(SHORT)
    (tmp_path / "vrrpd" / "core" / "node.py").write_text(SHORT + SHORT)
    return tmp_path


def long_function(lines: int) -> str:
    return "@cache\ndef long() -> None:\n" + "    pass\n" * (lines - 1)


def test_a_tree_within_the_limits_has_no_findings(tree: Path) -> None:
    (tree / "tests" / "test_x.py").write_text(long_function(sizes.FUNCTION_LINES))
    assert sizes.findings(tree) == []


@pytest.mark.parametrize("place", sizes.TREES)
def test_a_long_function_is_found_in_every_tree(tree: Path, place: str) -> None:
    (tree / place / "long.py").write_text(long_function(sizes.FUNCTION_LINES + 1))
    (found,) = [finding for finding in sizes.findings(tree) if "long.py" in finding]
    assert found == f"{place}/long.py:2: long has 71 lines, at most 70"


def test_a_long_file_is_found(tree: Path) -> None:
    (tree / "netns" / "long.py").write_text("x = 1\n" * (sizes.FILE_LINES + 1))
    assert sizes.findings(tree) == ["netns/long.py: 601 lines, at most 600"]


def test_long_functions_on_the_whole_are_found(tree: Path) -> None:
    (tree / "vrrpd" / "a.py").write_text(long_function(30) * 5)
    assert any("median lines of a function" in finding for finding in sizes.findings(tree))


def test_an_election_that_grew_too_long_to_read_is_found(tree: Path) -> None:
    for number in range(11):
        (tree / "vrrpd" / "core" / f"part{number}.py").write_text("x = 1\n" * 300)
    assert any("lines of vrrpd/core" in finding for finding in sizes.findings(tree))


def test_an_empty_tree_does_not_pass(tmp_path: Path) -> None:
    assert sizes.findings(tmp_path)
