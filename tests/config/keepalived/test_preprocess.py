"""Comments, conditions, definitions, sequences and predefined names: what is left for the parser."""

from dataclasses import replace

import pytest

from tests.config.keepalived.reading import FILE, lines, places, read
from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.context import ReadContext

LB1 = ReadContext(config_id="lb1")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("# all\n! of this\n", []),
        ("interface eth0 # why\n", ["interface eth0"]),
        ("router_id test!comment\n", ["router_id test"]),
        ('router_id "a # b ! c"\n', ['router_id "a # b ! c"']),
        ("router_id a\\#b\\!c # d\n", ["router_id a#b!c"]),
        ("  \t indented\t\r\n", ["indented"]),
        ("cut\0off\n", ["cut"]),
        ("no end", ["no end"]),
    ],
)
def test_comments_and_blanks(text: str, left: list[str]) -> None:
    assert lines(text) == left


def test_conditions() -> None:
    text = "@lb1 priority 101\n@lb2 priority 100\n@^lb1 nopreempt\n@^lb2 preempt\n@lb1\npriority 5\n"
    assert lines(text, LB1) == ["priority 101", "preempt", "priority 5"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("$IF=eth0\ninterface $IF\n", ["interface eth0"]),
        ("$IF=eth0\nlabel ${IF}:1\n", ["label eth0:1"]),
        ("$A=x y  \n1$A\n", ["1x y"]),
        ("$A=1\n$A2 ${A}2\n", ["$A2 12"]),
        ("$IF=\n[$IF]\n", ["[]"]),
        ("$A=1\n$A=2\n$A\n", ["2"]),
        ("$A=$B\n$B=late\n$A\n", ["late"]),
        ("$A=$\n${A}B\n$B=x\n", ["$B"]),
        ("$unknown ${unknown} $1 $\n", ["$unknown ${unknown} $1 $"]),
        ("$A =5\n$a-b=c\n", ["$A =5", "$a-b=c"]),
        ("@lb1 $N=1\n@lb2 $N=2\nid $N\n", ["id 1"]),
    ],
)
def test_definitions(text: str, left: list[str]) -> None:
    assert lines(text, LB1) == left


def test_multi_line_definitions() -> None:
    assert lines("$M=\\\n a \\\n b\nx\n$M\n") == ["x", "a", "b"]
    assert lines("$M= a \\\n b\npre $M\n") == ["pre a", "b"]
    assert lines("$M= a \\\n b\n$M x\n") == ["$M x"], "only the last word of a line becomes several lines"
    assert lines("$N=1\n$M=\\\n a$N \\\n $N=2 \\\n b$N\n$M\n$N\n") == ["a1", "b2", "2"]
    assert lines("$M=\\\n a \\\n# a comment ends it \\\n b\n$M\n") == ["b", "a"]
    assert lines("$IN=\\\n x \\\n y\n$OUT=\\\n a \\\n $IN \\\n b\n$OUT\n") == ["a", "x", "y", "b"]


def test_conditions_within_definitions() -> None:
    text = "$M=\\\n@lb2 no \\\n@lb1 yes \\\n@lb2 no \\\n end\n$M\n"
    assert lines(text, LB1) == ["yes", "end"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("~SEQ(A,2) a$A\n", ["a1", "a2"]),
        ("~SEQ(A,3,5) a$A\n", ["a3", "a4", "a5"]),
        ("~SEQ(A, 8, 2, 12) ${A}x\n", ["8x", "10x", "12x"]),
        ("~SEQ(A,3,1) $A\n", ["3", "2", "1"]),
        ("~SEQx(A,9,11) $A\n", ["9", "a", "b"]),
        ("~LST(A,x,y) $A$A\n", ["xx", "yy"]),
        ("~LST({A,B},{1,2},{3,4}) $A.$B\n", ["1.2", "3.4"]),
        ("~SEQ(A,2) ~LST(B,x,y) $A$B\n", ["1x", "1y", "2x", "2y"]),
        ("$N=2\n~SEQ(A,1,$N) $A\n", ["1", "2"]),
        ("$M=\\\n a$A \\\n b$A\n~SEQ(A,2) $M\n", ["a1", "b1", "a2", "b2"]),
        ("x ~SEQ(A,2) y\n", ["x ~SEQ(A,2) y"]),
        ("~FOO(A,1) y\n", ["~FOO(A,1) y"]),
    ],
)
def test_sequences(text: str, left: list[str]) -> None:
    assert lines(text) == left


@pytest.mark.parametrize(
    "text",
    ["~SEQ(A,1,x) y", "~SEQ(A,1,0,5) y", "~SEQ(1,2) y", "~SEQ(A) y", "~LST(A) y", "~LST({A,B},{1}) y", "~SEQ(A,1"],
)
def test_bad_sequences_are_left_out(text: str) -> None:
    outcome = read(text + "\n")
    assert outcome.codes == ["bad-sequence", "nothing-to-run"]
    assert outcome.code == 5


def test_predefined_names() -> None:
    context = replace(
        LB1, directory="/etc/keepalived", environment={"HOME": "/root"}.get, random=lambda low, high: low * 1000 + high
    )
    assert lines("${_PWD}/x $_INSTANCE ${_ENV HOME} ${_ENV NONE}.\n", context) == ["/etc/keepalived/x lb1 /root ."]
    assert lines("${_RANDOM} ${_RANDOM 5} ${_RANDOM 1 6} ${_RANDOM x}\n", context) == ["32767 37767 1006 ${_RANDOM x}"]


def test_a_definition_that_begins_a_comment_hides_the_line() -> None:
    assert lines('$OFF=${_HASH}\n$OFF use_vmac\na ${_BANG} b\n"x${_HASH}y"\n') == ["a", '"x#y"']


def test_a_definition_that_refers_to_itself_ends() -> None:
    for text in ("$A=$A\n$A\n", "$A=x$B\n$B=y$A\n$A\n", "$A=\\\n x \\\n $A\n$A\n", "$A=${B}\n$B=\\\n $A \\\n x\n$A\n"):
        outcome = read(text)
        assert "definition-loop" in outcome.codes
        assert outcome.config is None
        assert outcome.code == 5


def test_the_same_definition_twice_on_a_line_is_no_loop() -> None:
    assert lines("$A=x\n$B=$A$A\n$B$B$A\n") == ["xxxxx"]


def test_places_are_kept() -> None:
    text = "$IF=eth0\n  @lb1 interface $IF x\n$M=\\\n  one \\\n  two $IF\n$M\n~SEQ(A,2) $A\n"
    assert places(text, LB1) == [
        ("interface eth0 x", Location(FILE, 2, 8)),
        ("one", Location(FILE, 4, 3)),
        ("two eth0", Location(FILE, 5, 3)),
        ("1", Location(FILE, 7, 11)),
        ("2", Location(FILE, 7, 11)),
    ]


def test_what_stands_in_a_definition_is_reported_where_it_is_used() -> None:
    outcome = read("$P=300\nvrrp_instance A {\n  priority $P\n}\n")
    assert outcome.find("out-of-range").location == Location(FILE, 3, 12)


def test_a_line_has_1023_bytes() -> None:
    assert read(f"router_id {'x' * 1013}\n").codes == ["unknown-keyword", "nothing-to-run"]
    assert read(f"router_id {'x' * 1014}\n").codes == ["long-line", "nothing-to-run"]
