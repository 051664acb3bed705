"""Run the tests in the order that fits two cores: unit tests, then the namespaces side by side, for they wait.

Fuzz has the processors while the namespaces wait, and only then.

A namespace test that fails is run once more at the end, by itself: a machine that was too busy for seven scenarios at
once, or for a moment, is no defect. It is named all the same, and when more than a few fail the run has failed.

Exit status 0 only when something ran and nothing failed.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIDE_BY_SIDE = "7"
A_FEW = "6"
NAMESPACES = Path("/run/netns")
MADE_BY = re.compile(r"[a-z_]+?-?(\d{2,})\D.*")
JUNIT = ("-o", "junit_family=xunit1")  # the one that has properties
TESTS_FAILED = 1  # pytest's exit code
SECOND_CHANCES = 6
NO_TEST_RAN = 5  # pytest's exit code


@dataclass(slots=True)
class Tally:
    """What one or several runs of pytest did.

    ``skips`` maps the reason to how many tests it kept from running; ``figures`` are what tests measured and recorded;
    ``failures`` are the failed tests as pytest takes them on its command line.
    """

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skips: dict[str, int] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.failures)

    @property
    def skipped(self) -> int:
        return sum(self.skips.values())

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failures += other.failures
        self.figures += other.figures
        for reason, count in other.skips.items():
            self.skips[reason] = self.skips.get(reason, 0) + count

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True, slots=True)
class Phase:
    """``mark``: of the tests that it runs; "": it looks into every file."""

    name: str
    arguments: tuple[str, ...]
    mark: str = ""


UNIT = Phase("unit tests", ("-m", "not netns and not fuzz", "-n", "2"))
SPREAD = ("--dist", "load", "--maxschedchunk", "1")
FUZZ = Phase("fuzz", ("-m", "fuzz", "-n", "2", *SPREAD), "fuzz")
NETNS = Phase("namespaces", ("-m", "netns and not alone and not compared", "-n", SIDE_BY_SIDE, *SPREAD), "netns")
COMPARED = Phase("few side by side", ("-m", "netns and compared", "-n", A_FEW, *SPREAD), "compared")
ALONE = Phase("namespaces, one at a time", ("-m", "netns and alone", "-n", "0"), "alone")
ROUNDS = ((UNIT,), (NETNS, FUZZ), (COMPARED,), (ALONE,))
WAITING = frozenset((NETNS, COMPARED, ALONE))


def read_report(path: Path) -> Tally:
    """Count a JUnit report, which is there whatever pytest printed."""
    tally = Tally()
    if not path.exists():
        return tally
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 - pytest wrote this file a moment ago
        skipped = case.find("skipped")
        for figure in case.iter("property"):
            tally.figures.append(f"{case.get('name')}: {figure.get('name')}: {figure.get('value')}")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failures.append(node_id(case))
        elif skipped is not None:
            reason = skipped.get("message") or "no reason given"
            tally.skips[reason] = tally.skips.get(reason, 0) + 1
        else:
            tally.passed += 1
    return tally


def node_id(case: ET.Element) -> str:
    """``file::class::name``; a file that cannot be imported has neither."""
    file, name = case.get("file") or "", case.get("name") or ""
    module = file.removesuffix(".py").replace("/", ".")
    classes = (case.get("classname") or "").removeprefix(module).strip(".")
    return "::".join(part for part in (file, *classes.split("."), name) if part)


def environment() -> dict[str, str]:
    """Caches go to the caller's home: a run as root leaves none in the checkout that its owner could not write."""
    env = dict(os.environ)
    cache = Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vrrpd-tests"
    env.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache / "hypothesis"))
    env["PYTEST_ADDOPTS"] = f"{env.get('PYTEST_ADDOPTS', '')} -o cache_dir={cache / 'pytest'}".strip()
    return env


def files_with(mark: str) -> list[str]:
    """Every worker of pytest loads every file it is given, which takes seconds: these have such tests.

    tests/conftest.py sees to it that a test with a mark stands in a file that names it.
    """
    named = re.compile(rf"\bmark\.{mark}\b")
    return sorted(str(path) for path in tests_in(ROOT) if named.search(path.read_text(encoding="utf-8")))


def tests_in(root: Path) -> Iterator[Path]:
    """Where pytest looks for them."""
    folder = root / "tests"
    yield from (folder if folder.is_dir() else root).rglob("test_*.py")


def has_places(arguments: list[str]) -> bool:
    """Whether files or folders are among them."""
    return any((ROOT / argument.partition("::")[0]).exists() for argument in arguments if argument[:1] not in ("-", ""))


class Run:
    """A phase under way. ``aside``: it takes processor time that nobody else wants, and is heard when it is over."""

    def __init__(self, phase: Phase, extra: list[str], report: Path, *, aside: bool = False) -> None:
        self.phase = phase
        self.report = report
        self._start = time.monotonic()
        self._said = report.with_suffix(".txt") if aside else None
        self._process: subprocess.Popen[bytes] | None = None
        if not aside:
            self._announce()
        places = files_with(phase.mark) if phase.mark and not has_places(extra) else []
        if phase.mark and not (places or has_places(extra)):
            return
        argv = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *phase.arguments,
            f"--junit-xml={report}",
            *JUNIT,
            *extra,
            *places,
        ]
        with self._said.open("wb") if self._said else nullcontext() as out:
            self._process = subprocess.Popen(argv, cwd=ROOT, env=environment(), stdout=out, stderr=out)
        if aside:  # before it starts others; they inherit it
            os.sched_setscheduler(self._process.pid, os.SCHED_IDLE, os.sched_param(0))

    def finish(self) -> tuple[int, Tally]:
        """pytest's exit code and what it counted, once it has ended."""
        if self._process is None:
            print(f"--- {self.phase.name}: there are none", flush=True)
            return NO_TEST_RAN, Tally()
        code = self._process.wait()
        if self._said is not None:
            self._announce()
            print(self._said.read_text(errors="replace"), end="")
        tally = read_report(self.report)
        print(f"--- {self.phase.name}: {tally} in {time.monotonic() - self._start:.0f} s", flush=True)
        return code, tally

    def _announce(self) -> None:
        print(f"\n--- {self.phase.name}", flush=True)


@dataclass(slots=True)
class Total:
    """What all phases did; ``again``: tests that are to be run once more, ``unsteady``: those that passed then."""

    tally: Tally = field(default_factory=Tally)
    broken: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)

    def take(self, phase: Phase, code: int, tally: Tally) -> None:
        """A few failures of a phase in which time counts get a second chance."""
        if phase in WAITING and code == TESTS_FAILED and 0 < tally.failed <= SECOND_CHANCES:
            self.again += tally.failures
            tally.failures = []
        elif code not in {0, NO_TEST_RAN}:
            self.broken.append(f"{phase.name} (pytest ended with {code})")
        self.tally.add(tally)

    def give_second_chances(self, report: Path) -> None:
        """Nothing runs beside them now."""
        if not self.again:
            return
        code, tally = Run(Phase("those that failed, by themselves", ("-n", "0", *self.again)), [], report).finish()
        if tally.passed + tally.failed + tally.skipped < len(self.again):
            self.tally.failures += self.again  # not all of them could be run again
        else:
            self.tally.add(tally)
            self.unsteady = sorted(set(self.again) - set(tally.failures))
        if code not in {0, NO_TEST_RAN}:
            self.broken.append(f"tests that had failed before (pytest ended with {code})")


def namespaces() -> set[str]:
    return {path.name for path in NAMESPACES.iterdir()} if NAMESPACES.is_dir() else set()


def left_behind(before: set[str]) -> list[str]:
    """Namespaces that were made since and have no owner any more; all tests put their process id into the name."""
    made = (MADE_BY.match(name) for name in sorted(namespaces() - before))
    return [match[0] for match in made if match and not Path("/proc", match[1]).exists()]


def run_rounds(rounds: Sequence[tuple[Phase, ...]], extra: list[str], folder: Path) -> Total:
    """The phases of a round begin at the same time; all but the first of them give way."""
    total = Total()
    for number, (first, *others) in enumerate(rounds):
        aside = [Run(phase, extra, folder / f"{number}-{phase.mark}.xml", aside=True) for phase in others]
        for run in (Run(first, extra, folder / f"{number}.xml"), *aside):
            total.take(run.phase, *run.finish())
    total.give_second_chances(folder / "again.xml")
    return total


def main(arguments: list[str]) -> int:
    rounds = ROUNDS[:1] if "--unit" in arguments else ROUNDS
    start, before = time.monotonic(), namespaces()
    with tempfile.TemporaryDirectory(prefix="vrrpd-tests-") as folder:
        total = run_rounds(rounds, [argument for argument in arguments if argument != "--unit"], Path(folder))
    broken, tally = total.broken, total.tally
    broken += [f"network namespace {name} was left behind" for name in left_behind(before)]
    print()
    for figure in tally.figures:
        print(f"measured {figure}")
    for reason, count in sorted(tally.skips.items()):
        print(f"skipped {count}: {reason}")
    for name in total.unsteady:
        print(f"UNSTEADY: {name} failed at first and passed by itself")
    for what in broken:
        print(f"FAILED: {what}")
    if not tally.passed and not tally.failed:
        print("FAILED: no test ran")
    print(f"all tests took {time.monotonic() - start:.0f} s")
    print(tally)
    return 1 if broken or tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
