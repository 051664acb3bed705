import shutil
import subprocess
from pathlib import Path

import leftovers
import pytest


def write(tree: Path, name: str, text: str) -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("# TODO: later", "unfinished work"),
        ("raise NotImplementedError", "unfinished work"),
        ("breakpoint()", "unfinished work"),
        ("<<<<<<< HEAD", "merge conflict"),
        (">>>>>>> other", "merge conflict"),
        ("x = 1  ", "spaces at the end"),
        ("x = y  # noqa: S301", "without the reason"),
        ("x = y  # type: ignore[attr-defined]", "without the reason"),
        ("x = y  # type: ignore[attr-defined]  # ok", "without the reason"),
    ],
)
def test_what_must_not_be_left_is_found_with_its_place(tmp_path: Path, line: str, what: str) -> None:
    write(tmp_path, "vrrpd/a.py", f"x = 0\n{line}\n")
    (found,) = leftovers.findings(tmp_path)
    assert found.startswith("vrrpd/a.py:2: ")
    assert what in found


@pytest.mark.parametrize(
    "line",
    [
        "x = y  # noqa: S301 - the file is ours alone",
        "x = y  # noqa: S104, S105 - only in a namespace",
        "x = y  # type: ignore[attr-defined]  # pyroute2 has no types",
        "todo = 1",
        "a == b",
    ],
)
def test_what_may_stand_is_not_found(tmp_path: Path, line: str) -> None:
    write(tmp_path, "a.py", f"{line}\n")
    assert leftovers.findings(tmp_path) == []


def test_a_missing_last_newline_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", "x = 1")
    assert leftovers.findings(tmp_path) == ["a.toml:1: no newline at the end of the file"]


def test_links_to_files_that_do_not_exist_are_found(tmp_path: Path) -> None:
    write(tmp_path, "docs/a.md", "[b](b.md) [c](../c.md#part) [d](gone.md) [e](https://example.org/x) [f](#here)\n")
    write(tmp_path, "docs/b.md", "")
    write(tmp_path, "c.md", "")
    assert leftovers.findings(tmp_path) == ["docs/a.md:1: a link to gone.md, which does not exist"]


def test_without_git_hidden_and_made_files_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for name in (".venv/a.py", "__pycache__/a.py", "x.egg-info/a.txt", "b.py"):
        write(tmp_path, name, "x = 1  \n")
    assert [found.partition(":")[0] for found in leftovers.findings(tmp_path)] == ["b.py"]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_what_git_ignores_is_not_looked_at(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write(tmp_path, ".gitignore", "build/\n")
    write(tmp_path, "build/a.py", "x = 1  \n")
    write(tmp_path, "b.py", "x = 1  \n")
    assert [found.partition(":")[0] for found in leftovers.findings(tmp_path)] == ["b.py"]
