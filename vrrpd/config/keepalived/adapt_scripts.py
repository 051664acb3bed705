"""``vrrp_script``, ``track_file`` and ``vrrp_track_process``: what instances track."""

from collections.abc import Mapping
from typing import Final, TypeVar

from vrrpd.config.diagnostics import Location, Written
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement, command_words, script_words
from vrrpd.config.keepalived.words import (
    Draft,
    Parser,
    Weight,
    build,
    complain,
    integer,
    integer_word,
    merged,
    present,
    rules,
    seconds,
    text,
    weight,
)
from vrrpd.config.model import Command, TrackFile, TrackProcess, VrrpScript
from vrrpd.config.values import shortened
from vrrpd.units import Seconds

T = TypeVar("T")

_UINT: Final = 0xFFFFFFFF
_SCRIPT_MOST: Final = 4294967.295
_DELAY: Final = seconds(0.000001, 3600)


def _script_command(cursor: Cursor, statement: Statement) -> tuple[str, ...] | None:
    """Only the first word behind ``script`` counts: a command with arguments stands in quotation marks."""
    words = script_words(statement.line, cursor.complaints)
    if len(words) < 2:
        return None
    argv = command_words(words[1], cursor.complaints)
    if len(words) > 2:
        whole = " ".join(word.text for word in words[1:])
        cursor.complaints.warn(
            words[2].location, "arguments-lost",
            f"without quotation marks {shortened(words[2].text)} is no argument of the command, and is ignored",
            write=f'script "{shortened(whole)}"',
        )  # fmt: skip
    return argv or None


def _user(cursor: Cursor, statement: Statement) -> tuple[str, str | None] | None:
    if not cursor.needs(statement, 1, "a user, perhaps with a group"):
        return None
    group = statement.words[2].text if len(statement.words) > 2 else None
    return statement.words[1].text, group


_SCRIPT: Final[Mapping[str, Parser]] = {
    "script": _script_command,
    "interval": seconds(0.001, _SCRIPT_MOST, places=3),
    "timeout": seconds(0, _SCRIPT_MOST, places=3),
    "weight": weight(253),
    "rise": integer(1, 0x7FFFFFFF),
    "fall": integer(1, 0x7FFFFFFF),
    "user": _user,
    "init_fail": present,
}


def named_block(
    cursor: Cursor, statement: Statement, taken: Mapping[str, object], keywords: Mapping[str, Handler]
) -> str | None:
    """Reads a block with a name; None, and the block left out, when it has none or another one has it."""
    kind = statement.keyword
    if len(statement.arguments) != 1:
        complain(
            cursor, statement.words[0], "bad-name", f"{kind} needs one name: the block is left out",
            expected=f"{kind} NAME {{",
        )  # fmt: skip
        cursor.skip_block()
        return None
    name = statement.words[1]
    if name.text in taken:
        complain(
            cursor, name, "repeated", f"there is a {kind} {shortened(name.text)} already: this one is left out",
            expected="a name of its own for each",
        )  # fmt: skip
        cursor.skip_block()
        return None
    cursor.block(statement, keywords, kind)
    return name.text


def vrrp_script(scripts: dict[str, VrrpScript], cursor: Cursor, statement: Statement) -> None:
    draft = Draft(origins={"": statement.location})
    name = named_block(cursor, statement, scripts, rules(draft, _SCRIPT))
    if name is None:
        return
    argv = draft.find("script", tuple)
    if not argv:
        _without(cursor, statement, name, "script")
        return
    user, group = draft.get("user", tuple, (None, None))
    if user is not None and not cursor.context.has_user(user, group):
        cursor.complaints.complain(
            Complaint.GENERAL, draft.at("user"), "unknown-user",
            f"there is no user {shortened(user)}{f' or no group {shortened(group)}' if group else ''}"
            f" to run vrrp_script {shortened(name)}: it is left out", expected="a user and a group of this machine",
        )  # fmt: skip
        return
    weighed = draft.get("weight", Weight, Weight(0))
    if draft.find("timeout", float) == 0:
        cursor.complaints.complain(
            Complaint.GENERAL, draft.at("timeout"), "out-of-range", "timeout cannot be 0: it becomes 1"
        )
    interval = draft.get("interval", float, 1.0)
    timeout = draft.get("timeout", float, interval)
    scripts[name] = VrrpScript(
        name=name,
        command=Command(argv, user, group),
        interval=Seconds(interval),
        timeout=Seconds(timeout or 1.0),
        weight=weighed.value,
        reverse=bool(weighed.reverse),
        rise=draft.get("rise", int, 1),
        fall=draft.get("fall", int, 1),
        init_fail=draft.get("init_fail", bool, False),
        origins=draft.origins,
    )


def _without(cursor: Cursor, statement: Statement, name: str, keyword: str) -> None:
    complain(
        cursor, statement.words[0], "missing-keyword",
        f"{statement.keyword} {shortened(name)} has no {keyword}: it is left out", write=f"{keyword} ...",
    )  # fmt: skip


def track_file(files: dict[str, TrackFile], cursor: Cursor, statement: Statement) -> None:
    draft = Draft(origins={"": statement.location})
    if statement.keyword == "vrrp_track_file":
        cursor.complaints.complain(
            Complaint.DEPRECATED, statement.location, "deprecated", "vrrp_track_file is an old name",
            write="track_file",
        )  # fmt: skip
    parsers: dict[str, Parser] = {"file": text("the path of a file"), "weight": weight(254), "init_file": _init_file}
    name = named_block(cursor, statement, files, rules(draft, parsers))
    if name is None:
        return
    file = draft.find("file", str)
    if not file:
        _without(cursor, statement, name, "file")
        return
    weighed = draft.get("weight", Weight, Weight(1))
    initial, overwrite = draft.get("init_file", tuple, (None, False))
    files[name] = TrackFile(name, file, weighed.value, bool(weighed.reverse), initial, overwrite, draft.origins)


def _init_file(cursor: Cursor, statement: Statement) -> tuple[int, bool] | None:
    """``init_file [VALUE] [overwrite]``, in either order."""
    value, overwrite = 0, False
    for word in statement.arguments:
        if word.text == "overwrite":
            overwrite = True
            continue
        read = integer_word(cursor, word, -0x80000000, 0x7FFFFFFF, "init_file")
        if read is None:
            return None
        value = read
        if not -254 <= value <= 254:
            cursor.complaints.warn(word.location, "large-value", f"with {value} in it the file means FAULT or the most")
    return value, overwrite


def track_process(processes: dict[str, TrackProcess], cursor: Cursor, statement: Statement) -> None:
    draft = Draft(origins={"": statement.location})
    parsers: dict[str, Parser] = {
        "process": _process,
        "param_match": _param_match,
        "weight": weight(254),
        "quorum": integer(1, 65535),
        "quorum_max": integer(0, 65535),
        "delay": _DELAY,
        "fork_delay": _DELAY,
        "terminate_delay": _DELAY,
        "full_command": present,
    }
    name = named_block(cursor, statement, processes, merged(rules(draft, parsers)))
    if name is None:
        return
    process = draft.find("process", tuple)
    if not process:
        _without(cursor, statement, name, "process")
        return
    processes[name] = _track_process(name, process, draft)


def _track_process(name: str, process: tuple[str, ...], draft: Draft) -> TrackProcess:
    weighed = draft.get("weight", Weight, Weight(0))
    delay = draft.get("delay", float, 0.0)
    match = draft.find("param_match", str) or ("exact" if len(process) > 1 else None)
    most = draft.find("quorum_max", int)
    quorum = draft.get("quorum", int, 1)
    values = {
        "name": name,
        "process": process,
        "param_match": match,
        "weight": weighed.value,
        "reverse": bool(weighed.reverse),
        "quorum": 0 if most == 0 else quorum,
        "quorum_max": most,
        "fork_delay": Seconds(draft.get("fork_delay", float, delay)),
        "terminate_delay": Seconds(draft.get("terminate_delay", float, delay)),
        "full_command": draft.get("full_command", bool, False) or match is not None,
        "origins": draft.origins,
    }
    return build(TrackProcess, values)


def _process(cursor: Cursor, statement: Statement) -> tuple[str, ...] | None:
    words = script_words(statement.line, cursor.complaints)
    if len(words) < 2:
        cursor.needs(statement, 1, "the name of a program, perhaps with its parameters")
        return None
    return tuple(part for word in words[1:] for part in _process_words(word, cursor))


def _process_words(word: Written, cursor: Cursor) -> tuple[str, ...]:
    return command_words(word, cursor.complaints) or (word.text,)


def _param_match(cursor: Cursor, statement: Statement) -> str | None:
    if not statement.arguments:
        return "exact"
    word = statement.words[1]
    if word.text in {"exact", "initial", "partial"}:
        return word.text
    complain(
        cursor,
        word,
        "bad-value",
        f"param_match cannot be {shortened(word.text)}",
        expected="initial, partial, or nothing",
    )
    return None


def place(block: VrrpScript | TrackFile | TrackProcess) -> Location:
    return block.origins[""]
