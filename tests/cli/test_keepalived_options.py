"""keepalived's options as getopt_long takes them."""

import pytest

from vrrpd.cli.keepalived_options import KEEPALIVED, VRRPD, Argument, UsageError, named, parse


def test_every_letter_and_name_is_there_once() -> None:
    options = (*KEEPALIVED, *VRRPD)
    letters = [option.short for option in options if option.short]
    names = [option.long for option in options]
    assert len(set(letters)) == len(letters)
    assert len(set(names)) == len(names)
    assert set("fPCBlDSgGuXVIRndprcbasexAmMitTvh") == set(letters)


@pytest.mark.parametrize(
    "words", [["-f", "x"], ["-fx"], ["--use-file", "x"], ["--use-file=x"], ["--use=x"], ["-nf", "x"], ["-nfx"]]
)
def test_a_required_argument_is_the_rest_of_the_word_or_the_next_one(words: list[str]) -> None:
    assert parse(words).value("use-file") == "x"
    assert parse([*words, "-D"]).given("log-detail")


@pytest.mark.parametrize("words", [["-t"], ["--config-test"], ["-nt"]])
def test_an_optional_argument_is_never_the_next_word(words: list[str]) -> None:
    parsed = parse([*words, "LOG"])
    assert parsed.given("config-test")
    assert parsed.value("config-test") is None
    assert parsed.extra == ("LOG",)


@pytest.mark.parametrize("words", [["-tLOG"], ["--config-test=LOG"], ["-ntLOG"]])
def test_an_optional_argument_is_glued(words: list[str]) -> None:
    assert parse(words).value("config-test") == "LOG"


def test_an_empty_argument_is_one() -> None:
    assert parse(["--config-test="]).value("config-test") == ""
    assert parse(["-i", ""]).value("config-id") == ""


def test_the_last_argument_counts_and_options_are_counted() -> None:
    parsed = parse(["-DD", "-D", "-f", "a", "-f", "b"])
    assert parsed.counts["log-detail"] == 3
    assert parsed.value("use-file") == "b"


def test_words_between_options_and_behind_two_dashes_are_extra() -> None:
    assert parse(["a", "-n", "-", "--", "-f", "b"]).extra == ("a", "-", "-f", "b")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bogus"], "unknown option --bogus"),
        (["-z"], "unknown option -z"),
        (["-nz"], "unknown option -z"),
        (["-f"], "missing parameter for option -f"),
        (["--pid"], "missing parameter for option --pid"),
        (["-nf"], "missing parameter for option -f"),
        (["--dont-fork=yes"], "option --dont-fork takes no argument"),
        (["--dont"], "option --dont could be --dont-release-vrrp, --dont-release-ipvs, --dont-respawn, --dont-fork"),
        (["--=x"], "unknown option --"),
    ],
)
def test_what_cannot_be_used(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert str(caught.value) == message


def test_an_exact_name_is_no_abbreviation() -> None:
    """--config is vrrpd's own, and the beginning of three of keepalived's."""
    assert parse(["--config", "x"]).value("config") == "x"
    assert parse(["--check"]).given("check")


def test_every_option_can_be_written_in_full() -> None:
    for option in (*KEEPALIVED, *VRRPD):
        argument = [] if option.argument is Argument.NONE else ["=x"]
        assert parse(["".join([f"--{option.long}", *argument])]).given(option.long)
        assert named(f"--{option.long}=x") is option
        if option.short:
            assert named(f"-{option.short}x") is option


@pytest.mark.parametrize("word", ["status", "-", "", "--", "--bogus", "-z", "--use"])
def test_what_names_no_option(word: str) -> None:
    assert named(word) is None
