"""startup_script and shutdown_script: before anything else is started, and after everything has ended."""

import logging

from vrrpd.config.model import Command
from vrrpd.daemon.job import Job, JobResult
from vrrpd.daemon.launcher import Launcher
from vrrpd.errors import VrrpdError
from vrrpd.loop import Loop
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd.scripts")


def run_and_wait(loop: Loop, launcher: Launcher, command: Command | None, what: str, limit: Seconds) -> None:
    """Run the loop until ``command`` has ended or, past ``limit`` seconds, was made to.

    However it ends, it is logged, and things go on (keepalived). Whoever stops the loop meanwhile ends the command.
    """
    if command is None:
        return
    log.info("%s: running %s", what, command.argv[0])
    try:
        child = launcher.start(command)
    except VrrpdError as error:
        log.error("%s cannot be started: %s", what, error)
        return
    results: list[JobResult] = []

    def ended(result: JobResult) -> None:
        results.append(result)
        loop.stop()

    job = Job(loop, child, limit, ended)
    loop.run_forever()
    if not results:
        job.abandon()
        log.warning("%s was ended before its time", what)
    for result in results:
        log.log(logging.INFO if result.ok else logging.WARNING, "%s: %s", what, result.describe())
