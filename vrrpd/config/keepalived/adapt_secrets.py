"""``authentication`` and ``auth_hmac``: what is secret stays out of every message."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import Draft, Parser, complain, integer, integer_word, one_of, rules
from vrrpd.config.model import Authentication, AuthHmac, HmacKey
from vrrpd.config.validate import PASSWORD_BYTES

_KEY_BYTES: Final = range(32, 65)


def authentication(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    inner = Draft()
    keywords: dict[str, Handler] = {
        "auth_type": partial(_auth_type, inner),
        "auth_pass": partial(_auth_pass, inner),
    }
    cursor.block(statement, keywords, "authentication")
    draft.origins.setdefault("authentication", statement.location)
    draft.origins.update((f"authentication.{name}", at) for name, at in inner.origins.items())
    kind, password = inner.find("auth_type", str), inner.find("auth_pass", str)
    if kind is not None and password is None:
        complain(
            cursor, statement.words[0], "no-password", "authentication without auth_pass: advertisements carry none",
            expected="auth_pass and at most 8 bytes",
        )  # fmt: skip
    elif password is not None and kind is None:
        cursor.complaints.warn(
            statement.location,
            "no-auth-type",
            "authentication without auth_type: advertisements carry none",
            write="auth_type PASS",
        )
    elif kind is not None and password is not None:
        draft.values["authentication"] = Authentication(kind, password)


def _auth_type(inner: Draft, cursor: Cursor, statement: Statement) -> None:
    if not cursor.needs(statement, 1, "PASS or AH"):
        return
    if statement.words[1].text in {"PASS", "AH"}:
        inner.put("auth_type", statement.words[1].text, statement.location)
        return
    complain(cursor, statement.words[1], "bad-value", "auth_type is neither PASS nor AH", expected="PASS or AH")


def _auth_pass(inner: Draft, cursor: Cursor, statement: Statement) -> None:
    if not cursor.needs(statement, 1, "the password"):
        return
    word = statement.words[1]
    inner.put("auth_pass", word.text, word.location)
    length = len(word.text.encode(errors="replace"))
    if length > PASSWORD_BYTES:
        complain(
            cursor, word, "long-password",
            f"only the first {PASSWORD_BYTES} of the {length} bytes of auth_pass are used, and they are sent in clear",
            expected=f"at most {PASSWORD_BYTES} bytes",
        )  # fmt: skip


# -- HMAC ------------------------------------------------------------------------------------------------------------

_HMAC_PARSERS: Final[Mapping[str, Parser]] = {
    "active_key": integer(1, 255),
    "time_window": integer(1, 300),
    "anti_replay": one_of("time", "monotonic"),
    "mode": one_of("enforce", "permissive", "receive-only"),
}


def auth_hmac(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    inner = Draft()
    keys: list[HmacKey] = []
    keywords = rules(inner, _HMAC_PARSERS) | {"key": partial(_key, keys)}
    cursor.block(statement, keywords, "auth_hmac")
    draft.origins["auth_hmac"] = statement.location
    if not keys:
        complain(cursor, statement.words[0], "missing-keyword", "auth_hmac has no usable key: it is ignored")
        return
    active = inner.find("active_key", int)
    if active is not None and active not in {key.key_id for key in keys}:
        complain(cursor, statement.words[0], "bad-value", f"there is no key {active} in this auth_hmac")
    draft.values["auth_hmac"] = AuthHmac(
        tuple(keys),
        active,
        inner.find("time_window", int),
        inner.get("anti_replay", str, "time"),
        inner.get("mode", str, "enforce"),
    )


def _key(keys: list[HmacKey], cursor: Cursor, statement: Statement) -> None:
    """``key ID VALUE``; the value never appears in a message."""
    if not cursor.needs(statement, 2, "a number and a key"):
        return
    number = integer_word(cursor, statement.words[1], 1, 255, "the number of a key")
    value = statement.words[2].text
    plain = not value.startswith(("hex:", "file:"))
    if plain and len(value.encode(errors="replace")) not in _KEY_BYTES:
        complain(
            cursor, statement.words[2], "bad-key", "this key is too short or too long: it is left out",
            expected="32 to 64 bytes, hex:DIGITS or file:PATH",
        )  # fmt: skip
        return
    if number is not None:
        keys.append(HmacKey(number, value))
