"""Explore the election of two nodes to the end of the bounds given, for each pair; 1 if there is a fault."""

import sys
import time

from vrrpd.sim.model_check import PAIRS, Bounds, explore


def main(arguments: list[str]) -> int:
    if len(arguments) != 3 or not all(argument.isdecimal() for argument in arguments):
        print("usage: scripts/model-check LOSSES CRASHES LATE", file=sys.stderr)
        return 2
    losses, crashes, late = map(int, arguments)
    faults = 0
    for name, pair in PAIRS.items():
        began = time.monotonic()
        found = explore(*pair, Bounds(losses, crashes, late, states=sys.maxsize), say)
        print(f"{name}: {found.states} states, {found.steps} steps, {time.monotonic() - began:.0f} s")
        faults += bool(found.wrong)
        for step in found.wrong:
            print(f"  {step}")
    return 1 if faults else 0


def say(states: int, todo: int) -> None:
    print(f"{states} states, {todo} to go on from", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
