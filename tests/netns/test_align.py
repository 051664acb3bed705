"""Two sequences laid side by side."""

from netns.comparison.align import aligned


def _laid(first: str, second: str) -> list[str]:
    """Letters go together with themselves; rather a great one with a great one."""

    def worth(one: str, other: str) -> int:
        return 0 if one.lower() != other.lower() else 3 if one == other else 2

    return [f"{one or '-'}{other or '-'}" for one, other in aligned(first, second, worth)]


def test_what_goes_together_is_laid_together() -> None:
    assert _laid("abc", "abc") == ["aa", "bb", "cc"]
    assert _laid("abc", "ac") == ["aa", "b-", "cc"]
    assert _laid("ac", "abc") == ["aa", "-b", "cc"]
    assert _laid("x", "y") == ["x-", "-y"]
    assert _laid("", "a") == ["-a"]


def test_of_two_that_could_go_together_the_better_one_does() -> None:
    assert _laid("aA", "A") == ["a-", "AA"]
    assert _laid("Aa", "A") == ["AA", "a-"]
