"""Where keepalived's dump files go, and how they get there: whole, or not at all."""

import enum
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vrrpd.config.model import Config
from vrrpd.errors import LinuxError
from vrrpd.observe.dump_data import data_text
from vrrpd.observe.dump_facts import DumpFacts
from vrrpd.observe.dump_json import json_text
from vrrpd.observe.dump_stats import stats_text

MODE: Final = 0o666
"""Less the umask, which is 0177 under keepalived's name unless configured."""


class Dump(enum.Enum):
    """The value is the name of the file."""

    DATA = "keepalived.data"
    STATS = "keepalived.stats"
    JSON = "keepalived.json"


_RENDER: Final = {Dump.DATA: data_text, Dump.STATS: stats_text, Dump.JSON: json_text}


def temporary_directory(environment: Mapping[str, str]) -> Path:
    """``TMPDIR`` where it is an absolute path of a directory, else /tmp."""
    named = Path(environment.get("TMPDIR", ""))
    return named if named.is_absolute() and named.is_dir() else Path("/tmp")  # noqa: S108 - keepalived's place


def dump_path(dump: Dump, config: Config, namespace: str, environment: Mapping[str, str]) -> Path:
    """``state_dump_file`` and ``data_use_instance`` are about the data file alone, as in keepalived.

    ``namespace``: the network namespace it was told to run in, "" for none.
    """
    directory = temporary_directory(environment)
    defs = config.global_defs
    if dump is not Dump.DATA:
        return directory.joinpath(str(dump.value))
    path = _configured(defs.state_dump_file or "", directory, dump)
    names = [name.replace("/", "_") for name in (namespace, config.process.instance) if name]
    if defs.data_use_instance and names:
        path = path.with_name(f"{path.stem}.{'_'.join(names)}{path.suffix}")
    return path


def _configured(written: str, directory: Path, dump: Dump) -> Path:
    return directory.joinpath(f"{written}{dump.value}" if not written or written.endswith("/") else written)


def write_dump(dump: Dump, facts: DumpFacts, path: Path) -> bool:
    """Whether there was anything to write. LinuxError: the file cannot be written; one that was there is left alone."""
    if dump is Dump.JSON and not facts.instances:
        return False
    write_whole(path, _RENDER[dump](facts).encode(errors="surrogateescape"))
    return True


def write_whole(path: Path, content: bytes) -> None:
    """A link of that name is replaced, not followed. The file is closed last: whoever waits for the end of writing
    (IN_CLOSE_WRITE) is told the final name. Raises LinuxError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
        try:
            _fill(descriptor, content)
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LinuxError("write", str(path), error.errno or 0) from error


def _fill(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
