"""Every text ends with an answer, whatever it asks for."""

import pytest

from tests.config.keepalived.reading import read
from vrrpd.config.keepalived.context import FoundFile, ReadContext
from vrrpd.config.keepalived.limits import FINDINGS_LIMIT, INPUT_LIMIT


def doubling(first: str, times: int) -> str:
    """Definitions of which each says the one before four times."""
    return f"$A0={first}\n" + "".join(f"$A{n + 1}=$A{n}$A{n}$A{n}$A{n}\n" for n in range(times)) + f"$A{times}\n"


@pytest.mark.parametrize(
    "text",
    [
        "# ten megabytes\n" * 700_000,
        "~SEQ(A,1,100000000) ~SEQ(B,1,100000000) ~SEQ(C,1,100000000)\n",
        "$M=\\\n" + "x \\\n" * 2000 + "y\n" + "$M\n" * 200,
        "{ }" * 300 + "\n" + ("{}" * 500 + "\n") * 300,
    ],
)
def test_too_much(text: str) -> None:
    outcome = read(text)
    assert "too-much" in outcome.codes
    assert outcome.config is None
    assert outcome.code in {4, 5}


@pytest.mark.parametrize("text", [doubling("aaaaaaaaaa", 30), doubling("", 30)])
def test_definitions_that_grow(text: str) -> None:
    outcome = read(text)
    assert outcome.config is None
    assert "too-much" in outcome.codes


def test_a_tree_of_includes() -> None:
    asked = iter(range(10_000))
    context = ReadContext(find_files=lambda *_: (FoundFile(f"/etc/{next(asked)}", b"include a\ninclude b\n"),))
    assert "too-much" in read("include *\n", context).codes


def test_the_limit_of_files_together() -> None:
    half = b"#" * 100 + b"\n"
    file = FoundFile("/etc/x", half * (INPUT_LIMIT // len(half) // 2))
    context = ReadContext(find_files=lambda *_: (file,))
    assert read("include x\n", context).codes == ["nothing-to-run"]
    assert read("include x\ninclude x\ninclude x\n", context).codes == ["too-much"]


def test_findings_have_an_end() -> None:
    outcome = read("".join(f"word{number}\n" for number in range(FINDINGS_LIMIT + 500)))
    assert len(outcome.diagnostics) == FINDINGS_LIMIT + 1
    assert outcome.diagnostics[-1].code == "more-findings"
    assert outcome.code == 5
