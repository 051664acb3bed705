"""A KMS node of a site."""

from http.client import HTTPConnection, HTTPException
from typing import Final

from netns.host import INTERFACE, Host
from netns.kernel import LabError
from netns.kms.certificates import Certificates
from netns.kms.configs import HEALTH_PORT
from netns.kms.health import is_up
from netns.kms.waiting import wait_until
from netns.kms.warm import Forked, Warm

_READY: Final = "serves KMIP"
_PATIENCE: Final = 20.0
_HEALTH_SECONDS: Final = 2.0


class KmsNode:
    """PyKMIP standing in for Cosmian KMS, stateless: its keys are in the database."""

    def __init__(self, name: str, host: Host, url: str, certificates: Certificates, warm: Warm) -> None:
        self.name = name
        self.host = host
        self._warm = warm
        self._told = {
            "name": name,
            "url": url,
            "authority": str(certificates.authority),
            "certificate": str(certificates.server.certificate),
            "key": str(certificates.server.key),
        }
        self._process: Forked | None = None
        self._served = 0

    @property
    def address(self) -> str:
        return str(self.host.address)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self, *, wait: bool = True) -> None:
        """Start it; ``wait`` until it serves."""
        if self.running:
            raise LabError(f"{self.name} runs already")
        self._served = self.log().count(_READY)
        self._process = self._warm.fork("node", self.host, self._told)
        if wait:
            self.await_serving()

    def await_serving(self) -> None:
        wait_until(
            lambda: self.log().count(_READY) > self._served,
            _PATIENCE,
            lambda: f"{self.name} does not start: {self.log()[-800:]}",
            alive=lambda: self.running,
        )

    def kill(self) -> None:
        """SIGKILL: its connections are reset, new ones refused."""
        if self._process is not None:
            self._process.kill()

    def crash(self) -> None:
        """Power cut: it answers nothing any more, not even with a refusal."""
        self.host.crash()
        self._process = None
        self.host.ip(f"addr flush dev {INTERFACE}")

    def restore(self) -> None:
        """Power is back, and the node with it."""
        self.host.restore()
        self.start()

    def healthy(self) -> bool:
        """Does /health say UP?"""
        connection = HTTPConnection(self.address, HEALTH_PORT, timeout=_HEALTH_SECONDS)
        try:
            return self.host.enter(_answers_up, connection)
        finally:
            connection.close()

    def log(self) -> str:
        path = self.host.directory / "node.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _answers_up(connection: HTTPConnection) -> bool:
    try:
        connection.request("GET", "/health")
        return is_up(connection.getresponse().read())
    except (OSError, HTTPException):
        return False
