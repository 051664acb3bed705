"""Words, quotation marks and braces; and the way scripts are read."""

import pytest

from tests.config.keepalived.reading import instance, read
from vrrpd.config.diagnostics import Location, Written
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.lexer import Brace, command_words, script_words, statements, words_of
from vrrpd.config.keepalived.lines import plain

HERE = Location("f", 3, 1)


def words(text: str) -> list[str]:
    return [word.text for word in words_of(plain(text, HERE), Complaints())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a b\tc", ["a", "b", "c"]),
        ('router_id "a b"', ["router_id", "a b"]),
        ('ab"c d"ef', ["ab", "c d", "ef"]),
        ('x ""', ["x", ""]),
        ("x 'a b'", ["x", "'a", "b'"]),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_an_open_quotation_mark() -> None:
    complaints = Complaints()
    found = words_of(plain('router_id "a b', HERE), complaints)
    assert [word.text for word in found] == ["router_id"]
    assert complaints.verdict.worst is Complaint.UNMATCHED_QUOTE
    assert complaints.diagnostics[0].location == Location("f", 3, 11)


def test_places_of_words() -> None:
    found = words_of(plain('interface  "eth0"', HERE), Complaints())
    assert found[1] == Written("eth0", Location("f", 3, 13))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a { b c }", ["a", "{", "b c", "}"]),
        ("a{b}c", ["a", "{", "b", "}", "c"]),
        ('x "{ }"', ["x { }"]),
        ("}{", ["}", "{"]),
        ("track_interface { eth0 }", ["track_interface", "{", "eth0", "}"]),
    ],
)
def test_braces_anywhere(text: str, found: list[str]) -> None:
    parts = list(statements([plain(text, HERE)], Complaints()))
    assert [part.brace.value if part.brace else " ".join(word.text for word in part.words) for part in parts] == found
    assert all((part.brace is None) == (part.keyword not in {"{", "}"}) for part in parts)
    assert Brace("{") is Brace.OPEN


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        ('"/bin/x a  b"', ("/bin/x", "a", "b")),
        ("'/bin/x a'", ("/bin/x", "a")),
        ("\"/bin/x 'a b'\"", ("/bin/x", "a b")),
        ("'/bin/x \"a b\" c'", ("/bin/x", "a b", "c")),
        ('"/bin/x \\"a b\\" c"', ("/bin/x", "a b", "c")),
        (r'"/bin/x \x41\102\t. \\x"', ("/bin/x", "AB", ".", "x")),
        ("\"/bin/x 'a\\tb'\"", ("/bin/x", "a\tb")),
        (r'/bin/x\ y"z z"w', ("/bin/x", "yz", "zw")),
        (r'"/bin/x \cA\E"', ("/bin/x", "\x01\x1b")),
        ("/bin/x", ("/bin/x",)),
        ('"/bin/x #a !b"', ("/bin/x", "#a", "!b")),
    ],
)
def test_commands(line: str, argv: tuple[str, ...]) -> None:
    complaints = Complaints()
    second = script_words(plain(f"notify {line}", HERE), complaints)[1]
    assert command_words(second, complaints) == argv
    assert complaints.verdict.exit_code == 0


def test_only_the_first_word_of_a_script_counts() -> None:
    outcome = instance("track_script {\nc\n}", "vrrp_script c {\nscript /bin/x arg\n}")
    assert outcome.model.vrrp_scripts[0].command.argv == ("/bin/x",)
    found = outcome.find("arguments-lost")
    assert found.suggestion == 'script "/bin/x arg"'
    assert outcome.code == 0


def test_an_open_quotation_mark_in_a_script() -> None:
    assert read("vrrp_script c {\nscript '/bin/x\n}\n").code == 5
