"""The benchmark itself, at its smallest."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netns.bench.measures import MEASURES

pytestmark = [pytest.mark.netns, pytest.mark.compared]

SMALL = (
    "--instances",
    "3",
    "--interval",
    "0.05",
    "--seconds",
    "1",
    "--addresses",
    "25",
    "--runs",
    "1",
    "--many",
    "300",
)


def argv(output: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "netns.bench", *SMALL, "--output", str(output), *options]


@pytest.mark.slow
def test_every_measure_of_vrrpd_gives_its_headline(tmp_path: Path) -> None:
    output = tmp_path / "small"
    done = subprocess.run(argv(output, "--daemon", "vrrpd"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    runs = json.loads(output.with_suffix(".json").read_text())["runs"]
    figures = {run["measure"]: run["figures"] for run in runs}
    assert set(figures) == {measure.name for measure in MEASURES}, done.stderr
    assert figures["crash"]["outage"] > 2000, "three intervals of a second"
    assert figures["crash-always"]["outage"] < figures["crash-overdue"]["outage"] < figures["crash"]["outage"]
    assert figures["demotion"]["first lower advert to takeover"] < figures["crash"]["outage"] / 4
    assert figures["reload"]["replies lost meanwhile"] == 0
    assert figures["worker"]["changes of master"] == 0
    assert figures["adverts"]["CPU per 1000 adverts, master"] > 0
    assert figures["scale"]["CPU per 1000 adverts, master, 300 instances"] > 0
    assert (
        figures["scale"]["PSS of the master, MiB, 300 instances"]
        > figures["scale"]["PSS of the master, MiB, 1 instances"]
    )
    assert "### addresses" in done.stdout
    assert output.with_suffix(".svg").read_text().startswith("<svg")


def test_what_was_measured_is_kept_when_it_is_interrupted(tmp_path: Path) -> None:
    output = tmp_path / "cut"
    options = ("--daemon", "vrrpd", "--measure", "start", "--runs", "50")
    with subprocess.Popen(argv(output, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as bench:
        end = time.monotonic() + 60
        while not output.with_suffix(".json").exists() and time.monotonic() < end:
            time.sleep(0.05)
        bench.send_signal(signal.SIGINT)
        out, err = bench.communicate()
    assert bench.returncode == 130, err
    assert "interrupted" in err
    assert "until the first advert" in out
    assert json.loads(output.with_suffix(".json").read_text())["runs"]
