"""An installation as an operator makes it: into an empty virtual environment, with nothing but what running needs."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from vrrpd import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOURCES = ("setup.cfg", "pyproject.toml", "LICENSE", "README.md", "vrrpd", "tests", "netns", "docs")
NO_NETWORK = re.compile(r"NewConnectionError|ConnectTimeout|name resolution|Network is unreachable|ProxyError")
REQUIREMENTS = {"click", "pyroute2", "rich"}
TELL_REQUIREMENTS = """
import importlib.metadata as metadata, json, re
name = lambda text: re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0].lower().replace("_", "-")
print(json.dumps({
    name(found.metadata["Name"]): sorted(name(each) for each in found.requires or () if "extra ==" not in each)
    for found in metadata.distributions()
}))
"""


@dataclass(frozen=True)
class Installed:
    source: Path
    wheel: Path
    bin: Path

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """A program of the environment, away from the checkout, which would otherwise be imported."""
        argv = [str(self.bin / args[0]), *args[1:]]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(argv, cwd=self.bin, env=clean, capture_output=True, text=True, check=False)


def build(*args: str) -> None:
    done = subprocess.run(args, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode and NO_NETWORK.search(said):
        pytest.skip("pip cannot reach the package index")
    assert done.returncode == 0, said


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """From a copy: a build leaves files in its source."""
    place = tmp_path_factory.mktemp("install")
    source = place / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    build(sys.executable, "-m", "venv", str(place / "venv"))
    pip = (str(place / "venv" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input")
    build(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place / "dist"), str(source))
    build(*pip, "install", "--quiet", str(source))
    (wheel,) = (place / "dist").glob("*.whl")
    return Installed(source, wheel, place / "venv" / "bin")


def test_only_what_running_needs_is_installed(installed: Installed) -> None:
    requires = json.loads(installed.run("python", "-c", TELL_REQUIREMENTS).stdout)
    assert set(requires["vrrpd"]) == REQUIREMENTS
    reached, waiting = set(), ["vrrpd"]
    while waiting:
        name = waiting.pop()
        if name in requires and name not in reached:
            reached.add(name)
            waiting += requires[name]
    assert set(requires) - {"pip", "setuptools"} == reached


def test_the_wheel_holds_the_typed_package_and_nothing_else(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    assert "vrrpd/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"vrrpd", f"vrrpd-{__version__}.dist-info"}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "vrrpd").rglob("*.py")}
    assert modules <= set(names)
    assert any(re.search(r"dist-info/(licenses/)?LICENSE$", name) for name in names)


def test_help(installed: Installed) -> None:
    done = installed.run("vrrpd", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: vrrpd ")


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "docs" / "examples").glob("*.toml")))
def test_check_of_the_examples(installed: Installed, example: str) -> None:
    done = installed.run("vrrpd", "check", str(installed.source / "docs" / "examples" / example))
    assert done.returncode in {0, 1}, done.stdout
    assert "vrrpd runs this file" in done.stdout
    assert done.stderr == ""


def test_python_m_vrrpd(installed: Installed) -> None:
    done = installed.run("python", "-m", "vrrpd", "version")
    assert done.returncode == 0
    assert done.stdout.split()[:2] == ["vrrpd", __version__]
    assert "missing" not in done.stdout


def test_status_without_a_daemon(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("vrrpd", "status", "--run-dir", str(tmp_path))
    assert done.returncode == 2
    assert "Is it running?" in done.stderr


def test_the_daemon_refuses_a_bad_file_before_anything_else(installed: Installed, tmp_path: Path) -> None:
    """All that it imports is there: nothing but the runtime requirements is needed to get that far."""
    (tmp_path / "bad.toml").write_text("[vrrp_instance.VI_1]\n")
    done = installed.run("vrrpd", "--config", str(tmp_path / "bad.toml"), "--run-dir", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "bad.toml:1" in done.stderr
    assert not (tmp_path / "run").exists()
