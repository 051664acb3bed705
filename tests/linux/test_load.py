from pathlib import Path

from vrrpd.linux.clock import now
from vrrpd.linux.load import read_load

PRESSURE = """some avg10=0.05 avg60=0.61 avg300=2.20 total=8560327
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
"""


def test_seconds_of_the_process_and_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "schedstat").write_text("1500000000 250000000 1044\n")
    (tmp_path / "cpu").write_text(PRESSURE)
    load = read_load(tmp_path / "schedstat", tmp_path / "cpu")
    assert (load.ran, load.waited, load.pressed) == (1.5, 0.25, 8.560327)


def test_a_kernel_without_them(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "missing", tmp_path / "empty"):
        load = read_load(path, path)
        assert (load.ran, load.waited, load.pressed) == (None, None, None)


def test_this_process_runs() -> None:
    before = read_load()
    end = now() + 0.05
    while now() < end:
        pass
    after = read_load()
    if before.ran is not None and after.ran is not None:
        assert 0.0 < after.ran - before.ran < 5.0
    assert after.at > before.at
