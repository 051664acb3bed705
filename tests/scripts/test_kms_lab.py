"""What scripts/kms-lab says before it does anything."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "kms-lab"


def test_help_needs_neither_root_nor_a_set_up() -> None:
    done = subprocess.run(
        [str(SCRIPT), "--help"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("--daemon", "--only", "--runs", "--sites", "--chaos", "--minutes", "--report", "--list"):
        assert word in done.stdout
