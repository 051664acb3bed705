"""What can go wrong, by whose doing."""

import errno as _errno


class VrrpdError(Exception):
    """Base of every error that vrrpd raises on purpose."""


class ConfigError(VrrpdError):
    """The configuration cannot be used; its text names each fault with file and line."""


class LinuxError(VrrpdError):
    """A system call failed: what was tried, on what, and the errno that came back."""

    def __init__(self, operation: str, target: str, number: int) -> None:
        super().__init__(f"{operation} {target}: {describe_errno(number)}")
        self.operation = operation
        self.target = target
        self.errno = number


class ControlError(VrrpdError):
    """The control socket cannot be reached, refused the caller, or answered something else than the protocol says."""


def describe_errno(number: int) -> str:
    """The name of an errno, as an operator searches for it: ``EADDRNOTAVAIL``."""
    return _errno.errorcode.get(number, f"errno {number}")
