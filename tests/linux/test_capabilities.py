import os

import pytest

from vrrpd.linux import capabilities


@pytest.mark.parametrize(
    ("mask", "missing"),
    [
        ("0000000000000000", ("CAP_NET_ADMIN", "CAP_NET_RAW")),
        ("0000000000001000", ("CAP_NET_RAW",)),
        ("0000000000002000", ("CAP_NET_ADMIN",)),
        ("000001ffffffffff", ()),
    ],
)
def test_missing_ones_are_named(
    mask: str, missing: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tmp_path_factory.mktemp("proc") / "status"
    status.write_text(f"Name:\tvrrpd\nCapPrm:\t000001ffffffffff\nCapEff:\t{mask}\n", encoding="ascii")
    monkeypatch.setattr(capabilities, "_STATUS", status)
    assert capabilities.missing_capabilities() == missing


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_has_them() -> None:
    assert capabilities.missing_capabilities() == ()
