"""The RFCs' reading of the settings."""

from tests.core.builders import parameters, version_3
from vrrpd.config.rfc import rfc_reading
from vrrpd.core.parameters import AnnouncePolicy, ListMismatchPolicy
from vrrpd.units import Priority


def test_the_rfcs_reading_undoes_what_keepalived_added() -> None:
    ours = parameters(advert_before_yielding=True, down_timer_adverts=5, timer_expired_backup=Priority(90))
    strict = rfc_reading(ours)
    assert strict.owner_ignores_adverts
    assert not strict.advert_before_yielding
    assert strict.down_timer_adverts == 3
    assert strict.farewells_on_fault == 1
    assert strict.timer_expired_backup is None
    assert rfc_reading(strict) == strict


def test_rfc_3768_discards_a_lower_priority_and_a_foreign_list() -> None:
    strict = rfc_reading(parameters())
    assert not strict.answer_lower_priority
    assert strict.list_mismatch is ListMismatchPolicy.DROP


def test_rfc_9568_answers_a_lower_priority_and_tolerates_a_foreign_list() -> None:
    """Section 6.4.3: send an ADVERTISEMENT immediately to assert the Active state; section 7.1: log, not drop."""
    strict = rfc_reading(version_3())
    assert strict.answer_lower_priority
    assert strict.list_mismatch is ListMismatchPolicy.ACCEPT


def test_the_rfcs_know_no_announcements_after_a_lower_priority() -> None:
    for settings in (parameters(), version_3()):
        policy = rfc_reading(settings).announce
        assert policy.lower_priority_repeat == 0
        assert policy.repeat == AnnouncePolicy().repeat
