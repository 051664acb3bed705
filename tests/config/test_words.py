"""Commands are split as shells split words; shlex is the judge."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.words import plain_words, split_command

TEXTS = st.text(st.sampled_from("ab'\"\\ \t\n$#|\v"), max_size=30)


def split(text: str) -> tuple[tuple[str, ...] | None, list[str]]:
    report = Report()
    argv = split_command(Written(text, Location("f", 1, 1)), report)
    return argv, [item.code for item in report.diagnostics]


@given(TEXTS)
def test_as_shlex_does(text: str) -> None:
    try:
        expected = shlex.split(text)
    except ValueError as error:
        if "escaped" not in str(error):
            assert split(text) == (None, ["unclosed-quote"])
        return
    argv, codes = split(text)
    if expected and expected[0]:
        assert argv == tuple(expected)
    else:
        assert argv is None
        assert "empty-command" in codes


def test_a_backslash_at_the_end_is_itself() -> None:
    assert split("a\\") == (("a\\",), [])


def test_what_stands_in_quotation_marks_is_not_taken_for_a_shells_work() -> None:
    assert split("/bin/sh -c 'a | b && c > d $X'") == (("/bin/sh", "-c", "a | b && c > d $X"), [])
    assert split('awk "{ print $1 }"')[1] == []
    assert split("grep ^a$ 100%")[1] == []
    assert split("a >/dev/null")[1] == ["no-shell"]


@given(st.text(max_size=30))
def test_plain_words_know_their_places(text: str) -> None:
    words = plain_words(Written(text, Location("f", 3, 10)))
    assert [word.text for word in words] == text.split()
    for word in words:
        offset = word.location.column - 10
        assert text[offset : offset + len(word.text)] == word.text
