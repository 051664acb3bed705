"""The files of docs/kms.md are accepted by the programs they are for, and say what the text says of them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from netns.kms import configs
from vrrpd.cli.commands.check import check
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import read_any
from vrrpd.config.model import Config, VrrpInstance

GUIDE = Path(__file__).parents[3] / "docs" / "kms.md"
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILES = dict(FILE.findall(GUIDE.read_text(encoding="utf-8")))


def config(name: str) -> Config:
    found, diagnostics, _ = read_any(FILES[name].encode(), name, ReadContext(directory="/etc/vrrpd"))
    assert found is not None, "\n".join(map(str, diagnostics))
    return found


def instance(name: str) -> VrrpInstance:
    (only,) = config(name).vrrp_instances
    return only


def differing(one: object, other: object) -> set[str]:
    names = [name for name in type(one).__slots__ if getattr(one, name) != getattr(other, name)]  # type: ignore[attr-defined]  # a slotted dataclass
    return set(names) - {"origins"}


def test_the_guide_has_the_files_of_both_nodes() -> None:
    assert list(FILES) == ["haproxy.cfg", "nftables.conf", "lb1.toml", "lb2.toml", "lb1.conf", "lb2.conf"]


@pytest.mark.parametrize("name", ["lb1.toml", "lb2.toml", "lb1.conf", "lb2.conf"])
def test_vrrpd_accepts_them_without_a_warning(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name])
    done = CliRunner().invoke(check, [str(path)])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("one", "other"), [("lb1.toml", "lb2.toml"), ("lb1.conf", "lb2.conf")])
def test_the_nodes_differ_in_state_and_priority_only(one: str, other: str) -> None:
    assert differing(instance(one), instance(other)) == {"state", "priority"}
    assert (instance(one).priority, instance(other).priority) == (101, 100)
    assert config(one).vrrp_scripts == config(other).vrrp_scripts


@pytest.mark.parametrize("node", ["lb1", "lb2"])
def test_both_languages_say_the_same(node: str) -> None:
    assert differing(instance(f"{node}.toml"), instance(f"{node}.conf")) == set()
    assert differing(config(f"{node}.toml").global_defs, config(f"{node}.conf").global_defs) == set()


def test_they_are_what_the_lab_runs_but_for_password_and_journal() -> None:
    text = configs.keepalived(0, "192.168.1.100", fast_failover=True)
    lab, _, _ = read_any(text.encode(), "keepalived.conf", ReadContext(directory="/etc/keepalived"))
    assert lab is not None
    assert differing(lab.vrrp_instances[0], instance("lb1.toml")) == {"authentication"}


def settings(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := raw.partition("#")[0].strip())]


def test_haproxy_has_what_the_lab_has_and_a_socket() -> None:
    lab = settings(configs.haproxy({"kms1": "192.168.1.11", "kms2": "192.168.1.12"}))
    ours = settings(FILES["haproxy.cfg"])
    assert [line for line in ours if line not in lab] == ["stats socket /run/haproxy/admin.sock mode 660 level admin"]
    assert [line for line in lab if line not in ours] == []


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_haproxy_accepts_its_file(tmp_path: Path) -> None:
    path = tmp_path / "haproxy.cfg"
    path.write_text(FILES["haproxy.cfg"])
    done = subprocess.run(["haproxy", "-c", "-f", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed")
@pytest.mark.parametrize("name", ["lb1.conf", "lb2.conf"])
def test_keepalived_accepts_its_file_without_our_own_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    own = ("fast_failover", "journal")
    path.write_text("".join(f"{line}\n" for line in FILES[name].splitlines() if not line.strip().startswith(own)))
    argv = ["keepalived", "-t", "-f", str(path)]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert "nknown keyword" not in done.stderr
    # Elsewhere than on the balancer there is no eth0, and perhaps no user keepalived_script: that is said, too.
    complaints = [line for line in done.stderr.splitlines() if "(Line" in line and "eth0" not in line]
    assert complaints == []


@pytest.mark.skipif(shutil.which("nft") is None or os.geteuid() != 0, reason="needs nft and root")
def test_nft_accepts_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "nftables.conf"
    path.write_text(FILES["nftables.conf"])
    done = subprocess.run(["unshare", "-n", "nft", "-c", "-f", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_file_that_it_names_exists() -> None:
    for name in re.findall(r"\bdocs/[\w./-]+", GUIDE.read_text(encoding="utf-8")):
        assert (GUIDE.parents[1] / name).exists()
