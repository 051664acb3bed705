"""HAProxy 2.6's own lines."""

import pytest

from netns.kms.server_events import change_in

DOWN = (
    "<141>Nov 23 06:25:51 haproxy[6]: Server kmip_backend/kms2 is DOWN, reason: Layer4 connection problem, "
    'info: "Connection refused", check duration: 0ms. 2 active and 0 backup servers left.'
)
UP = "<141>Nov 23 06:25:59 haproxy[6]: Server kmip_backend/kms2 is UP, reason: Layer7 check passed, code: 200"
OTHER = "<141>Nov 23 06:25:51 haproxy[6]: Server health_backend/kms2 is DOWN via kmip_backend/kms2. 2 active"


@pytest.mark.parametrize(("line", "expected"), [(DOWN, "kms2 DOWN"), (UP, "kms2 UP"), (OTHER, None), ("", None)])
def test_what_is_heard(line: str, expected: str | None) -> None:
    assert change_in(line) == expected
