"""The control protocol on bytes alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.control.protocol import (
    ErrorCode,
    LineBuffer,
    NotJsonObjectError,
    Refusal,
    Request,
    encode_refusal,
    encode_request,
    encode_result,
    parse_object,
    parse_request,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
IDS = st.integers() | st.text()


@given(IDS, st.text(), st.dictionaries(st.text(), JSON, max_size=5))
def test_a_request_survives_the_wire(request_id: int | str, command: str, args: dict[str, object]) -> None:
    line = encode_request(Request(request_id, command, args))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert parse_request(line[:-1]) == Request(request_id, command, args)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_request_or_a_refusal_that_can_be_sent(line: bytes) -> None:
    answer = parse_request(line)
    if isinstance(answer, Refusal):
        assert json.loads(encode_refusal(answer))["error"]["code"] == answer.code.value


@given(JSON)
def test_any_json_gives_a_request_or_a_refusal(value: object) -> None:
    answer = parse_request(json.dumps(value).encode())
    if not isinstance(value, dict):
        assert isinstance(answer, Refusal)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "v": JSON | st.just(1),
            "id": JSON | st.just(1),
            "command": JSON | st.just("status"),
            "args": JSON | st.just({}),
        },
    )
)
def test_a_request_is_accepted_exactly_when_each_part_has_its_type(value: dict[str, object]) -> None:
    expected = (
        type(value.get("v")) is int
        and value["v"] == 1
        and type(value.get("id")) in (int, str)
        and isinstance(value.get("command"), str)
        and isinstance(value.get("args", {}), dict)
    )
    assert isinstance(parse_request(json.dumps(value).encode()), Request) == expected


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        (b"", ErrorCode.BAD_REQUEST, "not JSON"),
        (b"\xff\xfe", ErrorCode.BAD_REQUEST, "not UTF-8"),
        (b"[1]", ErrorCode.BAD_REQUEST, "list"),
        (b'{"v":1,"id":true,"command":"x"}', ErrorCode.BAD_REQUEST, "id"),
        (b'{"v":1,"id":1.5,"command":"x"}', ErrorCode.BAD_REQUEST, "id"),
        (b'{"v":2,"id":1,"command":"x"}', ErrorCode.UNSUPPORTED_VERSION, "version 1"),
        (b'{"v":true,"id":1,"command":"x"}', ErrorCode.UNSUPPORTED_VERSION, "version 1"),
        (b'{"id":1,"command":"x"}', ErrorCode.UNSUPPORTED_VERSION, "version 1"),
        (b'{"v":1,"id":1}', ErrorCode.BAD_REQUEST, "command"),
        (b'{"v":1,"id":1,"command":"x","args":[]}', ErrorCode.BAD_REQUEST, "args"),
        (b'{"v":1,"id":1,"command":"x","args":{"a":NaN}}', ErrorCode.BAD_REQUEST, "NaN"),
        (b'{"v":1,"id":' + b"9" * 5000 + b',"command":"x"}', ErrorCode.BAD_REQUEST, "not JSON"),
        (b"[" * 60_000, ErrorCode.BAD_REQUEST, "nested too deeply"),
        (b'{"a":' * 12_000, ErrorCode.BAD_REQUEST, "nested too deeply"),
    ],
)
def test_refusals_say_what_is_wrong(line: bytes, code: ErrorCode, text: str) -> None:
    answer = parse_request(line)
    assert isinstance(answer, Refusal)
    assert answer.code is code
    assert text in answer.message


def test_the_wire_form_is_the_documented_one() -> None:
    assert encode_request(Request(7, "status")) == b'{"v":1,"id":7,"command":"status","args":{}}\n'
    assert encode_result(7, {"a": 1}) == b'{"v":1,"id":7,"ok":true,"result":{"a":1}}\n'
    refusal = Refusal(None, ErrorCode.UNKNOWN_COMMAND, "no")
    assert encode_refusal(refusal) == (
        b'{"v":1,"id":null,"ok":false,"error":{"code":"unknown_command","message":"no"}}\n'
    )


def test_a_reply_is_ascii_whatever_it_carries() -> None:
    line = encode_result("\ud800", {"name": "\x1b[31mrot\n"})
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert parse_object(line)["result"] == {"name": "\x1b[31mrot\n"}


def test_a_result_that_is_not_json_is_a_defect_and_not_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_result(1, {"a": float("nan")})


def test_parse_object_names_what_it_found() -> None:
    with pytest.raises(NotJsonObjectError, match="column 2"):
        parse_object(b"{x}")


@given(st.lists(st.binary(max_size=20).filter(lambda data: b"\n" not in data)), st.lists(st.integers(1, 30)))
def test_lines_come_out_as_they_went_in_however_they_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    buffer = LineBuffer(limit=20)
    out: list[bytes] = []
    position = 0
    for size in [*cuts, len(stream)]:
        buffer.feed(stream[position : position + size])
        position += size
        while not buffer.overflowing and (line := buffer.next_line()) is not None:
            out.append(line)
    assert out == [line.removesuffix(b"\r") for line in lines]
    assert not buffer.has_line


@given(st.integers(0, 50), st.booleans())
def test_a_line_overflows_exactly_above_the_limit(length: int, whole: bool) -> None:
    buffer = LineBuffer(limit=20)
    buffer.feed(b"x" * length + (b"\n" if whole else b""))
    assert buffer.overflowing == (length > 20)
    assert buffer.has_line == whole
    if whole and length <= 20:
        assert buffer.next_line() == b"x" * length


def test_an_overlong_line_behind_a_good_one_does_not_hide_it() -> None:
    buffer = LineBuffer(limit=4)
    buffer.feed(b"good\n" + b"x" * 9)
    assert not buffer.overflowing
    assert buffer.next_line() == b"good"
    assert buffer.overflowing
