"""Which keys count, what is known of them after a crash, and what an error is called."""

import random
import socket
import ssl
import threading
from pathlib import Path

import pytest

pytest.importorskip("kmip", reason="needs the extra kms")

from kmip.core.enums import ResultReason, ResultStatus
from kmip.pie.exceptions import KmipOperationFailure

from netns.kms import kmip_client


def test_a_key_counts_from_its_acknowledgement_and_has_the_digest_of_its_first_reading(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keys = kmip_client.Keys(file)
    keys.created("7")
    assert kmip_client.load_keys(file) == {"7": None}
    keys.read("7", b"value")
    keys.created("8")
    assert kmip_client.load_keys(file) == {"7": kmip_client.digest_of(b"value"), "8": None}


def test_another_value_is_the_wrong_key(tmp_path: Path) -> None:
    keys = kmip_client.Keys(tmp_path / "keys")
    keys.created("7")
    keys.read("7", b"value")
    keys.read("7", b"value")
    with pytest.raises(kmip_client.WrongKeyError):
        keys.read("7", b"another")


def test_a_new_key_is_read_next(tmp_path: Path) -> None:
    keys = kmip_client.Keys(tmp_path / "keys")
    rng = random.Random(1)
    assert keys.any(rng) is None
    for name in ("1", "2", "3"):
        keys.created(name)
        assert keys.any(rng) == name
    keys.read("3", b"value")
    assert {keys.any(rng) for _ in range(100)} == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError("timed out"), "timeout"),
        (TimeoutError("_ssl.c:990: The handshake operation timed out"), "cut"),
        (TimeoutError("The read operation timed out"), "cut"),
        (ConnectionRefusedError(), "refused"),
        (ConnectionResetError(), "cut"),
        (BrokenPipeError(), "cut"),
        (EOFError(), "cut"),
        (ssl.SSLEOFError(), "cut"),
        (OSError(113, "No route to host"), "unreachable"),
        (
            KmipOperationFailure(ResultStatus.OPERATION_FAILED, ResultReason.ITEM_NOT_FOUND, "x"),
            "answer ITEM_NOT_FOUND",
        ),
    ],
)
def test_what_an_error_is_called(error: Exception, expected: str) -> None:
    assert kmip_client.reason(error) == expected


def test_the_keys_are_shared_by_threads(tmp_path: Path) -> None:
    keys = kmip_client.Keys(tmp_path / "keys")

    def work(number: int) -> None:
        for count in range(50):
            name = f"{number}{count:03}"
            keys.created(name)
            keys.read(name, name.encode())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = kmip_client.load_keys(tmp_path / "keys")
    assert found == {name: kmip_client.digest_of(name.encode()) for name in found}
    assert len(found) == 150


def test_a_peer_that_falls_silent_is_told_from_one_that_is_not_there() -> None:
    """By the library's own words."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_connection(silent.getsockname()) as plain:
        plain.settimeout(0.05)
        with pytest.raises(TimeoutError) as caught:
            context.wrap_socket(plain, server_hostname="kms")
    assert kmip_client.reason(caught.value) == "cut"
