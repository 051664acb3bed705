"""Which destination is meant, and whose lines are written."""

import asyncio
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.observe.logging_to import LOG, datagrams_at, logging_to, pipe, read_lines, read_objects
from vrrpd.observe.logs import Places


def name_of(descriptor: int) -> str:
    status = os.fstat(descriptor)
    return f"{status.st_dev}:{status.st_ino}"


def test_auto_is_the_journal_when_standard_error_is_its_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pipe() as (_, writing), datagrams_at(tmp_path / "journal") as receiver:
        monkeypatch.setenv("JOURNAL_STREAM", name_of(writing))
        with logging_to(Places(console=writing, journal=str(tmp_path / "journal")), destination="auto"):
            LOG.info("to the journal")
            assert b"MESSAGE=to the journal\n" in receiver.recv(999)


@pytest.mark.parametrize("stream", [None, "", "8:12345", "nonsense"])
def test_auto_is_the_console_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str | None) -> None:
    if stream is None:
        monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    else:
        monkeypatch.setenv("JOURNAL_STREAM", stream)
    journal = str(tmp_path / "journal")
    with pipe() as (reading, writing), logging_to(Places(writing, journal=journal), destination="auto"):
        LOG.info("to the console")
        assert read_lines(reading, 1)[0].endswith("to the console")


def test_json_on_the_console() -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing), "json"):
        LOG.info("m", extra={"fields": {"instance": "VI_1"}})
        (value,) = read_objects(reading, 1)
        assert value | {"ts": ""} == {"ts": "", "level": "info", "message": "m", "instance": "VI_1"}


def test_libraries_are_heard_from_warnings_up_whatever_the_level() -> None:
    with pipe() as (reading, writing):
        with logging_to(Places(console=writing), level="debug"):
            LOG.debug("ours")
            logging.getLogger("pyroute2").info("chatter")
            logging.getLogger("asyncio").error("trouble")
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn("old", DeprecationWarning, stacklevel=1)
        os.close(writing)
        lines = read_lines(reading, 99)
    assert "ours" in lines[0]
    assert "trouble" in lines[1]
    assert "DeprecationWarning: old" in lines[2]


def test_a_defect_in_a_callback_of_the_loop_is_logged_with_its_traceback() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: dict[str, int]()["eth0"])
        await asyncio.sleep(0)

    with pipe() as (reading, writing):
        with logging_to(Places(console=writing)):
            asyncio.run(main())
        os.close(writing)
        lines = read_lines(reading, 99)
    assert " ERROR Exception in callback" in lines[0]
    assert lines[-1] == "    | KeyError: 'eth0'"


def test_lines_written_before_an_exit_without_close_are_not_lost() -> None:
    program = (
        "import logging; from vrrpd.observe.logs import configure\n"
        "configure('info', 'text', 'console')\n"
        "[logging.getLogger('vrrpd.x').info('line %d', n) for n in range(100)]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert len(done.stderr.splitlines()) == 100


def test_a_process_ends_though_its_console_is_never_read() -> None:
    """No thread holds up the end of the interpreter."""
    program = (
        "import logging; from vrrpd.observe.logs import configure\n"
        "writer = configure('info', 'text', 'console')\n"
        "[logging.getLogger('vrrpd.x').info('line %d %s', n, 'x' * 200) for n in range(3000)]\n"
        "writer.close()\n"
    )
    with pipe() as (_, writing):
        assert subprocess.run([sys.executable, "-c", program], stderr=writing, check=False, timeout=60).returncode == 0
