"""What comes of reading the configuration file."""

from collections.abc import Iterable
from dataclasses import replace

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.model import Config, VrrpInstance
from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.options import DaemonOptions
from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the file; ``config`` None: it cannot be used. ``error``: it could not even be read."""

    config: Config | None
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str = ""


def read(options: DaemonOptions, known: Iterable[VrrpInstance], content: bytes | None = None) -> Reading:
    """Instances that are equal to ``known`` ones, wherever in the file they stand, are these very objects.

    ``content`` spares reading the file that ``options`` name.
    """
    try:
        config, diagnostics = read_configuration(options, content)
    except OSError as error:
        return Reading(None, error=f"cannot read {options.config}: {error.strerror}")
    if config is None:
        return Reading(None, diagnostics)
    before = {instance.name: instance for instance in known}
    instances = tuple(_same(before.get(instance.name), instance) for instance in config.vrrp_instances)
    return Reading(replace(config, vrrp_instances=instances), diagnostics)


def _same(before: VrrpInstance | None, now: VrrpInstance) -> VrrpInstance:
    return before if before is not None and before == now else now


def pack(reading: Reading, known: Iterable[VrrpInstance]) -> bytes:
    """For ``unpack`` in another process that knows the same instances: these are named only."""
    import pickle

    brief: list[VrrpInstance | str] = []
    if reading.config is not None:
        names = {id(instance): instance.name for instance in known}
        brief += (names.get(id(instance), instance) for instance in reading.config.vrrp_instances)
        reading = replace(reading, config=replace(reading.config, vrrp_instances=()))
    return pickle.dumps((reading, brief), pickle.HIGHEST_PROTOCOL)


def unpack(content: bytes, known: Iterable[VrrpInstance]) -> Reading:
    """``content`` comes from a copy of this process."""
    import pickle

    reading: Reading
    reading, brief = pickle.loads(content)  # noqa: S301  # see above
    if reading.config is None:
        return reading
    before = {instance.name: instance for instance in known}
    instances = tuple(before[item] if isinstance(item, str) else item for item in brief)
    return replace(reading, config=replace(reading.config, vrrp_instances=instances))
