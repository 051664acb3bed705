"""Made on the fly, they must be good enough for mutual TLS, and nobody else may read the keys."""

import ssl
import stat
from pathlib import Path

import pytest

from netns.kms import certificates

x509 = pytest.importorskip("cryptography.x509")
VIP, NODE = "192.168.1.100", "192.168.1.11"


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """The server's end of a finished handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    ends[1].write(b"x")
    assert ends[0].read(1) == b"x"
    return ends[1]


def contexts(made: certificates.Certificates) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.verify_mode = ssl.CERT_REQUIRED
    for context, pair in ((server, made.server), (client, made.client)):
        context.load_verify_locations(made.authority)
        context.load_cert_chain(pair.certificate, pair.key)
    return server, client


@pytest.mark.parametrize("name", [VIP, NODE])
def test_both_ends_know_each_other_at_every_address(tmp_path: Path, name: str) -> None:
    peer = shake_hands(*contexts(certificates.make(tmp_path, [VIP, NODE])), name).getpeercert()
    assert peer is not None
    assert peer["subject"] == ((("commonName", certificates.CLIENT),),)


def test_a_server_at_another_address_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(*contexts(certificates.make(tmp_path, [VIP])), "192.168.1.99")


def test_a_client_of_another_lab_is_refused(tmp_path: Path) -> None:
    labs = []
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        labs.append(certificates.make(tmp_path / name, [VIP]))
    server, _ = contexts(labs[0])
    _, stranger = contexts(labs[1])
    stranger.load_verify_locations(labs[0].authority)
    with pytest.raises(ssl.SSLError):
        shake_hands(server, stranger, VIP)


def test_the_client_may_authenticate_and_the_keys_are_private(tmp_path: Path) -> None:
    made = certificates.make(tmp_path, [VIP])
    certificate = x509.load_pem_x509_certificate(made.client.certificate.read_bytes())
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH in usage
    for pair in (made.server, made.client):
        assert stat.S_IMODE(pair.key.stat().st_mode) == 0o600
