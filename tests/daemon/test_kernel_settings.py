"""Settings of the kernel while the daemon runs, on a kernel that is a dictionary."""

from errno import EACCES, ENOENT

from tests.config.findings import instance, read
from vrrpd.daemon.kernel_settings import REPORTS, KernelSettings, settings_of
from vrrpd.errors import LinuxError

PROMOTE = "net/ipv4/conf/eth0/promote_secondaries"


class Kernel:
    def __init__(self, **values: str) -> None:
        self.values = {PROMOTE: "0", REPORTS: "1", **values}
        self.forbidden: set[str] = set()
        self.writes = 0

    def read(self, name: str) -> str:
        if name not in self.values:
            raise LinuxError("read sysctl", name, ENOENT)
        return self.values[name]

    def write(self, name: str, value: str) -> None:
        if name in self.forbidden:
            raise LinuxError("write sysctl", name, EACCES)
        self.read(name)
        self.values[name] = value
        self.writes += 1

    def settings(self) -> KernelSettings:
        return KernelSettings(self.read, self.write)


def test_they_hold_for_the_lifetime() -> None:
    kernel = Kernel()
    settings = kernel.settings()
    settings.want({PROMOTE: "1", REPORTS: "0"})
    assert kernel.values == {PROMOTE: "1", REPORTS: "0"}
    settings.want({REPORTS: "0"})
    assert kernel.values == {PROMOTE: "0", REPORTS: "0"}
    settings.restore()
    assert kernel.values == {PROMOTE: "0", REPORTS: "1"}


def test_what_is_so_already_is_not_touched_and_stays() -> None:
    kernel = Kernel(**{PROMOTE: "1"})
    settings = kernel.settings()
    settings.want({PROMOTE: "1"})
    settings.restore()
    assert (kernel.values[PROMOTE], kernel.writes) == ("1", 0)


def test_an_interface_that_comes_later_or_anew_gets_them_too() -> None:
    kernel = Kernel()
    del kernel.values[PROMOTE]
    settings = kernel.settings()
    settings.want({PROMOTE: "1"})
    kernel.values[PROMOTE] = "0"
    settings.review()
    assert kernel.values[PROMOTE] == "1"
    kernel.values[PROMOTE] = "0"
    settings.review()
    assert kernel.values[PROMOTE] == "1"
    del kernel.values[PROMOTE]
    settings.restore()
    assert PROMOTE not in kernel.values


def test_what_may_not_be_set_is_only_said() -> None:
    kernel = Kernel()
    kernel.forbidden.add(PROMOTE)
    settings = kernel.settings()
    settings.want({PROMOTE: "1"})
    settings.restore()
    assert kernel.values[PROMOTE] == "0"


def test_what_a_configuration_asks_for() -> None:
    text = f"[global_defs]\ndisable_local_igmp = true\n{instance('promote_secondaries = true')}"
    assert settings_of(read(text)) == {REPORTS: "0", PROMOTE: "1"}
    assert settings_of(read(instance())) == {}
