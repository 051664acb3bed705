"""Who may do what."""

import pytest

from vrrpd.control.commands import Access, Caller
from vrrpd.control.permissions import Permissions

OWNER, GROUP = 500, 700


@pytest.mark.parametrize(
    ("caller", "read", "change"),
    [
        (Caller(1, 0, 0), True, True),
        (Caller(1, OWNER, 1), True, True),
        (Caller(1, 1000, GROUP), True, False),
        (Caller(1, 1000, 1000, (1, GROUP)), True, False),
        (Caller(1, 1000, 1000, (1, 2)), False, False),
        (Caller(1, 1000, 0, (0,)), False, False),
        (Caller(1, GROUP, OWNER), False, False),
    ],
)
def test_table(caller: Caller, read: bool, change: bool) -> None:
    permissions = Permissions(OWNER, GROUP)
    assert permissions.allow(caller, Access.READ) == read
    assert permissions.allow(caller, Access.CHANGE) == change
