"""Check the sources: types, lint, format, layers, sizes, leftovers. Exit status 0 only when every check passes."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import leftovers
import sizes

ROOT = Path(__file__).resolve().parents[2]
PYTHON_TREES = ("vrrpd", "netns", "tests", "scripts/lib")


def tool(*argv: str) -> Callable[[], list[str]]:
    """A check that is a program of the virtual environment; what it prints are its findings."""

    def run() -> list[str]:
        program = str(Path(sys.executable).with_name(argv[0]))
        done = subprocess.run([program, *argv[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return []
        return (done.stdout + done.stderr).splitlines() or [f"{argv[0]} ended with {done.returncode}"]

    return run


CHECKS: dict[str, Callable[[], list[str]]] = {
    "types (mypy --strict)": tool("mypy", "--strict", *PYTHON_TREES),
    "lint (ruff check)": tool("ruff", "check", "."),
    "format (ruff format --check)": tool("ruff", "format", "--check", "--diff", "."),
    "layers (import-linter)": tool("lint-imports"),
    "sizes": lambda: sizes.findings(ROOT),
    "leftovers": lambda: leftovers.findings(ROOT),
}


def main() -> int:
    failed = []
    for name, check in CHECKS.items():
        start = time.monotonic()
        found = check()
        print(f"{'FAILED' if found else 'ok':<6} {name}, {time.monotonic() - start:.1f} s", flush=True)
        for line in found:
            print(f"       {line}")
        if found:
            failed.append(name)
    print(f"{len(CHECKS) - len(failed)} checks passed, {len(failed)} failed" + "".join(f"; {name}" for name in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
