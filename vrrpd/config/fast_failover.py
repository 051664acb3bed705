"""``fast_failover``: its words and what they mean."""

from collections.abc import Mapping

from vrrpd.core.parameters import FastFailover, ProbeMode
from vrrpd.units import Seconds


def fast_failover(values: Mapping[str, object]) -> FastFailover:
    """From the values that were written, each of the type of its keyword."""
    usual = FastFailover()
    interval, misses = values.get("interval"), values.get("misses")
    return FastFailover(
        ProbeMode(values.get("probe", usual.probe.value)),
        Seconds(float(interval)) if isinstance(interval, int | float) else usual.interval,
        misses if isinstance(misses, int) else usual.misses,
    )


def fast_failover_settings(fast: FastFailover) -> dict[str, str | float]:
    """Keyword and value of what differs from the defaults."""
    given, usual = _values(fast), _values(FastFailover())
    return {word: value for word, value in given.items() if value != usual[word]}


def _values(fast: FastFailover) -> dict[str, str | float]:
    return {"probe": fast.probe.value, "interval": fast.interval, "misses": fast.misses}
