"""What one version leaves is found by the next one, or refused with a reason."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vrrpd.daemon.bequest import Bequest, Program, UnknownBequestError, take_from
from vrrpd.daemon.ledger import Ledger
from vrrpd.plain import codec_of

VARIABLE = "VRRPD_BEQUEST"


@pytest.fixture
def bequest() -> Iterator[Bequest]:
    numbers = [os.dup(0) for _ in range(8)]
    yield Bequest(
        version="1.2.3",
        worker=77,
        post=(numbers[0], numbers[1]),
        pages=(numbers[2], numbers[3]),
        beats=numbers[4],
        configuration=3,
        pid_files={"/run/vrrpd.pid": numbers[5]},
        run_dir="/run/vrrpd",
        run_dir_lock=numbers[6],
        run_dir_created=True,
        connector=-1,
        sockets={"control socket": numbers[7]},
    )
    for number in numbers:
        os.close(number)


def written(content: bytes) -> dict[str, str]:
    number = os.memfd_create("test", 0)
    os.write(number, content)
    return {VARIABLE: str(number), "PATH": "/bin"}


def test_it_is_found_once_and_its_descriptors_are_not_handed_down(bequest: Bequest) -> None:
    environment = written(json.dumps(codec_of(Bequest).write(bequest)).encode())
    for number in bequest.descriptors:
        os.set_inheritable(number, True)
    assert take_from(environment) == (bequest, False)
    assert environment == {"PATH": "/bin"}
    assert not any(map(os.get_inheritable, bequest.descriptors))
    assert take_from(environment) == (None, False)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 1}', b"\xff"])
def test_what_is_not_understood_is_refused(content: bytes) -> None:
    with pytest.raises(UnknownBequestError, match="cannot be understood"):
        take_from(written(content))


def test_a_field_of_a_later_version_is_refused(bequest: Bequest) -> None:
    plain = {**codec_of(Bequest).write(bequest), "unheard_of": 1}  # type: ignore[dict-item]  # it is an object
    with pytest.raises(UnknownBequestError):
        take_from(written(json.dumps(plain).encode()))


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_a_program_that_is_gone_leaves_everything_as_it_was(bequest: Bequest) -> None:
    before = open_descriptors()
    with pytest.raises(FileNotFoundError):
        Program(("/nowhere/python", "-m", "vrrpd"), "/").replace(bequest)
    assert open_descriptors() == before
    assert not any(map(os.get_inheritable, bequest.descriptors))
    assert VARIABLE not in os.environ


def test_another_version_reads_the_state_but_not_the_configuration() -> None:
    old = Ledger()
    old.config.write(b"something of the old version's")
    old.state.write(b"{}")
    new = Ledger.inherited(old.pages, old.beats.descriptor, old.config.number)
    assert new.state.read() == b"{}"
    assert not new.config.read()
    assert new.config.number > old.config.number, "so parameters are those that were written down"
