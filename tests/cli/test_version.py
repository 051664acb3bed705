"""``vrrpd version``."""

import json
import platform
from importlib.metadata import version as version_of

from click.testing import CliRunner

from vrrpd import __version__
from vrrpd.cli.main import vrrpd


def test_text_and_json_say_the_same() -> None:
    text = CliRunner().invoke(vrrpd, ["version"]).output
    value = json.loads(CliRunner().invoke(vrrpd, ["version", "--json"]).output)
    assert dict(line.split() for line in text.splitlines()) == value
    assert value == {
        "vrrpd": __version__,
        "python": platform.python_version(),
        "linux": platform.release(),
        "pyroute2": version_of("pyroute2"),
        "click": version_of("click"),
        "rich": version_of("rich"),
    }
