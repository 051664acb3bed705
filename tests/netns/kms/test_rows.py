"""Each row on a site that behaves, and on one that has a fault of its own, which the row must find."""

import pytest

from netns.kernel import LabError
from netns.kms.record import Run
from netns.kms.rows import KEYS, kinds
from netns.kms.rows.play import Play, disorder
from netns.kms.timers import of_the_setting
from tests.netns.kms.fake import FakeError, FakeSite, Manners

TIMERS = of_the_setting()
KINDS = {kind.name: kind for kind in (*kinds(TIMERS), KEYS)}


def play(name: str, manners: Manners, daemon: str = "vrrpd") -> Run:
    kind = KINDS[name]
    site = FakeSite(manners, kind.balancers, daemon)
    played = Play(kind, site, site.chronicle, TIMERS)
    played.calm()
    kind.play(played)
    return played.ended()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("daemon", ["vrrpd", "keepalived"])
def test_a_site_that_behaves_passes_and_shows_its_headline(name: str, daemon: str) -> None:
    run = play(name, Manners(), daemon)
    assert run.failures == ()
    assert KINDS[name].headline in run.figures
    assert run.ended >= run.started


@pytest.mark.parametrize(
    ("name", "manners", "said"),
    [
        ("haproxy-dies", Manners(takeover=2.5), "expected at most 2"),
        ("haproxy-dies", Manners(takeover=60.0), "did not take the address"),
        ("haproxy-dies", Manners(hand_back=60.0), "did not take the address back"),
        ("haproxy-dies-timers", Manners(takeover=6.5), "expected at most 5.85"),
        ("node-crashes", Manners(takeover=3.1), "expected at most 2"),
        ("both-gone", Manners(takeover=5.0), "expected at most 3.8"),
        ("both-gone", Manners(forgets_third=True), "lb3 did not take the address"),
        ("kms-down", Manners(down=12.0), "expected at most 9.25"),
        ("kms-down", Manners(errors=[FakeError("kmip", 11.0, 11.5, "cut")]), "KMIP errors"),
        ("kms-down", Manners(never_traffic="kms3"), "kms3 got no traffic"),
        ("kms-recovers", Manners(up=8.0), "expected at most 6.5"),
        ("kms-added", Manners(errors=[FakeError("health", 2.0, 2.5, "refused")]), "health: refused"),
        ("kms-added", Manners(never_traffic="kms4"), "kms4 gets no traffic"),
        ("database-returns", Manners(down=11.0), "expected at most 9.5"),
        ("database-returns", Manners(up=8.0), "expected at most 6.5"),
        ("database-returns", Manners(lost=1), "1 of 10 acknowledged keys are lost"),
        ("rolling-upgrade", Manners(outage_ms=600.0), "expected at most 10"),
        ("rolling-upgrade", Manners(errors=[FakeError("kmip", 1.0, 1.1, "refused")]), "refused"),
        ("rolling-upgrade", Manners(errors=[FakeError("kmip", 1.0, 1.1, "cut")] * 9), "connections cut: 9"),
        ("partition", Manners(takeover=60.0), "lb2 did not take the address"),
        ("partition", Manners(both_stay=True), "lb1 does not have the address alone"),
        ("partition", Manners(corrected=3.0), "caches"),
        ("partition", Manners(corrected=60.0), "still sends to lb2"),
        ("partition", Manners(mute=True), "no counters"),
        ("keys-kept", Manners(lost=2), "2 of 10"),
    ],
)
def test_a_fault_of_the_site_is_found(name: str, manners: Manners, said: str) -> None:
    assert any(said in failure for failure in play(name, manners).failures)


def test_bounds_come_from_the_configuration_files() -> None:
    assert (TIMERS.check, TIMERS.interval) == (2.0, 1.0)
    assert [round(value, 3) for value in TIMERS.master_down] == [3.598, 3.602, 3.605]
    assert (TIMERS.server_down, TIMERS.server_up) == (9.0, 6.0)


def test_a_site_that_does_not_come_to_rest_ends_the_run() -> None:
    site = FakeSite(Manners())
    site.balancers["lb2"].kill_haproxy()
    assert disorder(site) == "lb2 has no HAProxy"
    with pytest.raises(LabError, match="lb2 has no HAProxy"):
        Play(KINDS["haproxy-dies"], site, site.chronicle, TIMERS).calm()


def test_what_is_out_of_order_is_named() -> None:
    site = FakeSite(Manners())
    assert disorder(site) == ""
    site.balancers["lb1"].servers["kms2"] = "DOWN"
    assert disorder(site) == "lb1 says kms2 is DOWN"
    site.take("lb2")
    assert disorder(site) == "lb1 and lb2 instead of lb1 holds the address"
    site.nodes["kms1"].running = False
    assert disorder(site) == "kms1 does not run"
