"""The runner of the tests, on small suites of its own."""

import os
from pathlib import Path

import pytest
import run_tests

PASSING = "def test_passes():\n    pass\n"
FAILING = "def test_fails():\n    assert False\n"
SKIPPED = "import pytest\n\n\n@pytest.mark.skip(reason='no gcc')\ndef test_skipped():\n    pass\n"
NETNS = "import pytest\n\n\n@pytest.mark.netns\ndef test_netns():\n    assert False\n"
BROKEN = "import no_such_module\n"
CONFIG = """[tool:pytest]
addopts = --strict-markers
markers =
    netns: x
    alone: x
    compared: x
    fuzz: x
"""


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], **files: str) -> int:
    (tmp_path / "setup.cfg").write_text(CONFIG)
    for name, text in files.items():
        (tmp_path / f"test_{name}.py").write_text(text)
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return run_tests.main([*arguments, "-n", "0", "-p", "no:hypothesispytest"])


def closing_line(capfd: pytest.CaptureFixture[str]) -> str:
    return capfd.readouterr().out.splitlines()[-1]


def test_passing_tests_end_with_0_and_a_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["--unit"], a=PASSING, b=SKIPPED) == 0
    out = capfd.readouterr().out
    assert "1 passed, 1 skipped in" in out  # pytest's own closing line
    assert "skipped 1: no gcc" in out
    assert out.splitlines()[-1] == "1 passed, 0 failed, 1 skipped"


def test_one_failing_test_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["--unit"], a=PASSING, b=FAILING) == 1
    assert closing_line(capfd) == "1 passed, 1 failed, 0 skipped"


def test_a_file_that_cannot_be_imported_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["--unit"], a=PASSING, b=BROKEN) == 1
    assert "FAILED: unit tests" in capfd.readouterr().out


def test_no_test_at_all_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["--unit"]) == 1
    assert "no test ran" in capfd.readouterr().out


def test_unit_leaves_the_namespaces_out_and_the_whole_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["--unit"], a=PASSING, b=NETNS) == 0
    assert run(tmp_path, monkeypatch, [], a=PASSING, b=NETNS) == 1
    assert closing_line(capfd) == "1 passed, 1 failed, 0 skipped"


def test_a_phase_loads_only_files_that_name_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(tmp_path, monkeypatch, [], a=PASSING, b=NETNS.replace("False", "True"), c=NETNS.replace("netns", "fuzz"))
        == 1
    )
    assert [Path(path).name for path in run_tests.files_with("netns")] == ["test_b.py"]
    assert [Path(path).name for path in run_tests.files_with("fuzz")] == ["test_c.py"]
    assert run_tests.files_with("alone") == []
    assert closing_line(capfd) == "2 passed, 1 failed, 0 skipped"


def test_places_on_the_command_line_are_what_every_phase_looks_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["test_a.py"], a=PASSING, b=NETNS) == 0
    assert closing_line(capfd) == "1 passed, 0 failed, 0 skipped"


def test_a_selection_that_leaves_phases_empty_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, ["-k", "passes"], a=PASSING, b=NETNS) == 0
    assert closing_line(capfd) == "1 passed, 0 failed, 0 skipped"


def test_a_namespace_without_its_process_was_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "NAMESPACES", tmp_path)
    for name in ("old999999999-1", "blue", f"vl{os.getpid()}-0l", "vrl999999998x1-r1", "vl999999999-0l"):
        (tmp_path / name).touch()
    assert run_tests.left_behind({"old999999999-1"}) == ["vl999999999-0l", "vrl999999998x1-r1"]
    assert run_tests.left_behind(run_tests.namespaces()) == []


def test_a_namespace_that_a_test_leaves_behind_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_tests, "NAMESPACES", tmp_path)
    leaving = f"from pathlib import Path\n\n\ndef test_x():\n    Path({str(tmp_path)!r}, 'vl999999999-0l').touch()\n"
    assert run(tmp_path, monkeypatch, ["--unit"], a=leaving) == 1
    assert "FAILED: network namespace vl999999999-0l was left behind" in capfd.readouterr().out


def test_figures_that_tests_record_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    measuring = "def test_x(record_property):\n    record_property('outage, ms', 7)\n"
    assert run(tmp_path, monkeypatch, ["--unit"], a=measuring) == 0
    assert "measured test_x: outage, ms: 7" in capfd.readouterr().out


MARKED = "import pytest\nfrom pathlib import Path\n\npytestmark = pytest.mark.netns\n"
UNSTEADY = (
    MARKED
    + """

class TestGroup:
    @pytest.mark.parametrize('x', ['a b'])
    def test_second(self, x):
        trace = Path(__file__).with_name('trace')
        first = not trace.exists()
        trace.touch()
        assert not first
"""
)
ALWAYS = MARKED + "\n\n@pytest.mark.parametrize('x', range({}))\ndef test_always(x):\n    assert False\n"


def test_a_test_that_fails_beside_others_and_passes_by_itself_is_named_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, [], a=UNSTEADY) == 0
    out = capfd.readouterr().out
    assert "UNSTEADY: test_a.py::TestGroup::test_second[a b] failed at first and passed by itself" in out
    assert out.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"


def test_a_test_that_fails_again_by_itself_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, [], a=ALWAYS.format(1), b=UNSTEADY) == 1
    assert closing_line(capfd) == "1 passed, 1 failed, 0 skipped"


@pytest.mark.parametrize("mark", ["alone", "compared"])
def test_what_measures_time_gets_its_second_chance_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], mark: str
) -> None:
    marked = UNSTEADY.replace("pytest.mark.netns", f"[pytest.mark.netns, pytest.mark.{mark}]")
    assert run(tmp_path, monkeypatch, [], a=marked) == 0
    assert "UNSTEADY: test_a.py::TestGroup::test_second[a b]" in capfd.readouterr().out


def test_second_chances_come_when_all_else_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    alone = MARKED.replace("pytest.mark.netns", "[pytest.mark.netns, pytest.mark.alone]")
    assert run(tmp_path, monkeypatch, [], a=UNSTEADY, b=alone + "\n\ndef test_b():\n    pass\n") == 0
    out = capfd.readouterr().out
    assert out.index("--- namespaces, one at a time:") < out.index("--- those that failed, by themselves:")


def test_a_unit_test_gets_no_second_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, [], a=UNSTEADY.replace("pytestmark = pytest.mark.netns", "")) == 1
    assert closing_line(capfd) == "0 passed, 1 failed, 0 skipped"


POLICY = """import os
import pytest

pytestmark = pytest.mark.{}


def test_policy():
    assert os.sched_getscheduler(0) == {}
"""


def test_fuzz_gives_way_to_namespaces_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = {"a": POLICY.format("fuzz", os.SCHED_IDLE), "b": POLICY.format("netns", os.SCHED_OTHER)}
    assert (
        run(tmp_path, monkeypatch, [], **texts, c=FAILING.replace("def", "import pytest\n\n\n@pytest.mark.fuzz\ndef"))
        == 1
    )
    out = capfd.readouterr().out
    assert "--- fuzz: 1 passed, 1 failed" in out
    assert "test_c.py" in out, "what it said is shown"
    assert out.splitlines()[-1] == "2 passed, 1 failed, 0 skipped"


def test_many_failures_get_no_second_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, [], a=ALWAYS.format(6), b=UNSTEADY) == 1
    out = capfd.readouterr().out
    assert "UNSTEADY" not in out
    assert out.splitlines()[-1] == "0 passed, 7 failed, 0 skipped"


def test_a_broken_namespace_test_gets_no_second_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, [], a=MARKED + BROKEN, b=PASSING) == 1
