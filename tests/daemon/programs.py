"""Programs with names of their own, for those who watch processes."""

import os
import shutil
import subprocess
from pathlib import Path

from vrrpd.linux.processes import name_of

NAME = f"trk{os.getpid()}"


class Programs:
    """Copies of sleep; ``start`` gives one that runs, and that ends with the test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: list[subprocess.Popen[bytes]] = []

    def path(self, name: str = NAME) -> str:
        program = self.directory / name
        if not program.exists():
            shutil.copy("/bin/sleep", program)
        return str(program)

    def start(self, name: str = NAME, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([self.path(name), *(arguments or ("600",))])
        self.running.append(process)
        while name_of(process.pid) != name.encode():  # it has not replaced this program yet
            continue
        return process

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        self.running.clear()
