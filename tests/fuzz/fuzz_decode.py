"""Throw damaged packets at the decoder: ``python -m tests.fuzz.fuzz_decode --runs 1000000 --seed 1``.

Every input ends as an accepted advertisement, which must say what its bytes say, or in exactly one DropReason. Anything
else ends the run with status 1 and the input in hexadecimal, for ``--reproduce``. With the package atheris installed,
``--engine atheris`` lets coverage guide the damage.

An input is one byte that selects the receiving router, then an IPv4 or IPv6 packet.
"""

import argparse
import importlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from tests.vectors import adverts, datagram_of
from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.proto.advertisement import (
    Advertisement,
    Datagram,
    Dropped,
    DropReason,
    ReceiveRules,
    decode,
    encode,
    peek_vrid,
)
from vrrpd.proto.auth import AUTH_DATA_LENGTH, pass_key
from vrrpd.proto.checksum import internet_checksum, pseudo_header
from vrrpd.units import Family, Seconds, Vrid

Outcome: TypeAlias = DropReason | None
"""None for an accepted advertisement."""

REACHABLE: Final = frozenset(DropReason) - {
    DropReason.ADDRESS_LIST_MISMATCH,
    DropReason.OWN_PACKET,
    DropReason.OWNER_IGNORES,
    DropReason.NOT_READY,
}
"""What the codec itself can say; the others are said by those who know more than the packet."""

ENOUGH_FOR_EVERY_REASON: Final = 20_000
ETHERNET_HEADER: Final = 14
IPV6_HEADER: Final = 40


def _routers() -> tuple[ReceiveRules, ...]:
    v2 = ReceiveRules(Family.IPV4, 2, Vrid(51), Seconds(1.0))
    v3 = replace(v2, version=3)
    return (
        v2,
        replace(v2, password=pass_key("SecretPassword")),
        replace(v2, family=Family.IPV6),
        v3,
        replace(v3, multicast=False),
        replace(v3, peers={}),
        replace(v3, family=Family.IPV6),
        replace(v3, family=Family.IPV6, multicast=False),
    )


ROUTERS: Final = _routers()


def run_one(data: bytes) -> Outcome:
    """The target: one input, from the socket's bytes to the verdict. AssertionError when the verdict is wrong."""
    rules = ROUTERS[data[0] % len(ROUTERS)] if data else ROUTERS[0]
    packet = data[1:]
    received = parse_ipv4(packet) if rules.family is Family.IPV4 else parse_ipv6(packet)
    if isinstance(received, Dropped):
        return received.reason
    vrid = peek_vrid(received.payload)
    result = decode(received, rules)
    if isinstance(result, Dropped):
        assert result.detail, "a drop without words"
        return result.reason
    assert result.vrid == vrid, "peek_vrid and decode differ"
    check_meaning(result, received, rules)
    return None


def parse_ipv6(packet: bytes) -> Datagram:
    """The kernel takes IPv6 headers off by itself; too short ones become zeros here."""
    packet = packet.ljust(IPV6_HEADER, b"\0")
    source, destination = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
    return Datagram(Family.IPV6, source, destination, packet[7], packet[IPV6_HEADER:])


def check_meaning(accepted: Advertisement, datagram: Datagram, rules: ReceiveRules) -> None:
    """Encoded again it gives the same bytes, but for what receivers ignore and the checksum over that."""
    again = encode(accepted, datagram.source, datagram.destination, rules.password)
    ours, theirs = (without_ignored(payload, rules) for payload in (again, datagram.payload))
    assert ours == theirs, f"accepted as {accepted}"


def without_ignored(payload: bytes, rules: ReceiveRules) -> bytes:
    if rules.version == 3:
        return payload[:4] + bytes([payload[4] & 0xF, payload[5]]) + payload[8:]
    unused = AUTH_DATA_LENGTH if rules.family is Family.IPV4 and rules.password is None else 0
    return payload[:6] + payload[8 : len(payload) - unused]


@dataclass(slots=True)
class Mutator:
    """Damages seeds in one of a dozen ways; the same ``random`` gives the same inputs."""

    random: Random
    seeds: Sequence[bytes]

    def next_input(self) -> bytes:
        choice = self.random.getrandbits(24)
        data = bytearray(self.seeds[choice % len(self.seeds)])
        for way in WAYS[choice >> 8 & 0xF]:
            way(self, data)
        return bytes(data)

    def below(self, limit: int) -> int:
        return self.random.getrandbits(16) % limit if limit else 0

    def flip(self, data: bytearray) -> None:
        bit = self.below(len(data) * 8)
        data[bit >> 3] ^= 1 << (bit & 7)

    def set_byte(self, data: bytearray) -> None:
        data[self.below(len(data))] = self.random.getrandbits(8)

    def set_vrrp_header(self, data: bytearray) -> None:
        start = self.payload_start(data)
        if len(data) > start + 8:
            data[start + self.below(8)] = self.random.getrandbits(8)

    def nudge_vrrp_header(self, data: bytearray) -> None:
        """Small steps find neighbours: another version, type, count, interval."""
        start = self.payload_start(data)
        if len(data) > start + 8:
            place = start + self.below(6)
            data[place] = (data[place] + self.below(5) - 2) & 0xFF

    def truncate(self, data: bytearray) -> None:
        del data[1 + self.below(len(data)) :]

    def extend(self, data: bytearray) -> None:
        data += self.random.randbytes(1 + self.below(12))

    def insert(self, data: bytearray) -> None:
        place = 1 + self.below(len(data))
        data[place:place] = self.random.randbytes(1 + self.below(8))

    def splice(self, data: bytearray) -> None:
        other = self.seeds[self.below(len(self.seeds))]
        data[1 + self.below(len(data)) :] = other[1 + self.below(len(other)) :]

    def noise(self, data: bytearray) -> None:
        data[:] = self.random.randbytes(self.below(64))

    def other_router(self, data: bytearray) -> None:
        data[0] = self.random.getrandbits(8)

    def fix_lengths(self, data: bytearray) -> None:
        if len(data) > 21 and data[1] >> 4 == 4:
            data[3:5] = ((len(data) - 1) & 0xFFFF).to_bytes(2, "big")

    def fix_checksum(self, data: bytearray) -> None:
        """Lets a change past the checksum, to whatever lies behind it."""
        packet = bytes(data[1:])
        received = parse_ipv4(packet) if packet[:1] < b"\x50" else parse_ipv6(packet)
        start = self.payload_start(data)
        if isinstance(received, Dropped) or len(received.payload) < 8:
            return
        covered = received.payload[:6] + b"\0\0" + received.payload[8:]
        version_3 = covered[0] >> 4 == 3
        if received.family is Family.IPV6 or (version_3 and self.random.getrandbits(2)):
            covered = pseudo_header(received.source, received.destination, len(covered)) + covered
        data[start + 6 : start + 8] = internet_checksum(covered).to_bytes(2, "big")

    @staticmethod
    def payload_start(data: bytearray) -> int:
        if len(data) > 1 and data[1] >> 4 == 4:
            return 1 + (data[1] & 0xF) * 4
        return 1 + IPV6_HEADER


Way: TypeAlias = Callable[[Mutator, bytearray], None]
WAYS: Final[tuple[tuple[Way, ...], ...]] = (
    (),
    (Mutator.flip,),
    (Mutator.flip,),
    (Mutator.set_byte,),
    (Mutator.set_byte, Mutator.set_byte, Mutator.set_byte),
    (Mutator.set_vrrp_header,),
    (Mutator.set_vrrp_header, Mutator.fix_checksum),
    (Mutator.nudge_vrrp_header, Mutator.fix_checksum),
    (Mutator.set_byte, Mutator.fix_checksum),
    (Mutator.truncate,),
    (Mutator.truncate, Mutator.fix_lengths),
    (Mutator.extend, Mutator.fix_lengths, Mutator.fix_checksum),
    (Mutator.insert,),
    (Mutator.splice, Mutator.fix_lengths),
    (Mutator.noise,),
    (Mutator.other_router, Mutator.fix_checksum),
)


def make_seeds() -> tuple[bytes, ...]:
    """The recorded packets, each for every router of its family, most often for those of its version."""
    seeds = []
    for vector in adverts():
        packet = vector.frame[ETHERNET_HEADER:]
        version = datagram_of(vector.frame).payload[0] >> 4
        for index, rules in enumerate(ROUTERS):
            if rules.family.value == packet[0] >> 4:
                seeds += [bytes([index]) + packet] * (4 if rules.version == version else 1)
    return tuple(seeds)


def fuzz(runs: int, seed: int) -> Counter[Outcome]:
    """Outcomes of ``runs`` inputs; on an error the input is printed before the exception goes on."""
    mutator = Mutator(Random(seed), make_seeds())
    outcomes: Counter[Outcome] = Counter()
    data = b""
    finished = False
    try:
        for _ in range(runs):
            data = mutator.next_input()
            outcomes[run_one(data)] += 1
        finished = True
    finally:
        if not finished:
            print(f"failed after {outcomes.total()} inputs: --reproduce {data.hex()}", file=sys.stderr)
    return outcomes


def report(outcomes: Counter[Outcome], runs: int, seconds: float) -> int:
    """Print the counters; 1 when they do not add up, or when a run that is long enough missed a reason."""
    for outcome, count in outcomes.most_common():
        print(f"{count:>9}  {outcome.value if outcome else 'accepted'}")
    print(f"{outcomes.total():>9}  inputs in {seconds:.1f} s")
    if outcomes.total() != runs:
        print(f"the counters add up to {outcomes.total()}, not {runs}", file=sys.stderr)
        return 1
    missed = sorted(reason.value for reason in REACHABLE - outcomes.keys())
    if missed and runs >= ENOUGH_FOR_EVERY_REASON:
        print(f"never seen: {', '.join(missed)}", file=sys.stderr)
        return 1
    return 0


def run_atheris(runs: int, seed: int) -> None:
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit("--engine atheris needs the package atheris: pip install atheris")
    atheris.instrument_all()
    # libFuzzer ends the process itself, so nobody can tidy up after it; and its finds are worth keeping.
    folder = Path(tempfile.mkdtemp(prefix="fuzz-decode-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(make_seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    print(f"the corpus and any input that fails are kept in {folder}", flush=True)
    options = [f"-runs={runs}", f"-seed={seed}", "-max_len=512", f"-artifact_prefix={folder}/", str(corpus)]
    atheris.Setup([sys.argv[0], *options], _discard_outcome)
    atheris.Fuzz()


def _discard_outcome(data: bytes) -> None:
    run_one(data)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["python", "atheris"], default="python")
    parser.add_argument("--reproduce", type=bytes.fromhex, metavar="HEX", help="run one input and print its outcome")
    options = parser.parse_args(arguments)
    if options.reproduce is not None:
        outcome = run_one(options.reproduce)
        print(outcome.value if outcome else "accepted")
        return 0
    if options.engine == "atheris":
        run_atheris(options.runs, options.seed)
        return 0
    start = time.monotonic()
    outcomes = fuzz(options.runs, options.seed)
    return report(outcomes, options.runs, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
