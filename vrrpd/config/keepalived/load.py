"""The text of a keepalived.conf to a configuration, what is to be said about it, and keepalived's verdict."""

from vrrpd.config.diagnostics import Diagnostic, Location, has_errors
from vrrpd.config.effects import pending
from vrrpd.config.keepalived.advise import advice
from vrrpd.config.keepalived.complaints import Complaints, Verdict
from vrrpd.config.keepalived.complete import complete
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.lexer import statements
from vrrpd.config.keepalived.limits import TooMuchError
from vrrpd.config.keepalived.preprocess import Preprocessor
from vrrpd.config.keepalived.reader import Reader
from vrrpd.config.model import Config


def read_keepalived(
    text: str, file: str, context: ReadContext
) -> tuple[Config | None, tuple[Diagnostic, ...], Verdict]:  # fmt: skip
    """Read and complete a configuration in keepalived's language.

    ``file`` is its name in messages. The configuration is None when, and only when, there is an error among the
    diagnostics, which are in the order of the file. Never raises; ends soon, whatever the text.
    """
    complaints = Complaints()
    reader = Reader()
    lines = Preprocessor(context, complaints).lines(text, file)
    cursor = Cursor(statements(lines, complaints), context, complaints)
    try:
        reader.read(cursor)
    except TooMuchError as error:
        complaints.give_up(file, str(error))
        return None, complaints.diagnostics, complaints.verdict
    config = complete(reader, cursor)
    complaints.add(pending(config))
    complaints.add(advice(config))
    if not config.vrrp_instances:
        complaints.tell(Location(file, 1, 1), "nothing-to-run", "there is no vrrp_instance: there is nothing to do")
    diagnostics = complaints.diagnostics
    return (None if has_errors(diagnostics) else config), diagnostics, complaints.verdict
