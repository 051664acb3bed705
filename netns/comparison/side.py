"""One daemon on every node of a lab of its own: does the work of a comparison, and keeps what was seen."""

import signal
import time
from functools import partial
from typing import Final, Self

from netns.capture import Capture
from netns.comparison import daemons
from netns.comparison.ahead import children_ahead, put_ahead, thread_ahead
from netns.comparison.files import FIFO, TOLD, filled, placed
from netns.comparison.injected import Injector
from netns.comparison.pipes import Line, Pipes
from netns.comparison.work import (
    Await,
    Carrier,
    Comparison,
    End,
    Inject,
    Ip,
    Isolate,
    Kill,
    Link,
    Reload,
    Run,
    Start,
    Step,
    Stop,
    Wait,
    WriteFile,
    described,
)
from netns.host import Host
from netns.kernel import LabError
from netns.lab import Lab
from netns.monitor import Monitor
from netns.peers.base import replace_file
from netns.process import Process, descendants

PATIENCE: Final = 30.0
_COLLECT: Final = 0.1  # what was seen last arrives a little later


class Happening:
    """A step that was done at ``at`` (ns since the epoch); a start at the first state that ``node`` told."""

    __slots__ = ("at", "name", "node")

    def __init__(self, name: str, at: int, node: str | None = None) -> None:
        self.name = name
        self.at = at
        self.node = node


class Side:
    """``daemon`` is one of ``daemons.SIDES``."""

    def __init__(self, comparison: Comparison, daemon: str) -> None:
        self.comparison = comparison
        self.daemon = daemon
        self.happenings: list[Happening] = []
        self.ended_at = 0
        self.processes: list[tuple[str, Process]] = []
        self._programs: dict[tuple[str, str], Process] = {}
        self.lab = Lab(routers=len(comparison.files), clients=1)
        self.nodes = tuple(comparison.files)
        self._prepare()
        with children_ahead():
            self.capture = Capture(self.lab)
            self.monitor = Monitor(self.lab)
            self.pipes = Pipes({name: self.lab[name].directory / FIFO for name in self.nodes})
            self.told = Pipes({name: self.lab[name].directory / TOLD for name in self.nodes}, mode=0o666)
        self._injector = Injector(self.lab.client)
        for close in (self.pipes.close, self.told.close, self._injector.close):
            self.lab.on_close().callback(close)

    def _prepare(self) -> None:
        self.lab.directory.chmod(0o755)
        for name, text in self.comparison.files.items():
            host = self.lab[name]
            replace_file(host.directory / daemons.CONFIG, self._file(text, host))
            for program, body in self.comparison.programs.items():
                path = host.directory / program
                path.write_text(f"#!/bin/sh\n{body}\n".replace("{directory}", str(host.directory)))
                path.chmod(0o755)

    def _file(self, text: str, host: Host) -> str:
        """What is compared is the protocol's order, event by event; that vrrpd has another one by default is seen in
        tests/netns/test_make_before_break.py.
        """
        return placed(text, host) + (daemons.KEEPALIVEDS_ORDER if self.daemon == "vrrpd" else "")

    def play(self) -> None:
        for step in self.comparison.work:
            self._act(step)
        self.ended_at = time.time_ns()
        time.sleep(_COLLECT)

    def _act(self, step: Step) -> None:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
        elif isinstance(step, Start):
            self._start(step.nodes)
        else:
            self.happenings.append(Happening(described(step), self._do(step)))

    def _do(self, step: Step) -> int:
        """Returns when (ns)."""
        if isinstance(step, Inject):
            return self._injector.send(step)
        if isinstance(step, Await):
            return self._await(step)
        if isinstance(step, Wait | Start):
            raise LabError(f"{described(step)} is no deed")
        if isinstance(step, Stop):
            return self._process(step.node).send(signal.SIGTERM)
        if isinstance(step, Kill):
            return self._process(step.node).kill()
        if isinstance(step, Reload):
            return self._reload(step)
        return self._to_host(step)

    def _await(self, step: Await) -> int:
        advert = self.capture.wait_for_advert(PATIENCE, host=step.node, vrid=step.vrid)
        if advert is None:
            raise LabError(f"{self.daemon} on {step.node} does not advertise; its log ends: {self._tail(step.node)}")
        return advert.time_ns

    def _tail(self, node: str) -> str:
        return self._process(node).log()[-800:]

    def _to_host(self, step: WriteFile | Carrier | Link | Ip | Isolate | Run | End) -> int:
        host = self.lab[step.node]
        if isinstance(step, Carrier):
            return host.set_carrier(step.up)
        if isinstance(step, Link):
            return host.set_link(step.up)
        if isinstance(step, Ip):
            with children_ahead():
                return host.ip(*step.commands)
        if isinstance(step, Isolate):
            return host.isolate(sending=step.sending, hearing=step.hearing)
        if isinstance(step, End):
            return self._programs.pop((step.node, step.name)).kill()
        if isinstance(step, Run):
            command = [filled(word, host) for word in step.command]
            process = self._programs[step.node, step.name] = host.spawn(command)
            return process.started_at
        return self._write(step)

    def _write(self, step: WriteFile) -> int:
        at, path = time.time_ns(), self.lab[step.node].directory / step.name
        if step.text is None:
            path.unlink()
        elif step.in_place:
            path.write_text(step.text)
        else:
            replace_file(path, step.text)
        return at

    def _reload(self, step: Reload) -> int:
        directory = self.lab[step.node].directory
        if step.file is not None:
            replace_file(directory / daemons.CONFIG, self._file(step.file, self.lab[step.node]))
        return self._process(step.node).send(signal.SIGHUP)

    def _process(self, node: str) -> Process:
        return next(process for name, process in reversed(self.processes) if name == node)

    def _start(self, nodes: tuple[str, ...]) -> None:
        started = [(name, self._begin(name)) for name in nodes]
        self.processes += started
        for name, process in started:
            self.happenings.append(Happening(f"start {name}", self._told(name, process), name))
            pids = [*self.lab[name].pids(), *(descendants(process.pid) if self.comparison.outside else ())]
            put_ahead(pids, children=bool(self.comparison.programs))

    def _begin(self, node: str) -> Process:
        if not self.comparison.outside:
            return daemons.start(self.daemon, self.lab[node])
        process = daemons.start_outside(self.daemon, self.lab[node])
        self.lab.on_close().callback(process.kill)
        return process

    def _told(self, name: str, process: Process) -> int:
        """When it told its first state, or ended (ns)."""
        end = time.monotonic() + PATIENCE
        while True:
            line: Line | None = self.pipes.first(name, process.started_at)
            if line is not None:
                return line.time_ns
            if process.exited_at is not None:
                return process.exited_at
            if time.monotonic() > end:
                raise LabError(f"{self.daemon} on {name} tells nothing; its log ends: {self._tail(name)}")
            time.sleep(0.002)

    def logs(self) -> dict[str, str]:
        paths = {name: self.lab[name].directory / daemons.LOG for name in self.nodes}
        return {name: path.read_text(errors="replace") for name, path in paths.items() if path.exists()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lab.close()


def play_both(first: Side, second: Side) -> None:
    """Both at the same time, so that a machine that is busy is busy for both."""
    errors: list[BaseException] = []

    def body(side: Side) -> None:
        try:
            side.play()
        except (LabError, OSError) as error:
            errors.append(error)

    threads = [thread_ahead(partial(body, side)) for side in (first, second)]
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
