"""No password is shown with the lines of a file."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.config.redact import redacted


@pytest.mark.parametrize(
    "text",
    [
        'auth_pass = "Hush"',
        "authentication = { auth_pass = 'Hush', x = 1 }",
        '"auth_pass" = """\nHush\n"""',
        'auth_pass = """Hush\\\nHush',
        "auth_pas = 'a'\nauth_password = Hush",
        'auth_pass="Hush',
        "auth_pass Hush # keepalived's own language",
        'AUTH_PASS = "Hush\\"Hush"',
        "[x]\n[x]\n[auth\nauth_pass = 'Hush'",
    ],
)
def test_passwords_are_covered(text: str) -> None:
    shown = redacted(text)
    assert "Hush" not in shown
    assert len(shown) == len(text)
    assert shown.count("\n") == text.count("\n")


def test_all_else_stays() -> None:
    text = "# one pass and another\npriority = 5\nx = ['auth']\n"
    assert redacted(text) == text


@given(st.text(max_size=100))
def test_places_stay(text: str) -> None:
    shown = redacted(text)
    assert [len(line) for line in shown.split("\n")] == [len(line) for line in text.replace("\r\n", "\n").split("\n")]


def test_keys_and_passwords_in_keepalived_s_language() -> None:
    text = "auth_hmac {\n  key 1 hex:0011\n}\nauth_passs 'geheim 1'\n  password geheim\nvirtual_router_id 5\n"
    shown = redacted(text)
    assert "0011" not in shown
    assert "geheim" not in shown
    assert "virtual_router_id 5" in shown
    assert [len(line) for line in shown.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        '[vrrp_instance.V]\nauth_hmac = { key = ["1 mysecret", "2 mysecret"], active_key = 1 }',
        '[vrrp_instance.V.auth_hmac]\nkey = [\n  "1 mysecret",\n  "2 mysecret",\n]\nactive_key = 1',
        '[vrrp_instance.V\nauth_hmac = { key = ["1 mysecret", "2 mysecret"',
    ],
)
def test_keys_of_signatures(text: str) -> None:
    shown = redacted(text)
    assert "mysecret" not in shown
    assert len(shown) == len(text)
    assert "active_key = 1" in shown or "active_key" not in text


@pytest.mark.parametrize("text", ["x" * 300_000, "pass" * 80_000, "pass " * 60_000, "auth_pass" + " " * 300_000])
def test_a_long_line_takes_no_longer_than_many_short_ones(text: str) -> None:
    """Twice as much text takes about twice as long, not four times."""

    def seconds(subject: str) -> float:
        begin = time.perf_counter()
        redacted(subject)
        return time.perf_counter() - begin

    assert min(seconds(text) for _ in range(3)) < 3 * min(seconds(text[: len(text) // 2]) for _ in range(3)) + 0.05


def test_many_passwords_in_one_file() -> None:
    text = "".join(f'[vrrp_instance.V{number}]\nauth_pass = "Hush-Hush"\n' for number in range(300))
    assert "Hush" not in redacted(text)
