"""A real browser that looks at a page: Chromium without a window, told what to do through a pair of pipes."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import click

from netns.kernel import LabError

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
PATIENCE: Final = 300
"""Seconds after which a browser that hangs is ended."""
QUIET: Final = (
    "--headless",
    "--no-sandbox",  # which root cannot have, nor containers: it only ever opens what the lab has written
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-crash-reporter",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def program() -> str | None:
    """None: none is installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@dataclass(slots=True)
class Browser:
    """One page. ``complaints`` is what the browser has put on its console since the start."""

    send: BinaryIO
    receive: BinaryIO
    complaints: list[str] = field(default_factory=list)
    _session: str = ""
    _number: int = 0

    def attach(self) -> None:
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session = str(attached["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable", {})

    def open(self, address: str, width: int, height: int, *, dark: bool = False) -> None:
        """``width`` and ``height`` in points of CSS."""
        shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setDeviceMetricsOverride", shape)
        self._call("Emulation.setEmulatedMedia", {"features": [scheme]})
        failure = self._call("Page.navigate", {"url": address}, until="Page.loadEventFired").get("errorText")
        if failure:
            raise LabError(f"{address}: {failure}")

    def evaluate(self, expression: str) -> object:
        """The value of an expression of JavaScript in the page."""
        answer = self._call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        if "exceptionDetails" in answer:
            raise LabError(f"{expression}: {answer['exceptionDetails']}")
        result = answer["result"]
        return result.get("value") if isinstance(result, dict) else None

    def screenshot(self, path: Path) -> None:
        """What is in the window, as PNG."""
        data = self._call("Page.captureScreenshot", {"format": "png"})["data"]
        path.write_bytes(base64.b64decode(str(data)))

    def close(self) -> None:
        self._session = ""
        self._call("Browser.close", {})

    def _call(self, method: str, parameters: Mapping[str, object], until: str = "") -> dict[str, object]:
        """Waits for the answer, and for the event ``until`` too unless the answer says that something failed."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self.send.write(json.dumps(message).encode() + b"\0")
        self.send.flush()
        result: dict[str, object] | None = None
        happened = not until
        while result is None or not happened:
            heard = self._read()
            happened = happened or heard.get("method") == until
            self._note(heard)
            if heard.get("id") == self._number:
                if "error" in heard:
                    raise LabError(f"{method}: {heard['error']}")
                found = heard["result"]
                result = found if isinstance(found, dict) else {}
                happened = happened or "errorText" in result
        return result

    def _read(self) -> dict[str, object]:
        text = bytearray()
        while (byte := self.receive.read(1)) != b"\0":
            if not byte:
                raise LabError("the browser has ended")
            text += byte
        found = json.loads(text)
        return found if isinstance(found, dict) else {}

    def _note(self, heard: Mapping[str, object]) -> None:
        if heard.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(heard.get("params")))


@contextmanager
def browser() -> Iterator[Browser]:
    """LabError when there is none. All of it is gone afterwards; one that hangs is ended after PATIENCE."""
    found = program()
    if found is None:
        raise LabError(f"no browser is installed: one of {', '.join(PROGRAMS)} (Debian package chromium)")
    with tempfile.TemporaryDirectory(prefix="vrrpd-browser-", ignore_cleanup_errors=True) as home:
        process, send, receive = _start(found, home)
        with send, receive:
            try:
                page = Browser(send, receive)
                page.attach()
                yield page
                page.close()
            finally:
                _end(process)


def _start(found: str, home: str) -> tuple[subprocess.Popen[bytes], BinaryIO, BinaryIO]:
    """The browser reads from its descriptor 3 and writes to its descriptor 4."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    argv = [found, *QUIET, f"--user-data-dir={home}"]
    # A shell puts the descriptors in their places; others than bash know no numbers of two digits.
    moved = [
        "bash",
        "-c",
        f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}',
        "bash",
        "timeout",
        "-k",
        "1",
        str(PATIENCE),
        *argv,
    ]
    process = subprocess.Popen(
        moved,
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home},
    )
    os.close(theirs_in)
    os.close(theirs_out)
    return process, os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb", buffering=0)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("image", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--width", default=1000, show_default=True, help="Of the window.")
@click.option("--height", default=1400, show_default=True, help="Of the window.")
@click.option("--dark", is_flag=True, help="As one sees it who prefers dark pages.")
def main(report: Path, image: Path, width: int, height: int, dark: bool) -> None:
    """Open REPORT, a page, in a browser and write what is seen to IMAGE, a PNG file."""
    try:
        with browser() as page:
            page.open(report.resolve().as_uri(), width, height, dark=dark)
            page.screenshot(image)
    except (LabError, OSError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="python -m netns.kms.browser")
