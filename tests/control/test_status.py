"""The status result: what the daemon may send and the command line accepts."""

import json

import pytest

from tests.control.samples import sample_status
from vrrpd.control.status import read_status
from vrrpd.errors import ControlError


def test_the_sample_is_accepted_as_received() -> None:
    received = json.loads(json.dumps(sample_status()))
    assert read_status(received) == received


def test_a_later_versions_extra_keys_are_left_alone() -> None:
    received = json.loads(json.dumps(sample_status()))
    received["instances"][0]["maintenance"] = {"until": 1}
    assert read_status(received)["instances"][0]["name"] == "VI_1"


def test_another_form_is_refused_with_the_place() -> None:
    received = json.loads(json.dumps(sample_status()))
    received["instances"][0]["master"]["priority"] = "101"
    with pytest.raises(ControlError, match=r"status\.instances\[0\]\.master"):
        read_status(received)
