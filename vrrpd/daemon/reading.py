"""What comes of reading the configuration file."""

import hashlib
import io
import pickle
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.model import Config, VrrpInstance
from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.options import DaemonOptions
from vrrpd.records import dataclass

DIGEST_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Packed:
    """An instance, pickled. Whoever has one of the same ``digest`` need not unpack it."""

    digest: bytes
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the file; ``config`` None: it cannot be used. ``error``: it could not even be read.

    ``config`` is without its instances, which are in ``instances``.
    """

    config: Config | None
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str = ""
    instances: tuple[Packed, ...] = ()


def read(options: DaemonOptions) -> Reading:
    try:
        config, diagnostics = read_configuration(options)
    except OSError as error:
        return Reading(None, error=f"cannot read {options.config}: {error.strerror}")
    if config is None:
        return Reading(None, diagnostics)
    packed = tuple(
        Packed(digest(instance), pickle.dumps(instance, pickle.HIGHEST_PROTOCOL)) for instance in config.vrrp_instances
    )
    return Reading(replace(config, vrrp_instances=()), diagnostics, instances=packed)


def digest(instance: VrrpInstance) -> bytes:
    """Equal for equal instances, wherever in the file they stand."""
    content = io.BytesIO()
    pickler = pickle.Pickler(content, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # whether two equal texts are one object makes no difference then
    pickler.dump(replace(instance, origins={}))
    return hashlib.blake2b(content.getbuffer(), digest_size=DIGEST_SIZE).digest()


def unpacked(reading: Reading, known: Mapping[bytes, VrrpInstance]) -> dict[bytes, VrrpInstance]:
    """The instances in their order, those that are ``known`` being the very same objects."""
    return {
        item.digest: known.get(item.digest) or pickle.loads(item.content)  # noqa: S301  # from our own child
        for item in reading.instances
    }
