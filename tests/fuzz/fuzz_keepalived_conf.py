"""Throw damaged configurations at the reader of keepalived's language: ``python -m tests.fuzz.fuzz_keepalived_conf``.

Every input ends as a configuration or as errors with places, and with a verdict; never with an exception. What takes
longer than ``--longest`` seconds, and memory above ``--memory`` MiB at the end, are failures too: the reader bounds its
own work. A failing input is printed in hexadecimal, for ``--reproduce``. With the package atheris installed,
``--engine atheris`` lets coverage guide the damage.
"""

import argparse
import importlib
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from tests.config.keepalived.samples import SEEDS
from vrrpd.config.diagnostics import has_errors
from vrrpd.config.keepalived.context import FoundFile, ReadContext
from vrrpd.config.keepalived.load import read_keepalived

FILE: Final = "/etc/keepalived/keepalived.conf"
EXIT_CODES: Final = frozenset({0, 2, 4, 5, 6})

_WORDS: Final = """
{ } {} " ' # ! $ ${ ${_ENV $A $B ${A} ~SEQ( ~LST( ) , @a @^a = $A= include includea weight reverse -1 0 1 255 256
99999999999999999999 1.5 0.0000001 1.2.3.4 1.2.3.4/33 fe80::1 :: eth0 MASTER VI_1 $IF=$IF
"""
_TOKENS: Final = (*_WORDS.split(), "\\", "\\#", "$B=\\\n", "\0", "\t", "\xe4", "\u2028")
_INCLUDES: Final = 3
_LONGEST_INPUT: Final = 1 << 16


def run_one(data: bytes) -> int:
    """The target: the text of a file, to keepalived's exit code. AssertionError when the answer contradicts itself."""
    text = data.decode("utf-8", errors="replace")
    config, diagnostics, verdict = read_keepalived(text, FILE, _context(data))
    assert (config is None) == has_errors(diagnostics)
    assert verdict.exit_code in EXIT_CODES
    assert all(str(item).isprintable() for item in diagnostics)
    assert all(item.location.line <= _lines(text) for item in diagnostics if item.location.file == FILE)
    return verdict.exit_code


def _lines(text: str) -> int:
    return text.count("\n") + 1


def _context(data: bytes) -> ReadContext:
    """A machine where the first patterns mean the file itself and one of the seeds."""
    asked: list[str] = []

    def find_files(pattern: str, directory: str) -> tuple[FoundFile, ...]:
        asked.append(pattern)
        if len(asked) > _INCLUDES:
            return ()
        own = FoundFile(f"{directory}/own.conf", data)
        other = FoundFile(f"/etc/{len(pattern) % len(SEEDS)}.conf", SEEDS[len(pattern) % len(SEEDS)].encode())
        return own, other

    return ReadContext(config_id="a", find_files=find_files, has_interface=lambda name: name.startswith("eth"))


Damage: TypeAlias = Callable[[Random, bytearray], None]


def _set_byte(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _insert_token(random: Random, data: bytearray) -> None:
    position = random.randrange(len(data) + 1)
    data[position:position] = random.choice(_TOKENS).encode() + random.choice((b"", b" ", b"\n"))


def _delete(random: Random, data: bytearray) -> None:
    position = random.randrange(len(data) + 1)
    del data[position : position + random.choice((1, 1, 5, 50))]


def _repeat(random: Random, data: bytearray) -> None:
    start = random.randrange(len(data) + 1)
    data[start:start] = bytes(data[start : start + random.choice((3, 30, 300))]) * random.choice((1, 2, 40))


def _swap_lines(random: Random, data: bytearray) -> None:
    lines = data.split(b"\n")
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    data[:] = b"\n".join(lines)


def _splice(random: Random, data: bytearray) -> None:
    other = random.choice(SEEDS).encode()
    start = random.randrange(len(other))
    position = random.randrange(len(data) + 1)
    data[position:position] = other[start : start + random.randrange(400)]


DAMAGES: Final[Sequence[Damage]] = (_set_byte, _insert_token, _insert_token, _delete, _repeat, _swap_lines, _splice)


class Mutator:
    """Inputs in an order that the seed of its generator decides."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def next_input(self) -> bytes:
        data = bytearray(self._random.choice(SEEDS).encode())
        for _ in range(self._random.choice((1, 1, 2, 3, 8, 20))):
            self._random.choice(DAMAGES)(self._random, data)
        return bytes(data[:_LONGEST_INPUT])


class TooSlowError(Exception):
    """An input took longer than it may."""


def fuzz(runs: int, seed: int, *, longest: float = 30.0, until: float = float("inf")) -> Counter[int]:
    """Exit codes of ``runs`` inputs, or of those before the moment ``until``; a failing input is printed."""
    mutator = Mutator(Random(seed))
    outcomes: Counter[int] = Counter()
    data = b""
    finished = False
    try:
        for _ in range(runs):
            data = mutator.next_input()
            start = time.process_time()
            outcomes[run_one(data)] += 1
            end = time.process_time()
            if end - start > longest:
                raise TooSlowError(f"{end - start:.1f} s")
            if end > until:
                break
        finished = True
    finally:
        if not finished:
            print(f"failed after {outcomes.total()} inputs: --reproduce {data.hex()}", file=sys.stderr)
    return outcomes


def report(outcomes: Counter[int], seconds: float, memory: int) -> int:
    """Print the counters; 1 when the process has grown beyond ``memory`` MiB."""
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:>9}  exit code {outcome}")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{outcomes.total():>9}  inputs in {seconds:.1f} s, {used} MiB")
    if used > memory:
        print(f"{used} MiB are more than {memory}", file=sys.stderr)
        return 1
    return 0


def run_atheris(runs: int, seed: int) -> None:
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit("--engine atheris needs the package atheris: pip install atheris")
    atheris.instrument_all()
    # libFuzzer ends the process itself, so nobody can tidy up after it; and its finds are worth keeping.
    folder = Path(tempfile.mkdtemp(prefix="fuzz-keepalived-conf-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, text in enumerate(SEEDS):
        (corpus / f"seed-{number}").write_text(text, encoding="utf-8")
    print(f"the corpus and any input that fails are kept in {folder}", flush=True)
    options = [f"-runs={runs}", f"-seed={seed}", "-max_len=8192", f"-artifact_prefix={folder}/", str(corpus)]
    atheris.Setup([sys.argv[0], *options], _discard_outcome)
    atheris.Fuzz()


def _discard_outcome(data: bytes) -> None:
    run_one(data)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    endless = float("inf")
    parser.add_argument("--seconds", type=float, default=endless, help="of processor time, whatever --runs says")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=30.0, help="seconds of processor time that one input may take")
    parser.add_argument("--memory", type=int, default=200, help="MiB that the process may need")
    parser.add_argument("--engine", choices=["python", "atheris"], default="python")
    parser.add_argument("--reproduce", type=bytes.fromhex, metavar="HEX", help="run one input and print its outcome")
    options = parser.parse_args(arguments)
    if options.reproduce is not None:
        print(f"exit code {run_one(options.reproduce)}")
        return 0
    if options.engine == "atheris":
        run_atheris(options.runs, options.seed)
        return 0
    start = time.process_time()
    outcomes = fuzz(options.runs, options.seed, longest=options.longest, until=start + options.seconds)
    return report(outcomes, time.process_time() - start, options.memory)


if __name__ == "__main__":
    sys.exit(main())
