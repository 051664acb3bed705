"""Just enough of man(7) to write a manual page."""

from collections.abc import Iterable, Sequence

_ESCAPES = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga"})


def escaped(text: str) -> str:
    """Text that means itself: no request at its start, and hyphens that can be copied from the page."""
    text = text.translate(_ESCAPES)
    return rf"\&{text}" if text.startswith(".") else text


class Page:
    """Collects the lines of one page; ``about`` is the one line that apropos(1) finds."""

    def __init__(self, name: str, section: int, about: str, source: str, manual: str) -> None:
        self._lines = [f'.TH "{escaped(name.upper())}" "{section}" "" "{escaped(source)}" "{escaped(manual)}"']
        self.heading("NAME")
        self._lines.append(rf"{escaped(name)} \- {escaped(about)}")

    def heading(self, title: str) -> None:
        self._lines.append(f'.SH "{escaped(title)}"')

    def subheading(self, title: str) -> None:
        self._lines.append(f'.SS "{escaped(title)}"')

    def synopsis(self, command: str, arguments: str) -> None:
        self._lines += [".PP", rf"\fB{escaped(command)}\fR {escaped(arguments)}"]

    def paragraphs(self, text: str) -> None:
        """Paragraphs are parted by empty lines; line ends within them do not matter."""
        for paragraph in text.split("\n\n"):
            if words := " ".join(paragraph.split()):
                self._lines += [".PP", escaped(words)]

    def terms(self, rows: Iterable[tuple[str, str]]) -> None:
        for term, meaning in rows:
            self._lines += [".TP", rf"\fB{escaped(term)}\fR", escaped(" ".join(meaning.split()))]

    def facts(self, rows: Iterable[tuple[str, str, Sequence[tuple[str, str]]]]) -> None:
        """Terms with a meaning and, on lines of their own, labelled facts about them."""
        for term, meaning, labelled in rows:
            self.terms([(term, meaning)])
            for label, fact in labelled:
                self._lines += [".br", rf"{escaped(label)}: \fI{escaped(fact)}\fR"]

    def example(self, text: str) -> None:
        self._lines += [".PP", ".nf", ".RS", *(escaped(line) or r"\&" for line in text.strip("\n").split("\n"))]
        self._lines += [".RE", ".fi"]

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"
