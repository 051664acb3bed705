"""The RFCs' own reading of the protocol, where keepalived's is the default."""

from dataclasses import replace

from vrrpd.core.parameters import ListMismatchPolicy, Parameters


def rfc_reading(parameters: Parameters) -> Parameters:
    """The same virtual router as RFC 3768 and RFC 9568 would have it, where keepalived does otherwise.

    RFC 3768 section 6.4.3: a master discards a lower priority, where RFC 9568 section 6.4.3 answers it; neither sends
    announcements then. Section 7.1 of both: an owner discards every advertisement; of RFC 3768: a differing address
    list is dropped unless the owner sent it.
    """
    return replace(
        parameters,
        owner_ignores_adverts=True,
        answer_lower_priority=parameters.version == 3,
        announce=replace(parameters.announce, lower_priority_repeat=0),
        advert_before_yielding=False,
        list_mismatch=ListMismatchPolicy.DROP if parameters.version == 2 else ListMismatchPolicy.ACCEPT,
        down_timer_adverts=3,
        farewells_on_fault=1,
        timer_expired_backup=None,
    )
