"""Certificates of one lab, made when it starts: an authority, the KMS nodes' server, and a client."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLIENT: Final = "kms-lab-client"
"""The client's name, which is its identity for the KMS: whose keys they are."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Certificates:
    authority: Path
    server: Pair
    client: Pair


def make(directory: Path, addresses: Sequence[str]) -> Certificates:
    """Write them into ``directory``, the keys for the owner alone. The server answers at ``addresses``."""
    from netns.kms import authority  # needs the package cryptography, of which a lab without it can still tell

    return authority.make(directory, addresses)
