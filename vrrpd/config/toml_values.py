"""The tables and values of a TOML document, turned into the values of keywords."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from vrrpd.config.assemble import Block
from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.entries import address_line, track_line, virtual_address
from vrrpd.config.fast_failover import fast_failover
from vrrpd.config.keywords import (
    AUTH_HMAC,
    AUTHENTICATION,
    BLOCKS,
    COMMAND,
    FAST_FAILOVER,
    GARP_GROUP,
    TABLES,
    TRACK,
    VIRTUAL_ADDRESS,
    WEIGHT_LIMIT,
    WIDE_WEIGHT_LIMIT,
    Form,
    Integer,
    IpAddress,
    Keyword,
    OneOf,
    Seconds,
    expected,
    toml_literal,
)
from vrrpd.config.line_values import BARE, ELEMENTS, LINES
from vrrpd.config.line_values import element as list_element
from vrrpd.config.model import Authentication, AuthHmac, Command, ExtraGarp, GarpGroup, HmacKey
from vrrpd.config.positions import Path, Positions
from vrrpd.config.unsupported import ALIASES, NOT_RUN, say_not_run
from vrrpd.config.values import (
    AddressEntry,
    InitFile,
    Listed,
    TrackEntry,
    User,
    Value,
    Weight,
    address,
    in_range,
    interface,
    listed,
    shortened,
    suggestion,
    user,
    weight,
    weight_in_range,
)
from vrrpd.config.words import checked_command, plain_words, split_command
from vrrpd.core.parameters import FastFailover

_FLAG_WORDS: Final = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
_LARGEST: Final = 2**63 - 1
TRACK_LIMITS: Final = {
    Form.TRACK_SCRIPTS: WEIGHT_LIMIT,
    Form.TRACK_INTERFACES: WEIGHT_LIMIT,
    Form.TRACK_FILES: WIDE_WEIGHT_LIMIT,
    Form.TRACK_PROCESSES: WIDE_WEIGHT_LIMIT,
    Form.TRACK_BFDS: WEIGHT_LIMIT,
}
"""The greatest weight of each kind of tracker."""
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def kind_of(value: object) -> str:
    """What TOML calls a value."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


class TableReader:
    """Reads tables with the places of their parts at hand."""

    def __init__(self, positions: Positions, file: str, report: Report) -> None:
        self._positions = positions
        self._file = file
        self.report = report
        self._forms: Mapping[Form, Callable[[Keyword, object, Path, Block], Value | None]] = {
            Form.COMMAND: self._command,
            Form.NOTIFY: self._notify,
            Form.NOTIFY_DELETED: self._notify_deleted,
            Form.PROCESS: self._process,
            Form.WEIGHT: self._weight,
            Form.WIDE_WEIGHT: self._weight,
            Form.ADDRESSES: self._addresses,
            **dict.fromkeys(TRACK_LIMITS, self._tracks),
            **dict.fromkeys(ELEMENTS, self._list),
            **dict.fromkeys(LINES, self._line),
            Form.OPTIONAL_WORDS: self._optional_words,
            Form.DYNAMIC: self._dynamic,
            Form.AUTHENTICATION: self._authentication,
            Form.AUTH_HMAC: self._auth_hmac,
            Form.FAST_FAILOVER: self._fast_failover,
            Form.GARP_GROUPS: self._garp_groups,
        }

    # -- places ------------------------------------------------------------------------------------------------------

    def key(self, path: Path) -> Location:
        mark = self._positions.marks.get(path)
        return Location(self._file, *self._positions.line_and_column(mark.key if mark else 0))

    def _value(self, path: Path) -> Location:
        mark = self._positions.marks.get(path)
        return Location(self._file, *self._positions.line_and_column(mark.value if mark else 0))

    def _written(self, text: str, path: Path) -> Written:
        location = self._value(path)
        if not self._positions.written_as_is(path, text):
            return Written(text, location, exact=False)
        return Written(text, Location(self._file, location.line, location.column + 1))

    # -- tables ------------------------------------------------------------------------------------------------------

    def filled(self, block: Block, keywords: Mapping[str, Keyword], table: Mapping[str, object], path: Path) -> Block:
        for word, value in table.items():
            place = (*path, word)
            keyword = keywords.get(word)
            if keyword is None:
                block.broken.add(self.unknown(word, block.kind, value, place))
                continue
            block.origins[word] = self._value(place)
            converted = self._converted(keyword, value, place, block)
            if converted is None:
                block.broken.add(word)
            else:
                block.values[word] = converted
        return block

    def _part(
        self, kind: str, keywords: Mapping[str, Keyword], table: Mapping[str, object], path: Path
    ) -> Block | None:
        """A table inside a block; None, and said, when something in it is missing or wrong."""
        block = self.filled(Block(kind, "", self._value(path)), keywords, table, path)
        for keyword in keywords.values():
            if keyword.required and keyword.name not in table and keyword.name not in block.broken:
                block.broken.add(keyword.name)
                self.report.error(
                    block.location,
                    "missing-keyword",
                    f"there is no {keyword.name} in this {kind}",
                    expected=expected(keyword.shape),
                    write=f"{keyword.name} = {keyword.example}",
                )
        return None if block.broken & keywords.keys() else block

    def unknown(self, word: str, kind: str, value: object, path: Path) -> str:
        """Say that ``word`` is no keyword here; the answer is the keyword that was probably meant, if any."""
        if word in NOT_RUN.get(kind, {}):
            say_not_run(NOT_RUN[kind][word], word, self.key(path), self.report)
            return ""
        known = tuple(TABLES[kind]) if kind else tuple(name for name in (*BLOCKS, *TABLES[""]) if name)
        home = next((other for other, words in BLOCKS.items() if other and word in words), "")
        near = "" if home else ALIASES.get(word) or suggestion(word, [*known, *NOT_RUN.get(kind, ())])
        hint = f"{word} belongs into {home}" if home else near
        if isinstance(value, dict) and not hint and kind in BLOCKS and len(path) == 3:
            hint = f'[{path[0]}."{path[1]}.{word}"] if the name has a full stop in it'
        self.report.error(
            self.key(path),
            "unknown-keyword",
            f"{toml_literal(shortened(word))} is no keyword {f'of {kind}' if kind else 'of a configuration'}",
            expected=listed(known) if len(known) < 8 else "",
            write=hint,
        )
        return near

    # -- values ------------------------------------------------------------------------------------------------------

    def _converted(self, keyword: Keyword, value: object, path: Path, block: Block) -> Value | None:
        shape = keyword.shape
        if isinstance(value, int) and abs(value) > _LARGEST:
            self.report.error(
                self._value(path),
                "out-of-range",
                f"the number behind {keyword.name} is too large",
                expected=expected(shape),
            )
            return None
        if isinstance(shape, Form) and shape in self._forms:
            return self._forms[shape](keyword, value, path, block)
        match shape, value:
            case Form.FLAG, bool():
                return value
            case Form.FLAG | Integer() | Seconds(), _:
                return self._number(keyword, value, path)
            case OneOf(choices), _:
                return self._choice(keyword, choices, value, path)
            case Form.SCOPE, int() if not isinstance(value, bool):
                return Written(str(value), self._value(path), exact=False)
            case _, str():
                return self._text(keyword, self._written(value, path))
            case _:
                self._wrong_type(keyword, value, path)
                return None

    def _wrong_type(self, keyword: Keyword, value: object, path: Path) -> None:
        self.report.error(
            self._value(path),
            "wrong-type",
            f"{keyword.name} is {kind_of(value)} here",
            expected=expected(keyword.shape),
            write=_instead(keyword, value),
        )

    def _number(self, keyword: Keyword, value: object, path: Path) -> Value | None:
        whole = isinstance(keyword.shape, Integer)
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if keyword.shape is Form.FLAG or not fits or not isinstance(value, int | float):
            self._wrong_type(keyword, value, path)
            return None
        if not in_range(keyword, value, self._value(path), self.report):
            return None
        return value if whole else float(value)

    def _choice(self, keyword: Keyword, choices: tuple[str | int, ...], value: object, path: Path) -> Value | None:
        for choice in choices:
            if choice == value and type(choice) is type(value):
                return choice
        near = [choice for choice in choices if str(choice).lower() == str(value).lower().strip()]
        shown = (
            toml_literal(shortened(value))
            if isinstance(value, str)
            else str(value)
            if type(value) is int
            else kind_of(value)
        )
        self.report.error(
            self._value(path),
            "bad-choice",
            f"{keyword.name} cannot be {shortened(shown)}",
            expected=expected(keyword.shape),
            write=f"{keyword.name} = {toml_literal(near[0])}" if near else "",
        )
        return None

    def _text(self, keyword: Keyword, written: Written) -> Value | None:
        match keyword.shape:
            case Form.INTERFACE:
                return interface(written, keyword.name, self.report)
            case Form.USER:
                return user(written, self.report)
            case IpAddress():
                return address(keyword, written, self.report)
            case Form.TEXT if not written.text.isprintable():
                self.report.error(
                    written.location,
                    "bad-character",
                    f"{keyword.name} contains a control character",
                    expected="visible characters",
                )
                return None
            case Form.TEXT:
                return written.text
            case _:
                return written

    def _weight(self, keyword: Keyword, value: object, path: Path, _block: Block) -> Weight | None:
        limit = WIDE_WEIGHT_LIMIT if keyword.shape is Form.WIDE_WEIGHT else WEIGHT_LIMIT
        if isinstance(value, str):
            return weight(self._written(value, path), self.report, limit)
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong_type(keyword, value, path)
            return None
        number = weight_in_range(value, self._value(path), self.report, limit)
        return None if number is None else Weight(number)

    def _command(self, keyword: Keyword, value: object, path: Path, _block: Block) -> Command | None:
        if isinstance(value, str):
            written = self._written(value, path)
            argv = split_command(written, self.report)
        elif isinstance(value, list):
            argv = self._argv(keyword, value, path)
        else:
            self._wrong_type(keyword, value, path)
            return None
        return None if argv is None else Command(argv)

    def _argv(self, keyword: Keyword, values: list[object], path: Path) -> tuple[str, ...] | None:
        texts = []
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self._wrong_type(keyword, value, (*path, index))
                return None
            texts.append(value)
        return checked_command(texts, self._value(path), self.report)

    def _notify(self, keyword: Keyword, value: object, path: Path, block: Block) -> Command | None:
        if not isinstance(value, dict):
            return self._command(keyword, value, path, block)
        part = self._part("command", COMMAND, value, path)
        command = part.find("command", Command) if part else None
        if part is None or command is None:
            return None
        runner = part.find("user", User)
        return Command(command.argv, runner.name, runner.group) if runner else command

    def _authentication(self, keyword: Keyword, value: object, path: Path, block: Block) -> Authentication | None:
        if not isinstance(value, dict):
            self._wrong_type(keyword, value, path)
            return None
        part = self._part("authentication", AUTHENTICATION, value, path)
        if part is None:
            return None
        block.origins.update({f"authentication.{word}": place for word, place in part.origins.items()})
        return Authentication(part.get("auth_type", str, ""), part.get("auth_pass", str, ""))

    def _notify_deleted(self, keyword: Keyword, value: object, path: Path, block: Block) -> Value | None:
        return True if value is True else self._notify(keyword, value, path, block)

    def _process(self, keyword: Keyword, value: object, path: Path, block: Block) -> Listed | None:
        command = self._command(keyword, value, path, block)
        return None if command is None else Listed(command.argv, self._value(path))

    def _line(self, keyword: Keyword, value: object, path: Path, _block: Block) -> Value | None:
        shape = keyword.shape
        if not isinstance(shape, Form):
            return None
        if value is True and shape in BARE:
            return BARE[shape]()
        if isinstance(value, str):
            return LINES[shape](self._written(value, path), self.report)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._line_number(keyword, shape, value, path)
        self._wrong_type(keyword, value, path)
        return None

    def _line_number(self, keyword: Keyword, shape: Form, value: int, path: Path) -> Value | None:
        match shape:
            case Form.UMASK if 0 <= value <= 0o777:
                return value
            case Form.EXTRA_GARP if 0 <= value <= 86400:
                return ExtraGarp(value)
            case Form.INIT_FILE:
                return InitFile(value)
            case Form.RX_BUFS | Form.LIFETIME if value >= 0:
                return LINES[shape](Written(str(value), self._value(path), exact=False), self.report)
        self._wrong_type(keyword, value, path)
        return None

    def _optional_words(self, keyword: Keyword, value: object, path: Path, block: Block) -> tuple[str, ...] | None:
        if value is True:
            return ()
        if isinstance(value, str):
            return tuple(word.text for word in plain_words(self._written(value, path)))
        found = self._list(keyword, value, path, block)
        return None if found is None else tuple(str(entry.value) for entry in found)

    def _dynamic(self, keyword: Keyword, value: object, path: Path, _block: Block) -> Value | None:
        if isinstance(value, bool) or value == "allow_if_changes":
            return value
        self._wrong_type(keyword, value, path)
        return None

    def _auth_hmac(self, keyword: Keyword, value: object, path: Path, block: Block) -> AuthHmac | None:
        if not isinstance(value, dict):
            self._wrong_type(keyword, value, path)
            return None
        part = self._part("auth_hmac", AUTH_HMAC, value, path)
        if part is None:
            return None
        block.origins.update({f"auth_hmac.{word}": place for word, place in part.origins.items()})
        keys = [self._hmac_key(entry) for entry in part.get("key", tuple, ()) if isinstance(entry, Listed)]
        return AuthHmac(
            tuple(key for key in keys if key is not None),
            part.find("active_key", int),
            part.find("time_window", int),
            part.get("anti_replay", str, "time"),
            part.get("mode", str, "enforce"),
        )

    def _hmac_key(self, entry: Listed) -> HmacKey | None:
        number, _, secret = str(entry.value).strip().partition(" ")
        if re.fullmatch(r"[0-9]{1,3}", number) and 1 <= int(number) <= 255 and secret.strip():
            return HmacKey(int(number), secret.strip())
        self.report.error(
            entry.location, "bad-key", "a key begins with its number", expected="1 to 255, then the key",
            write='"1 file:/etc/vrrpd/key"',
        )  # fmt: skip
        return None

    def _fast_failover(self, keyword: Keyword, value: object, path: Path, block: Block) -> Value | None:
        if isinstance(value, bool):
            return FastFailover() if value else False
        if not isinstance(value, dict):
            self._wrong_type(keyword, value, path)
            return None
        part = self._part("fast_failover", FAST_FAILOVER, value, path)
        if part is None:
            return None
        block.origins.update({f"fast_failover.{word}": place for word, place in part.origins.items()})
        return fast_failover(part.values)

    def _garp_groups(self, keyword: Keyword, value: object, path: Path, block: Block) -> tuple[Listed, ...] | None:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong_type(keyword, value, path)
            return None
        found = []
        for index, item in enumerate(value):
            part = self._part("garp_group", GARP_GROUP, item, (*path, index))
            if part is None:
                block.broken.add(keyword.name)
                continue
            one = part.find("interface", str)
            names = [str(entry.value) for entry in part.get("interfaces", tuple, ()) if isinstance(entry, Listed)]
            group = GarpGroup(
                tuple(names if one is None else [one, *names]),
                part.get("garp_interval", float, 0.0),
                part.get("gna_interval", float, 0.0),
            )
            found.append(Listed(group, part.location))
        return tuple(found)

    # -- lists -------------------------------------------------------------------------------------------------------

    def _addresses(self, keyword: Keyword, value: object, path: Path, block: Block) -> tuple[AddressEntry, ...] | None:
        if not isinstance(value, list):
            self._wrong_type(keyword, value, path)
            return None
        entries = []
        for index, element in enumerate(value):
            entry = self._address(keyword, element, (*path, index))
            if entry is None:
                block.broken.add(keyword.name)
            else:
                entries.append(entry)
        return tuple(entries)

    def _address(self, keyword: Keyword, element: object, path: Path) -> AddressEntry | None:
        if isinstance(element, str):
            return address_line(self._written(element, path), self.report)
        if not isinstance(element, dict):
            self._wrong_type(keyword, element, path)
            return None
        part = self._part("virtual_ipaddress", VIRTUAL_ADDRESS, element, path)
        if part is None:
            return None
        parts: dict[str, Written | bool | int] = {}
        for word, text in part.values.items():
            if isinstance(text, str):
                parts[word] = Written(text, part.at(word), exact=False)
            elif isinstance(text, Written | bool | int):
                parts[word] = text
        return virtual_address(parts, part.location, self.report)

    def _list(self, keyword: Keyword, value: object, path: Path, block: Block) -> tuple[Listed, ...] | None:
        if not isinstance(value, list):
            self._wrong_type(keyword, value, path)
            return None
        entries = []
        for index, item in enumerate(value):
            place = (*path, index)
            text = str(item) if keyword.shape is Form.CPUS and type(item) is int else item
            entry = list_element(keyword, self._written(text, place), self.report) if isinstance(text, str) else None
            if not isinstance(text, str):
                self._wrong_type(keyword, item, place)
            if entry is None:
                block.broken.add(keyword.name)
            else:
                entries.append(entry)
        return tuple(entries)

    def _tracks(self, keyword: Keyword, value: object, path: Path, block: Block) -> tuple[TrackEntry, ...] | None:
        if not isinstance(value, list):
            self._wrong_type(keyword, value, path)
            return None
        entries = []
        for index, element in enumerate(value):
            entry = self._track(keyword, element, (*path, index))
            if entry is None:
                block.broken.add(keyword.name)
            else:
                entries.append(entry)
        return tuple(entries)

    def _track(self, keyword: Keyword, element: object, path: Path) -> TrackEntry | None:
        is_interface = keyword.shape is Form.TRACK_INTERFACES
        if isinstance(element, str):
            return track_line(
                self._written(element, path), self.report, is_interface=is_interface, limit=_track_limit(keyword)
            )
        if not isinstance(element, dict):
            self._wrong_type(keyword, element, path)
            return None
        part = self._part("track", TRACK, element, path)
        name = part.find("name", Written) if part else None
        if part is None or name is None or (is_interface and interface(name, keyword.name, self.report) is None):
            return None
        own = part.find("weight", Weight)
        reverse = part.find("reverse", bool)
        if reverse is None and own is not None:
            reverse = own.reverse
        return TrackEntry(name.text, own.value if own else None, reverse, name.location)


def _track_limit(keyword: Keyword) -> int:
    return TRACK_LIMITS[keyword.shape] if isinstance(keyword.shape, Form) else WEIGHT_LIMIT


def _instead(keyword: Keyword, value: object) -> str:
    """What the value of a wrong type was probably meant to be, as TOML."""
    meant = ""
    match keyword.shape, value:
        case Form.FLAG, str() if value.lower() in _FLAG_WORDS:
            meant = toml_literal(_FLAG_WORDS[value.lower()])
        case Form.FLAG, int() if value in {0, 1}:
            meant = toml_literal(bool(value))
        case Integer() | Seconds(), str() if _NUMBER.fullmatch(value):
            meant = value
        case Integer(), float() if math.isfinite(value) and value == int(value) and abs(value) < 1e6:
            meant = str(int(value))
        case Form(), str() if keyword.shape in {Form.ADDRESSES, *TRACK_LIMITS, *ELEMENTS}:
            meant = f"[{toml_literal(shortened(value))}]"
        case Form.AUTHENTICATION, _:
            meant = keyword.example
        case Form.TEXT, _:
            meant = '"..."'
    return f"{keyword.name} = {meant}" if meant else ""
