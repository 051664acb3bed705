"""How long functions and files may be."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

TREES = ("vrrpd", "netns", "tests", "scripts/lib")
FUNCTION_LINES = 70
FILE_LINES = 600
FUNCTION_MEDIAN = 10
FUNCTION_NINETIETH = 40
FILE_MEDIAN = 160
ELECTION_LINES = 3000
ELECTION = ("vrrpd/core", "vrrpd/proto", "vrrpd/units.py")
"""What a stranger has to read to understand who becomes master, and how much that may be."""


def python_files(root: Path, *trees: str) -> list[Path]:
    found: list[Path] = []
    for tree in trees:
        found += [root / tree] if tree.endswith(".py") else sorted((root / tree).rglob("*.py"))
    return found


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, first line and number of lines of every function in a file; decorators do not count."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def too_long(root: Path) -> Iterator[str]:
    for path in python_files(root, *TREES):
        place = path.relative_to(root)
        lines = line_count(path)
        if lines > FILE_LINES:
            yield f"{place}: {lines} lines, at most {FILE_LINES}"
        for name, line, length in functions(path):
            if length > FUNCTION_LINES:
                yield f"{place}:{line}: {name} has {length} lines, at most {FUNCTION_LINES}"


def out_of_proportion(root: Path) -> Iterator[str]:
    files = python_files(root, "vrrpd")
    lengths = [length for path in files for _, _, length in functions(path)]
    if len(files) < 2 or len(lengths) < 2:
        yield f"{root / 'vrrpd'}: no sources to measure"
        return
    measured = {
        "median lines of a function in vrrpd": (statistics.median(lengths), FUNCTION_MEDIAN),
        "90th percentile of lines of a function in vrrpd": (statistics.quantiles(lengths, n=10)[8], FUNCTION_NINETIETH),
        "median lines of a file in vrrpd": (statistics.median(map(line_count, files)), FILE_MEDIAN),
        "lines of " + ", ".join(ELECTION): (sum(map(line_count, python_files(root, *ELECTION))), ELECTION_LINES),
    }
    for what, (value, limit) in measured.items():
        if value > limit:
            yield f"{what}: {value:g}, at most {limit}"


def findings(root: Path) -> list[str]:
    return [*too_long(root), *out_of_proportion(root)]
