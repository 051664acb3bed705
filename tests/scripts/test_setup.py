"""The set-up script, with programs that only pretend."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
SETUP = SCRIPTS / "lib" / "setup.sh"


class Shell:
    """A bash that has sourced the set-up, and finds pretended programs before the real ones."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.programs = directory / "bin"
        self.programs.mkdir()
        self.called = directory / "called"
        self.policy = directory / "policy-rc.d"
        self.clusters = directory / "postgresql-common" / "createcluster.d"
        self.venv = directory / "venv"

    def pretend(self, name: str, script: str, where: Path | None = None) -> None:
        program = (where or self.programs) / name
        program.write_text(f"#!/bin/bash\necho {name} \"$@\" >>'{self.called}'\n{script}\n")
        program.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        lines = self.called.read_text().splitlines() if self.called.exists() else []
        return [line for line in lines if line.startswith(name)]

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "VRRPD_POLICY_RC_D": str(self.policy),
            "VRRPD_CREATECLUSTER_D": str(self.clusters),
            "VRRPD_VENV": str(self.venv),
            **environment,
        }
        argv = ["bash", "-c", f". '{SETUP}'\n{script}", "test"]
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, cwd=self.directory)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def as_root(shell: Shell) -> None:
    shell.pretend("id", "echo 0")


def test_another_system_than_linux_is_refused_in_plain_words(shell: Shell) -> None:
    shell.pretend("uname", "echo Darwin")
    done = shell.run("require_linux")
    assert done.returncode == 1
    assert done.stderr == "test: needs Linux: vrrpd stands on Linux's netlink and packet sockets (this is Darwin)\n"


def test_without_root_the_command_to_run_is_named(shell: Shell) -> None:
    shell.pretend("id", "echo 1000")
    done = shell.run('require_root "network namespaces"')
    assert done.returncode == 1
    assert "Run: sudo ./scripts/test" in done.stderr


def test_a_root_that_may_not_make_namespaces_is_told_so(shell: Shell) -> None:
    as_root(shell)
    shell.pretend("unshare", "exit 1")
    done = shell.run("require_namespaces")
    assert done.returncode == 1
    assert "may not create network namespaces" in done.stderr


def test_an_old_python_is_refused_with_its_version(shell: Shell) -> None:
    shell.pretend("oldpython", '[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    done = shell.run("find_python", VRRPD_PYTHON="oldpython")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer (found: Python 3.9.2)" in done.stderr


def test_no_python_at_all_is_refused(shell: Shell) -> None:
    done = shell.run("find_python", VRRPD_PYTHON="no-such-python")
    assert done.returncode == 1
    assert "Run: sudo apt-get install python3-venv" in done.stderr


def test_programs_that_are_there_install_nothing(shell: Shell) -> None:
    shell.pretend("apt-get", "exit 1")
    assert shell.run("ensure_programs sh cat").returncode == 0
    assert shell.calls("apt-get") == []


def test_packages_are_not_always_called_as_their_programs(shell: Shell) -> None:
    done = shell.run("for each in killall postgres haproxy; do package_of $each; done")
    assert done.stdout.split() == ["psmisc", "postgresql", "haproxy"]


def test_each_missing_package_is_installed_once_after_one_update(shell: Shell) -> None:
    as_root(shell)
    shell.pretend("apt-get", f"test -x '{shell.policy}' || exit 9")
    done = shell.run("package_of() { echo package-of-$1; }; ensure_programs no-such-a no-such-b no-such-a sh")
    assert done.returncode == 0, done.stderr
    update, install = shell.calls("apt-get")
    assert update.endswith(" update")
    assert install.endswith("install --no-install-recommends package-of-no-such-a package-of-no-such-b")
    assert not shell.policy.exists()


def test_a_failed_installation_is_shown_and_leaves_no_policy(shell: Shell) -> None:
    as_root(shell)
    shell.pretend("apt-get", 'case " $* " in *" install "*) echo "E: no such package"; exit 100 ;; esac')
    done = shell.run("ensure_programs no-such-program")
    assert done.returncode == 1
    assert "E: no such package" in done.stderr
    assert "could not install no-such-program" in done.stderr
    assert not shell.policy.exists()


def test_somebody_elses_policy_stays(shell: Shell) -> None:
    as_root(shell)
    shell.policy.write_text("#!/bin/sh\nexit 0\n")
    shell.pretend("apt-get", "")
    assert shell.run("ensure_programs no-such-program").returncode == 0
    assert shell.policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_policy_left_by_a_killed_setup_is_replaced_and_removed(shell: Shell) -> None:
    as_root(shell)
    shell.pretend("apt-get", f"grep -q 'process 999999999' '{shell.policy}' && exit 9; exit 0")
    done = shell.run(
        'printf "#!/bin/sh\\n%s %s\\nexit 101\\n" "$policy_mark" 999999999 >"$policy"; ensure_programs no-such-program'
    )
    assert done.returncode == 0, done.stderr
    assert not shell.policy.exists()


def test_postgresql_is_installed_without_a_cluster_and_without_a_trace(shell: Shell) -> None:
    as_root(shell)
    said = f"case $* in *install*) cat '{shell.clusters}'/vrrpd-*.conf >>'{shell.directory}/seen' ;; esac"
    shell.pretend("apt-get", said)
    done = shell.run("package_of() { echo postgresql; }; ensure_programs no-such-program")
    assert done.returncode == 0, done.stderr
    assert (shell.directory / "seen").read_text() == "create_main_cluster = false\n"
    assert not shell.clusters.parent.exists()


def test_other_files_about_clusters_stay_but_for_those_of_a_killed_setup(shell: Shell) -> None:
    as_root(shell)
    shell.pretend("apt-get", "")
    shell.clusters.mkdir(parents=True)
    (shell.clusters / "mine.conf").write_text("start_conf = 'manual'\n")
    (shell.clusters / "vrrpd-999999999.conf").write_text("create_main_cluster = false\n")
    assert shell.run("ensure_programs no-such-program").returncode == 0
    assert [path.name for path in shell.clusters.iterdir()] == ["mine.conf"]


def test_without_apt_the_missing_programs_are_named(shell: Shell) -> None:
    done = shell.run('command() { [ "$2" != apt-get ] && builtin command "$@"; }; ensure_programs no-such-program')
    assert done.returncode == 1
    assert "there is no apt-get to bring them: no-such-program" in done.stderr


def pretended_checkout(shell: Shell) -> Path:
    checkout = shell.directory / "checkout"
    checkout.mkdir()
    (checkout / "setup.cfg").write_text("[metadata]\n")
    (checkout / "pyproject.toml").write_text("")
    return checkout


def pretended_venv(shell: Shell) -> None:
    (shell.venv / "bin").mkdir(parents=True)
    (shell.venv / "pyvenv.cfg").write_text("")
    shell.pretend("python", '[ "$1" = -m ] && exit 0; [ "$1" = -c ] && echo 3.12.1; exit 0', where=shell.venv / "bin")


def ensure(shell: Shell, checkout: Path, *extras: str) -> list[str]:
    """What pip was asked for by one ``ensure_venv``."""
    before = len(shell.calls("python -m pip"))
    done = shell.run(f"root='{checkout}'; ensure_venv {' '.join(extras)}")
    assert done.returncode == 0, done.stderr
    return [call.rpartition("/")[2] for call in shell.calls("python -m pip")[before:]]


def test_an_environment_is_used_again_until_its_requirements_change(shell: Shell) -> None:
    checkout = pretended_checkout(shell)
    pretended_venv(shell)
    assert ensure(shell, checkout, "test", "lab") == ["checkout[test,lab]"]
    assert ensure(shell, checkout, "test", "lab") == []
    assert ensure(shell, checkout, "lab") == []
    assert ensure(shell, checkout, "dev") == ["checkout[test,lab,dev]"]
    (checkout / "setup.cfg").write_text("[metadata]\nname = other\n")
    assert ensure(shell, checkout, "lab") == ["checkout[lab]"]


def test_a_failing_pip_is_shown_and_tried_again_next_time(shell: Shell) -> None:
    checkout = pretended_checkout(shell)
    pretended_venv(shell)
    shell.pretend(
        "python", '[ "$1" = -m ] && echo "No matching distribution" && exit 1; echo 3.12.1', where=shell.venv / "bin"
    )
    done = shell.run(f"root='{checkout}'; ensure_venv lab")
    assert done.returncode == 1
    assert "No matching distribution" in done.stderr
    pretended_python = '[ "$1" = -m ] && exit 0; [ "$1" = -c ] && echo 3.12.1; exit 0'
    shell.pretend("python", pretended_python, where=shell.venv / "bin")
    assert ensure(shell, checkout, "lab") == ["checkout[lab]"]


def test_a_folder_that_is_no_environment_is_never_cleared(shell: Shell) -> None:
    shell.venv.mkdir()
    (shell.venv / "thesis.txt").write_text("years of work")
    done = shell.run("ensure_venv lab")
    assert done.returncode == 1
    assert "is no virtual environment" in done.stderr
    assert (shell.venv / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("missing", "reason"), [("gcc", "no gcc"), ("header", "Python.h"), ("build", "does not build")]
)
def test_the_reason_for_a_missing_witness_is_told(shell: Shell, missing: str, reason: str) -> None:
    pretended_venv(shell)
    shell.pretend(
        "python",
        f"""case "$*" in
*netifaces*) exit 1 ;;
*Python.h*) exit {int(missing == "header")} ;;
*pip*) exit 1 ;;
esac""",
        where=shell.venv / "bin",
    )
    shell.pretend("gcc", "")
    without = 'command() { [ "$2" != gcc ] && builtin command "$@"; }; ' if missing == "gcc" else ""
    done = shell.run(f'{without}try_witness; echo "$VRRPD_NO_WITNESS"')
    assert done.returncode == 0, done.stderr
    assert reason in done.stdout


@pytest.mark.parametrize("name", ["check", "demo", "diagram", "kms-lab", "man", "reference", "test"])
def test_asked_for_help_a_script_says_what_it_does_and_does_nothing(name: str, tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "VRRPD_VENV": str(tmp_path / "venv")}
    done = subprocess.run(
        [SCRIPTS / name, "--help"], env=environ, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=30
    )
    said = (SCRIPTS / name).read_text().splitlines()[1].removeprefix("# ")
    assert done.stdout.startswith(said)
    assert list(tmp_path.iterdir()) == []
