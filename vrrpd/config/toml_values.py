"""The tables and values of a TOML document, turned into the values of keywords."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from vrrpd.config.assemble import Block
from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.entries import address_line, track_line, virtual_address
from vrrpd.config.keywords import (
    AUTHENTICATION,
    BLOCKS,
    COMMAND,
    TABLES,
    TRACK,
    VIRTUAL_ADDRESS,
    Form,
    Integer,
    IpAddress,
    Keyword,
    OneOf,
    Seconds,
    expected,
    toml_literal,
)
from vrrpd.config.model import Authentication, Command
from vrrpd.config.positions import Path, Positions
from vrrpd.config.unsupported import UNSUPPORTED, report_unsupported
from vrrpd.config.values import (
    AddressEntry,
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
from vrrpd.config.words import checked_command, split_command

_FLAG_WORDS: Final = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
_LARGEST: Final = 2**63 - 1
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
            Form.WEIGHT: self._weight,
            Form.ADDRESSES: self._addresses,
            Form.TRACK_SCRIPTS: self._tracks,
            Form.TRACK_INTERFACES: self._tracks,
            Form.AUTHENTICATION: self._authentication,
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
        table = UNSUPPORTED.get(kind, {})
        if word in table:
            report_unsupported(table[word], word, self.key(path), self.report, value)
            return ""
        known = tuple(TABLES[kind] if kind else BLOCKS)
        home = next((other for other, words in BLOCKS.items() if word in words), "")
        near = "" if home else suggestion(word, [*known, *table])
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
        if keyword.name == "auth_type" and str(value).upper() == "AH":
            self.report.error(
                self._value(path),
                "unsupported",
                "keepalived's auth_type AH is not supported yet: the peers would drop our advertisements",
                write='auth_type = "PASS" on every node',
            )
            return None
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
        if isinstance(value, str):
            return weight(self._written(value, path), self.report)
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong_type(keyword, value, path)
            return None
        number = weight_in_range(value, self._value(path), self.report)
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
        texts = {word: text for word, text in part.values.items() if isinstance(text, Written)}
        device = part.find("dev", str)
        if device is not None:
            texts["dev"] = Written(device, part.at("dev"), exact=False)
        return virtual_address(texts, part.location, self.report)

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
            return track_line(self._written(element, path), self.report, is_interface=is_interface)
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
        case Form.ADDRESSES | Form.TRACK_SCRIPTS | Form.TRACK_INTERFACES, str():
            meant = f"[{toml_literal(shortened(value))}]"
        case Form.AUTHENTICATION, _:
            meant = keyword.example
        case Form.TEXT, _:
            meant = '"..."'
    return f"{keyword.name} = {meant}" if meant else ""
