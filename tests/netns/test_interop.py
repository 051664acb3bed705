"""vrrpd next to keepalived, next to FRR's vrrpd, and next to itself, each as MASTER and as BACKUP."""

import pytest

from tests.netns.playing import Recorder, assert_plays

pytestmark = pytest.mark.netns

KEEPALIVED = [("vrrpd", "keepalived"), ("keepalived", "vrrpd")]
FRR = [("vrrpd", "frr"), ("frr", "vrrpd")]
ITSELF = [("vrrpd", "vrrpd")]


@pytest.mark.slow
@pytest.mark.parametrize(("r1", "r2"), KEEPALIVED)
def test_version_2_without_authentication(r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays("interop-v2", r1, r2, record_property)


@pytest.mark.slow
@pytest.mark.parametrize(("r1", "r2"), KEEPALIVED + ITSELF)
def test_version_2_with_a_password(r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays("interop-v2-pass", r1, r2, record_property)


@pytest.mark.slow
@pytest.mark.parametrize(("r1", "r2"), FRR)
def test_version_2_without_scripts(r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays("interop-v2-plain", r1, r2, record_property)


@pytest.mark.slow
@pytest.mark.parametrize(("r1", "r2"), KEEPALIVED + ITSELF)
def test_version_3(r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays("interop-v3", r1, r2, record_property)


@pytest.mark.parametrize(("r1", "r2"), FRR)
def test_version_3_without_scripts(r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays("interop-v3-plain", r1, r2, record_property)


@pytest.mark.parametrize(("r1", "r2"), KEEPALIVED + ITSELF)
def test_version_3_over_ipv6(r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays("interop-v3-ipv6", r1, r2, record_property)
