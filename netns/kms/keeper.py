"""The record of a run: on disk after every row that was played."""

import shlex
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from netns.bench.__main__ import machine
from netns.kms.chronicle import Chronicle
from netns.kms.record import Chaos, Record, Topology, save
from netns.kms.table import Results

FILE = "record.json"


class Keeper:
    """``keep`` writes what there is into ``directory``, which is made."""

    def __init__(self, daemon: str, versions: Mapping[str, str], chaos: Chaos | None, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        self._empty = Record(
            daemon=daemon,
            versions=versions,
            machine=machine()["machine"],
            command="python -m netns kms " + shlex.join(sys.argv[2:]),
            began=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=0.0,
            topology=Topology({}, {}, {}, {}, ""),
            chaos=chaos,
        )
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)

    def knows(self, topology: Topology) -> None:
        """Of the largest site."""
        with self._lock:
            if len(topology.balancers) > len(self._empty.topology.balancers):
                self._empty = replace(self._empty, topology=topology)

    def record(self, results: Results, chronicle: Chronicle) -> Record:
        with self._lock:
            return results.filled(self._empty, chronicle)

    def keep(self, results: Results, chronicle: Chronicle) -> Record:
        record = self.record(results, chronicle)
        with self._lock:
            save(record, self.directory / FILE)
        return record
