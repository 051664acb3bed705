"""What must not be left in a finished tree."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

TEXT = {"", ".py", ".md", ".toml", ".cfg", ".sh", ".service", ".conf", ".json", ".txt", ".typed"}
# Its test cases are what must not be left.
EXEMPT = "tests/scripts/test_leftovers.py"
# The brackets keep these patterns from finding themselves.
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|\b[b]reakpoint\(|\bset_[t]race\(|NotI[m]plementedError")
CONFLICT = re.compile(r"^(?:<{7}|>{7}|={7})(?: |$)")
SILENCED = re.compile(
    r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]+\])?)(?P<reason>.*)$"
)
MADE = re.compile(r"^\.|^__pycache__$|\.egg-info$")
WORD = re.compile(r"\w{4}")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def files(root: Path) -> list[Path]:
    """What git holds or would take; where that cannot be asked, all that is not hidden or made."""
    found = tracked(root)
    if found is None:
        found = [path for path in root.rglob("*") if not any(map(MADE.search, path.relative_to(root).parts))]
    return sorted(path for path in found if path.is_file() and path.suffix in TEXT and path != root / EXEMPT)


def tracked(root: Path) -> list[Path] | None:
    """None without git, or outside a checkout."""
    if shutil.which("git") is None:
        return None
    argv = ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    return [root / name for name in listed.stdout.split("\0") if name] if listed.returncode == 0 else None


def lines_amiss(path: Path, text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield number, "unfinished work"
        if CONFLICT.match(line):
            yield number, "the mark of a merge conflict"
        if line != line.rstrip() and path.suffix != ".md":
            yield number, "spaces at the end of the line"
        if path.suffix == ".py" and (silenced := SILENCED.search(line)) and not WORD.search(silenced["reason"]):
            yield number, "a silenced check without the reason behind it"


def broken_links(path: Path, text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        for target in LINK.findall(line):
            local = target.partition("#")[0]
            if local and "://" not in local and not local.startswith("mailto:") and not (path.parent / local).exists():
                yield number, f"a link to {target}, which does not exist"


def findings(root: Path) -> list[str]:
    found = []
    for path in files(root):
        text = path.read_text(encoding="utf-8")
        amiss = list(lines_amiss(path, text))
        if path.suffix == ".md":
            amiss += broken_links(path, text)
        if text and not text.endswith("\n"):
            amiss.append((text.count("\n") + 1, "no newline at the end of the file"))
        found += [f"{path.relative_to(root)}:{number}: {what}" for number, what in amiss]
    return found
