"""Settings."""

from tests.core.builders import VIP, VIP_2, parameters


def test_excluded_addresses_are_ours_but_not_advertised() -> None:
    settings = parameters(excluded_addresses=(VIP_2,))
    assert settings.addresses == (VIP,)
    assert settings.all_addresses == (VIP, VIP_2)


def test_only_255_owns() -> None:
    assert parameters(255).is_owner
    assert not parameters(254).is_owner
