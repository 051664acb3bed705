"""Cosmian's body of /health, as HAProxy's expression and the lab's client read it."""

import json
import re

import pytest

from netns.kms import configs, health
from netns.kms.prober import verdict

EXPRESSION = configs.BODY_CHECK.split("'")[1]


@pytest.mark.parametrize(("up", "word"), [(True, "UP"), (False, "DOWN")])
def test_the_shape(up: bool, word: str) -> None:
    assert json.loads(health.body(up=up, latency_ms=3)) == {
        "status": word,
        "latency_ms": 3,
        "dependencies": {"database": {"name": "postgres", "status": word}},
    }


@pytest.mark.parametrize("up", [True, False])
def test_haproxy_and_the_client_tell_up_from_down(up: bool) -> None:
    body = health.body(up=up, latency_ms=3)
    assert (re.search(EXPRESSION, body.decode()) is not None) == up
    assert health.is_up(body) == up


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\n" + health.body(up=True, latency_ms=1), ""),
        (b"HTTP/1.0 200 OK\r\n\r\n" + health.body(up=False, latency_ms=1), "answer DOWN"),
        (b"HTTP/1.0 503 Service Unavailable\r\n\r\n<html>", "answer 503"),
        (b"", "cut"),
        (b"HTTP/1.0", "cut"),
        (b"HTTP/1.0 200 OK\r\nContent-", "answer DOWN"),
    ],
)
def test_what_the_client_makes_of_an_answer(answer: bytes, expected: str) -> None:
    assert verdict(answer) == expected
