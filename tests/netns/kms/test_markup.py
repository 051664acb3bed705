import pytest
from hypothesis import given
from hypothesis import strategies as st

from netns.kms.report.markup import element, escaped, joined
from tests.netns.kms.made_up import parsed


@given(st.text())
def test_any_text_is_text_in_an_element_and_in_an_attribute(text: str) -> None:
    root = parsed(element("p", text, title=text))
    assert len(root) == 0
    assert (root.text or "").replace("\r\n", "\n").replace("\r", "\n") == clean(text)
    assert root.attrib.keys() == {"title"}


def clean(text: str) -> str:
    """As XML reads it: what it forbids replaced, line ends normal."""
    replaced = "\N{REPLACEMENT CHARACTER}"
    shown = "".join(replaced if escaped(letter) == replaced else letter for letter in text)
    return shown.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\x85", "\ud800", "\u202e", "\u2066", "\ufeff", "\uffff"])
def test_what_is_forbidden_unseen_or_turns_text_around_is_replaced(letter: str) -> None:
    assert escaped(f"a{letter}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_markup_stays_and_text_does_not() -> None:
    assert joined(element("b", "x < y"), "<i>") == "<b>x &lt; y</b>&lt;i&gt;"


def test_elements_without_content_are_closed_as_html_wants_it() -> None:
    assert element("td") == "<td></td>"
    assert element("meta", charset="utf-8") == '<meta charset="utf-8"/>'
    assert element("rect", x=1.5, y=2, class_="a", data_label="b", none=None) == (
        '<rect x="1.5" y="2" class="a" data-label="b"/>'
    )
    assert element("rect", x=3.0, y=0.001) == '<rect x="3" y="0"/>'
