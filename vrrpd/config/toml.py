"""The TOML language of configuration: keepalived's keywords, one to one, as ``docs/configuration.md`` has them."""

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from vrrpd.config.assemble import Assembled, Block, assemble
from vrrpd.config.diagnostics import Diagnostic, Location, Report, Written, has_errors
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
from vrrpd.config.model import Authentication, Command, Config
from vrrpd.config.positions import Path, Positions, scan
from vrrpd.config.syntax import syntax_errors
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
    printable,
    suggestion,
    user,
    weight,
    weight_in_range,
)
from vrrpd.config.words import checked_command, split_command

_FLAG_WORDS: Final = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of a text (nothing, if it is not TOML), and everything there is to say about it so far."""

    assembled: Assembled
    diagnostics: tuple[Diagnostic, ...]
    is_toml: bool = True


def read(text: str, file: str) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """The configuration in a TOML text; None when there are errors. ``file`` is its name in messages; never raises.

    What one keyword says about another is not looked at here; see ``load.read_config``.
    """
    parsed = parse(text, file)
    return (None if has_errors(parsed.diagnostics) else parsed.assembled.config), parsed.diagnostics


def parse(text: str, file: str) -> Parsed:
    report = Report()
    try:
        document = tomllib.loads(text)
    except RecursionError:
        report.error(Location(file, 1, 1), "syntax", "lists or tables are nested too deeply in this file")
    except ValueError as error:
        report.extend(syntax_errors(text, file, str(error)))
    else:
        blocks = _Reader(scan(text), file, report).blocks(document)
        return Parsed(assemble(blocks, report), report.diagnostics)
    return Parsed(Assembled(Config()), report.diagnostics, is_toml=False)


def _kind(value: object) -> str:
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


class _Reader:
    """Walks through a parsed document with the places of its parts at hand."""

    def __init__(self, positions: Positions, file: str, report: Report) -> None:
        self._positions = positions
        self._file = file
        self._report = report
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

    def _key(self, path: Path) -> Location:
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

    def blocks(self, document: Mapping[str, object]) -> list[Block]:
        found = []
        for kind, value in document.items():
            if kind not in BLOCKS:
                self._unknown(kind, "", value, (kind,))
            elif not isinstance(value, dict):
                self._not_a_table(kind, value)
            elif kind == "global_defs":
                found.append(self._block(kind, "", value, (kind,)))
            else:
                found += self._named_blocks(kind, value)
        return found

    def _not_a_table(self, kind: str, value: object) -> None:
        write = f"[{kind}]" if kind == "global_defs" else f"[{kind}.NAME]"
        self._report.error(
            self._key((kind,)), "wrong-type", f"{kind} is {_kind(value)} here", expected="a table", write=write
        )

    def _named_blocks(self, kind: str, tables: Mapping[str, object]) -> list[Block]:
        found = []
        for name, value in tables.items():
            path = (kind, name)
            if isinstance(value, dict):
                self._check_name(kind, name, path)
                found.append(self._block(kind, name, value, path))
            else:
                self._report.error(
                    self._key(path),
                    "missing-name",
                    f"{printable(name)} stands in a {kind} without a name",
                    expected=f"each {kind} to have a name",
                    write=f"[{kind}.{'VI_1' if kind == 'vrrp_instance' else 'chk_1'}] above it",
                )
                break
        return found

    def _check_name(self, kind: str, name: str, path: Path) -> None:
        if not name or not name.isprintable() or len(name) > 255:
            self._report.error(
                self._key(path),
                "bad-name",
                f"this cannot be the name of a {kind}",
                expected="1 to 255 visible characters",
            )

    def _block(self, kind: str, name: str, table: Mapping[str, object], path: Path) -> Block:
        return self._filled(Block(kind, name, self._key(path)), BLOCKS[kind], table, path)

    def _filled(self, block: Block, keywords: Mapping[str, Keyword], table: Mapping[str, object], path: Path) -> Block:
        for word, value in table.items():
            place = (*path, word)
            keyword = keywords.get(word)
            if keyword is None:
                self._unknown(word, block.kind, value, place)
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
        block = self._filled(Block(kind, "", self._value(path)), keywords, table, path)
        for keyword in keywords.values():
            if keyword.required and keyword.name not in table:
                block.broken.add(keyword.name)
                self._report.error(
                    block.location,
                    "missing-keyword",
                    f"there is no {keyword.name} in this {kind}",
                    expected=expected(keyword.shape),
                    write=f"{keyword.name} = {keyword.example}",
                )
        return None if block.broken else block

    def _unknown(self, word: str, kind: str, value: object, path: Path) -> None:
        table = UNSUPPORTED.get(kind, {})
        if word in table:
            report_unsupported(table[word], word, self._key(path), self._report, value)
            return
        known = tuple(TABLES[kind] if kind else BLOCKS)
        near = suggestion(word, [*known, *table])
        home = next((other for other, words in BLOCKS.items() if word in words), "")
        hint = f"{word} belongs into {home}" if home and not near else near
        if isinstance(value, dict) and not hint and kind in BLOCKS and len(path) == 3:
            hint = f'[{path[0]}."{path[1]}.{word}"] if the name has a full stop in it'
        self._report.error(
            self._key(path),
            "unknown-keyword",
            f"{toml_literal(printable(word))} is no keyword {f'of {kind}' if kind else 'of a configuration'}",
            expected=listed(known) if len(known) < 8 else "",
            write=hint,
        )

    # -- values ------------------------------------------------------------------------------------------------------

    def _converted(self, keyword: Keyword, value: object, path: Path, block: Block) -> Value | None:
        shape = keyword.shape
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
        self._report.error(
            self._value(path),
            "wrong-type",
            f"{keyword.name} is {_kind(value)} here",
            expected=expected(keyword.shape),
            write=_instead(keyword, value),
        )

    def _number(self, keyword: Keyword, value: object, path: Path) -> Value | None:
        whole = isinstance(keyword.shape, Integer)
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if keyword.shape is Form.FLAG or not fits or not isinstance(value, int | float) or not math.isfinite(value):
            self._wrong_type(keyword, value, path)
            return None
        if not in_range(keyword, value, self._value(path), self._report):
            return None
        return value if whole else float(value)

    def _choice(self, keyword: Keyword, choices: tuple[str | int, ...], value: object, path: Path) -> Value | None:
        for choice in choices:
            if choice == value and type(choice) is type(value):
                return choice
        near = [choice for choice in choices if str(choice).lower() == str(value).lower().strip()]
        if keyword.name == "auth_type" and str(value).upper() == "AH":
            self._report.error(
                self._value(path),
                "unsupported",
                "keepalived's auth_type AH is not supported yet: the peers would drop our advertisements",
                write='auth_type = "PASS" on every node',
            )
            return None
        shown = (
            toml_literal(printable(value))
            if isinstance(value, str)
            else str(value)
            if type(value) is int
            else _kind(value)
        )
        self._report.error(
            self._value(path),
            "bad-choice",
            f"{keyword.name} cannot be {printable(shown)}",
            expected=expected(keyword.shape),
            write=f"{keyword.name} = {toml_literal(near[0])}" if near else "",
        )
        return None

    def _text(self, keyword: Keyword, written: Written) -> Value | None:
        match keyword.shape:
            case Form.INTERFACE:
                return interface(written, keyword.name, self._report)
            case Form.USER:
                return user(written, self._report)
            case IpAddress():
                return address(keyword, written, self._report)
            case Form.TEXT if not written.text.isprintable():
                self._report.error(
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
            return weight(self._written(value, path), self._report)
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong_type(keyword, value, path)
            return None
        number = weight_in_range(value, self._value(path), self._report)
        return None if number is None else Weight(number)

    def _command(self, keyword: Keyword, value: object, path: Path, _block: Block) -> Command | None:
        if isinstance(value, str):
            written = self._written(value, path)
            argv = split_command(written, self._report)
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
        return checked_command(texts, self._value(path), self._report)

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
            return address_line(self._written(element, path), self._report)
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
        return virtual_address(texts, part.location, self._report)

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
            return track_line(self._written(element, path), self._report, is_interface=is_interface)
        if not isinstance(element, dict):
            self._wrong_type(keyword, element, path)
            return None
        part = self._part("track", TRACK, element, path)
        name = part.find("name", Written) if part else None
        if part is None or name is None or (is_interface and interface(name, keyword.name, self._report) is None):
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
            meant = f"[{toml_literal(printable(value))}]"
        case Form.AUTHENTICATION, _:
            meant = keyword.example
        case Form.TEXT, _:
            meant = '"..."'
    return f"{keyword.name} = {meant}" if meant else ""
